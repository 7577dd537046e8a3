//! The lives that each check lets a canister live.

use std::fmt;

use crate::act::{Act, Interruption, Stretch, Upgrade};
use crate::setting::Setting;

/// Ways through the releases that are gone at most.
const WAYS: usize = 64;

/// A kind of thing that must not matter to a canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Every order of releases: each left out or not, each once or twice, a new canister of each, and older releases
    /// over newer ones, which work or are refused and change nothing.
    Orders,
    /// A trap at each stable write and grow of each upgrade, which undoes it.
    Traps,
    /// Upgrades without pre_upgrade, which work or are refused, and lose nothing that was saved.
    WithoutPreUpgrade,
    /// An upgrade, an upgrade without pre_upgrade and a trap after every step of a timer.
    Steps,
    /// A subnet without a free page, in every upgrade and every step of a timer.
    FullSubnet,
    /// Calls, timers, traps and upgrades in random order.
    Interleaved,
}

/// A life: the release it begins with, and what comes then.
pub(crate) type Planned = (usize, Vec<Stretch>);

impl Check {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Orders,
        Self::Traps,
        Self::WithoutPreUpgrade,
        Self::Steps,
        Self::FullSubnet,
        Self::Interleaved,
    ];

    /// The lives to live.
    pub(crate) fn lives(self, setting: &Setting, seeds: u64) -> Vec<Planned> {
        let planner = Planner {
            lines: setting.lines.len(),
            last: setting.releases.len() - 1,
        };
        match self {
            Self::Orders => planner.orders(),
            Self::Traps => planner.traps(),
            Self::WithoutPreUpgrade => planner.without_pre_upgrade(),
            Self::Steps => planner.steps(),
            Self::FullSubnet => planner.full_subnet(),
            Self::Interleaved => (0..seeds).map(|seed| planner.interleaved(seed)).collect(),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Orders => "orders of releases",
            Self::Traps => "traps in upgrades",
            Self::WithoutPreUpgrade => "no pre_upgrade",
            Self::Steps => "interrupted steps",
            Self::FullSubnet => "full subnet",
            Self::Interleaved => "interleaved",
        })
    }
}

const ASK: Stretch = Stretch::Once(Act::Ask);
const FILL: Stretch = Stretch::Once(Act::Fill);
const FREE: Stretch = Stretch::Once(Act::Free);
const MEASURE: Stretch = Stretch::Once(Act::Measure);
const SETTLE: Stretch = Stretch::Settle;

fn to(release: usize) -> Stretch {
    Upgrade::to(release).into()
}

fn perhaps(release: usize) -> Stretch {
    Upgrade::perhaps(release).into()
}

fn skipping(release: usize) -> Stretch {
    Upgrade::skipping(release).into()
}

struct Planner {
    lines: usize,
    last: usize,
}

impl Planner {
    /// The ways from release 0 to the last, each as the releases that are upgraded to; the longest first.
    fn ways(&self) -> Vec<Vec<usize>> {
        let between = self.last - 1;
        let all = 1usize.checked_shl(between as u32).unwrap_or(usize::MAX);
        (0..all.min(WAYS))
            .map(|left_out| {
                let stays = |release: &usize| left_out & (1 << (release - 1)) == 0;
                (1..self.last).filter(stays).chain([self.last]).collect()
            })
            .collect()
    }

    /// The way through every release, and the one that leaves out all between.
    fn longest_and_shortest(&self) -> Vec<Vec<usize>> {
        let mut both = vec![(1..=self.last).collect(), vec![self.last]];
        both.dedup();
        both
    }

    /// The `part`-th of `parts` parts of the script.
    fn part(&self, part: usize, parts: usize) -> impl Iterator<Item = Stretch> + use<> {
        let at = |part| self.lines * part / parts;
        (at(part)..at(part + 1)).map(|line| Act::Line(line).into())
    }

    fn script(&self) -> Vec<Stretch> {
        self.part(0, 1).collect()
    }

    /// One more upgrade by the last release, which every life ends with.
    fn end(&self, mut life: Vec<Stretch>) -> Vec<Stretch> {
        let again = to(self.last);
        life.extend([SETTLE, again, ASK, SETTLE, ASK, again, ASK, MEASURE]);
        life
    }

    /// Goes through these releases, with a part of the script before each and at the end.
    fn through(&self, way: &[usize]) -> Vec<Stretch> {
        let parts = way.len() + 1;
        let mut life = Vec::new();
        for (part, &next) in way.iter().enumerate() {
            life.extend(self.part(part, parts));
            life.extend([to(next), ASK]);
            life.extend([SETTLE, ASK]);
        }
        life.extend(self.part(way.len(), parts));
        life.push(ASK);
        self.end(life)
    }

    fn orders(&self) -> Vec<Planned> {
        let mut lives = Vec::new();
        for way in self.ways() {
            let twice = [0]
                .iter()
                .chain(&way)
                .flat_map(|&release| [release, release]);
            let twice: Vec<usize> = twice.skip(1).collect();
            lives.push((0, self.through(&way)));
            lives.push((0, self.through(&twice)));
        }
        for first in 1..=self.last {
            let way: Vec<usize> = (first..=self.last).collect();
            lives.push((first, self.through(&way)));
        }
        lives.push((0, self.backward()));
        lives
    }

    /// After each release, each older one: with and without pre_upgrade.
    fn backward(&self) -> Vec<Stretch> {
        let mut life = self.script();
        for next in 1..=self.last {
            life.extend([to(next), ASK]);
            for older in 0..next {
                for back in [perhaps(older), skipping(older)] {
                    life.extend([back, ASK]);
                    life.extend([to(next), ASK]);
                }
            }
            life.push(SETTLE);
        }
        self.end(life)
    }

    fn traps(&self) -> Vec<Planned> {
        let lives = self.longest_and_shortest().into_iter().map(|way| {
            let mut life = self.script();
            for next in way.into_iter().chain([self.last]) {
                life.extend([Stretch::TrappedAtEach { to: next }, to(next), ASK, SETTLE]);
            }
            (0, self.end(life))
        });
        lives.collect()
    }

    fn without_pre_upgrade(&self) -> Vec<Planned> {
        let mut lives = Vec::new();
        for next in 1..=self.last {
            for save_before in [false, true] {
                let mut life = self.script();
                if save_before {
                    life.push(to(0));
                }
                life.extend([skipping(next), ASK]);
                lives.push((0, self.end(life)));
            }
        }
        let mut life = self.script();
        for next in 1..=self.last {
            life.extend([to(next), ASK]);
            for then in [next, (next + 1).min(self.last)] {
                life.extend([skipping(then), ASK]);
                life.extend([SETTLE, ASK]);
            }
        }
        lives.push((0, self.end(life)));
        lives
    }

    fn steps(&self) -> Vec<Planned> {
        let ways = [
            Interruption::Upgrade,
            Interruption::WithoutPreUpgrade,
            Interruption::Trap,
        ];
        let lives = ways.into_iter().map(|how| {
            let mut life = self.script();
            for next in 1..=self.last {
                life.extend([to(next), ASK]);
                life.extend([Stretch::Interrupted(how), ASK]);
            }
            (0, self.end(life))
        });
        lives.collect()
    }

    fn full_subnet(&self) -> Vec<Planned> {
        let lives = self.longest_and_shortest().into_iter().map(|way| {
            let mut life = self.script();
            for next in way {
                life.extend([FILL, perhaps(next)]);
                life.extend([ASK, SETTLE, ASK]);
                life.extend([FREE, to(next)]);
                life.extend([ASK, SETTLE, ASK]);
            }
            (0, self.end(life))
        });
        lives.collect()
    }

    fn interleaved(&self, seed: u64) -> Planned {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut line, mut release) = (0, 0);
        let mut life = Vec::new();
        while line < self.lines || release < self.last {
            let act = match random.u8(..24) {
                0..12 if line < self.lines => {
                    line += 1;
                    Act::Line(line - 1)
                }
                12..18 => Act::Tick,
                18 => Act::TickTrapped(random.u64(1..60)),
                19..21 => Upgrade::to(release),
                21..23 => Act::Ask,
                23 if release < self.last && random.usize(..self.last) == 0 => {
                    release += 1;
                    Upgrade::to(release)
                }
                // What has come to its end makes way for the other.
                _ if line == self.lines => {
                    release += 1;
                    Upgrade::to(release)
                }
                _ => continue,
            };
            life.push(act.into());
        }
        life.push(ASK);
        (0, self.end(life))
    }
}

//! A fleet too large to be run: its canisters take what the bench measured, the engine and its events are the real ones.

use std::path::Path;

use fleet::model::{Canister, Drive, Load, Outside, Weather, World, drive};
use fleet::{
    Budget, Command, Event, Fleet, Found, ModuleHash, Plan, Running, Stage, Time, TopUp, WAVES,
    What, deal,
};
use ic_principal::Principal;

use super::mix::{Shares, Wrong, wrongs};
use crate::bench::figures::Figures;
use crate::bench::results::{RESULTS, Results};
use crate::error::{Error, Result};

/// The way of the bench that the figures are of.
const CONTENDER: &str = "project";
/// Instructions of taking or loading a snapshot, beside one a byte.
const SNAPSHOT: u64 = 2_000_000_000;
/// Bytes of a page.
const PAGE: u64 = 65_536;
/// Spare cycles below which a canister is given some.
const SPARE: u128 = 1_000_000_000_000;

/// What a modelled fleet is made of.
#[derive(Clone, Debug)]
pub struct Mix {
    /// How many canisters.
    pub canisters: u32,
    /// On how many subnets.
    pub subnets: u16,
    /// How many of 1 000 have something wrong with them.
    pub faulty: u32,
    /// How many of 10 000 calls are lost, and as many refused for now.
    pub lost: u16,
    /// Users by how much they have.
    pub sizes: Shares,
    /// The same seed makes the same fleet.
    pub seed: u64,
}

/// A modelled fleet after its run, or at its end for now.
#[derive(Debug)]
pub struct Run {
    /// Where all canisters stand.
    pub fleet: Fleet,
    /// The network.
    pub world: World,
    /// Seconds that it took.
    pub seconds: u64,
    /// Events that were kept.
    pub events: u64,
    /// Bytes of the events as JSON.
    pub journal_bytes: u64,
    /// Times that the driver died.
    pub deaths: u32,
}

/// Figures of one size, as the model takes them.
struct Size {
    load: Load,
    bytes: u64,
    compile: u64,
}

/// Runs a fleet to its end. Where it halts it is resumed, as an operator does who has looked at the failures; it counts
/// how often. The driver dies `deaths` times, at events that the seed picks.
///
/// # Errors
/// `Answer` if the bench has no figures of a size.
pub fn run(root: &Path, mix: &Mix, deaths: u32) -> Result<Run> {
    let figures = Results::read(&root.join(RESULTS))?.unwrap_or_default();
    let modules = [0, 1, 2, 3].map(|release: u8| ModuleHash([release; 32]));
    let plan = plan(&modules);
    let unknown = |reason: String| Error::Answer {
        command: "cargo xtask bench --record".to_owned(),
        reason,
    };
    let mut canisters = Vec::new();
    let mut found = Vec::new();
    let wrongs = wrongs(modules[1], modules[2]);
    let mut compile = 0;
    for at in 0..mix.canisters {
        let lot = lot(mix.seed, at);
        let name = mix.sizes.pick(lot);
        let measured = figures.of(name, CONTENDER).and_then(size).ok_or_else(|| {
            unknown(format!(
                "{RESULTS} has no figures of size '{name}' for '{CONTENDER}'"
            ))
        })?;
        compile = compile.max(measured.compile);
        // Most are of release 0; some were brought to release 1 or 2 before.
        let release = match (lot >> 8) % 100 {
            0..4 => 1,
            4 => 2,
            _ => 0,
        };
        let subnet = ((lot >> 16) % u64::from(mix.subnets.max(1))) as u16;
        let mut canister = Canister::new(subnet, modules[release], measured.load);
        if (lot >> 24) % 1_000 < u64::from(mix.faulty) {
            match wrongs[(lot >> 40) as usize % wrongs.len()] {
                Wrong::Flaw(flaw) => canister.flaw = Some(flaw),
                Wrong::Stopped => canister.running = Running::Stopped,
                Wrong::FewCycles => canister.spare_cycles = 0,
                Wrong::Foreign => canister.module = Some(modules[3]),
            }
        }
        found.push(Found {
            id: Principal::from_slice(&at.to_be_bytes()),
            subnet,
            module: canister.module,
            layout: String::new(),
            bytes: measured.bytes,
            changes: 1,
        });
        canisters.push(Some(canister));
    }
    let members = deal(&found, WAVES, 0, mix.seed);
    let in_order = members.iter().filter_map(|member| {
        let mut at = [0; 4];
        at.copy_from_slice(member.id.as_slice());
        canisters[u32::from_be_bytes(at) as usize].take()
    });
    let weather = Weather {
        transient: mix.lost,
        lost_before: mix.lost / 3,
        lost_after: mix.lost / 3,
        lost_late: mix.lost / 3,
    };
    let mut world = World::new(in_order.collect(), weather, mix.seed).compiling(compile);
    let fresh = || Fleet::new(plan.clone(), members.clone()).map_err(|e| unknown(e.to_string()));
    let mut fleet = fresh()?;
    let start = Time(1_700_000_000);
    let mut now = start;
    let mut kept = Kept::new(deaths, mix);
    loop {
        match drive(&mut fleet, &mut world, &mut now, &mut kept) {
            Drive::Finished => break,
            Drive::StandsStill => kept.resume = true,
            Drive::Deadlocked => {
                return Err(unknown(
                    "the engine waits for nothing: a fault of it".to_owned(),
                ));
            }
            Drive::Died => {
                fleet = fresh()?;
                for event in &kept.journal {
                    fleet.apply(event).map_err(|e| unknown(e.to_string()))?;
                }
                world.forget_answers();
                let what = What::Restarted;
                kept.then(&mut fleet, Event { at: now, what });
            }
        }
    }
    Ok(Run {
        fleet,
        world,
        seconds: now.since(start),
        events: kept.events,
        journal_bytes: kept.bytes,
        deaths,
    })
}

/// Two stages, as the runbook has them, for a fleet whose operator lets one per cent fail.
fn plan(modules: &[ModuleHash; 4]) -> Plan {
    let stage = |name: &str, module, from: &[ModuleHash]| Stage {
        name: name.to_owned(),
        module,
        from: from.to_vec(),
        moves: true,
    };
    Plan {
        budget: Budget {
            failures: 1_000,
            percent: Some(5),
        },
        spare_cycles: SPARE,
        top_up: Some(TopUp {
            cycles: 2 * SPARE,
            times: 1,
        }),
        ..Plan::careful(vec![
            stage("adopt", modules[1], &modules[..1]),
            stage("move", modules[2], &[]),
        ])
    }
}

/// What the model needs of the bench's figures.
fn size(figures: &Figures) -> Option<Size> {
    let installs: Vec<u64> = figures
        .upgrades
        .iter()
        .map(|upgrade| upgrade.pre_upgrade + upgrade.post_upgrade + upgrade.compile_again)
        .collect();
    let first = figures.upgrades.first()?;
    let bytes = (figures.heap_pages.before + figures.stable_pages.before) * PAGE;
    Some(Size {
        load: Load {
            installs,
            snapshot: SNAPSHOT + bytes,
            looks: u32::from(figures.steps.done > 0),
        },
        bytes,
        compile: first.compile_first - first.compile_again,
    })
}

/// A number that depends on the seed and a place.
fn lot(seed: u64, at: u32) -> u64 {
    let mut random = fastrand::Rng::with_seed(seed ^ (u64::from(at) << 20));
    random.u64(..)
}

/// What is kept of a run, and what happens to its driver.
struct Kept {
    /// Only where the driver is to die: a run without needs no journal here.
    journal: Vec<Event>,
    events: u64,
    bytes: u64,
    deaths_at: Vec<u64>,
    resume: bool,
    dies: bool,
}

impl Kept {
    fn new(deaths: u32, mix: &Mix) -> Self {
        let mut random = fastrand::Rng::with_seed(mix.seed);
        // A canister has about 30 events.
        let last = u64::from(mix.canisters) * 30;
        let mut deaths_at: Vec<u64> = (0..deaths).map(|_| random.u64(1..last.max(2))).collect();
        deaths_at.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            journal: Vec::new(),
            events: 0,
            bytes: 0,
            deaths_at,
            resume: false,
            dies: deaths > 0,
        }
    }

    fn then(&mut self, fleet: &mut Fleet, event: Event) {
        if fleet.apply(&event).is_ok() {
            self.note(&event);
        }
    }

    fn note(&mut self, event: &Event) {
        self.events += 1;
        // Counted, not kept.
        self.bytes += serde_json::to_vec(event).map_or(0, |json| json.len() as u64);
        if self.dies {
            self.journal.push(event.clone());
        }
    }
}

impl Outside for Kept {
    fn keep(&mut self, _: &Fleet, _: &World, event: &Event) -> bool {
        self.note(event);
        match self.deaths_at.last() {
            Some(at) if self.events >= *at => {
                self.deaths_at.pop();
                false
            }
            _ => true,
        }
    }

    fn command(&mut self, _: &Fleet) -> Option<Command> {
        std::mem::take(&mut self.resume).then_some(Command::Resume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::mix::SIZES;
    use fleet::Report;

    fn mix(canisters: u32) -> Mix {
        Mix {
            canisters,
            subnets: 3,
            faulty: 50,
            lost: 20,
            sizes: SIZES.parse().unwrap(),
            seed: 7,
        }
    }

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    #[test]
    fn a_thousand_modelled_canisters_are_all_accounted_for_however_often_the_driver_dies() {
        let whole = run(root(), &mix(1_000), 0).unwrap();
        let report = Report::of(&whole.fleet);
        assert_eq!(report.states.values().sum::<u32>(), 1_000);
        assert!(report.states["migrated"] > 900, "{:?}", report.states);
        assert!(
            report.groups.len() >= 8,
            "flaws of many kinds: {:?}",
            report.groups
        );
        assert_eq!(report.stopped, 0);

        let interrupted = run(root(), &mix(1_000), 20).unwrap();
        let again = Report::of(&interrupted.fleet);
        assert_eq!(again.states, report.states);
        assert_eq!(again.waves, report.waves);
    }
}

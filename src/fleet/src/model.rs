//! A modelled network: canisters that are only what an operator sees of them, on subnets that take their time. For tests
//! of the engine, and for fleets that are too large to be run.
//!
//! What a call does, when, and whether anybody learns of it are three things here, as they are on a network.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::{Answer, Call, Running, Sight, SnapshotId};
use crate::cause::{Cause, Class};
use crate::hash::ModuleHash;
use crate::plan::{MAX_SNAPSHOTS, Plan};
use crate::time::Time;

mod drive;

pub use drive::{Drive, Outside, drive};

/// Seconds that a stop waits for open calls.
const STOP_SECONDS: u64 = 300;
/// Instructions that a subnet spends on installations in a second.
pub const INSTRUCTIONS_PER_SECOND: u64 = 2_000_000_000;

/// One canister as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canister {
    /// Number of its subnet.
    pub subnet: u16,
    /// Whether it takes calls.
    pub running: Running,
    /// What is installed.
    pub module: Option<ModuleHash>,
    /// Its snapshots, and the module in each.
    pub snapshots: Vec<(SnapshotId, Option<ModuleHash>)>,
    /// Cycles above what freezes it.
    pub spare_cycles: u128,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
    /// What it takes.
    pub load: Load,
    /// What was done to it.
    pub history: History,
    /// Looks at its move since the last upgrade.
    looks: u32,
    /// Snapshots taken so far.
    taken: u64,
}

/// What is wrong with a modelled canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It has other controllers.
    NotControlled,
    /// It does not exist.
    Gone,
    /// It has calls open that do not end, for as many stops.
    KeepsCalls(u32),
    /// The upgrade to this module traps.
    Traps(ModuleHash),
    /// After the upgrade to this module the move stands still.
    Stuck(ModuleHash),
    /// After the upgrade to this module the copies differ.
    Differs(ModuleHash),
    /// After the upgrade to this module it answers otherwise.
    WrongAnswers(ModuleHash),
    /// Its snapshot does not come through a rehearsal.
    RehearsesBadly,
}

/// What the calls to a canister take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Instructions of an installation, compilation and hooks together.
    pub install: u64,
    /// Instructions of taking or loading a snapshot.
    pub snapshot: u64,
    /// Looks at a move before it is done.
    pub looks: u32,
}

/// What was done to a canister, for a test to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Modules installed, with the module before, and whether a snapshot of that was there.
    pub installs: Vec<(Option<ModuleHash>, ModuleHash, bool)>,
    /// Times that it was given cycles.
    pub deposits: u32,
    /// Instructions spent on it.
    pub instructions: u64,
    /// When it was stopped, if it is.
    stopped_at: Option<Time>,
    /// Seconds that it took no calls.
    pub down: u64,
}

/// How often calls go astray: each a part of 10 000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Refused for now.
    pub transient: u16,
    /// No effect and no answer.
    pub lost_before: u16,
    /// An effect, and no answer.
    pub lost_after: u16,
    /// No answer, and the effect later.
    pub lost_late: u16,
}

/// The network.
#[derive(Clone, Debug)]
pub struct World {
    canisters: Vec<Canister>,
    weather: Weather,
    random: u64,
    /// When each subnet has done the installations it was given, in milliseconds.
    installs_until: BTreeMap<u16, u64>,
    /// What comes, by when and in which order it was sent.
    coming: BTreeMap<(Time, u64), (u32, Coming)>,
    sent: u64,
    /// Calls by name.
    pub calls: BTreeMap<&'static str, u64>,
}

#[derive(Clone, Debug)]
enum Coming {
    Effect { call: Call, told: bool },
    Word(Answer),
}

impl Canister {
    /// A sound one that runs this module.
    pub fn new(subnet: u16, module: ModuleHash, load: Load) -> Self {
        Self {
            subnet,
            running: Running::Running,
            module: Some(module),
            snapshots: Vec::new(),
            spare_cycles: 10_u128.pow(13),
            flaw: None,
            load,
            history: History::default(),
            looks: 0,
            taken: 0,
        }
    }

    fn sight(&self) -> Sight {
        Sight {
            running: self.running,
            module: self.module,
            snapshots: self.snapshots.iter().map(|(id, _)| id.clone()).collect(),
            spare_cycles: self.spare_cycles,
        }
    }

    /// What the call does, and what is said of it.
    fn take(&mut self, call: &Call, plan: &Plan, now: Time) -> Answer {
        let refused = |class: Class, text: &str| Answer::Refused(Cause::new(class, text));
        match self.flaw {
            Some(Flaw::Gone) => return refused(Class::NotFound, "no such canister"),
            Some(Flaw::NotControlled) => return refused(Class::NotController, "not a controller"),
            _ => {}
        }
        match call {
            Call::Look => Answer::Seen(self.sight()),
            Call::Deposit { cycles } => {
                self.spare_cycles += cycles;
                self.history.deposits += 1;
                Answer::Done
            }
            Call::Stop => self.stop(now),
            Call::Start => {
                self.running = Running::Running;
                if let Some(since) = self.history.stopped_at.take() {
                    self.history.down += now.since(since);
                }
                Answer::Done
            }
            Call::TakeSnapshot if self.snapshots.len() >= MAX_SNAPSHOTS => {
                refused(Class::SnapshotsFull, "10 snapshots")
            }
            Call::TakeSnapshot => {
                self.taken += 1;
                let id = self.taken.to_be_bytes().to_vec();
                self.snapshots.push((id.clone(), self.module));
                self.history.instructions += self.load.snapshot;
                Answer::Taken(id)
            }
            Call::Rehearse { .. } if self.flaw == Some(Flaw::RehearsesBadly) => {
                refused(Class::Trapped, "traps in a rehearsal")
            }
            Call::Rehearse { .. } => Answer::Done,
            Call::Upgrade { stage } => match plan.stages.get(usize::from(*stage)) {
                Some(stage) => self.install(stage.module),
                None => refused(Class::Other, "no such stage"),
            },
            Call::GoBack { release } => match plan.releases_back().get(usize::from(*release)) {
                Some(module) => self.install(*module),
                None => refused(Class::Other, "no such release"),
            },
            Call::Progress => {
                self.looks += 1;
                match (self.flaw, self.module) {
                    (Some(Flaw::Stuck(at)), Some(module)) if at == module => {
                        refused(Class::Stuck, "a value of 3 MiB")
                    }
                    (Some(Flaw::Differs(at)), Some(module)) if at == module => {
                        refused(Class::Differs, "posts: 4 of 5")
                    }
                    _ if self.looks <= self.load.looks => Answer::Moving {
                        done: self.looks.into(),
                        total: self.load.looks.into(),
                    },
                    _ => Answer::Done,
                }
            }
            Call::Verify => match (self.flaw, self.module) {
                (Some(Flaw::WrongAnswers(at)), Some(module)) if at == module => {
                    refused(Class::WrongAnswers, "get_posts traps")
                }
                _ if self.running != Running::Running => {
                    refused(Class::WrongAnswers, "it is not running")
                }
                _ => Answer::Done,
            },
            Call::LoadSnapshot { snapshot } => {
                let kept = self.snapshots.iter().find(|(id, _)| id == snapshot);
                match kept {
                    Some((_, module)) => {
                        self.module = *module;
                        self.history.instructions += self.load.snapshot;
                        Answer::Done
                    }
                    None => refused(Class::Refused, "no such snapshot"),
                }
            }
            Call::DeleteSnapshot { snapshot } => {
                self.snapshots.retain(|(id, _)| id != snapshot);
                Answer::Done
            }
        }
    }

    fn stop(&mut self, now: Time) -> Answer {
        if let Some(Flaw::KeepsCalls(stops)) = &mut self.flaw
            && *stops > 0
        {
            *stops -= 1;
            self.running = Running::Stopping;
            return Answer::Refused(Cause::new(Class::DoesNotStop, "calls are open"));
        }
        self.running = Running::Stopped;
        self.history.stopped_at.get_or_insert(now);
        Answer::Done
    }

    fn install(&mut self, module: ModuleHash) -> Answer {
        self.history.instructions += self.load.install;
        if self.flaw == Some(Flaw::Traps(module)) {
            return Answer::Refused(Cause::new(Class::Trapped, "post_upgrade: E204"));
        }
        let kept = self.snapshots.iter().any(|(_, kept)| *kept == self.module);
        self.history.installs.push((self.module, module, kept));
        self.module = Some(module);
        self.looks = 0;
        Answer::Done
    }
}

impl World {
    /// A network of these canisters. The same seed has the same calls go astray.
    pub fn new(canisters: Vec<Canister>, weather: Weather, seed: u64) -> Self {
        Self {
            canisters,
            weather,
            random: seed,
            installs_until: BTreeMap::new(),
            coming: BTreeMap::new(),
            sent: 0,
            calls: BTreeMap::new(),
        }
    }

    /// The canisters, in the order in which a fleet has them.
    pub fn canisters(&self) -> &[Canister] {
        &self.canisters
    }

    /// Makes a call. Its answer comes later, if any does.
    pub fn call(&mut self, canister: u32, call: Call, plan: &Plan, now: Time) {
        *self.calls.entry(call.name()).or_default() += 1;
        let Some(target) = self.canisters.get(canister as usize) else {
            return;
        };
        let (subnet, load) = (target.subnet, target.load);
        let stops_late = call == Call::Stop && matches!(target.flaw, Some(Flaw::KeepsCalls(1..)));
        let answer_at = match &call {
            Call::Stop if stops_late => now.after(STOP_SECONDS),
            call if call.installs() => self.installed_at(subnet, load.install, now),
            Call::TakeSnapshot => self.installed_at(subnet, load.snapshot, now),
            _ => now.after(1),
        };
        let settled = now.after(plan.settle.saturating_sub(1));
        let answer_at = answer_at.min(settled);
        let lost = |at| (at, Coming::Word(Answer::Lost));
        let effect = |told| Coming::Effect { call, told };
        let Weather {
            transient,
            lost_before,
            lost_after,
            lost_late,
        } = self.weather;
        let later = answer_at.0 + self.next() % (settled.since(answer_at) + 1);
        let mut draw = (self.next() % 10_000) as u16;
        let mut is = |part: u16| {
            let is = draw < part;
            draw = draw.saturating_sub(part);
            is
        };
        let coming = if is(transient) {
            let cause = Cause::new(Class::Transient, "come again");
            vec![(answer_at, Coming::Word(Answer::Refused(cause)))]
        } else if is(lost_before) {
            vec![lost(answer_at)]
        } else if is(lost_after) {
            vec![(answer_at, effect(false)), lost(answer_at)]
        } else if is(lost_late) {
            vec![lost(answer_at), (Time(later), effect(false))]
        } else {
            vec![(answer_at, effect(true))]
        };
        for (at, coming) in coming {
            self.sent += 1;
            self.coming.insert((at, self.sent), (canister, coming));
        }
    }

    /// When there is something new.
    pub fn next_at(&self) -> Option<Time> {
        self.coming.keys().next().map(|(at, _)| *at)
    }

    /// What happens until then: answers that came, by canister.
    pub fn until(&mut self, now: Time, plan: &Plan) -> Vec<(u32, Answer)> {
        let mut answers = Vec::new();
        while let Some(first) = self.coming.first_entry() {
            let at = first.key().0;
            if at > now {
                break;
            }
            match first.remove() {
                (canister, Coming::Word(answer)) => answers.push((canister, answer)),
                (canister, Coming::Effect { call, told }) => {
                    let answer = self.canisters[canister as usize].take(&call, plan, at);
                    if told {
                        answers.push((canister, answer));
                    }
                }
            }
        }
        answers
    }

    /// Nobody waits for answers any more. What the calls do they do.
    pub fn forget_answers(&mut self) {
        let mut words = BTreeSet::new();
        for (key, (_, coming)) in &mut self.coming {
            match coming {
                Coming::Effect { told, .. } => *told = false,
                Coming::Word(_) => {
                    words.insert(*key);
                }
            }
        }
        self.coming.retain(|key, _| !words.contains(key));
    }

    /// When a subnet that has so much more to do has done it.
    fn installed_at(&mut self, subnet: u16, instructions: u64, now: Time) -> Time {
        let takes = instructions.saturating_mul(1_000) / INSTRUCTIONS_PER_SECOND;
        let until = self.installs_until.entry(subnet).or_default();
        *until = (*until).max(now.0 * 1_000) + takes.max(1);
        Time(until.div_ceil(1_000)).max(now.after(1))
    }

    /// SplitMix64: the model's chance.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

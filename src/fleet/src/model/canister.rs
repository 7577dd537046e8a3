//! A canister that is only what an operator sees of it.

use crate::call::{Answer, Call, Running, Sight, SnapshotId};
use crate::cause::{Cause, Class};
use crate::hash::ModuleHash;
use crate::plan::{MAX_SNAPSHOTS, Plan};
use crate::time::Time;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Instructions of the installation of each stage, of a module that its subnet has compiled; the last also of a
    /// release of the way back.
    pub installs: Vec<u64>,
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
    pub(super) fn take(&mut self, call: &Call, plan: &Plan, now: Time) -> Answer {
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
                Some(target) => self.install(target.module, usize::from(*stage)),
                None => refused(Class::Other, "no such stage"),
            },
            Call::GoBack { release } => match plan.releases_back().get(usize::from(*release)) {
                Some(module) => self.install(*module, usize::MAX),
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

    fn install(&mut self, module: ModuleHash, stage: usize) -> Answer {
        self.history.instructions += self.load.install(stage);
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

impl Load {
    pub(super) fn install(&self, stage: usize) -> u64 {
        let of_stage = self.installs.get(stage).or(self.installs.last());
        of_stage.copied().unwrap_or(0)
    }
}

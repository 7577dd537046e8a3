//! A network of some canisters, some of them faulty, that goes on when whoever called it is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::fleet::{Answer, Call, Cause, Class, ModuleHash, Running, Sight};
use candid::Principal;

use crate::fleet::journal::Kept;
use crate::fleet::network::{Ask, Network, Reply};
use crate::fleet::plan_file::FleetPlan;

/// What is wrong with a canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Every stop times out.
    DoesNotStop,
    NotController,
    NoCycles,
    /// The first upgrade traps.
    Traps,
    /// The move finds a difference.
    Differs,
    WasStopped,
    OtherModule,
    /// Answers otherwise after the last stage.
    WrongAnswers,
    /// The first answer to each kind of call is lost, with its effect or without.
    Loses {
        effect: bool,
    },
    /// Its snapshot does not come through a rehearsal.
    NotRehearsed,
}

#[derive(Debug)]
struct Canister {
    fault: Fault,
    running: Running,
    module: ModuleHash,
    snapshots: Vec<(Vec<u8>, ModuleHash)>,
    taken: u8,
    moves: u8,
    lost: BTreeSet<&'static str>,
}

/// What went on, and what must not.
#[derive(Debug, Default)]
pub struct Seen {
    /// Upgrades that took effect, by canister and module.
    pub upgrades: BTreeMap<(Principal, ModuleHash), u32>,
    /// Calls that no careful operator makes.
    pub wrong: Vec<String>,
}

pub struct FakeNetwork {
    stages: Vec<ModuleHash>,
    canisters: Arc<Mutex<(BTreeMap<Principal, Canister>, Seen)>>,
}

impl FakeNetwork {
    /// The canisters of a plan, in the order of their ids, with these faults and then none.
    pub fn new(plan: &FleetPlan, faults: &[Fault]) -> Self {
        let mut ids: Vec<Principal> = plan.members.iter().map(|member| member.id).collect();
        ids.sort();
        let faults = faults.iter().copied().chain(std::iter::repeat(Fault::None));
        let canisters = ids.into_iter().zip(faults).map(|(id, fault)| {
            let canister = Canister {
                fault,
                running: match fault {
                    Fault::WasStopped => Running::Stopped,
                    _ => Running::Running,
                },
                module: match fault {
                    Fault::OtherModule => ModuleHash([99; 32]),
                    _ => ModuleHash([0; 32]),
                },
                snapshots: Vec::new(),
                taken: 0,
                moves: 0,
                lost: BTreeSet::new(),
            };
            (id, canister)
        });
        Self {
            stages: plan.plan.stages.iter().map(|stage| stage.module).collect(),
            canisters: Arc::new(Mutex::new((canisters.collect(), Seen::default()))),
        }
    }

    /// Reads what went on.
    pub fn seen<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        read(&self.canisters.lock().unwrap().1)
    }

    /// Canisters that are not running, beside those that never were.
    pub fn not_running(&self) -> usize {
        let guard = self.canisters.lock().unwrap();
        let stopped = guard.0.values().filter(|canister| {
            canister.running != Running::Running && canister.fault != Fault::WasStopped
        });
        stopped.count()
    }
}

impl Network for FakeNetwork {
    async fn ask(&self, ask: Ask) -> Reply {
        let canisters = self.canisters.clone();
        let stages = self.stages.clone();
        // The call is on its way, whatever becomes of whoever made it.
        let call = tokio::spawn(async move {
            let spread = u64::from(ask.number * 37 % 11) * 100;
            tokio::time::sleep(Duration::from_millis(400 + spread)).await;
            let mut guard = canisters.lock().unwrap();
            let (canisters, seen) = &mut *guard;
            match canisters.get_mut(&ask.canister) {
                Some(canister) => canister.answer(&ask, &stages, seen),
                None => refused(Class::NotFound, "not found").into(),
            }
        });
        let reply = call.await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        reply
    }
}

impl Canister {
    fn answer(&mut self, ask: &Ask, stages: &[ModuleHash], seen: &mut Seen) -> Reply {
        if self.fault == Fault::NotController {
            return refused(Class::NotController, "only controllers").into();
        }
        if let Fault::Loses { effect } = self.fault
            && self.lost.insert(ask.call.name())
        {
            if effect {
                self.effect(ask, stages, seen);
            }
            return Answer::Lost.into();
        }
        self.effect(ask, stages, seen)
    }

    fn effect(&mut self, ask: &Ask, stages: &[ModuleHash], seen: &mut Seen) -> Reply {
        let mut wrong = |what: &str| seen.wrong.push(format!("{}: {what}", ask.canister));
        let stopped = self.running == Running::Stopped;
        match &ask.call {
            Call::Look => {
                let sight = Sight {
                    running: self.running,
                    module: Some(self.module),
                    snapshots: self.snapshots.iter().map(|(id, _)| id.clone()).collect(),
                    spare_cycles: match self.fault {
                        Fault::NoCycles => 7,
                        _ => 3_000_000_000_000,
                    },
                };
                return Reply {
                    answer: Answer::Seen(sight),
                    kept: ask.keep.then(|| vec![self.balance()]),
                };
            }
            Call::Deposit { .. } => {}
            Call::Stop if self.fault == Fault::DoesNotStop => {
                self.running = Running::Stopping;
                return refused(Class::DoesNotStop, "timed out").into();
            }
            Call::Stop => self.running = Running::Stopped,
            Call::Start => self.running = Running::Running,
            Call::TakeSnapshot => {
                if !stopped {
                    wrong("a snapshot of a running canister");
                }
                self.taken += 1;
                let id = vec![self.taken];
                self.snapshots.push((id.clone(), self.module));
                return Answer::Taken(id).into();
            }
            Call::Rehearse { .. } if self.fault == Fault::NotRehearsed => {
                return refused(Class::Trapped, "post_upgrade trapped").into();
            }
            Call::Rehearse { .. } => {}
            Call::Upgrade { stage } => {
                if !stopped {
                    wrong("an upgrade of a running canister");
                }
                if self.snapshots.iter().all(|(_, of)| *of != self.module) {
                    wrong("an upgrade without a snapshot");
                }
                if self.fault == Fault::Traps {
                    return refused(Class::Trapped, "post_upgrade trapped").into();
                }
                let module = stages[usize::from(*stage)];
                if self.module.0[0] + 1 != module.0[0] {
                    wrong("an upgrade over another module");
                }
                *seen.upgrades.entry((ask.canister, module)).or_default() += 1;
                self.module = module;
                self.moves = 0;
            }
            Call::Progress if self.fault == Fault::Differs => {
                return refused(Class::Differs, "posts: 3 entries differ").into();
            }
            Call::Progress => {
                self.moves += 1;
                if self.moves < 3 {
                    let done = self.moves.into();
                    return Answer::Moving { done, total: 3 }.into();
                }
            }
            Call::Verify => {
                if ask.kept.is_empty() {
                    wrong("nothing was kept to compare with");
                }
                if ask.kept != [self.balance()] {
                    return refused(Class::WrongAnswers, "balance differs").into();
                }
            }
            Call::LoadSnapshot { snapshot } => {
                let found = self.snapshots.iter().find(|(id, _)| id == snapshot);
                match found {
                    Some((_, of)) => self.module = *of,
                    None => wrong("a snapshot that is not there"),
                }
            }
            Call::GoBack { .. } => wrong("no release of a way back is planned"),
            Call::DeleteSnapshot { snapshot } => self.snapshots.retain(|(id, _)| id != snapshot),
        }
        Answer::Done.into()
    }

    fn balance(&self) -> Kept {
        let other = self.fault == Fault::WrongAnswers && self.module.0[0] == 2;
        Kept {
            method: "balance".to_owned(),
            answer: vec![u8::from(other)],
        }
    }
}

fn refused(class: Class, text: &str) -> Answer {
    Answer::Refused(Cause::new(class, text))
}

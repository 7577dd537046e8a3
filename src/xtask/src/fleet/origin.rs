//! Real canisters in the states that a fleet has them in.

use std::collections::BTreeMap;

use canister_host::{
    EntryPoint, Fault, FaultPoint, InstallMode, ManagementFault, ManagementFaultKind, Module,
    Principal, RejectCode, StableMemory,
};
use canister_scenario::{Fill, init_args};
use fleet_host::{FleetError, FleetOnHost, modules};

use crate::artifacts::{RELEASES, TODAY};

/// Bytes in the middle of a stable memory that a damaged canister has otherwise.
const DAMAGE: usize = 2_048;

/// The modules that canisters of a fleet run, compiled once.
pub struct Modules {
    pub legacy: Module,
    pub adopt: Module,
    pub today: Module,
    /// Today's, with steps of three entries: a move that takes long.
    slow: Module,
    /// What the migration of 2023 ended with, and its first stage.
    naive: [Module; 2],
    /// One that no stage starts from.
    foreign: Module,
}

impl Modules {
    /// Those that are built.
    ///
    /// # Errors
    /// One is not.
    pub fn load() -> Result<Self, FleetError> {
        Ok(Self {
            legacy: modules::load(RELEASES[0])?,
            adopt: modules::load(RELEASES[1])?,
            today: modules::load(TODAY)?,
            slow: modules::load("tiny-budget")?,
            naive: [
                modules::load("peer-naive-one")?,
                modules::load("peer-naive-two")?,
            ],
            foreign: modules::load("todo-release-0")?,
        })
    }

    /// What the first stage may be installed over, and what the second may beside that of the first.
    pub fn origins(&self) -> ([&Module; 2], [&Module; 1]) {
        ([&self.legacy, &self.naive[1]], [&self.slow])
    }
}

/// Rounds after which no installation has left anything to pay off.
const PAID_OFF: u64 = 1_000_000;

/// Where canisters come from, in turn: so many of twenty each.
const ORIGINS: &[(Origin, usize)] = &[
    (Origin::Empty, 6),
    (Origin::Legacy, 7),
    (Origin::Adopted, 2),
    (Origin::Naive, 2),
    (Origin::HalfMoved, 2),
    (Origin::Today, 1),
];

/// Where a canister comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Release 0 with nothing in it.
    Empty,
    /// Release 0.
    Legacy,
    /// Release 1.
    Adopted,
    /// The second stage of 2023.
    Naive,
    /// In the middle of a move.
    HalfMoved,
    /// Release 2.
    Today,
}

impl Origin {
    /// That of a place in the fleet.
    pub fn of(place: usize) -> Self {
        let all: usize = ORIGINS.iter().map(|(_, share)| share).sum();
        let mut left = place % all;
        for (origin, share) in ORIGINS {
            match left.checked_sub(*share) {
                Some(less) => left = less,
                None => return *origin,
            }
        }
        Self::Empty
    }

    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "release 0, empty",
            Self::Legacy => "release 0",
            Self::Adopted => "release 1",
            Self::Naive => "second stage of 2023",
            Self::HalfMoved => "half moved",
            Self::Today => "release 2",
        }
    }
}

/// What is wrong with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Somebody stopped it.
    Stopped,
    /// It has few cycles, and the index gives it some.
    FewCycles,
    /// It runs a module that no stage starts from.
    Foreign,
    /// The index does not control it.
    NotControlled,
    /// It was deleted.
    Gone,
    /// It has ten snapshots.
    SnapshotsFull,
    /// It does not stop.
    DoesNotStop,
    /// Its upgrade traps, once.
    Traps,
    /// Its stable memory is damaged in the middle of a move.
    Damaged,
    /// The answer to its upgrade is lost.
    AnswerLost,
    /// Its snapshot is taken and nobody is told.
    SnapshotLost,
    /// The call that stops it has neither effect nor answer.
    NoAnswer,
}

impl Wrong {
    /// All, each as often as the others.
    pub const ALL: [Self; 12] = [
        Self::Stopped,
        Self::FewCycles,
        Self::Foreign,
        Self::NotControlled,
        Self::Gone,
        Self::SnapshotsFull,
        Self::DoesNotStop,
        Self::Traps,
        Self::Damaged,
        Self::AnswerLost,
        Self::SnapshotLost,
        Self::NoAnswer,
    ];
}

/// Makes canisters, each from a memory that was made once.
pub struct Maker<'a> {
    pub modules: &'a Modules,
    pub fleet: FleetOnHost,
    memories: BTreeMap<Origin, StableMemory>,
}

impl<'a> Maker<'a> {
    /// Makes canisters of this fleet.
    pub fn new(modules: &'a Modules, fleet: FleetOnHost) -> Self {
        Self {
            modules,
            fleet,
            memories: BTreeMap::new(),
        }
    }

    /// One canister of this origin.
    ///
    /// # Errors
    /// The host or a hook refuses.
    pub fn make(&mut self, origin: Origin) -> Result<Principal, FleetError> {
        let module = match origin {
            Origin::Empty => return self.fleet.add(&self.modules.legacy),
            Origin::Legacy => &self.modules.legacy,
            Origin::Adopted => &self.modules.adopt,
            Origin::Naive => &self.modules.naive[1],
            Origin::HalfMoved => &self.modules.slow,
            Origin::Today => &self.modules.today,
        };
        let memory = match self.memories.get(&origin) {
            Some(memory) => memory.clone(),
            None => {
                let memory = self.memory(origin)?;
                self.memories.entry(origin).or_insert(memory).clone()
            }
        };
        // The modules of 2023 are not installed on an empty memory.
        let first = match origin {
            Origin::Naive => &self.modules.legacy,
            _ => module,
        };
        let id = self.fleet.add_with(first, &init_args())?;
        self.fleet.host.set_stable_memory(id, memory)?;
        self.fleet.upgrade(id, module, true)?;
        Ok(id)
    }

    /// The memory that a canister of this origin has, made by its own modules.
    fn memory(&mut self, origin: Origin) -> Result<StableMemory, FleetError> {
        let modules = self.modules;
        let path: &[&Module] = match origin {
            Origin::Empty | Origin::Legacy => &[],
            // A save of the last module is the memory that the next one of its kind takes up.
            Origin::Adopted => &[&modules.adopt, &modules.adopt],
            Origin::Naive => &[&modules.naive[0], &modules.naive[1], &modules.naive[1]],
            Origin::HalfMoved => &[&modules.adopt, &modules.slow, &modules.slow],
            Origin::Today => &[&modules.adopt, &modules.today, &modules.today],
        };
        let id = self.fleet.add_filled(&modules.legacy, &Fill::SMALL)?;
        for module in path {
            self.fleet.upgrade(id, module, false)?;
        }
        Ok(self.fleet.host.stable_memory(id)?)
    }

    /// Lets something be wrong with a canister. For some, it has to be another canister, which is returned.
    ///
    /// # Errors
    /// The host refuses.
    pub fn spoil(&mut self, id: Principal, wrong: Wrong) -> Result<Principal, FleetError> {
        let fail = |method: &str, kind| ManagementFault::new(method, kind).on(id).times(1);
        match wrong {
            Wrong::Stopped => self.fleet.manage(id, "stop_canister")?,
            Wrong::FewCycles => return self.poor(),
            Wrong::Foreign => {
                let mode = InstallMode::Reinstall;
                let by = self.fleet.operator;
                let empty = candid::encode_args(())?;
                self.fleet.host.pass_rounds(PAID_OFF);
                self.fleet
                    .host
                    .install(id, mode, &self.modules.foreign, &empty, by)?;
            }
            Wrong::NotControlled => {
                let others = vec![self.fleet.operator];
                self.fleet.host.set_controllers(id, others)?;
            }
            Wrong::Gone => {
                self.fleet.manage(id, "stop_canister")?;
                self.fleet.manage(id, "delete_canister")?;
            }
            Wrong::SnapshotsFull => {
                for _ in 0..fleet::MAX_SNAPSHOTS {
                    self.fleet.manage(id, "take_canister_snapshot")?;
                }
            }
            Wrong::DoesNotStop => {
                let kind = ManagementFaultKind::Reject {
                    code: RejectCode::SysTransient,
                    message: "Stop canister request timed out".to_owned(),
                };
                let fault = fail("stop_canister", kind).times(1_000);
                self.fleet.host.fail_management(fault);
            }
            Wrong::Traps => {
                let fault = Fault::within(EntryPoint::PostUpgrade, FaultPoint::StableWrite(1));
                self.fleet.host.set_fault(id, Some(fault))?;
            }
            Wrong::Damaged => return self.damaged(),
            Wrong::AnswerLost => {
                let fault = fail("install_chunked_code", ManagementFaultKind::AnswerLost);
                self.fleet.host.fail_management(fault);
            }
            Wrong::SnapshotLost => {
                let fault = fail("take_canister_snapshot", ManagementFaultKind::AnswerLost);
                self.fleet.host.fail_management(fault);
            }
            Wrong::NoAnswer => {
                let fault = fail("stop_canister", ManagementFaultKind::NoAnswer);
                self.fleet.host.fail_management(fault);
            }
        }
        Ok(id)
    }

    /// A canister with hardly any cycles.
    fn poor(&mut self) -> Result<Principal, FleetError> {
        let id = self.fleet.add_empty(1_000_000);
        let by = self.fleet.operator;
        let module = &self.modules.legacy;
        self.fleet
            .host
            .install(id, InstallMode::Install, module, &init_args(), by)?;
        Ok(id)
    }

    /// A canister whose move went on over other bytes than it wrote.
    fn damaged(&mut self) -> Result<Principal, FleetError> {
        let id = self.make(Origin::HalfMoved)?;
        let mut memory = self.fleet.host.stable_memory(id)?;
        let middle = memory.size() / 2;
        let mut bytes = vec![0; DAMAGE];
        let failed = |error: canister_host::StableError| FleetError::Idle(error.to_string());
        memory.read(middle, &mut bytes).map_err(failed)?;
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        memory.write(middle, &bytes).map_err(failed)?;
        self.fleet.host.set_stable_memory(id, memory)?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_has_canisters_of_every_origin_in_their_shares() {
        let mut counted: BTreeMap<Origin, usize> = BTreeMap::new();
        for place in 0..40 {
            *counted.entry(Origin::of(place)).or_default() += 1;
        }
        for (origin, share) in ORIGINS {
            assert_eq!(counted[origin], share * 2, "{}", origin.name());
        }
    }
}

//! What is to be done, decided before anything is.

use serde::{Deserialize, Serialize};

use crate::cause::Class;
use crate::hash::ModuleHash;

/// Most stages of a plan.
pub const MAX_STAGES: usize = 16;
/// Most modules a plan may name, targets and origins together.
pub const MAX_MODULES: usize = 200;
/// Snapshots that a canister may have.
pub const MAX_SNAPSHOTS: usize = 10;

/// What is to be done with every canister, and within which bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The upgrades, one after the other.
    pub stages: Vec<Stage>,
    /// When a snapshot is taken.
    pub snapshots: Snapshots,
    /// Whether the last snapshot is kept when all went well.
    pub keep_snapshot: bool,
    /// What is done about a canister that moved wrongly or answers wrongly after an upgrade.
    pub way_back: WayBack,
    /// How many may fail in a wave before no further canister is begun.
    pub budget: Budget,
    /// How much goes on at one time.
    pub limits: Limits,
    /// How often and how soon something is tried again.
    pub retry: Retry,
    /// Cycles above the freezing limit that a canister must have before it is stopped.
    pub spare_cycles: u128,
    /// What a canister with fewer is given.
    pub top_up: Option<TopUp>,
    /// Seconds after which a call without an answer can have no effect any more, and a stop has been given up: more than
    /// 5 minutes.
    pub settle: u64,
    /// Seconds between two looks at how far a move is.
    pub poll: u64,
    /// Seconds that a move may take.
    pub move_limit: u64,
    /// Seconds between the end of a wave and the beginning of the next.
    pub rest: u64,
    /// Whether each wave after the first waits for the operator.
    pub ask_before_wave: bool,
}

/// One upgrade of a canister.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What reports call it.
    pub name: String,
    /// What is installed.
    pub module: ModuleHash,
    /// Modules that it may be installed over. That of the stage before is one without being named.
    pub from: Vec<ModuleHash>,
    /// Whether the canister is given time to move its state before it is verified.
    pub moves: bool,
}

/// When a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Snapshots {
    /// Before each stage; the one before is deleted when its stage is verified.
    Each,
    /// Before the first stage that a canister goes through.
    First,
    /// Not at all.
    Never,
}

/// How a canister gets back from a stage that went wrong after it took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayBack {
    /// The snapshot is loaded. What was written since is lost.
    Snapshot,
    /// These modules are installed one after the other: a release that goes back, and the one that reads what it wrote.
    /// Nothing is lost.
    Releases(Vec<ModuleHash>),
    /// It is left as it is, running, for somebody to look at.
    Leave,
}

/// Failures in one wave at which no further canister is begun. What was begun is brought to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// This many.
    pub failures: u32,
    /// Or this part of the wave's canisters, from 1 to 100 per cent, where the number alone does not decide.
    pub percent: Option<u8>,
}

/// How much goes on at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Canisters that were begun and have not ended.
    pub open: u32,
    /// Canisters of one subnet that are stopped.
    pub stopped_per_subnet: u32,
    /// Installations on one subnet; the network runs one after the other.
    pub installs_per_subnet: u32,
    /// Calls without an answer. A canister may have 500 open to the management canister.
    pub calls: u32,
}

/// How often and how soon something is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Times after the first. A canister that must be started is tried without end.
    pub times: u8,
    /// Seconds before the second try, doubled each time.
    pub first: u64,
    /// Seconds at most.
    pub most: u64,
}

/// Cycles for a canister that has too few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUp {
    /// How many it is given at a time.
    pub cycles: u128,
    /// Times at most.
    pub times: u8,
}

/// What is wrong with a plan or a list of canisters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nothing to do.
    #[error("a plan has 1 to {MAX_STAGES} stages, this one has {0}")]
    Stages(usize),
    /// More than a record can name.
    #[error("a plan names at most {MAX_MODULES} modules, this one {0}")]
    Modules(usize),
    /// A stage would be passed over, or run again.
    #[error("the module {0} is that of two stages; a stage is told by its module")]
    TwoStages(ModuleHash),
    /// The canister could never be brought there.
    #[error("the first stage, '{0}', names no module that it may be installed over")]
    NoOrigin(String),
    /// A module from which two stages start.
    #[error("stages '{0}' and '{1}' both start from {2}; which comes first is not clear")]
    TwoRoutes(String, String, ModuleHash),
    /// The way back needs what the plan does not make.
    #[error(
        "the way back is a snapshot, and the plan takes none: take one, or go back another way"
    )]
    NoSnapshot,
    /// As above.
    #[error("the way back is a list of releases, and there is none in it")]
    NoReleaseBack,
    /// Nothing would ever be done.
    #[error("a limit of 0: {0}")]
    Nothing(&'static str),
    /// A part that a wave cannot have.
    #[error("{0} % of failures halt a wave: say 1 to 100, or no part at all")]
    Percent(u8),
    /// A canister would be upgraded twice.
    #[error("canister {0} is in the list twice")]
    Twice(ic_principal::Principal),
    /// Waves are numbered from 0 without a gap.
    #[error("there is no canister in wave {0}, and some in a later one")]
    EmptyWave(u16),
    /// More than can be numbered.
    #[error("{0} canisters; at most {max} are kept", max = u32::MAX)]
    TooMany(usize),
    /// What was kept does not belong to this list.
    #[error("{records} records for {members} canisters")]
    Records {
        /// That were kept.
        records: usize,
        /// That are in the list.
        members: usize,
    },
}

impl Budget {
    /// Whether so many failures in a wave of so many canisters halt it.
    pub fn is_reached(&self, failures: u32, canisters: u32) -> bool {
        let part =
            |percent: u8| u64::from(failures) * 100 >= u64::from(percent) * u64::from(canisters);
        failures > 0 && (failures >= self.failures || self.percent.is_some_and(part))
    }
}

impl Default for Budget {
    /// The first failure halts.
    fn default() -> Self {
        Self {
            failures: 1,
            percent: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: 200,
            stopped_per_subnet: 4,
            installs_per_subnet: 2,
            calls: 400,
        }
    }
}

impl Default for Retry {
    /// 6 times: after 5, 10, 20, 40, 80 and 160 seconds.
    fn default() -> Self {
        Self {
            times: 6,
            first: 5,
            most: 600,
        }
    }
}

impl Plan {
    /// A careful plan: a snapshot before each stage, loaded again if the stage went wrong; the first failure halts.
    pub fn careful(stages: Vec<Stage>) -> Self {
        Self {
            stages,
            snapshots: Snapshots::Each,
            keep_snapshot: false,
            way_back: WayBack::Snapshot,
            budget: Budget::default(),
            limits: Limits::default(),
            retry: Retry::default(),
            spare_cycles: 500_000_000_000,
            top_up: None,
            settle: 330,
            poll: 10,
            move_limit: 24 * 3600,
            rest: 0,
            ask_before_wave: false,
        }
    }

    /// What is wrong with it, if something is.
    ///
    /// # Errors
    /// The first [`PlanError`] found.
    pub fn check(&self) -> Result<(), PlanError> {
        let stages = &self.stages;
        if stages.is_empty() || stages.len() > MAX_STAGES {
            return Err(PlanError::Stages(stages.len()));
        }
        if stages[0].from.is_empty() {
            return Err(PlanError::NoOrigin(stages[0].name.clone()));
        }
        for (at, stage) in stages.iter().enumerate() {
            if stages[..at]
                .iter()
                .any(|other| other.module == stage.module)
            {
                return Err(PlanError::TwoStages(stage.module));
            }
            for from in &stage.from {
                let earlier = stages[..at].iter().find(|other| other.from.contains(from));
                let target = stages
                    .iter()
                    .enumerate()
                    .find(|(place, other)| other.module == *from && place + 1 != at);
                if let Some(other) = earlier.or(target.map(|(_, other)| other)) {
                    let names = (other.name.clone(), stage.name.clone());
                    return Err(PlanError::TwoRoutes(names.0, names.1, *from));
                }
            }
        }
        let modules = self.modules().count();
        if modules > MAX_MODULES {
            return Err(PlanError::Modules(modules));
        }
        if self.way_back == WayBack::Snapshot && self.snapshots == Snapshots::Never {
            return Err(PlanError::NoSnapshot);
        }
        if self.way_back == WayBack::Releases(Vec::new()) {
            return Err(PlanError::NoReleaseBack);
        }
        let limits = [
            (self.limits.open, "canisters begun at one time"),
            (
                self.limits.stopped_per_subnet,
                "stopped canisters of a subnet",
            ),
            (self.limits.installs_per_subnet, "installations on a subnet"),
            (self.limits.calls, "calls at one time"),
            (self.budget.failures, "failures that halt a wave"),
            (
                self.budget.percent.map_or(1, u32::from),
                "per cent of failures that halt a wave",
            ),
        ];
        if let Some((_, name)) = limits.iter().find(|(limit, _)| *limit == 0) {
            return Err(PlanError::Nothing(name));
        }
        match self.budget.percent {
            Some(percent) if percent > 100 => Err(PlanError::Percent(percent)),
            _ => Ok(()),
        }
    }

    /// The stage that a canister with this module is to go through next; the number of stages if it has the last.
    pub fn next_stage(&self, module: ModuleHash) -> Option<u8> {
        let reached = self.stages.iter().position(|stage| stage.module == module);
        let from = || {
            self.stages
                .iter()
                .position(|stage| stage.from.contains(&module))
        };
        let next = reached.map(|stage| stage + 1).or_else(from)?;
        u8::try_from(next).ok()
    }

    /// The modules of the way back, none if it is another way.
    pub(crate) fn releases_back(&self) -> &[ModuleHash] {
        match &self.way_back {
            WayBack::Releases(modules) => modules,
            WayBack::Snapshot | WayBack::Leave => &[],
        }
    }

    /// Every module that it names, each with its place in this order.
    pub(crate) fn modules(&self) -> impl Iterator<Item = ModuleHash> + '_ {
        let targets = self.stages.iter().map(|stage| stage.module);
        let origins = self
            .stages
            .iter()
            .flat_map(|stage| stage.from.iter().copied());
        targets
            .chain(self.releases_back().iter().copied())
            .chain(origins)
    }

    /// The place of a module that it names.
    pub(crate) fn place(&self, module: ModuleHash) -> Option<u8> {
        let place = self.modules().position(|other| other == module)?;
        u8::try_from(place).ok()
    }

    /// Whether a failure of this class is tried again.
    pub(crate) fn retries(&self, class: Class) -> bool {
        matches!(class, Class::Transient | Class::RateLimited | Class::Lost)
    }
}

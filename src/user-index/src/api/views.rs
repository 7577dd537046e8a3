//! A plan as the interface has it: what is left out is as in [`Plan::careful`].

use candid::CandidType;
use fleet::{Budget, Limits, ModuleHash, Plan, Retry, Snapshots, Stage, TopUp, WayBack};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::state::hot::Run;

/// What is to be done with every canister. Modules are named by their SHA-256, in hexadecimal.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanArgs {
    /// The upgrades, one after the other.
    pub stages: Vec<StageArgs>,
    /// When a snapshot is taken.
    pub snapshots: Option<SnapshotsArg>,
    /// Whether the last snapshot is kept when all went well.
    pub keep_snapshot: Option<bool>,
    /// What is done about a canister that moved wrongly or answers wrongly.
    pub way_back: Option<WayBackArg>,
    /// Failures in one wave that halt it.
    pub budget: Option<BudgetArg>,
    /// How much goes on at one time.
    pub limits: Option<LimitsArg>,
    /// How often and how soon something is tried again.
    pub retry: Option<RetryArg>,
    /// Cycles above the freezing limit that a canister must have before it is stopped.
    pub spare_cycles: Option<u128>,
    /// What a canister with fewer is given.
    pub top_up: Option<TopUpArg>,
    /// Seconds after which a call without an answer can have no effect any more.
    pub settle: Option<u64>,
    /// Seconds between two looks at how far a move is.
    pub poll: Option<u64>,
    /// Seconds that a move may take.
    pub move_limit: Option<u64>,
    /// Seconds between the end of a wave and the beginning of the next.
    pub rest: Option<u64>,
    /// Whether each wave after the first waits for `resume`.
    pub ask_before_wave: Option<bool>,
    /// The argument of every upgrade; nothing if it is left out.
    pub argument: Option<ByteBuf>,
    /// Queries without argument that every canister has to answer after an upgrade.
    pub checks: Option<Vec<String>>,
}

/// One upgrade.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct StageArgs {
    /// What reports call it.
    pub name: String,
    /// What is installed.
    pub module: String,
    /// Modules that it may be installed over, beside that of the stage before.
    pub from: Vec<String>,
    /// Whether the canister is given time to move its state before it is verified.
    pub moves: bool,
}

/// See [`Snapshots`].
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotsArg {
    /// Before each stage.
    Each,
    /// Before the first.
    First,
    /// Not at all.
    Never,
}

/// See [`WayBack`].
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum WayBackArg {
    /// The snapshot is loaded. What was written since is lost.
    Snapshot,
    /// These modules are installed, one after the other.
    Releases(Vec<String>),
    /// It is left as it is.
    Leave,
}

/// See [`Budget`].
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetArg {
    /// This many failures halt a wave.
    pub failures: u32,
    /// Or this part of its canisters, in per cent.
    pub percent: Option<u8>,
}

/// See [`Limits`].
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsArg {
    /// Canisters under way.
    pub open: u32,
    /// Canisters of one subnet that are stopped.
    pub stopped_per_subnet: u32,
    /// Installations on one subnet.
    pub installs_per_subnet: u32,
    /// Calls without an answer; 400 at most.
    pub calls: u32,
}

/// See [`Retry`].
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryArg {
    /// Times after the first.
    pub times: u8,
    /// Seconds before the second try, doubled each time.
    pub first: u64,
    /// Seconds at most.
    pub most: u64,
}

/// See [`TopUp`].
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopUpArg {
    /// Cycles at a time.
    pub cycles: u128,
    /// Times at most.
    pub times: u8,
}

fn hash(text: &str) -> Result<ModuleHash, String> {
    text.parse().map_err(|not| format!("{not}"))
}

fn hashes(texts: &[String]) -> Result<Vec<ModuleHash>, String> {
    texts.iter().map(|text| hash(text)).collect()
}

/// The plan that is meant.
///
/// # Errors
/// What is no hash.
pub fn plan_of(args: PlanArgs) -> Result<Plan, String> {
    let stage = |args: &StageArgs| {
        Ok(Stage {
            name: args.name.clone(),
            module: hash(&args.module)?,
            from: hashes(&args.from)?,
            moves: args.moves,
        })
    };
    let stages: Result<Vec<Stage>, String> = args.stages.iter().map(stage).collect();
    let mut plan = Plan::careful(stages?);
    set(&mut plan.snapshots, args.snapshots.map(Snapshots::from));
    set(&mut plan.keep_snapshot, args.keep_snapshot);
    match &args.way_back {
        None => {}
        Some(WayBackArg::Snapshot) => plan.way_back = WayBack::Snapshot,
        Some(WayBackArg::Leave) => plan.way_back = WayBack::Leave,
        Some(WayBackArg::Releases(modules)) => plan.way_back = WayBack::Releases(hashes(modules)?),
    }
    if let Some(BudgetArg { failures, percent }) = args.budget {
        plan.budget = Budget { failures, percent };
    }
    if let Some(limits) = args.limits {
        plan.limits = Limits {
            open: limits.open,
            stopped_per_subnet: limits.stopped_per_subnet,
            installs_per_subnet: limits.installs_per_subnet,
            calls: limits.calls,
        };
    }
    if let Some(RetryArg { times, first, most }) = args.retry {
        plan.retry = Retry { times, first, most };
    }
    plan.top_up = args
        .top_up
        .map(|TopUpArg { cycles, times }| TopUp { cycles, times });
    set(&mut plan.spare_cycles, args.spare_cycles);
    set(&mut plan.settle, args.settle);
    set(&mut plan.poll, args.poll);
    set(&mut plan.move_limit, args.move_limit);
    set(&mut plan.rest, args.rest);
    set(&mut plan.ask_before_wave, args.ask_before_wave);
    Ok(plan)
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// The plan of a run, with nothing left out.
pub fn told(run: &Run) -> PlanArgs {
    let plan = &run.plan;
    let text = |modules: &[ModuleHash]| modules.iter().map(ModuleHash::to_string).collect();
    let stages = plan.stages.iter().map(|stage| StageArgs {
        name: stage.name.clone(),
        module: stage.module.to_string(),
        from: text(&stage.from),
        moves: stage.moves,
    });
    PlanArgs {
        stages: stages.collect(),
        snapshots: Some(plan.snapshots.into()),
        keep_snapshot: Some(plan.keep_snapshot),
        way_back: Some(match &plan.way_back {
            WayBack::Snapshot => WayBackArg::Snapshot,
            WayBack::Leave => WayBackArg::Leave,
            WayBack::Releases(modules) => WayBackArg::Releases(text(modules)),
        }),
        budget: Some(BudgetArg {
            failures: plan.budget.failures,
            percent: plan.budget.percent,
        }),
        limits: Some(LimitsArg {
            open: plan.limits.open,
            stopped_per_subnet: plan.limits.stopped_per_subnet,
            installs_per_subnet: plan.limits.installs_per_subnet,
            calls: plan.limits.calls,
        }),
        retry: Some(RetryArg {
            times: plan.retry.times,
            first: plan.retry.first,
            most: plan.retry.most,
        }),
        spare_cycles: Some(plan.spare_cycles),
        top_up: plan
            .top_up
            .map(|TopUp { cycles, times }| TopUpArg { cycles, times }),
        settle: Some(plan.settle),
        poll: Some(plan.poll),
        move_limit: Some(plan.move_limit),
        rest: Some(plan.rest),
        ask_before_wave: Some(plan.ask_before_wave),
        argument: Some(run.argument.clone()),
        checks: Some(run.checks.clone()),
    }
}

impl From<SnapshotsArg> for Snapshots {
    fn from(arg: SnapshotsArg) -> Self {
        match arg {
            SnapshotsArg::Each => Self::Each,
            SnapshotsArg::First => Self::First,
            SnapshotsArg::Never => Self::Never,
        }
    }
}

impl From<Snapshots> for SnapshotsArg {
    fn from(snapshots: Snapshots) -> Self {
        match snapshots {
            Snapshots::Each => Self::Each,
            Snapshots::First => Self::First,
            Snapshots::Never => Self::Never,
        }
    }
}

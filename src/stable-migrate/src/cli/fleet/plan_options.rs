//! The options of `fleet plan` that become the engine's plan.

use clap::{Args, ValueEnum};
use fleet::{Budget, Limits, ModuleHash, Plan, Retry, Snapshots, Stage, TopUp, WayBack};
use stable_migrate::parse_cycles;

/// How careful a run is, and how fast.
#[derive(Args)]
#[command(next_help_heading = "How it is done")]
pub struct Care {
    /// When a snapshot is taken
    #[arg(long, value_enum, default_value_t = When::Each)]
    snapshots: When,
    /// Keep the last snapshot of a canister that is done
    #[arg(long)]
    keep_snapshot: bool,
    /// How a canister gets back that moved or answers wrongly; --back makes it `releases` [default: snapshot, or leave
    /// where none is taken]
    #[arg(long, value_enum)]
    way_back: Option<Back>,
    /// Sizes of the waves; the rest goes in a last one
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', default_values_t = fleet::WAVES.to_vec())]
    pub waves: Vec<u32>,
    /// Another number deals the canisters to other waves
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Canisters of each wave whose snapshot is rehearsed on this machine before any of the wave is upgraded
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub rehearse: u32,
    /// Halt after so many failures in a wave
    #[arg(long, value_name = "N", default_value_t = Budget::default().failures)]
    failures: u32,
    /// Halt also after this part of a wave failed, 1 to 100
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    percent: Option<u8>,
    /// Wait for `fleet resume` before each wave after the first
    #[arg(long)]
    ask_before_wave: bool,
    /// Seconds between two waves
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    rest: u64,
    /// Canisters that are under way at one time
    #[arg(long, value_name = "N", default_value_t = Limits::default().open)]
    open: u32,
    /// Canisters of one subnet that are stopped at one time
    #[arg(long, value_name = "N", default_value_t = Limits::default().stopped_per_subnet)]
    stopped_per_subnet: u32,
    /// Installations of one subnet at one time; the network runs one after the other
    #[arg(long, value_name = "N", default_value_t = Limits::default().installs_per_subnet)]
    installs_per_subnet: u32,
    /// Calls at one time
    #[arg(long, value_name = "N", default_value_t = Limits::default().calls)]
    calls: u32,
    /// Times that something is tried again
    #[arg(long, value_name = "N", default_value_t = Retry::default().times)]
    retries: u8,
    /// Seconds before the second try, doubled each time
    #[arg(long, value_name = "SECONDS", default_value_t = Retry::default().first)]
    retry_first: u64,
    /// Seconds between two tries at most
    #[arg(long, value_name = "SECONDS", default_value_t = Retry::default().most)]
    retry_most: u64,
    /// Cycles above its freezing limit that a canister must have before it is stopped
    #[arg(long, value_name = "CYCLES", value_parser = parse_cycles, default_value = "500B")]
    pub spare_cycles: u128,
    /// Give a canister that has fewer so many, from what the identity has at the cycles ledger
    #[arg(long, value_name = "CYCLES", value_parser = parse_cycles)]
    top_up: Option<u128>,
    /// Times that a canister is given cycles
    #[arg(long, value_name = "N", default_value_t = 1, requires = "top_up")]
    top_up_times: u8,
    /// Seconds after which a call whose answer was lost has no effect any more; requests expire a minute before
    #[arg(long, value_name = "SECONDS", default_value_t = 330, value_parser = clap::value_parser!(u64).range(10..))]
    settle: u64,
    /// Seconds between two looks at a move
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    poll: u64,
    /// Seconds that a move may take
    #[arg(long, value_name = "SECONDS", default_value_t = 24 * 3600)]
    move_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    /// Before each stage; the one before is deleted when its stage is verified
    Each,
    /// Before the first stage that a canister goes through
    First,
    /// Not at all
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Back {
    /// The snapshot is loaded; what was written since is lost
    Snapshot,
    /// It is left running as it is, for somebody to look at
    Leave,
}

impl Care {
    /// The engine's plan for these stages.
    pub fn plan(&self, stages: Vec<Stage>, releases_back: Vec<ModuleHash>) -> Plan {
        let snapshots = match self.snapshots {
            When::Each => Snapshots::Each,
            When::First => Snapshots::First,
            When::Never => Snapshots::Never,
        };
        let way_back = match self.way_back {
            _ if !releases_back.is_empty() => WayBack::Releases(releases_back),
            Some(Back::Snapshot) => WayBack::Snapshot,
            Some(Back::Leave) => WayBack::Leave,
            None if snapshots == Snapshots::Never => WayBack::Leave,
            None => WayBack::Snapshot,
        };
        Plan {
            stages,
            snapshots,
            keep_snapshot: self.keep_snapshot,
            way_back,
            budget: Budget {
                failures: self.failures,
                percent: self.percent,
            },
            limits: Limits {
                open: self.open,
                stopped_per_subnet: self.stopped_per_subnet,
                installs_per_subnet: self.installs_per_subnet,
                calls: self.calls,
            },
            retry: Retry {
                times: self.retries,
                first: self.retry_first,
                most: self.retry_most,
            },
            spare_cycles: self.spare_cycles,
            top_up: self.top_up.map(|cycles| TopUp {
                cycles,
                times: self.top_up_times,
            }),
            settle: self.settle,
            poll: self.poll,
            move_limit: self.move_limit,
            rest: self.rest,
            ask_before_wave: self.ask_before_wave,
        }
    }
}

//! `stable-migrate upgrade`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{
    BucketChoice, Error, NewFile, OfflineUpgrade, Progress, STEP_METHOD, SnapshotDir, parse_bytes,
    upgrade_html, upgrade_text,
};

use super::next_steps::NextSteps;
use super::setting::SettingArgs;
use super::steps::load_step;
use super::{Verdict, finish, offline};

/// Upgrade, migrate and shrink a canister offline: a new snapshot to be loaded
///
/// Runs the old module's pre_upgrade, the new one's post_upgrade and the steps of its move to the end on an embedded
/// host, upgrades once more so that everything is saved and the heap is fresh, compacts stable memory, and writes a
/// whole new snapshot: module, heap, globals, stable memory, timer. Loading it upgrades, migrates and shrinks the
/// canister without one instruction on chain.
///
/// Nothing else of the canister runs: no timer, no heartbeat, and no call leaves it.
///
/// Its queries are asked at the start and after each step, as `rehearse` asks them, and of the snapshot that was
/// written. If an upgrade fails, the move does not come to its end, an answer is not the same or a timer is lost,
/// nothing is written and the status is 1.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Upgrade {
    /// Snapshot directory
    path: PathBuf,
    /// Module to upgrade to, plain or packed with gzip
    #[arg(long, value_name = "FILE")]
    wasm: PathBuf,
    /// Argument of the upgrade: Candid as '(record { n = 1 })', or hex:4449444c… [default: ()]
    #[arg(long, value_name = "ARG")]
    arg: Option<String>,
    /// Argument of the upgrades that follow with the same module [default: the same]
    #[arg(long, value_name = "ARG")]
    arg_again: Option<String>,
    /// What to make: a directory that does not exist yet
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Skip pre_upgrade in the first upgrade: what is on the heap and not in stable memory is lost
    #[arg(long)]
    skip_pre_upgrade: bool,
    /// What all virtual memories have to be able to reach together, as 32GiB; by default as `compact` chooses
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    ceiling: Option<u64>,
    /// Write the maps of the collections anew when compacting, in full nodes
    #[arg(long)]
    repack: bool,
    /// Update method of the module that does one step of the move; without argument, as the canister itself calls it
    #[arg(long, value_name = "METHOD", default_value = STEP_METHOD)]
    step: String,
    /// A timer that was set before may be gone after
    #[arg(long)]
    timer_may_stop: bool,
    #[command(flatten)]
    setting: SettingArgs,
    /// Name or id of the canister, for the commands that are printed
    #[arg(long, value_name = "NAME", default_value = "CANISTER")]
    canister: String,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Write a page with the results; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  stable-migrate upgrade my-snapshot --wasm release-2.wasm -o my-snapshot-upgraded
  stable-migrate upgrade my-snapshot --wasm release-2.wasm --arg '(record {})' -o upgraded --canister my_canister";

impl Upgrade {
    pub fn run(self) -> Result<Verdict, Error> {
        let directory = SnapshotDir::open(&self.path)?;
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let progress = Progress::busy();
        let mut step = load_step(&self.wasm, self.arg.as_deref())?;
        step.skip_pre_upgrade = self.skip_pre_upgrade;
        let argument_again = match &self.arg_again {
            None => step.argument.clone(),
            Some(argument) => load_step(&self.wasm, Some(argument))?.argument,
        };
        let upgrade = OfflineUpgrade {
            setting: self.setting.setting(),
            step,
            argument_again,
            step_method: self.step.clone(),
            asking: self.setting.asking()?,
            buckets: self
                .ceiling
                .map_or(BucketChoice::RightSize, BucketChoice::Ceiling),
            repack: self.repack,
            timer_may_stop: self.timer_may_stop,
        };
        let (outcome, made) = upgrade.run(&directory, &self.output, &mut |stage: &str| {
            progress.say(stage)
        })?;
        drop(progress);
        let next = NextSteps {
            canister: &self.canister,
            from: &self.path,
            to: &self.output,
            without_pre_upgrade: false,
        };
        offline::tell(&outcome, upgrade_text, self.json, &next)?;
        finish(page, &offline::show(&outcome, upgrade_html, &next))?;
        offline::conclude(&outcome, made)
    }
}

//! `stable-migrate revert`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use stable_migrate::{
    Config, Error, Goal, OfflineRevert, Progress, SnapshotDir, check_new, revert_text,
};

use super::many::{Found, List, Making, Takes, find};
use super::next_steps::NextSteps;
use super::setting::SettingArgs;
use super::steps::Steps;
use super::{Verdict, offline};

/// Go back to the old module offline, with everything that was written since: a new snapshot to be loaded
///
/// Runs the upgrade to a release that goes back, which leaves the state where it is, and then the upgrade to the old
/// module: that begins with the pre_upgrade of the release that goes back, which writes the state as the old module reads
/// it. With no second --wasm the release that goes back is installed once more, runs on, and the old module can be
/// installed over it on chain. Every answer is compared, stable memory is looked at, and a whole new snapshot is written.
///
/// Nothing else of the canister runs: no timer, no heartbeat, no step of a move, and no call leaves it.
///
/// If an upgrade fails, an answer is not the same, a timer is lost or stable memory has another layout than asked for,
/// nothing is written and the status is 1.
///
/// Of several, or of all in a folder, one row each is printed, or with --json a line each as it ends, with its `index`
/// among them; status 1 if one of them was not made. Modules are read and compiled once for all.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Revert {
    /// Snapshot directory; or several, or a folder with them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The release that goes back, then the old module if that is to take over
    #[command(flatten)]
    steps: Steps,
    /// Where the old module looks for its value
    #[arg(long, value_name = "LAYOUT")]
    to: To,
    /// What to make: a directory that does not exist yet; of several, the folder in which each has its name
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Skip the pre_upgrade of the running module: what is on the heap and not in stable memory is lost
    #[arg(long)]
    skip_pre_upgrade: bool,
    /// A timer that was set before may be gone after
    #[arg(long)]
    timer_may_stop: bool,
    #[command(flatten)]
    making: Making,
    #[command(flatten)]
    setting: SettingArgs,
    /// Name or id of the canister, for the commands that are printed
    #[arg(long, value_name = "NAME", default_value = "CANISTER")]
    canister: String,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// See [`Goal`].
#[derive(Clone, Copy, ValueEnum)]
enum To {
    /// One value at offset 0 of stable memory
    Legacy,
    /// A value in the virtual memory of the state, as after the migration of 2023
    Memory0,
}

const EXAMPLES: &str = "Examples:
  stable-migrate revert my-snapshot --wasm release-back.wasm --wasm release-0.wasm --to legacy -o my-snapshot-back
  stable-migrate revert my-snapshot --wasm release-back.wasm --arg '(record {})' --to memory0 -o my-snapshot-back
  stable-migrate revert snapshots/ --wasm release-back.wasm --wasm release-0.wasm --to legacy -o back/ --resume";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/revert/1";

impl Revert {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        match find(&self.paths, Takes::Snapshots, false)? {
            Found::One(path) => self.one(&path, config),
            Found::Many(list) => self.many(&list, config),
        }
    }

    fn one(&self, path: &Path, config: &Config) -> Result<Verdict, Error> {
        self.making.refuse_for_one()?;
        let directory = SnapshotDir::open(path)?;
        check_new(&self.output)?;
        let progress = Progress::busy();
        let revert = self.revert(config)?;
        let (outcome, made) = revert.run(&directory, &self.output, &mut |stage: &str| {
            progress.say(stage)
        })?;
        drop(progress);
        let next = NextSteps {
            canister: &self.canister,
            from: path,
            to: &self.output,
            without_pre_upgrade: false,
        };
        offline::tell(&outcome, revert_text, self.json.then_some(SCHEMA), &next)?;
        offline::conclude(&outcome, made)
    }

    fn many(&self, list: &List, config: &Config) -> Result<Verdict, Error> {
        let revert = self.revert(config)?;
        let (forms, making) = (("revert", SCHEMA), &self.making);
        offline::of_many(forms, list, &self.output, making, self.json, |from, to| {
            revert.run(from, to, &mut |_| {})
        })
    }

    fn revert(&self, config: &Config) -> Result<OfflineRevert, Error> {
        let mut steps = self.steps.load(self.skip_pre_upgrade)?.into_iter();
        let (Some(back), old, None) = (steps.next(), steps.next(), steps.next()) else {
            return Err(Error::Run {
                what: "--wasm".into(),
                reason: "give the release that goes back, and the old module at most".into(),
            });
        };
        Ok(OfflineRevert {
            setting: self.setting.setting(config),
            back,
            old,
            asking: self.setting.asking()?,
            goal: match self.to {
                To::Legacy => Goal::Legacy,
                To::Memory0 => Goal::Memory0,
            },
            timer_may_stop: self.timer_may_stop,
        })
    }
}

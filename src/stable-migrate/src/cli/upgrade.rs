//! `stable-migrate upgrade`.

use std::path::{Path, PathBuf};

use clap::Args;
use stable_migrate::{
    BucketChoice, Config, Error, NewFile, OfflineUpgrade, Origin, Progress, STEP_METHOD,
    SnapshotDir, check_new, parse_bytes, upgrade_html, upgrade_text,
};

use super::many::{Found, List, Making, Takes, find, refuse_for_many};
use super::next_steps::NextSteps;
use super::quote::quoted;
use super::setting::SettingArgs;
use super::steps::{load_step, name_module};
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
///
/// Of several, or of all in a folder, one row each is printed, or with --json a line each as it ends, with its `index`
/// among them; status 1 if one of them was not made. Modules are read and compiled once for all.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Upgrade {
    /// Snapshot directory; or several, or a folder with them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Module to upgrade to, plain or packed with gzip
    #[arg(long, value_name = "FILE")]
    wasm: PathBuf,
    /// Argument of the upgrade: Candid as '(record { n = 1 })', or hex:4449444c… [default: ()]
    #[arg(long, value_name = "ARG")]
    arg: Option<String>,
    /// Argument of the upgrades that follow with the same module [default: the same]
    #[arg(long, value_name = "ARG")]
    arg_again: Option<String>,
    /// What to make: a directory that does not exist yet; of several, the folder in which each has its name
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
    making: Making,
    #[command(flatten)]
    setting: SettingArgs,
    /// Name or id of the canister, for the commands that are printed
    #[arg(long, value_name = "NAME", default_value = NO_NAME)]
    canister: String,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Write a page with the results; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  stable-migrate upgrade my-snapshot --wasm release-2.wasm -o my-snapshot-upgraded
  stable-migrate upgrade my-snapshot --wasm release-2.wasm --arg '(record {})' -o upgraded --canister my_canister
  stable-migrate upgrade snapshots/ --wasm release-2.wasm -o upgraded/ --resume --json >upgraded.jsonl";

/// What commands call a canister that was not named.
const NO_NAME: &str = "CANISTER";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/upgrade/1";

impl Upgrade {
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
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let progress = Progress::busy();
        let upgrade = self.upgrade(config)?;
        let (outcome, made) = upgrade.run(&directory, &self.output, &mut |stage: &str| {
            progress.say(stage)
        })?;
        drop(progress);
        let next = NextSteps {
            canister: &self.canister,
            from: path,
            to: &self.output,
            without_pre_upgrade: false,
        };
        offline::tell(&outcome, upgrade_text, self.json.then_some(SCHEMA), &next)?;
        finish(page, || {
            let mut origin = Origin::now(quoted(path.as_os_str()));
            origin.canister = (self.canister != NO_NAME).then(|| self.canister.clone());
            name_module(&self.wasm, &mut origin)?;
            let [from, to] = [path, &self.output].map(|path| path.display().to_string());
            let commands = next.commands();
            Ok(upgrade_html(&from, &to, &outcome, &origin, &commands))
        })?;
        offline::conclude(&outcome, made)
    }

    fn many(&self, list: &List, config: &Config) -> Result<Verdict, Error> {
        refuse_for_many("--html", self.html.as_ref())?;
        let upgrade = self.upgrade(config)?;
        let (forms, making) = (("upgrade", SCHEMA), &self.making);
        offline::of_many(forms, list, &self.output, making, self.json, |from, to| {
            upgrade.run(from, to, &mut |_| {})
        })
    }

    fn upgrade(&self, config: &Config) -> Result<OfflineUpgrade, Error> {
        let mut step = load_step(&self.wasm, self.arg.as_deref())?;
        step.skip_pre_upgrade = self.skip_pre_upgrade;
        let argument_again = match &self.arg_again {
            None => step.argument.clone(),
            Some(argument) => load_step(&self.wasm, Some(argument))?.argument,
        };
        Ok(OfflineUpgrade {
            setting: self.setting.setting(config),
            step,
            argument_again,
            step_method: self.step.clone(),
            asking: self.setting.asking()?,
            buckets: self
                .ceiling
                .map_or(BucketChoice::RightSize, BucketChoice::Ceiling),
            repack: self.repack,
            timer_may_stop: self.timer_may_stop,
        })
    }
}

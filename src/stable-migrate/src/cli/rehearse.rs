//! `stable-migrate rehearse`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{
    Error, NewFile, Origin, Progress, Rehearsal, Source, of_bare, of_directory, rehearsal_html,
    rehearsal_text,
};

use super::quote::quoted;
use super::setting::SettingArgs;
use super::steps::Steps;
use super::{Verdict, finish, json, print};

/// Run a chain of upgrades on a canister's real state, off the network
///
/// Restores the snapshot's module, heap, globals and stable memory on an embedded host and upgrades as the replica
/// would: the old module's pre_upgrade, the new module's start and post_upgrade, under the limits of the network.
/// Then timers run until the journal in stable memory says that the move of its collections is done, and the last
/// upgrade is done once more. An upgrade that fails is a result as any other: status 1, and the report says where and
/// why.
///
/// Every query of the interface is asked before the first upgrade and after each, and the answers are compared: with
/// arguments made of small numbers and of what the state and other answers hold, page by page where it takes two
/// numbers. What could not be asked is named.
///
/// A bare stable memory has no heap and so nothing that pre_upgrade could save: it needs --skip-pre-upgrade, and is
/// asked for the first time after the first upgrade.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Rehearse {
    /// Snapshot directory, or file with a stable memory, plain or packed with gzip
    path: PathBuf,
    #[command(flatten)]
    steps: Steps,
    /// Skip pre_upgrade in the first upgrade
    #[arg(long)]
    skip_pre_upgrade: bool,
    /// Repeat each upgrade with a trap at every K-th stable write, and see that each is undone [default: about 100
    /// traps]
    #[arg(long, value_name = "K", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    fault: Option<u64>,
    /// Argument of the upgrade that is done once more [default: that of the last]
    #[arg(long, value_name = "ARG")]
    arg_again: Option<String>,
    /// A timer that was set before may be gone after
    #[arg(long)]
    timer_may_stop: bool,
    /// Wait for the move after every upgrade, not only after the last
    #[arg(long)]
    wait_each: bool,
    #[command(flatten)]
    setting: SettingArgs,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Write a page with the results; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  stable-migrate rehearse my-snapshot --wasm release-1.wasm --wasm release-2.wasm --fault
  stable-migrate rehearse my-snapshot --wasm release-2.wasm --arg '(record { version = opt 3 })' \\
      --calls calls.txt --html rehearsal.html
  stable-migrate rehearse stable_memory.bin --wasm release-2.wasm --skip-pre-upgrade

calls.txt:
  # method, argument in Candid
  get_post (7)
  as 2vxsx-fae get_profile";

impl Rehearse {
    pub fn run(self) -> Result<Verdict, Error> {
        let source = Source::open(&self.path)?;
        let (snapshot, knows_answers) = match &source {
            Source::Snapshot(directory) => (of_directory(directory)?, true),
            Source::Bare(_) if !self.skip_pre_upgrade => {
                return Err(Error::NoHeap {
                    path: self.path.clone(),
                });
            }
            Source::Bare(image) => (of_bare(image)?, false),
        };
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let progress = Progress::busy();
        let rehearsal = Rehearsal {
            setting: self.setting.setting(),
            steps: self.steps.load(self.skip_pre_upgrade)?,
            argument_again: self.steps.again(self.arg_again.as_deref())?,
            asking: self.setting.asking()?,
            wait_each: self.wait_each,
            fault_every: self.fault,
            timer_may_stop: self.timer_may_stop,
        };
        let rehearsed = rehearsal.run(&snapshot, knows_answers, &mut |stage| progress.say(stage));
        let rehearsed = rehearsed.map_err(|reason| Error::Run {
            what: self.path.display().to_string(),
            reason,
        })?;
        drop(progress);
        let name = self.path.display().to_string();
        print(&match self.json {
            true => json(&rehearsed)?,
            false => rehearsal_text(&name, &rehearsed),
        })?;
        let mut origin = Origin::now(quoted(self.path.as_os_str()));
        origin.canister = self.setting.canister();
        if page.is_some() {
            self.steps.name_in(&mut origin)?;
        }
        finish(page, &rehearsal_html(&name, &rehearsed, &origin))?;
        Ok(match rehearsed.held {
            true => Verdict::Held,
            false => Verdict::Different,
        })
    }
}

//! `stable-migrate rehearse`.

use std::path::{Path, PathBuf};

use canister_host::Module;
use clap::Args;
use stable_migrate::{
    Config, Error, NOT_HELD, NewFile, Origin, Progress, Rehearsal, Rehearsed, Source,
    instructions_text, number_text, of_bare, of_directory, rehearsal_html, rehearsal_text,
};

use super::many::{Found, Judgement, List, Looked, Many, Takes, Telling, find, refuse_for_many};
use super::quote::quoted;
use super::setting::SettingArgs;
use super::steps::Steps;
use super::{Document, Verdict, finish, json, print};

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
///
/// Of several, or of all in a folder, one row each is printed, or with --json a line each as it ends, with its `index`
/// among them; status 1 if one of them does not hold. Modules are read and compiled once for all.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Rehearse {
    /// Snapshot directory, or file with a stable memory, plain or packed with gzip; or several, or a folder with them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
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
    pub json: bool,
    /// Write a page with the results; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    telling: Telling,
}

const EXAMPLES: &str = "Examples:
  stable-migrate rehearse my-snapshot --wasm release-1.wasm --wasm release-2.wasm --fault
  stable-migrate rehearse my-snapshot --wasm release-2.wasm --arg '(record { version = opt 3 })' \\
      --calls calls.txt --html rehearsal.html
  stable-migrate rehearse stable_memory.bin --wasm release-2.wasm --skip-pre-upgrade
  stable-migrate rehearse snapshots/ --wasm release-2.wasm --jobs 4 --results rehearsed.jsonl --resume

calls.txt:
  # method, argument in Candid
  get_post (7)
  as 2vxsx-fae get_profile";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/rehearse/1";

impl Rehearse {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        self.refuse_number_as_path()?;
        match find(&self.paths, Takes::Memories, self.telling.is_kept())? {
            Found::One(path) => self.one(&path, config),
            Found::Many(list) => self.many(&list, config),
        }
    }

    /// `--fault` may stand alone, so that a number behind it is taken for a snapshot.
    fn refuse_number_as_path(&self) -> Result<(), Error> {
        let is_number = |path: &&PathBuf| {
            let name = path.to_str().unwrap_or_default();
            name.parse::<u64>().is_ok() && !path.exists()
        };
        match self.paths.iter().find(is_number) {
            Some(number) if self.fault == Some(0) => Err(Error::Run {
                what: "--fault".into(),
                reason: format!(
                    "it takes a number behind an equals sign: --fault={}",
                    number.display()
                ),
            }),
            _ => Ok(()),
        }
    }

    fn one(&self, path: &Path, config: &Config) -> Result<Verdict, Error> {
        let source = self.open(path, Progress::bytes)?;
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let progress = Progress::busy();
        let rehearsal = self.rehearsal(config)?;
        let rehearsed = rehearsed(&rehearsal, path, source, &mut |stage| progress.say(stage))?;
        drop(progress);
        let name = path.display().to_string();
        print(&match self.json {
            true => json(SCHEMA, &rehearsed)?,
            false => rehearsal_text(&name, &rehearsed),
        })?;
        finish(page, || {
            let mut origin = Origin::now(quoted(path.as_os_str()));
            origin.canister = self.setting.canister();
            self.steps.name_in(&mut origin)?;
            Ok(rehearsal_html(&name, &rehearsed, &origin))
        })?;
        Ok(match rehearsed.held {
            true => Verdict::Held,
            false => Verdict::Different,
        })
    }

    fn many(&self, list: &List, config: &Config) -> Result<Verdict, Error> {
        refuse_for_many("--html", self.html.as_ref())?;
        let rehearsal = self.rehearsal(config)?;
        let many = Many {
            command: "rehearse",
            figures: ["instructions", "stable pages", "answers equal"],
            list,
            json: self.json,
            runs: true,
        };
        many.tell(&self.telling, &question(&rehearsal), |path| {
            let rehearsed = rehearsed(
                &rehearsal,
                path,
                self.open(path, |_, _| Progress::hidden())?,
                &mut |_| {},
            )?;
            Ok(Looked {
                judgement: match rehearsed.held {
                    true => Judgement::Held,
                    false => Judgement::Different,
                },
                figures: figures(&rehearsed),
                wrong: rehearsed
                    .failures
                    .first()
                    .map(|failure| (NOT_HELD.into(), failure.clone())),
                document: Some(Document::of(SCHEMA, rehearsed)),
            })
        })
    }

    /// Opens a snapshot, and refuses what has no heap, but should.
    fn open(&self, path: &Path, bar: impl FnOnce(&str, u64) -> Progress) -> Result<Source, Error> {
        match Source::open_with(path, bar)? {
            Source::Bare(_) if !self.skip_pre_upgrade => Err(Error::NoHeap {
                path: path.to_owned(),
            }),
            source => Ok(source),
        }
    }

    fn rehearsal(&self, config: &Config) -> Result<Rehearsal, Error> {
        Ok(Rehearsal {
            setting: self.setting.setting(config),
            steps: self.steps.load(self.skip_pre_upgrade)?,
            argument_again: self.steps.again(self.arg_again.as_deref())?,
            asking: self.setting.asking()?,
            wait_each: self.wait_each,
            fault_every: self.fault,
            timer_may_stop: self.timer_may_stop,
        })
    }
}

fn rehearsed(
    rehearsal: &Rehearsal,
    path: &Path,
    source: Source,
    stage: &mut dyn FnMut(&str),
) -> Result<Rehearsed, Error> {
    let (snapshot, knows_answers) = match &source {
        Source::Snapshot(directory) => (of_directory(directory)?, true),
        Source::Bare(image) => (of_bare(image)?, false),
    };
    let rehearsed = rehearsal.run(&snapshot, knows_answers, stage);
    rehearsed.map_err(|reason| Error::Run {
        what: path.display().to_string(),
        reason,
    })
}

/// All that the answers depend on beside the snapshot, in words that differ where one of it does.
fn question(rehearsal: &Rehearsal) -> Vec<u8> {
    let Rehearsal {
        setting,
        steps,
        argument_again,
        asking,
        wait_each,
        fault_every,
        timer_may_stop,
    } = rehearsal;
    let steps = steps.iter().map(|step| {
        let module = step.module.as_ref().map(Module::hash);
        (module, &step.argument, step.skip_pre_upgrade)
    });
    let steps: Vec<_> = steps.collect();
    let asking = (asking.sender, &asking.calls, &asking.left_out);
    let rest = (argument_again, wait_each, fault_every, timer_may_stop);
    format!("{setting:?} {steps:?} {asking:?} {rest:?}").into_bytes()
}

/// The instructions of the costliest upgrade, the stable pages at the end, and how many answers are the same.
fn figures(rehearsed: &Rehearsed) -> [String; 3] {
    let upgrades = || rehearsed.upgrades.iter().chain(&rehearsed.again);
    let most = upgrades().map(|upgrade| upgrade.instructions).max();
    let last = upgrades().last();
    let answers = last.and_then(|upgrade| upgrade.answers.as_ref());
    [
        most.map_or("–".into(), instructions_text),
        last.map_or("–".into(), |upgrade| number_text(upgrade.stable_pages)),
        answers.map_or("–".into(), |answers| {
            format!("{} of {}", answers.same, answers.asked)
        }),
    ]
}

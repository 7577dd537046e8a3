//! Commands for whoever runs a journal.

use std::path::{Path, PathBuf};

use candid::Principal;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fleet::{Class, Command};
use stable_migrate::Error;
use stable_migrate::fleet::{Clock, FleetError, FleetPlan, Journal};

use crate::cli::{Verdict, print};

/// The journal that is meant.
#[derive(Args)]
pub struct Which {
    /// Journal of the run
    #[arg(long, value_name = "FILE")]
    pub journal: PathBuf,
}

/// Begin no further canister; bring those under way to an end, and end the run
#[derive(Args)]
#[command(after_help = "Example:\n  stable-migrate fleet pause --journal fleet.sqlite")]
pub struct Pause {
    #[command(flatten)]
    which: Which,
}

/// Go on after a pause or a halt, or with the next wave
///
/// Failures of the wave so far are not counted again. Where no runner is at work, `fleet run` goes on; it has `--resume` for
/// doing both at once.
#[derive(Args)]
#[command(after_help = "Example:\n  stable-migrate fleet resume --journal fleet.sqlite")]
pub struct Resume {
    #[command(flatten)]
    which: Which,
}

/// End the run: start what was stopped, bring to an end what was upgraded, begin nothing else
#[derive(Args)]
#[command(after_help = "Example:\n  stable-migrate fleet abort --journal fleet.sqlite")]
pub struct Abort {
    #[command(flatten)]
    which: Which,
}

/// Take canisters out
#[derive(Args)]
#[command(
    after_help = "Example:\n  stable-migrate fleet exclude --journal fleet.sqlite rrkah-fqaaa-aaaaa-aaaaq-cai"
)]
pub struct Exclude {
    #[command(flatten)]
    which: Which,
    /// The canisters
    #[arg(required = true, value_name = "ID")]
    canisters: Vec<Principal>,
}

/// Take canisters in again that were taken out or have failed, in the present wave
#[derive(Args)]
#[command(
    after_help = "Example:\n  stable-migrate fleet include --journal fleet.sqlite rrkah-fqaaa-aaaaa-aaaaq-cai"
)]
pub struct Include {
    #[command(flatten)]
    which: Which,
    /// The canisters
    #[arg(required = true, value_name = "ID")]
    canisters: Vec<Principal>,
}

/// Begin again with canisters that failed: these, or all of a class
#[derive(Args)]
#[command(after_help = "Examples:
  stable-migrate fleet retry --journal fleet.sqlite --class too-few-cycles
  stable-migrate fleet retry --journal fleet.sqlite rrkah-fqaaa-aaaaa-aaaaq-cai")]
pub struct Retry {
    #[command(flatten)]
    which: Which,
    /// All that failed like this, as `fleet report` calls it
    #[arg(long, value_name = "CLASS", required_unless_present = "canisters", value_parser = classes())]
    class: Option<Class>,
    /// The canisters
    #[arg(value_name = "ID", conflicts_with = "class")]
    canisters: Vec<Principal>,
}

/// End canisters whose next call is tried without end; they may be left stopped
#[derive(Args)]
#[command(
    after_help = "Example:\n  stable-migrate fleet give-up --journal fleet.sqlite rrkah-fqaaa-aaaaa-aaaaq-cai"
)]
pub struct GiveUp {
    #[command(flatten)]
    which: Which,
    /// The canisters
    #[arg(required = true, value_name = "ID")]
    canisters: Vec<Principal>,
}

/// Classes by their names.
fn classes() -> impl TypedValueParser<Value = Class> {
    let names = Class::ALL.iter().map(|class| class.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Class>())
}

impl Pause {
    pub fn run(self) -> Result<Verdict, Error> {
        give(&self.which.journal, |_| Ok(vec![Command::Pause]))
    }
}

impl Resume {
    pub fn run(self) -> Result<Verdict, Error> {
        give(&self.which.journal, |_| Ok(vec![Command::Resume]))
    }
}

impl Abort {
    pub fn run(self) -> Result<Verdict, Error> {
        give(&self.which.journal, |_| Ok(vec![Command::Abort]))
    }
}

impl Exclude {
    pub fn run(self) -> Result<Verdict, Error> {
        each(&self.which.journal, &self.canisters, Command::Exclude)
    }
}

impl Include {
    pub fn run(self) -> Result<Verdict, Error> {
        each(&self.which.journal, &self.canisters, Command::Include)
    }
}

impl Retry {
    pub fn run(self) -> Result<Verdict, Error> {
        match self.class {
            Some(class) => give(&self.which.journal, |_| {
                Ok(vec![Command::RetryClass(class)])
            }),
            None => each(&self.which.journal, &self.canisters, Command::Retry),
        }
    }
}

impl GiveUp {
    pub fn run(self) -> Result<Verdict, Error> {
        each(&self.which.journal, &self.canisters, Command::GiveUp)
    }
}

fn each(
    journal: &Path,
    canisters: &[Principal],
    command: fn(u32) -> Command,
) -> Result<Verdict, Error> {
    give(journal, |plan| {
        let numbers = canisters.iter().map(|canister| {
            let mut members = plan.members.iter();
            let number = members.position(|member| member.id == *canister);
            let number = number.and_then(|number| u32::try_from(number).ok());
            number.ok_or_else(|| FleetError::NoMember(canister.to_text()))
        });
        numbers.map(|number| number.map(command)).collect()
    })
}

fn give(
    path: &Path,
    commands: impl FnOnce(&FleetPlan) -> Result<Vec<Command>, FleetError>,
) -> Result<Verdict, Error> {
    let (mut journal, plan) = Journal::look(path)?;
    for command in commands(&plan)? {
        journal.command(&command, Clock::System.now())?;
    }
    print(match Journal::has_runner(path) {
        true => "Noted; the runner takes it within a second.\n",
        false => "Noted; no runner is at work on this journal, the next `fleet run` takes it.\n",
    })?;
    Ok(Verdict::Held)
}

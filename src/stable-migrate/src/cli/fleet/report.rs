//! `stable-migrate fleet status` and `report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use fleet::Fleet;
use stable_migrate::fleet::{Clock, Journal, Whole, fleet_html, fleet_text, time_text};
use stable_migrate::{Error, NewFile, Origin, duration_text};

use super::commands::Which;
use crate::cli::quote::quoted;
use crate::cli::{Verdict, finish, json, print};

/// Say how a run stands, in a few lines
///
/// May be asked at any time, beside a runner too.
#[derive(Args)]
#[command(after_help = "Example:\n  stable-migrate fleet status --journal fleet.sqlite")]
pub struct Status {
    #[command(flatten)]
    which: Which,
}

/// Say what became of every canister
///
/// Has no times in it: a run that was interrupted tells the same as one that was not.
#[derive(Args)]
#[command(after_help = "Examples:
  stable-migrate fleet report --journal fleet.sqlite
  stable-migrate fleet report --journal fleet.sqlite --format json | jq '.canisters[] | select(.needs_hands)'
  stable-migrate fleet report --journal fleet.sqlite --format html -o report.html")]
pub struct Report {
    #[command(flatten)]
    which: Which,
    /// As what
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write it to a file; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Groups, and the canisters that need hands
    Text,
    /// Everything
    Json,
    /// One page with everything, no script in it
    Html,
}

impl Status {
    pub fn run(self) -> Result<Verdict, Error> {
        let path = &self.which.journal;
        let (journal, plan) = Journal::look(path)?;
        let standing = journal.standing(&plan)?;
        let fleet = &standing.fleet;
        let whole = Whole::of(&plan, fleet);
        print(&fleet_text(&whole))?;
        let now = Clock::System.now();
        let head = fleet.head();
        let mut lines = String::from("\n");
        if let Some(began) = head.began {
            lines += &format!(
                "Began {} UTC; {} events, the last {} ago; {} calls without an answer.\n",
                time_text(began),
                head.events,
                duration_text(now.since(head.now)),
                fleet.open_calls().count()
            );
        }
        lines += match Journal::has_runner(path) {
            true => "A runner is at work.\n",
            false => "No runner is at work.\n",
        };
        for command in &standing.open_commands {
            lines += &format!("Not taken yet: {command}\n");
        }
        print(&lines)?;
        Ok(verdict(fleet, &whole))
    }
}

impl Report {
    pub fn run(self) -> Result<Verdict, Error> {
        let (journal, plan) = Journal::look(&self.which.journal)?;
        let standing = journal.standing(&plan)?;
        let whole = Whole::of(&plan, &standing.fleet);
        let text = match self.format {
            Format::Text => fleet_text(&whole),
            Format::Html => {
                let mut origin = Origin::now(quoted(self.which.journal.as_os_str()));
                let stages = plan.plan.stages.iter();
                origin.modules = stages
                    .map(|stage| (stage.name.clone(), stage.module.to_string()))
                    .collect();
                fleet_html(&whole, &origin)
            }
            Format::Json => json("stable-migrate/fleet-report/1", &whole)?,
        };
        match &self.output {
            None => print(&text)?,
            Some(path) => finish(Some(NewFile::begin(path)?), || Ok(text))?,
        }
        Ok(verdict(&standing.fleet, &whole))
    }
}

fn verdict(fleet: &Fleet, whole: &Whole) -> Verdict {
    match () {
        () if whole.held => Verdict::Held,
        () if !fleet.is_finished() && fleet.stands_still() => Verdict::Halted,
        () => Verdict::Different,
    }
}

//! `stable-migrate fleet`.

mod commands;
mod key;
mod plan;
mod plan_options;
mod plan_text;
mod report;
mod run;
mod told;

use clap::{Args, Subcommand};
use stable_migrate::{Config, Error};

use super::Verdict;

/// Upgrade a fleet of canisters on the network, in waves, with a journal
///
/// `plan` looks at the canisters and says what would be done; `run` does it, and goes on where it was when it was ended,
/// however it was ended. The other commands look at the journal, or leave a command in it, which a runner takes within a
/// second; where none is at work, the next `run` takes it.
#[derive(Args)]
#[command(after_help = HELP)]
pub struct Fleet {
    #[command(subcommand)]
    command: Command,
}

const HELP: &str = "Examples:
  stable-migrate fleet plan canisters.txt --identity operator --from-found --stage move=release-2.wasm.gz -o plan.json
  stable-migrate fleet run plan.json --journal fleet.sqlite

Exit status: 0 if all was done, 1 if some canisters failed or are left, 2 if it could not be \
done or the command line is wrong, 3 if the run is halted or paused.";

#[derive(Subcommand)]
enum Command {
    Plan(Box<plan::Plan>),
    Run(run::Run),
    Status(report::Status),
    Report(report::Report),
    Pause(commands::Pause),
    Resume(commands::Resume),
    Exclude(commands::Exclude),
    Include(commands::Include),
    Retry(commands::Retry),
    GiveUp(commands::GiveUp),
    Abort(commands::Abort),
}

impl Fleet {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        match self.command {
            Command::Plan(plan) => plan.run(config),
            Command::Run(run) => run.run(),
            Command::Status(status) => status.run(),
            Command::Report(report) => report.run(),
            Command::Pause(pause) => pause.run(),
            Command::Resume(resume) => resume.run(),
            Command::Exclude(exclude) => exclude.run(),
            Command::Include(include) => include.run(),
            Command::Retry(retry) => retry.run(),
            Command::GiveUp(give_up) => give_up.run(),
            Command::Abort(abort) => abort.run(),
        }
    }

    /// Whether signals are handled by the command itself.
    pub fn handles_signals(&self) -> bool {
        matches!(self.command, Command::Run(_))
    }
}

/// A runtime for what talks to the network.
fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::io("the threads of this program".as_ref()))
}

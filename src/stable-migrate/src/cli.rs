//! The command line.
//!
//! Exit status 0 if all held, 1 if a check, a comparison, a rehearsal, an upgrade or a way back found that something does
//! not, a hook that traps included, 2 if a command could not do what it was asked; then nothing was written. `fleet` has 3 beside these: a run
//! that is halted or paused.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use stable_migrate::{Error, NewFile, clean_up_when_interrupted, shortened};

mod cache;
mod check;
mod compact;
mod completions;
mod config;
mod diff;
mod document;
mod explain;
mod extract;
#[cfg(feature = "fleet")]
mod fleet;
mod inspect;
mod man;
mod many;
mod mistyped;
mod next_steps;
mod offline;
mod patch;
mod plan;
mod quote;
mod rehearse;
mod revert;
mod schema;
mod setting;
mod steps;
mod style;
mod upgrade;
mod version;

use document::{Document, json};

/// Looks into a canister's stable memory and makes it smaller, offline, on a downloaded snapshot; upgrades fleets.
///
/// A snapshot is the directory that `icp canister snapshot download CANISTER SNAPSHOT -o DIR` or
/// `dfx canister snapshot download CANISTER SNAPSHOT --dir DIR` writes. Nothing but `fleet` talks to a network, and no
/// file is ever overwritten, but for its journal and its figures.
#[derive(Parser)]
#[command(version = version::VERSION, max_term_width = 100, after_help = HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    cache: cache::CacheArgs,
    #[command(flatten)]
    config: config::ConfigArgs,
}

const HELP: &str = "Examples:
  stable-migrate inspect my-snapshot
  stable-migrate rehearse my-snapshot --wasm release-1.wasm.gz --wasm release-2.wasm.gz --fault

Exit status: 0 if all held, 1 if a check, a comparison, a rehearsal, an upgrade or a way back found that \
something does not, a hook that traps included, 2 if it could not be done; then nothing was written.";

#[derive(Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
    Diff(diff::Diff),
    Check(check::Check),
    Rehearse(rehearse::Rehearse),
    Compact(compact::Compact),
    Upgrade(upgrade::Upgrade),
    Revert(revert::Revert),
    Extract(extract::Extract),
    Patch(patch::Patch),
    Plan(plan::Plan),
    Config(config::ConfigCommand),
    Schema(schema::Schema),
    Explain(explain::Explain),
    #[cfg(feature = "fleet")]
    Fleet(fleet::Fleet),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Whether everything that was checked held.
enum Verdict {
    Held,
    Different,
    Damaged,
    /// A run that goes on only when the operator wants it.
    #[cfg(feature = "fleet")]
    Halted,
}

pub fn run() -> ExitCode {
    let Cli {
        command,
        cache,
        config,
    } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => return tell(&mistyped::explain(told)),
    };
    let config = match config.effective() {
        Ok(config) => config,
        Err(error) => {
            complain_of(error.code(), &error.to_string());
            return ExitCode::from(2);
        }
    };
    cache.apply(&config);
    #[cfg(feature = "fleet")]
    let handles_signals = matches!(&command, Command::Fleet(fleet) if fleet.handles_signals());
    #[cfg(not(feature = "fleet"))]
    let handles_signals = false;
    if !handles_signals && let Err(error) = clean_up_when_interrupted() {
        complain(&format!("signals cannot be handled: {error}"));
        return ExitCode::from(2);
    }
    let as_json = command.prints_json();
    let result = match command {
        Command::Inspect(inspect) => inspect.run(&config),
        Command::Diff(diff) => diff.run(),
        Command::Check(check) => check.run(),
        Command::Rehearse(rehearse) => rehearse.run(&config),
        Command::Compact(compact) => compact.run(),
        Command::Upgrade(upgrade) => upgrade.run(&config),
        Command::Revert(revert) => revert.run(&config),
        Command::Extract(extract) => extract.run(),
        Command::Patch(patch) => patch.run(),
        Command::Plan(plan) => plan.run(&config),
        Command::Config(command) => command.run(&config),
        Command::Schema(schema) => schema.run(),
        Command::Explain(explain) => explain.run(),
        #[cfg(feature = "fleet")]
        Command::Fleet(fleet) => fleet.run(&config),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
    };
    match result {
        Ok(Verdict::Held) => ExitCode::SUCCESS,
        Ok(Verdict::Different) => ExitCode::from(1),
        Ok(Verdict::Damaged) => ExitCode::from(2),
        #[cfg(feature = "fleet")]
        Ok(Verdict::Halted) => ExitCode::from(3),
        Err(error) => {
            if as_json && let Ok(failure) = document::failure(&error) {
                // If it cannot be printed either, the sentence below says so of the first.
                let _ = print(&failure);
            }
            complain_of(error.code(), &error.to_string());
            ExitCode::from(2)
        }
    }
}

impl Command {
    /// Whether JSON is printed instead of text, of an error too.
    fn prints_json(&self) -> bool {
        match self {
            Self::Inspect(inspect) => inspect.json,
            Self::Check(check) => check.json,
            Self::Diff(diff) => diff.json,
            Self::Rehearse(rehearse) => rehearse.json,
            Self::Compact(compact) => compact.json,
            Self::Upgrade(upgrade) => upgrade.json,
            Self::Revert(revert) => revert.json,
            Self::Plan(plan) => plan.json,
            Self::Config(config) => config.json,
            Self::Extract(_)
            | Self::Patch(_)
            | Self::Schema(_)
            | Self::Explain(_)
            | Self::Completions(_)
            | Self::Man(_) => false,
            #[cfg(feature = "fleet")]
            Self::Fleet(_) => false,
        }
    }
}

/// Prints the help that was asked for, or what is wrong with the arguments.
fn tell(told: &clap::Error) -> ExitCode {
    let printed = told.print().and_then(|()| io::stdout().flush());
    match (printed, u8::try_from(told.exit_code())) {
        (Err(error), _) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("standard output: {error}"));
            ExitCode::from(2)
        }
        (_, Ok(code)) => ExitCode::from(code),
        (_, Err(_)) => ExitCode::from(2),
    }
}

/// Says on standard error what is wrong, in one line that can be read, whatever a parser or a canister put into it.
fn complain(sentence: &str) {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    eprintln!("stable-migrate: {}", shortened(&words.join(" ")));
}

/// The same behind the code that `explain` explains.
fn complain_of(code: &str, sentence: &str) {
    complain(&format!("[{code}] {sentence}"));
}

/// Writes a report, or what programs read, to standard output. A reader that has gone away is not an error.
fn print(text: &str) -> Result<(), Error> {
    print_bare(&style::Look::of_standard_output().dress(text))
}

/// Writes a text as it is.
fn print_bare(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("standard output".as_ref())(error))
        }
        _ => Ok(()),
    }
}

/// Writes a page that was begun before anything ran, so that a name that is taken is not found out in the end.
/// `content` is called only if there is to be one.
fn finish(
    page: Option<NewFile>,
    content: impl FnOnce() -> Result<String, Error>,
) -> Result<(), Error> {
    let Some(page) = page else {
        return Ok(());
    };
    let written = page.file()?.write_all(content()?.as_bytes());
    written.map_err(Error::io(page.path()))?;
    page.finish()
}

#[cfg(test)]
mod tests;

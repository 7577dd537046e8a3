//! Everything that can stop a command, each with what was being done and what to do about it.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use canister_scenario::Difference;

use crate::journey::MoveError;
use crate::rehearsal::RehearsalError;

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {doing} {}: {source}", .path.display())]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// A fleet could not be run to its end.
    #[error("the fleet: {0}")]
    Fleet(#[from] fleet_host::FleetError),

    /// A fleet ended otherwise than it had to.
    #[error("the fleet: {0}")]
    Unaccounted(String),

    /// A program could not be started.
    #[error("cannot start `{program}`: {source}; is it installed and on PATH?")]
    Start {
        /// The program's name.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },

    /// A program ran and failed.
    #[error("`{command}` failed ({status}){}", after_colon(.stderr))]
    Failed {
        /// The command line, to repeat by hand.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said, where that was not already shown.
        stderr: String,
    },

    /// A program's answer was not understood.
    #[error("`{command}` answered what this command cannot read: {reason}")]
    Answer {
        /// The command line, to repeat by hand.
        command: String,
        /// What is wrong with the answer.
        reason: String,
    },

    /// The compiler has no target for canisters and rustup cannot add it.
    #[error(
        "the Rust target {target} is not installed, and `rustup target add {target}` could not add it: {reason}\n\
         Install Rust with rustup (https://rustup.rs), or the target with your system's packages, and run this again."
    )]
    Target {
        /// The missing target.
        target: &'static str,
        /// Why rustup could not help.
        reason: String,
    },

    /// There is no browser to look at pages with.
    #[error(
        "there is no browser to look at the pages with: {reason}\n\
         Install Node and npm, or set CHROMIUM to the path of a chromium; `cargo xtask pages --make` makes them without one."
    )]
    NoBrowser {
        /// Why none could be had.
        reason: String,
    },

    /// A module is not what a canister's module must be.
    #[error("{}: {reason}", .module.display())]
    Module {
        /// The module's file.
        module: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A generated file does not agree with what it is generated from.
    #[error("{} is stale:\n{difference}\nRun `{remedy}` and commit the result.", .path.display())]
    Stale {
        /// The generated file.
        path: PathBuf,
        /// The first difference.
        difference: String,
        /// The command that regenerates it.
        remedy: &'static str,
    },

    /// A canister, or the host it runs on, refused a step of a rehearsal.
    #[error("stage \"{stage}\" did not go through: {source}")]
    Rehearsal {
        /// The stage that was not reached.
        stage: &'static str,
        /// What refused, and why.
        source: Box<RehearsalError>,
    },

    /// The move to stable maps did not come to its end.
    #[error("the move to stable maps failed: {source}")]
    Move {
        /// Why.
        source: Box<MoveError>,
    },

    /// A canister has no answer that could be compared.
    #[error(
        "after \"{stage}\" the canister refuses all {questions} questions, so that nothing can be compared: \
         is its module one of the individual user canister?"
    )]
    Mute {
        /// The first stage.
        stage: String,
        /// Questions asked.
        questions: usize,
    },

    /// A canister answers otherwise than before.
    #[error(
        "after \"{stage}\", {different} of {questions} answers differ from those at the start; the first:\n{difference}"
    )]
    Lost {
        /// The stage after which it does.
        stage: String,
        /// Questions answered otherwise.
        different: usize,
        /// Questions asked.
        questions: usize,
        /// The first of the different answers.
        difference: Box<Difference>,
    },

    /// The runbook, or a run of it.
    #[error(transparent)]
    Icp(#[from] crate::icp::error::Error),

    /// An example of the README that is not as it stands there.
    #[error("README.md, line {line}: {reason}")]
    Readme {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },

    /// A snapshot that cannot be written.
    #[error(transparent)]
    Snapshot(#[from] stable_migrate::Error),

    /// A bench without figures, or with worse ones.
    #[error(transparent)]
    Bench(#[from] crate::bench::error::BenchError),

    /// A chain of schemas.
    #[error(transparent)]
    Frozen(#[from] migration_kit::KitError),

    /// A folder that has no version of a chain.
    #[error("{} has no v1.rs: name the folder of a chain with --chain", .folder.display())]
    Chain {
        /// The folder.
        folder: PathBuf,
    },

    /// A name that no package can have.
    #[error("no package can be called {name:?}: {reason}; the folder's name is the package's")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A folder for a new package that is not empty.
    #[error("{} is there and not empty; nothing was written", .path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },

    /// A fuzz target that does not exist.
    #[error("there is no fuzz target {name:?}; there are {known}")]
    NoTarget {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },

    /// A fuzz target failed on an input.
    #[error("the fuzz target {target} failed: {reason}\nTo see it again: {reproduce}")]
    Crash {
        /// The target.
        target: String,
        /// What the panic said, or libFuzzer of a hang or an allocation.
        reason: String,
        /// The command that runs the target on the input alone.
        reproduce: String,
    },

    /// A stable memory that no release takes up.
    #[error(
        "no release can start from this memory: it is {layout}; expected is the stable memory of a canister \
         of release 0, 1 or 2, or of the migration of 2023"
    )]
    Memory {
        /// What was recognized.
        layout: String,
    },
}

/// The result of a command's step.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Turns an I/O error on `path` into one that says what was being done.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

/// Turns an I/O error of a program into one that names it.
pub fn start(program: &str) -> impl FnOnce(std::io::Error) -> Error {
    let program = program.to_owned();
    move |source| Error::Start { program, source }
}

fn after_colon(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {}", text.trim())
    }
}

//! What can stop a run of the runbook, beside what can stop every command.

use std::path::PathBuf;

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The runbook cannot be read as a list of commands.
    #[error("the runbook, line {line}: {reason}")]
    Block {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },

    /// There is no client, and none could be installed.
    #[error(
        "there is no `icp` client: {reason}\nInstall {package} from npm, or set ICP to the client's path."
    )]
    NoClient {
        /// The npm package.
        package: String,
        /// Why it could not be installed.
        reason: String,
    },

    /// There is no network to run against.
    #[error("there is no network to run against: {reason}\nGive one with --network URL.")]
    NoNetwork {
        /// Why none could be started.
        reason: String,
    },

    /// A command did otherwise than the runbook says.
    #[error(
        "the runbook, line {line}: {what}\nTo repeat the command:\n  . {}\n  {}",
        .session.display(),
        .command.replace('\n', "\n  ")
    )]
    Command {
        /// The first line of the block.
        line: usize,
        /// What happened, against what was expected.
        what: String,
        /// The command.
        command: String,
        /// A file that gives a shell what the command needs.
        session: PathBuf,
    },

    /// A fleet did not end as it should.
    #[error("the fleet: {what}")]
    Fleet {
        /// What happened.
        what: String,
    },

    /// The runbook has no place for the note of its last run.
    #[error(
        "migrations/README.md has no place for the note of its last run: the lines `{begin}` and `{end}`"
    )]
    NoPlace {
        /// The line before the note.
        begin: &'static str,
        /// The line after it.
        end: &'static str,
    },
}

//! Why a command on a fleet cannot do what it was asked.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What was found, where, and what to do about it.
#[derive(Debug, Error)]
pub enum FleetError {
    /// The system refused to read or write a file.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused something.
    #[error("{path}: {source}", path = .path.display())]
    Database {
        /// The journal.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A journal that is not one, or is damaged.
    #[error("{path}: {reason}", path = .path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two runners on one journal would make every call twice.
    #[error(
        "{path}: another `fleet run` is at work on this journal: watch it with `fleet status`, or end it with `fleet pause`",
        path = .path.display()
    )]
    Locked {
        /// The journal.
        path: PathBuf,
    },
    /// A journal of another plan.
    #[error(
        "{path}: this journal belongs to another plan, {found}, and not to {given}: give a new name for the journal, or the plan it was begun with",
        path = .path.display()
    )]
    OtherPlan {
        /// The journal.
        path: PathBuf,
        /// Digest of its plan.
        found: String,
        /// Digest of the plan that was given.
        given: String,
    },
    /// A module that is not what was planned.
    #[error(
        "{path}: has the SHA-256 {found}, planned was {planned}: put the planned module there, or make a new plan",
        path = .path.display()
    )]
    ModuleChanged {
        /// The module.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// That in the plan.
        planned: String,
    },
    /// A file that is not a plan.
    #[error("{path}: not a plan of `fleet plan`: {reason}", path = .path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A plan that cannot be carried out.
    #[error(transparent)]
    Plan(#[from] ::fleet::PlanError),
    /// What was given on the command line.
    #[error("{0}")]
    Given(String),
    /// A key that cannot be had.
    #[error("identity {name}: {reason}")]
    Identity {
        /// As it was given.
        name: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// The network cannot be reached, or is another.
    #[error("{url}: {reason}")]
    Network {
        /// Its address.
        url: String,
        /// What was said.
        reason: String,
    },
    /// A canister that is not in the list.
    #[error("{0} is not in this fleet")]
    NoMember(String),
    /// A command that does not fit where the fleet stands.
    #[error("{0}")]
    Unfit(#[from] ::fleet::Unfit),
}

impl FleetError {
    /// For `map_err`: names the file that an I/O error belongs to.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

//! Why a test did not succeed.

use std::fmt;
use std::io;
use std::path::PathBuf;

use canister_host::{HostError, ModuleError};

use crate::report::Failure;

/// Why a test did not succeed.
///
/// Its debug format is its text, so that a test which returns it is read as easily as one that prints it.
#[derive(thiserror::Error)]
pub enum KitError {
    /// A check found a problem.
    #[error("{0}")]
    Found(Box<Failure>),
    /// A file cannot be read.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A version that was released is not as it was.
    #[error("{}: {reason}", .path.display())]
    Frozen {
        /// Its file, or the list of what is frozen.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Bytes are no module that the network would take.
    #[error("{name}: {source}")]
    Module {
        /// The release.
        name: String,
        /// What is wrong with it.
        source: Box<ModuleError>,
    },
    /// Cargo built no module.
    #[error(
        "cargo built no module of {package} with the features \"{features}\" (if the target is missing: \
         `rustup target add wasm32-unknown-unknown`):\n{said}"
    )]
    Cargo {
        /// The package.
        package: String,
        /// Its features.
        features: String,
        /// What cargo said.
        said: String,
    },
    /// An argument has no encoding in Candid.
    #[error("an argument has no encoding in Candid: {0}")]
    Candid(#[from] candid::Error),
    /// A call is written wrongly, or its method is not there.
    #[error("the call `{call}` cannot be made: {reason}")]
    Call {
        /// The call as it was written.
        call: String,
        /// Why.
        reason: String,
    },
    /// A canister of the oldest release could not be brought up.
    #[error("a canister of {release} cannot be brought up: {reason}")]
    Start {
        /// The release.
        release: String,
        /// Why.
        reason: String,
    },
    /// The oldest release answers no question, so that nothing could be compared.
    #[error(
        "{release} answers none of {questions} questions after the script: nothing can be compared; add queries to the \
         script, or calls that give the canister a state"
    )]
    Mute {
        /// The release.
        release: String,
        /// Questions asked.
        questions: usize,
    },
    /// There is nothing to migrate.
    #[error("a migration needs two releases at least, and {0} were given")]
    Releases(usize),
    /// The host failed.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl fmt::Debug for KitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

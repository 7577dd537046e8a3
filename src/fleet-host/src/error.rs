//! What can go wrong with a fleet on the host.

use canister_host::{HostError, ModuleError, Reject};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The host refused.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A module cannot be run.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A call was rejected.
    #[error(transparent)]
    Reject(#[from] Reject),
    /// The index refused, in its words.
    #[error("the index refused: {0}")]
    Refused(String),
    /// An argument or an answer is not what the interface says.
    #[error(transparent)]
    Candid(#[from] candid::Error),
    /// There is no such module.
    #[error("{path}: {source}; run `cargo xtask build` first")]
    File {
        /// Where it was looked for.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing is due, and what was waited for has not come.
    #[error("nothing is due any more, and the index is at {0}")]
    Idle(String),
    /// It took longer than it may.
    #[error("after {steps} steps the index is at {status}")]
    TooLong {
        /// Steps that were made.
        steps: u64,
        /// What the index says.
        status: String,
    },
}

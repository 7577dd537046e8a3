//! Schema 1.

use candid::Principal;
use fleet::{Head, ModuleHash, Plan};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

/// See the [module](super).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Hot {
    /// The plan and how far it is; none before the first one was set.
    pub run: Option<Run>,
    /// What can be installed.
    pub modules: Vec<StoredModule>,
    /// What went wrong with the index itself, oldest first.
    pub errors: Vec<Logged>,
    /// The number of the next event.
    pub next_event: u64,
    /// The number of the next user.
    pub next_user: u32,
    /// How far the survey is.
    pub survey: Survey,
}

/// A plan, and how far it is.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What is done.
    pub plan: Plan,
    /// What is kept beside the records.
    pub head: Head,
    /// Whether it was begun.
    pub begun: bool,
    /// The argument of every upgrade.
    pub argument: ByteBuf,
    /// Queries without argument that every canister has to answer after an upgrade.
    pub checks: Vec<String>,
}

/// A module in the chunk store.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct StoredModule {
    /// SHA-256 of the whole.
    pub hash: ModuleHash,
    /// What it is called.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of each chunk, in order.
    pub chunks: Vec<ByteArray<32>>,
}

/// Something that went wrong.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Seconds since 1970.
    pub at: u64,
    /// What.
    pub text: String,
}

/// How far a survey is.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Canisters in all.
    pub canisters: u32,
    /// The place of the next that is asked about.
    pub next: u32,
    /// That could not be asked about.
    pub failed: u32,
    /// Subnets in the order in which they are numbered, as the network's registry has them.
    pub subnets: Vec<Principal>,
}

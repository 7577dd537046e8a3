//! What holds up a move: an entry that cannot be moved, a map that differs.

use ic_stable_migration::{Difference, Stuck};
use serde::Serialize;

use crate::hex::hex;

/// Where a move got stuck, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct StuckSurvey {
    /// The collection, or the job.
    pub collection: String,
    /// The encoded key of the entry, in hexadecimal; empty in the audit.
    pub key: String,
    /// What the trap said.
    pub reason: String,
}

/// What the audit expected of a collection, and what it found. Digests have 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct DifferenceSurvey {
    /// Entries that had to be there.
    pub expected_entries: u64,
    /// Their digest.
    pub expected_digest: String,
    /// Entries that are there.
    pub found_entries: u64,
    /// Their digest.
    pub found_digest: String,
}

impl From<&Stuck> for StuckSurvey {
    fn from(stuck: &Stuck) -> Self {
        Self {
            collection: stuck.collection.clone(),
            key: hex(&stuck.key),
            reason: stuck.reason.clone(),
        }
    }
}

impl From<&Difference> for DifferenceSurvey {
    fn from(difference: &Difference) -> Self {
        Self {
            expected_entries: difference.expected_count,
            expected_digest: format!("{:016x}", difference.expected_sum),
            found_entries: difference.found_count,
            found_digest: format!("{:016x}", difference.found_sum),
        }
    }
}

//! Points in time.

use candid::CandidType;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A point in time as seconds and nanoseconds since 1970. Both numbers are kept as they came, so that a value
/// that was never normalized stays what it was.
#[derive(
    CandidType,
    Serialize,
    Deserialize,
    Encode,
    Decode,
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
)]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[n(0)]
    pub secs_since_epoch: u64,
    /// Nanoseconds past the second.
    #[n(1)]
    pub nanos_since_epoch: u32,
}

impl Timestamp {
    /// The time `nanos` nanoseconds after 1970.
    pub fn from_nanos(nanos: u64) -> Self {
        Self {
            secs_since_epoch: nanos / NANOS_PER_SECOND,
            nanos_since_epoch: (nanos % NANOS_PER_SECOND) as u32,
        }
    }

    /// Whole seconds from `earlier` to `self`; 0 when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        let whole = self
            .secs_since_epoch
            .saturating_sub(earlier.secs_since_epoch);
        let short_of_the_last = self.nanos_since_epoch < earlier.nanos_since_epoch;
        whole.saturating_sub(u64::from(short_of_the_last))
    }
}

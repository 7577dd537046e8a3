//! How a move goes, as it is journaled.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::work::WorkProgress;
use crate::tiered::Position;

/// Where a move stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub enum Phase {
    /// Entries are being moved from the heap to stable memory.
    #[default]
    Moving,
    /// Every entry is in stable memory; the audit reads them all and compares with the digests.
    Auditing,
    /// The audit found every collection to hold what it must, and nothing is left to do.
    Done,
    /// The audit found a collection that does not; the status says which. Nothing more is done until somebody has
    /// decided how to go on: see [`Resolution`](crate::Resolution).
    Differs,
    /// A step of a single entry trapped. Nothing more is done until the move is resumed; the status says where.
    Stuck,
    /// Everything has moved, and what a later release asked for is being done: values of an older version are written anew,
    /// or a [`Job`](crate::Job) goes on. Is told where the journal says `Done` and lists work that is not finished.
    Renewing,
}

impl Phase {
    /// Whether every entry is in stable memory and was audited: nothing is left of the move itself, whatever goes on after it.
    pub const fn has_moved(self) -> bool {
        matches!(self, Self::Done | Self::Renewing)
    }
}

/// The journaled state of a move. What an earlier version of the journal does not say is as by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    pub phase: Phase,
    pub paused: bool,
    /// The payload holds the entries as they were before the move; it is not written until the move is done.
    pub originals: bool,
    /// Nanoseconds since 1970.
    pub started: u64,
    pub finished: Option<u64>,
    /// When an audit last found everything as it must be, in nanoseconds since 1970.
    pub verified: Option<u64>,
    pub steps: u64,
    pub instructions: u64,
    pub last_step: u64,
    pub largest_step: u64,
    pub largest_dirty_bytes: u64,
    pub collections: Vec<CollectionProgress>,
    pub stuck: Option<Stuck>,
    pub work: Vec<WorkProgress>,
}

impl Progress {
    /// Whether there is work for after the move.
    pub fn has_after_work(&self) -> bool {
        self.work.iter().any(|work| work.finished.is_none())
    }

    /// Where the move stands, as it is told.
    pub fn told_phase(&self) -> Phase {
        match self.phase {
            Phase::Done if self.has_after_work() => Phase::Renewing,
            phase => phase,
        }
    }
}

/// The journaled state of one collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CollectionProgress {
    /// The id of its virtual memory.
    pub id: u8,
    pub cursor: Option<ByteBuf>,
    pub complete: bool,
    /// The encoded key that the audit read last.
    pub audit_cursor: Option<ByteBuf>,
    /// Entries moved by steps; what callers wrote went to stable memory by itself.
    pub moved: u64,
    /// Encoded bytes of the entries moved by steps.
    pub bytes: u64,
    pub audited: bool,
    /// What the audit found, if that is not what had to be there.
    pub difference: Option<Difference>,
}

impl CollectionProgress {
    pub fn position(&self) -> Position {
        Position {
            cursor: self.cursor.as_ref().map(|key| key.to_vec()),
            complete: self.complete,
            audited: self.audit_cursor.as_ref().map(|key| key.to_vec()),
        }
    }

    pub fn set_position(&mut self, position: Position) {
        self.cursor = position.cursor.map(ByteBuf::from);
        self.complete = position.complete;
        self.audit_cursor = position.audited.map(ByteBuf::from);
    }
}

/// What the audit expected of a collection, and what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct Difference {
    /// Entries that had to be there.
    pub expected_count: u64,
    /// Entries found in the stable map.
    pub found_count: u64,
    /// Digest of the entries that had to be there.
    pub expected_sum: u64,
    /// Digest of the entries found.
    pub found_sum: u64,
}

/// Where a move got stuck, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct Stuck {
    /// Name of the collection, or of the job.
    pub collection: String,
    /// The encoded key of the entry that could not be moved; empty in the audit. Where the values of a collection are
    /// written anew, or a job goes on: that up to which it got.
    #[serde(with = "serde_bytes")]
    pub key: Vec<u8>,
    /// What the trap said.
    pub reason: String,
}

//! What a mover tells of itself.

use ic_stable_structures::Memory;
use serde::{Deserialize, Serialize};

use super::progress::{Difference, Phase, Stuck};
use super::{Mover, Tiered};
use crate::schema::SchemaReport;

/// How a move goes, for a status query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct MoveStatus {
    /// Where the move stands.
    pub phase: Phase,
    /// Whether a controller has paused it.
    pub paused: bool,
    /// Nanoseconds since 1970.
    pub started: u64,
    /// Nanoseconds since 1970; none until the audit is through.
    pub finished: Option<u64>,
    /// When an audit last found everything as it must be, in nanoseconds since 1970.
    pub verified: Option<u64>,
    /// Whether memory 0 still has the entries as they were before the move.
    pub originals_kept: bool,
    /// Length of the hot state in the journal, in bytes: what a step has to write when it has changed. None where
    /// memory 0 has the newest.
    pub hot_bytes: Option<u64>,
    /// Steps done.
    pub steps: u64,
    /// Steps that will be needed if they go on like those done; none before the first.
    pub estimated_steps_left: Option<u64>,
    /// Instructions of all steps.
    pub instructions: u64,
    /// Instructions of the last step.
    pub last_step: u64,
    /// Instructions of the largest step.
    pub largest_step: u64,
    /// Most bytes of 4 KiB stable pages that one step dirtied.
    pub largest_dirty_bytes: u64,
    /// The heap still has the size that the state needed before the move. It keeps it until the next upgrade: one
    /// more upgrade with the same module gives it back.
    pub upgrade_gives_heap_back: bool,
    /// Where the move got stuck, if it did.
    pub stuck: Option<Stuck>,
    /// Each collection.
    pub collections: Vec<CollectionStatus>,
    /// What goes on after the move, or is finished.
    pub work: Vec<WorkStatus>,
    /// The schema of the hot state, and the steps that led to it in the last upgrade; none where it has no versions.
    pub schema: Option<SchemaReport>,
}

/// How some work for after the move goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct WorkStatus {
    /// The job, or the collection whose values are written anew.
    pub name: String,
    /// The number of the job; none where values of a collection are written anew.
    pub job: Option<u32>,
    /// The version that the values get; none for a job.
    pub version: Option<u32>,
    /// Entries that were looked at.
    pub entries: u64,
    /// Entries of the collection that are left to look at, if no more come; none for a job.
    pub left: Option<u64>,
    /// Entries that were written.
    pub changed: u64,
    /// Nanoseconds since 1970; none until it is finished.
    pub finished: Option<u64>,
}

/// How the move of one collection goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct CollectionStatus {
    /// Its name.
    pub name: String,
    /// The id of the virtual memory in which its stable entries are: its own, or one that it shares.
    pub memory_id: u8,
    /// Entries moved by steps.
    pub moved: u64,
    /// Entries still on the heap.
    pub left: u64,
    /// Encoded bytes of the entries moved by steps.
    pub bytes: u64,
    /// Entries in stable memory, those that callers wrote there included.
    pub stable: u64,
    /// Whether the audit has found it to hold what it must.
    pub audited: bool,
    /// What the audit found instead.
    pub difference: Option<Difference>,
    /// Digest of what the collection holds, over both tiers; as of the end of the move once that is done.
    pub digest: u64,
}

impl<M: Memory> Mover<M> {
    /// How the move goes.
    pub fn status<S: Tiered<M>>(&self, state: &mut S) -> MoveStatus {
        let tiers = self.tiers(state);
        let at = self.progress.collections.iter().zip(&self.slots);
        let collections: Vec<_> = tiers
            .iter()
            .zip(at)
            .map(|(tier, (at, slot))| CollectionStatus {
                name: tier.name.into(),
                memory_id: tier.memory_id(),
                moved: at.moved,
                left: tier.map.heap_len(),
                bytes: at.bytes,
                stable: tier.map.stable_len(),
                audited: at.audited,
                difference: at.difference,
                digest: self.ledger.slot(*slot).content.sum,
            })
            .collect();
        let stable = |name: &str| {
            let of = collections.iter().find(|of| of.name == name);
            of.map(|of| of.stable)
        };
        let works = self.progress.work.iter();
        let moved: u64 = collections.iter().map(|at| at.moved).sum();
        let left: u64 = collections.iter().map(|at| at.left).sum();
        let per_step = moved.checked_div(self.progress.steps).filter(|n| *n > 0);
        MoveStatus {
            phase: self.progress.told_phase(),
            paused: self.progress.paused,
            started: self.progress.started,
            finished: self.progress.finished,
            verified: self.progress.verified,
            originals_kept: self.progress.originals,
            hot_bytes: self.journaled.hot_bytes(),
            steps: self.progress.steps,
            estimated_steps_left: per_step.map(|n| left.div_ceil(n)),
            instructions: self.progress.instructions,
            last_step: self.progress.last_step,
            largest_step: self.progress.largest_step,
            largest_dirty_bytes: self.progress.largest_dirty_bytes,
            upgrade_gives_heap_back: self.heap_was_used && self.progress.phase == Phase::Done,
            stuck: self.progress.stuck.clone(),
            work: works.map(|work| work.status(stable)).collect(),
            collections,
            schema: state.schema(),
        }
    }
}

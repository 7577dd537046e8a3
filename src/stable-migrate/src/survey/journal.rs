//! What the journal behind the payload says of a move.

use ic_stable_migration::{Header, MoveJournal, Phase, WorkStatus};
use serde::Serialize;

use super::ImageManager;
use super::held_up::{DifferenceSurvey, StuckSurvey};

/// No journal is larger: a few hundred bytes, and a hot state that fits on a heap.
const MAX_JOURNAL: u32 = 64 << 20;

/// The journal behind the payload; none where no move was begun.
///
/// # Errors
/// What is wrong with it.
pub fn move_journal(
    manager: &ImageManager,
    header: &Header,
) -> Result<Option<MoveJournal>, String> {
    match header.journal_bytes {
        0 => Ok(None),
        1..=MAX_JOURNAL => manager.move_journal().map_err(|damage| damage.to_string()),
        bytes => Err(format!("a journal of {bytes} bytes is longer than any is")),
    }
}

/// How a move of collections from the heap to stable maps stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct JournalSurvey {
    /// `moving`, `auditing`, `done`, `differs`, `stuck` or `renewing`.
    pub phase: &'static str,
    /// Whether a controller has paused it.
    pub paused: bool,
    /// Steps done.
    pub steps: u64,
    /// Keys removed since the payload was saved that it still has.
    pub removed: u64,
    /// Where it got stuck; absent where it did not.
    pub stuck: Option<StuckSurvey>,
    /// The collections that move.
    pub collections: Vec<JournaledCollectionSurvey>,
    /// Every collection that the memory has or had, as it is written down.
    pub registry: Vec<RegisteredSurvey>,
    /// What goes on after the move, or is finished.
    pub work: Vec<WorkSurvey>,
}

/// Some work for after the move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct WorkSurvey {
    /// The job, or the collection whose values are written anew.
    pub name: String,
    /// The version that the values get; absent for a job.
    pub version: Option<u32>,
    /// Entries that were looked at.
    pub entries: u64,
    /// Entries that are left; absent for a job.
    pub left: Option<u64>,
    /// Whether it is finished.
    pub finished: bool,
}

impl From<&WorkStatus> for WorkSurvey {
    fn from(work: &WorkStatus) -> Self {
        Self {
            name: work.name.clone(),
            version: work.version,
            entries: work.entries,
            left: work.left,
            finished: work.finished.is_some(),
        }
    }
}

impl JournalSurvey {
    /// What is written down of a memory: its collection, or those that share it.
    pub fn registered(&self, memory: u8) -> impl Iterator<Item = &RegisteredSurvey> {
        let registry = self.registry.iter();
        registry.filter(move |entry| entry.memory == memory)
    }

    /// Entries that a collection holds.
    pub fn entries_of(&self, id: u8) -> u64 {
        let found = self.collections.iter().find(|found| found.id == id);
        found.map_or(0, |found| found.entries)
    }
}

/// What is written down of one collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct RegisteredSurvey {
    /// Its name.
    pub name: String,
    /// Its id; where it shares a memory, the first byte of its keys there.
    pub id: u8,
    /// The id of its virtual memory, which others may share.
    pub memory: u8,
    /// Size of its keys, in words.
    pub key: String,
    /// Size of its values, in words.
    pub value: String,
    /// Which versions its values can have, in words.
    pub versions: String,
    /// Whether a release gave it up; its id stays reserved.
    pub retired: bool,
}

/// One collection that moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct JournaledCollectionSurvey {
    /// Its name.
    pub name: String,
    /// Its id; where it shares a memory, the first byte of its keys there.
    pub id: u8,
    /// The id of its virtual memory, which others may share.
    pub memory: u8,
    /// Entries it has, on the heap and in the map.
    pub entries: u64,
    /// Digest of these entries, whatever their order: 16 hexadecimal digits.
    pub digest: String,
    /// Entries that were moved.
    pub moved: u64,
    /// Whether no entry is left on the heap.
    pub complete: bool,
    /// Whether the audit has found the map to hold what it must.
    pub audited: bool,
    /// What the audit found, where that is not what it must hold.
    pub difference: Option<DifferenceSurvey>,
}

impl From<MoveJournal> for JournalSurvey {
    fn from(journal: MoveJournal) -> Self {
        Self {
            phase: match journal.phase {
                Phase::Moving => "moving",
                Phase::Auditing => "auditing",
                Phase::Done => "done",
                Phase::Differs => "differs",
                Phase::Stuck => "stuck",
                Phase::Renewing => "renewing",
            },
            work: journal.work.iter().map(WorkSurvey::from).collect(),
            paused: journal.paused,
            stuck: journal.stuck.as_ref().map(StuckSurvey::from),
            steps: journal.steps,
            removed: journal.removed,
            registry: journal
                .registry
                .iter()
                .map(|entry| RegisteredSurvey {
                    name: entry.name.clone(),
                    id: entry.id,
                    memory: entry.memory_id(),
                    key: entry.shape.key.to_string(),
                    value: entry.shape.value.to_string(),
                    versions: entry.values.to_string(),
                    retired: entry.retired,
                })
                .collect(),
            collections: journal
                .collections
                .iter()
                .map(|collection| JournaledCollectionSurvey {
                    name: collection.name.clone(),
                    id: collection.id,
                    memory: collection.memory_id,
                    entries: collection.entries,
                    digest: format!("{:016x}", collection.digest),
                    moved: collection.moved,
                    complete: collection.complete,
                    audited: collection.audited,
                    difference: collection.difference.as_ref().map(DifferenceSurvey::from),
                })
                .collect(),
        }
    }
}

//! What a journal tells to someone who has the memory and not the state, as a tool that looks into a snapshot.

use ic_stable_structures::Memory;

use super::Slot;
use crate::error::Error;
use crate::managed::Managed;
use crate::mover::{Difference, Phase, Stuck, WorkStatus};
use crate::registry::Registered;

/// How a move stood when its journal was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveJournal {
    /// Where the move stands.
    pub phase: Phase,
    /// Whether a controller has paused it.
    pub paused: bool,
    /// Steps done.
    pub steps: u64,
    /// Whether the payload still holds the entries as they were before the move.
    pub originals: bool,
    /// Length of the hot state in the journal, if that is newer than the payload's.
    pub hot_bytes: Option<u64>,
    /// Keys that were removed while the payload still has them.
    pub removed: u64,
    /// Where the move got stuck, if it did.
    pub stuck: Option<Stuck>,
    /// Every collection that the memory has or had, as it is written down.
    pub registry: Vec<Registered>,
    /// Each collection in use, in the order of the journal's slots.
    pub collections: Vec<JournaledCollection>,
    /// What goes on after the move, or is finished.
    pub work: Vec<WorkStatus>,
}

/// One collection of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournaledCollection {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: u8,
    /// The id of the virtual memory in which its stable entries are: its own, or one that it shares.
    pub memory_id: u8,
    /// Entries it holds, over both tiers.
    pub entries: u64,
    /// Digest of these entries.
    pub digest: u64,
    /// Entries moved by steps.
    pub moved: u64,
    /// Whether no entry is left on the heap.
    pub complete: bool,
    /// Whether the audit has read all of it.
    pub audited: bool,
    /// What the audit found, if that is not what it must hold.
    pub difference: Option<Difference>,
}

impl<M: Memory> Managed<M> {
    /// The journal behind the payload; none where no move was begun. Reads all of it: a few hundred bytes, and the
    /// hot state.
    ///
    /// # Errors
    /// Those of [`Managed::content`]; [`Error::PayloadDamaged`], [`Error::Length`], [`Error::HeaderField`] and
    /// [`Error::Decode`] for a journal that is not one.
    pub fn move_journal(&self) -> Result<Option<MoveJournal>, Error> {
        let Some(journal) = self.read_journal(|| Ok(None))? else {
            return Ok(None);
        };
        let (progress, registry) = (&journal.progress, journal.registry.registry());
        let collections = journal.slots.iter().map(|&Slot { id, content, .. }| {
            let moved = progress.collections.iter().find(|found| found.id == id);
            let owner = registry.owner(id);
            JournaledCollection {
                name: owner.map_or_else(String::new, |owner| owner.name.clone()),
                id,
                memory_id: owner.map_or(id, Registered::memory_id),
                entries: content.count,
                digest: content.sum,
                moved: moved.map_or(0, |moved| moved.moved),
                complete: moved.is_some_and(|moved| moved.complete),
                audited: moved.is_some_and(|moved| moved.audited),
                difference: moved.and_then(|moved| moved.difference),
            }
        });
        let entries = |name: &str| {
            let owner = registry.named(name)?;
            let slot = journal.slots.iter().find(|slot| slot.id == owner.id)?;
            Some(slot.content.count)
        };
        let works = progress.work.iter();
        Ok(Some(MoveJournal {
            work: works.map(|work| work.status(entries)).collect(),
            phase: progress.told_phase(),
            paused: progress.paused,
            steps: progress.steps,
            originals: progress.originals,
            stuck: progress.stuck.clone(),
            registry: registry.0.clone(),
            hot_bytes: journal.hot.as_ref().map(|hot| hot.len() as u64),
            removed: journal.removed.len() as u64,
            collections: collections.collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use ic_stable_structures::VectorMemory;

    use super::*;
    use crate::application::Application;
    use crate::bucket_plan::BucketPlan;
    use crate::codec::Cbor;
    use crate::journal::{Journal, Removed};
    use crate::ledger::Digest;
    use crate::managed::{Empty, Stamp};
    use crate::mover::Progress;
    use crate::registry::{Kind, Recorded, Registry, Shape, Size};

    fn posts() -> Registered {
        Registered {
            name: "posts".into(),
            id: 4,
            shape: Shape {
                kind: Kind::StableBTreeMap,
                key: Size::Exactly(8),
                value: Size::Unbounded,
            },
            values: crate::registry::Versions::FIRST,
            retired: false,
        }
    }

    #[test]
    fn a_journal_is_told_without_the_state() {
        let managed = Empty::of(Rc::new(VectorMemory::default()), 0)
            .format(BucketPlan::for_ceiling(0))
            .unwrap();
        assert_eq!(managed.move_journal(), Ok(None));
        let stamp = Stamp {
            release: 2,
            schema: 1,
            now: 3,
            application: Application::NONE,
        };
        managed.save::<_, Cbor>(&7u64, stamp).unwrap();
        assert_eq!(managed.move_journal(), Ok(None));
        let journal = Journal {
            slots: vec![Slot {
                id: 4,
                content: Digest { sum: 11, count: 22 },
                ..Slot::default()
            }],
            registry: Recorded::of(Registry(vec![posts()])).unwrap(),
            progress: Progress {
                phase: Phase::Auditing,
                steps: 5,
                ..Progress::default()
            },
            hot: Some(vec![0; 9]),
            removed: vec![Removed {
                id: 4,
                key: vec![1],
            }],
        };
        managed.write_journal(&journal.to_bytes().unwrap()).unwrap();
        let told = managed.move_journal().unwrap().unwrap();
        assert_eq!((told.phase, told.steps), (Phase::Auditing, 5));
        assert_eq!((told.hot_bytes, told.removed), (Some(9), 1));
        assert_eq!(
            told.collections,
            [JournaledCollection {
                name: "posts".into(),
                id: 4,
                memory_id: 4,
                entries: 22,
                digest: 11,
                moved: 0,
                complete: false,
                audited: false,
                difference: None,
            }]
        );
        assert_eq!(told.registry, [posts()]);
    }
}

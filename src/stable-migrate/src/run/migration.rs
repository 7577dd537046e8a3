//! Where a canister's move stands, by the journal in its stable memory.

use std::cell::RefCell;
use std::rc::Rc;

use canister_host::StableMemory;
use canister_questions::words::reason;
use ic_stable_migration::{
    Error, Managed, Memory0Content, MoveJournal, OpenOptions, Opened, Phase,
};
use ic_stable_structures::Memory;

/// Where a move stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none, or it is through.
    Done,
    /// A controller has paused it.
    Paused,
    /// It goes on; the steps done so far.
    UnderWay(u64),
    /// It found that something is wrong, or stopped; why, as far as the journal says.
    Failed(String),
}

impl Standing {
    fn of(journal: &MoveJournal) -> Self {
        match journal.phase {
            Phase::Done => Self::Done,
            Phase::Moving | Phase::Auditing | Phase::Renewing if journal.paused => Self::Paused,
            Phase::Moving | Phase::Auditing | Phase::Renewing => Self::UnderWay(journal.steps),
            Phase::Differs => Self::Failed(differs(journal)),
            Phase::Stuck => Self::Failed(match &journal.stuck {
                None => "an entry cannot be moved (phase Stuck)".into(),
                Some(stuck) => reason(&format!(
                    "an entry of {} cannot be moved (phase Stuck): {}",
                    stuck.collection, stuck.reason
                )),
            }),
        }
    }
}

fn differs(journal: &MoveJournal) -> String {
    let found = journal.collections.iter().filter_map(|collection| {
        let difference = collection.difference.as_ref()?;
        Some(format!(
            "{} holds {} entries where {} must be",
            collection.name, difference.found_count, difference.expected_count
        ))
    });
    let found: Vec<String> = found.collect();
    reason(&format!(
        "the audit found that what moved is not what was there (phase Differs): {}",
        found.join(", ")
    ))
}

/// Where the move stands by the journal in `stable`. A memory without one has no move.
///
/// # Errors
/// A sentence, if there is a journal and it cannot be read.
pub fn standing(stable: StableMemory) -> Result<Standing, String> {
    read(stable, |managed| {
        let journal = managed.move_journal()?;
        Ok(journal.as_ref().map_or(Standing::Done, Standing::of))
    })
    .map(|standing| standing.unwrap_or(Standing::Done))
}

/// Entries that were moved to stable maps, by a journal in `stable` that says that the move is done; none without one.
///
/// # Errors
/// A sentence, if there is a journal and it cannot be read.
pub fn moved(stable: StableMemory) -> Result<Option<u64>, String> {
    let moved = read(stable, |managed| {
        let journal = managed.move_journal()?;
        let done = journal.filter(|journal| journal.phase.has_moved());
        Ok(done.map(|journal| journal.collections.iter().map(|each| each.moved).sum()))
    });
    moved.map(Option::flatten)
}

/// Bytes of state that pre_upgrade saved in memory 0; none where this library saved nothing.
///
/// # Errors
/// A sentence, if memory 0 is damaged or cannot be read.
pub fn saved_bytes(stable: StableMemory) -> Result<Option<u64>, String> {
    let saved = read(stable, |managed| {
        Ok(match managed.content()? {
            Memory0Content::Saved(header) => Some(header.payload_bytes),
            _ => None,
        })
    });
    saved.map(Option::flatten)
}

/// Reads a memory under this library's manager; none where there is none, or where memory 0 is another program's.
fn read<T>(
    stable: StableMemory,
    look: impl FnOnce(&Managed<Rc<View>>) -> Result<T, Error>,
) -> Result<Option<T>, String> {
    let view = Rc::new(View {
        stable,
        failure: RefCell::new(None),
    });
    let Opened::Managed(managed) = OpenOptions::new().open(Rc::clone(&view)) else {
        return view.check(None);
    };
    match look(&managed) {
        Ok(found) => view.check(Some(found)),
        Err(Error::UnknownMemory0 { .. }) => view.check(None),
        Err(error) => Err(reason(&error.to_string())),
    }
}

/// A canister's stable memory, read-only. A read that fails reads as zeros and is remembered.
struct View {
    stable: StableMemory,
    failure: RefCell<Option<String>>,
}

impl View {
    fn check<T>(&self, found: T) -> Result<T, String> {
        match self.failure.take() {
            None => Ok(found),
            Some(failure) => Err(failure),
        }
    }
}

impl Memory for View {
    fn size(&self) -> u64 {
        self.stable.pages()
    }

    /// Always -1.
    fn grow(&self, _pages: u64) -> i64 {
        -1
    }

    fn read(&self, offset: u64, target: &mut [u8]) {
        if let Err(error) = self.stable.read(offset, target) {
            target.fill(0);
            self.failure.replace(Some(error.to_string()));
        }
    }

    /// Writes nothing, and is remembered as a failure.
    fn write(&self, _offset: u64, _bytes: &[u8]) {
        let failure = "a memory that is only looked at was written to";
        self.failure.replace(Some(failure.into()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ic_stable_migration::{MessagePack, MoveBudget, Plan, Store, Tier, Tiered, TieredMap};
    use ic_stable_structures::VectorMemory;

    use super::*;

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct State {
        map: TieredMap<u64, u64, VectorMemory>,
    }

    impl From<BTreeMap<u64, u64>> for State {
        fn from(legacy: BTreeMap<u64, u64>) -> Self {
            let map = legacy.into_iter().collect();
            Self { map }
        }
    }

    impl Tiered<VectorMemory> for State {
        type Hot = ();
        fn hot(&self) -> &() {
            &()
        }
        fn set_hot(&mut self, (): ()) {}
        fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
            vec![Tier::new("map", 1, &mut self.map)]
        }
    }

    const PLAN: Plan<BTreeMap<u64, u64>, MessagePack> =
        Plan::new(2).move_budget(MoveBudget::STEPS_ONLY);

    /// A memory with a legacy map of two numbers.
    fn legacy() -> VectorMemory {
        let memory = VectorMemory::default();
        memory.grow(1);
        memory.write(0, b"\x82\x01\x02\x03\x04");
        memory
    }

    fn stable(memory: &VectorMemory) -> StableMemory {
        let mut stable = StableMemory::new();
        stable.grow(memory.size(), u64::MAX).unwrap();
        stable.write(0, &memory.borrow()).unwrap();
        stable
    }

    fn found(memory: &VectorMemory) -> (Standing, Option<u64>) {
        let (one, two) = (stable(memory), stable(memory));
        (standing(one).unwrap(), saved_bytes(two).unwrap())
    }

    #[test]
    fn a_move_is_followed_to_its_end() {
        let memory = legacy();
        assert_eq!(found(&memory), (Standing::Done, None));
        let (mut store, _) = Store::<State, _>::resume(&PLAN, Rc::clone(&memory), 1).unwrap();
        assert_eq!(found(&memory).0, Standing::UnderWay(0));
        {
            let (mover, state) = store.mover().unwrap().unwrap();
            mover.pause(state).unwrap();
        }
        assert_eq!(found(&memory).0, Standing::Paused);
        let (mover, state) = store.mover().unwrap().unwrap();
        mover.unpause(state).unwrap();
        while mover.has_work() {
            mover.step(state, &|| 0, 2).unwrap();
        }
        let (standing, saved) = found(&memory);
        assert_eq!(standing, Standing::Done);
        assert!(saved.is_some_and(|bytes| bytes > 0), "{saved:?}");
    }

    #[test]
    fn a_memory_that_has_no_journal_has_no_move() {
        assert_eq!(found(&VectorMemory::default()), (Standing::Done, None));
        let other = crate::test_images::one_of_each(1, 9);
        crate::test_images::with_naive_frame(&other, b"not this library's");
        assert_eq!(found(&other), (Standing::Done, None));
    }

    #[test]
    fn a_journal_that_is_damaged_is_an_error() {
        let memory = legacy();
        Store::<State, _>::resume(&PLAN, Rc::clone(&memory), 1).unwrap();
        let payload = saved_bytes(stable(&memory)).unwrap().unwrap();
        let slot = 65_536 + 128 + payload + 4;
        memory.write(slot, &[0xff; 8]);
        let error = standing(stable(&memory)).unwrap_err();
        assert!(error.contains("checksum"), "{error}");
    }
}

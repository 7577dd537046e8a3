use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ic_stable_structures::{Memory, StableBTreeMap, VectorMemory};

use crate::mover::testing::{
    Canister, Declared, Legacy, NOW, SHARED_MEMORY, SHARING, legacy_memory, sample,
};
use crate::mover::{Budget, Phase, StepReport};
use crate::test_memory::{Capped, Trapping, bytes_of};

/// What an entry takes that is inserted: the clock shows so much more each time a step looks at it.
const INSERT: u64 = 100_000;

/// A step within instructions for so many inserts, four times of which hold 1 800 entries that are written whole.
fn step<M: Memory + Clone + 'static, const D: u8>(
    canister: &mut Declared<M, D>,
    inserts: u64,
) -> StepReport {
    let clock = Cell::new(0);
    let instructions = || {
        clock.set(clock.get() + INSERT);
        clock.get()
    };
    let budget = Budget {
        instructions: inserts * INSERT,
        ..Budget::default()
    };
    let Declared { mover, state, .. } = canister;
    mover
        .step_within(state, budget, &instructions, NOW + 1)
        .unwrap()
}

/// Pages of a virtual memory.
fn pages<M: Memory + Clone, const D: u8>(canister: &Declared<M, D>, memory: u8) -> u64 {
    canister.mover.managed().memory(memory).unwrap().size()
}

#[test]
fn a_map_that_nothing_was_written_to_is_written_in_one_step() {
    let legacy = sample(1_500);
    let mut canister = Canister::start(legacy_memory(&legacy));
    assert_eq!(step(&mut canister, 30).moved, 1_505);
    assert_eq!(canister.content(), legacy);
    let status = canister.status();
    assert_eq!((status.phase, status.steps), (Phase::Auditing, 1));
    for collection in &status.collections {
        assert_eq!((collection.left, collection.audited), (0, false));
        assert_eq!(collection.stable, collection.moved);
    }
    // Nothing is special about it from here on.
    canister.state.texts.insert(1, "new".into());
    canister.state.texts.remove(&0);
    let expected = canister.content();
    let mut canister = canister.upgrade(true);
    assert_eq!(canister.content(), expected);
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
    assert_eq!(canister.upgrade(false).content(), expected);
}

#[test]
fn a_map_that_was_written_to_gets_the_others_entry_by_entry() {
    let legacy = sample(1_500);
    let mut canister = Canister::start(legacy_memory(&legacy));
    canister.state.texts.insert(1, "new".into());
    let expected = canister.content();
    let report = step(&mut canister, 30);
    assert!((20..=30).contains(&report.moved), "{report:?}");
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
    assert_eq!(canister.content(), expected);
}

#[test]
fn a_map_that_no_step_can_hold_is_filled_entry_by_entry() {
    let mut canister = Canister::start(legacy_memory(&sample(10_000)));
    let report = step(&mut canister, 30);
    assert!((20..=30).contains(&report.moved), "{report:?}");
}

#[test]
fn a_map_that_the_step_has_no_room_left_for_waits_for_the_next() {
    let legacy = Legacy {
        marks: (0..1_000).map(|key| (key, key)).collect(),
        ..sample(100)
    };
    let mut canister = Canister::start(legacy_memory(&legacy));
    let used = Cell::new(0);
    let budget = Budget {
        instructions: 1_700_000,
        ..Budget::default()
    };
    let mut step = || {
        let instructions = || used.replace(1_600_000);
        let Canister { mover, state, .. } = &mut canister;
        used.set(0);
        let report = mover.step_within(state, budget, &instructions, NOW + 1);
        report.unwrap().moved
    };
    assert_eq!([step(), step()], [100, 1_000]);
    assert_eq!(canister.content(), legacy);
}

#[test]
fn after_a_step_that_trapped_entries_are_inserted_until_the_next_upgrade() {
    let legacy = sample(1_500);
    let mut canister = Canister::start(legacy_memory(&legacy));
    let Canister { mover, state, .. } = &mut canister;
    mover.step_failed(state, "too many instructions").unwrap();
    for _ in 0..3 {
        let report = step(&mut canister, 30);
        assert!((20..=30).contains(&report.moved), "{report:?}");
    }
    // Of the two maps one was not written to.
    let mut canister = canister.upgrade(true);
    while canister.status().collections[0].left > 0 {
        step(&mut canister, 100);
    }
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
    assert_eq!(canister.content(), legacy);
}

#[test]
fn an_upgrade_after_a_step_that_trapped_tries_it_once_more() {
    let mut canister = Canister::start(legacy_memory(&sample(1_500)));
    let Canister { mover, state, .. } = &mut canister;
    mover.step_failed(state, "too many instructions").unwrap();
    let mut canister = canister.upgrade(false);
    assert_eq!(step(&mut canister, 30).moved, 1_505);
}

#[test]
fn a_budget_of_entries_is_never_exceeded() {
    let mut canister = Canister::start(legacy_memory(&sample(20)));
    for moved in [19, 1, 5] {
        assert_eq!(canister.step(19.min(moved)).moved, moved);
    }
}

/// Lets the step trap at each of its writes in turn; what follows a trap finds nothing of the step.
fn traps_are_undone<const DECLARED: u8>(memory: u8) {
    let legacy = sample(200);
    let raw = Trapping::over(legacy_memory(&legacy));
    let mut canister = Declared::<_, DECLARED>::start(raw.clone());
    let before = bytes_of(&raw.memory);
    let mut traps = 0;
    loop {
        raw.writes_left.set(Some(traps));
        let stepped = catch_unwind(AssertUnwindSafe(|| step(&mut canister, 30)));
        raw.writes_left.set(None);
        if stepped.is_ok_and(|report| report.moved == 205) {
            break;
        }
        // The message is rolled back. That its heap was, too, is played by an upgrade without pre_upgrade.
        *raw.memory.borrow_mut() = before.clone();
        canister = canister.upgrade(true);
        assert_eq!(pages(&canister, memory), 0);
        assert_eq!(canister.content(), legacy);
        if traps % 2 == 0 {
            canister = canister.upgrade(false);
            assert_eq!(canister.content(), legacy);
            *raw.memory.borrow_mut() = before.clone();
            canister = canister.upgrade(true);
        }
        traps += 1;
    }
    assert!(traps > 20, "{traps} writes");
    assert!(pages(&canister, memory) > 0);
    for skip_pre_upgrade in [true, false] {
        canister = canister.upgrade(skip_pre_upgrade);
        assert_eq!(canister.status().collections[0].left, 0);
        assert_eq!(canister.content(), legacy);
    }
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
}

#[test]
fn a_trap_at_any_write_of_the_step_is_undone() {
    traps_are_undone::<0>(1);
}

#[test]
fn so_is_one_where_the_map_is_shared() {
    traps_are_undone::<SHARING>(SHARED_MEMORY);
}

#[test]
fn collections_that_share_a_map_move_together() {
    let legacy = sample(1_500);
    let mut canister = Declared::<_, SHARING>::start(legacy_memory(&legacy));
    assert_eq!(step(&mut canister, 30).moved, 1_505);
    assert_eq!(canister.content(), legacy);
    assert!(pages(&canister, SHARED_MEMORY) > 0);
    assert_eq!(pages(&canister, 1) + pages(&canister, 2), 0);
    let mut canister = canister.upgrade(true);
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
    assert_eq!(canister.content(), legacy);
}

#[test]
fn one_entry_in_a_shared_map_has_all_of_its_collections_inserted() {
    let mut canister = Declared::<_, SHARING>::start(legacy_memory(&sample(1_500)));
    canister.state.marks.insert(1_000, 1);
    let report = step(&mut canister, 30);
    assert!((20..=30).contains(&report.moved), "{report:?}");
}

/// Two canisters that have moved `legacy`: one in whole maps, one entry by entry.
fn both_ways<const DECLARED: u8>(legacy: &Legacy) -> [Declared<VectorMemory, DECLARED>; 2] {
    [false, true].map(|inserts| {
        let mut canister = Declared::start(legacy_memory(legacy));
        canister.mover.inserts = inserts;
        let report = canister.step(u64::MAX);
        assert_eq!((report.moved, report.phase), (605, Phase::Done));
        canister
    })
}

#[test]
fn a_map_that_was_written_whole_has_what_one_has_that_was_inserted_into() {
    let legacy = sample(600);
    let [mut whole, mut inserted] = both_ways::<0>(&legacy);
    let entries = |canister: &Canister<VectorMemory>| {
        let memory = canister.mover.managed().memory(1).unwrap();
        let map = StableBTreeMap::<u64, String, _>::load(memory);
        map.iter()
            .map(|entry| entry.into_pair())
            .collect::<Vec<_>>()
    };
    assert_eq!(entries(&whole), entries(&inserted));
    assert_eq!(whole.status().collections, inserted.status().collections);
    assert!(pages(&whole, 1) <= pages(&inserted, 1));
    assert_eq!(whole.content(), legacy);
}

#[test]
fn so_has_a_shared_one() {
    let [mut whole, mut inserted] = both_ways::<SHARING>(&sample(600));
    let entries = |canister: &Declared<VectorMemory, SHARING>| {
        let memory = canister.mover.managed().memory(SHARED_MEMORY).unwrap();
        let map = StableBTreeMap::<Vec<u8>, Vec<u8>, _>::load(memory);
        map.iter()
            .map(|entry| entry.into_pair())
            .collect::<Vec<_>>()
    };
    assert_eq!(entries(&whole), entries(&inserted));
    assert_eq!(whole.status().collections, inserted.status().collections);
}

#[test]
fn a_memory_that_cannot_grow_is_told_as_by_an_insert() {
    let reasons = [false, true].map(|inserts| {
        let memory = legacy_memory(&sample(1_500));
        let mut canister = Canister::start(Capped {
            memory,
            max_pages: u64::MAX,
        });
        canister.memory.max_pages = canister.memory.size();
        let mut canister = canister.upgrade(true);
        canister.mover.inserts = inserts;
        let stepped = catch_unwind(AssertUnwindSafe(|| canister.step(u64::MAX)));
        let said = stepped.unwrap_err();
        said.downcast_ref::<String>().cloned().unwrap_or_default()
    });
    assert!(
        reasons[0].contains("stable memory cannot grow"),
        "{reasons:?}"
    );
    assert_eq!(reasons[0], reasons[1]);
}

use std::cell::Cell;
use std::collections::BTreeMap;

use ic_stable_structures::VectorMemory;

use super::testing::{Canister, Legacy, NOW, PLAN, State, legacy_memory, rewritten, sample};
use super::*;
use crate::codec::Cbor;
use crate::plan::Plan;
use crate::test_memory::Capped;

#[test]
fn a_move_ends_with_everything_in_stable_memory_and_audited() {
    let legacy = sample(100);
    let mut canister = Canister::start(legacy_memory(&legacy));
    let report = canister.step(10);
    assert_eq!((report.moved, report.phase), (10, Phase::Moving));
    assert!(report.dirty_bytes >= 4_096);
    let status = canister.status();
    assert_eq!(status.collections[0].left, 90);
    assert_eq!(status.estimated_steps_left, Some(10));
    canister.finish();
    let status = canister.status();
    assert_eq!(status.phase, Phase::Done);
    assert_eq!(status.finished, Some(NOW + 1));
    assert!(status.upgrade_gives_heap_back);
    for collection in &status.collections {
        assert!(collection.audited);
        assert_eq!((collection.left, collection.difference), (0, None));
    }
    assert_eq!(canister.content(), legacy);
    let mut canister = canister.upgrade(false);
    assert!(!canister.status().upgrade_gives_heap_back);
    assert_eq!(canister.content(), legacy);
}

#[test]
fn an_empty_collection_takes_no_page() {
    let legacy = Legacy {
        marks: BTreeMap::new(),
        ..sample(3)
    };
    let mut canister = Canister::start(legacy_memory(&legacy));
    canister.finish();
    let report = canister.mover.managed().report().unwrap();
    let ids: Vec<u8> = report.memories.iter().map(|memory| memory.id).collect();
    assert_eq!(ids, [0, 1]);
}

#[test]
fn an_empty_canister_is_done_after_one_step() {
    let mut canister = Canister::start(legacy_memory(&Legacy::default()));
    assert_eq!(canister.step(1).phase, Phase::Done);
    assert_eq!(canister.memory.size(), 3);
}

#[test]
fn a_new_canister_has_nothing_to_move_and_survives_its_upgrades() {
    let memory = VectorMemory::default();
    let mut state = State::from(Legacy::default());
    let mover = PLAN.begin_tiered(memory.clone(), &mut state, NOW).unwrap();
    let mut canister = Canister {
        memory,
        state,
        mover,
    };
    assert!(!canister.mover.has_work());
    canister.state.texts.insert(4, "four".into());
    canister.mover.pause(&canister.state).unwrap();
    let mut canister = canister.upgrade(false);
    assert_eq!(canister.status().phase, Phase::Done);
    assert_eq!(canister.state.texts.get(&4), Some("four".into()));
    assert_eq!(canister.status().collections[0].left, 0);
}

#[test]
fn skipping_pre_upgrade_brings_nothing_back_and_loses_no_entry() {
    let legacy = sample(20);
    let mut canister = Canister::start(legacy_memory(&legacy));
    canister.step(5);
    // Moved and not moved; changed, removed, removed and written again, new.
    canister.state.texts.remove(&0);
    canister.state.texts.insert(3, "changed".into());
    canister.state.texts.remove(&57);
    canister.state.texts.insert(54, "changed too".into());
    canister.state.texts.remove(&51);
    canister.state.texts.insert(51, "back again".into());
    canister.state.texts.insert(1_000, "new".into());
    canister.state.marks.remove(&2);
    canister.state.hot.counter = 8;
    let mut expected = canister.content();
    // The hot state is as the last step found it.
    expected.counter = 7;
    let canister = canister.upgrade(true);
    assert_eq!(canister.content(), expected);
    let mut canister = canister.upgrade(true);
    assert_eq!(canister.content(), expected);
    canister.state.hot.counter = 9;
    canister.step(1);
    expected.counter = 9;
    let mut canister = canister.upgrade(true);
    assert_eq!(canister.content(), expected);
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
    let canister = canister.upgrade(true);
    assert_eq!(canister.content(), expected);
}

#[test]
fn an_entry_lost_behind_the_movers_back_is_found_by_the_audit_and_named() {
    let mut canister = Canister::start(legacy_memory(&sample(10)));
    canister.step(10);
    let memory = canister.mover.managed().memory(1).unwrap();
    let mut map = ic_stable_structures::StableBTreeMap::<u64, String, _>::init(memory);
    map.remove(&0);
    map.insert(3, "forged".into());
    let mut canister = canister.upgrade(false);
    canister.finish();
    let status = canister.status();
    assert_eq!(status.phase, Phase::Differs);
    assert_eq!(status.finished, None);
    let difference = status.collections[0].difference.unwrap();
    assert_eq!((difference.expected_count, difference.found_count), (10, 9));
    assert_ne!(difference.expected_sum, difference.found_sum);
    assert_eq!(status.collections[1].difference, None);
    // It stays so.
    let mut canister = canister.upgrade(false);
    assert_eq!(canister.status().phase, Phase::Differs);
    assert!(!canister.mover.has_work());
}

#[test]
fn the_audit_goes_on_where_an_upgrade_found_it() {
    let mut canister = Canister::start(legacy_memory(&sample(30)));
    for upgrades in 0.. {
        if canister.status().phase == Phase::Done {
            break;
        }
        canister.step(3);
        // Behind the audit's back and before its face, in turn.
        let key = if upgrades % 2 == 0 { 0 } else { 87 };
        canister.state.texts.insert(key, upgrades.to_string());
        canister = canister.upgrade(upgrades % 3 == 0);
        assert!(upgrades < 100, "{:?}", canister.status());
    }
}

#[test]
fn a_step_ends_when_its_instructions_are_used_up() {
    let mut canister = Canister::start(legacy_memory(&sample(50)));
    let clock = Cell::new(0);
    let instructions = || {
        clock.set(clock.get() + 100);
        clock.get()
    };
    let budget = Budget {
        instructions: 1_000,
        ..Budget::default()
    };
    let report = canister
        .mover
        .step_within(&mut canister.state, budget, &instructions, NOW)
        .unwrap();
    assert_eq!(report.moved, 10);
    assert!(report.instructions >= 1_000);
}

#[test]
fn a_step_ends_when_it_has_dirtied_its_bytes() {
    let texts = (0..200).map(|key| (key, "x".repeat(2_000))).collect();
    let legacy = Legacy {
        texts,
        ..Legacy::default()
    };
    let mut canister = Canister::start(legacy_memory(&legacy));
    let budget = Budget {
        dirty_bytes: 100_000,
        ..Budget::default()
    };
    let report = canister
        .mover
        .step_within(&mut canister.state, budget, &|| 0, NOW)
        .unwrap();
    assert!((10..100).contains(&report.moved), "{report:?}");
    assert!(
        (100_000..150_000).contains(&report.dirty_bytes),
        "{report:?}"
    );
}

#[test]
fn failing_steps_get_smaller_until_the_key_is_known() {
    let mut canister = Canister::start(legacy_memory(&sample(50)));
    canister.step(2);
    for attempt in 0.. {
        assert!(attempt < 20, "the mover never gave up");
        let reason = "stable memory is full";
        canister
            .mover
            .step_failed(&mut canister.state, reason)
            .unwrap();
        if !canister.mover.has_work() {
            break;
        }
    }
    let status = canister.status();
    assert_eq!(status.phase, Phase::Stuck);
    let stuck = status.stuck.unwrap();
    assert_eq!(stuck.collection, "texts");
    assert_eq!(stuck.key, 6u64.to_be_bytes());
    assert_eq!(stuck.reason, "stable memory is full");
    // The service goes on, and so does the move when it is told to.
    canister.state.texts.insert(6, "still writable".into());
    canister.mover.unpause(&canister.state).unwrap();
    let report = canister
        .mover
        .step(&mut canister.state, &|| 0, NOW)
        .unwrap();
    assert_eq!(report.moved, 1, "a cautious step after a failure");
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
}

#[test]
fn a_paused_move_stays_paused_through_an_upgrade() {
    let mut canister = Canister::start(legacy_memory(&sample(50)));
    canister.step(2);
    canister.mover.pause(&canister.state).unwrap();
    let mut canister = canister.upgrade(false);
    assert_eq!(canister.step(5).moved, 0);
    assert!(canister.status().paused);
    canister.mover.unpause(&canister.state).unwrap();
    assert_eq!(canister.step(5).moved, 5);
}

#[test]
fn a_full_subnet_is_an_error_of_the_first_journal() {
    let memory = legacy_memory(&Legacy {
        texts: (0..3).map(|key| (key, "x".repeat(43_600))).collect(),
        ..Legacy::default()
    });
    let memory = Capped {
        memory,
        max_pages: 3,
    };
    let error = PLAN.resume_tiered::<State<Capped>, _>(memory, NOW).err();
    assert_eq!(
        error,
        Some(Error::OutOfStableMemory {
            pages: 3,
            needed: 5
        })
    );
}

#[test]
fn keys_at_both_ends_of_the_order_move_like_the_others() {
    let legacy = Legacy {
        texts: [0, 1, u64::MAX - 1, u64::MAX]
            .map(|key| (key, key.to_string()))
            .into(),
        ..sample(0)
    };
    for steps in 0..6 {
        let mut canister = Canister::start(legacy_memory(&legacy));
        for _ in 0..steps {
            canister.step(1);
        }
        let range: Vec<_> = canister.state.texts.range(u64::MAX..).collect();
        assert_eq!(range, [(u64::MAX, u64::MAX.to_string())]);
        let mut canister = canister.upgrade(steps % 2 == 0);
        assert_eq!(canister.content(), legacy);
        canister.finish();
        assert_eq!(canister.content(), legacy);
    }
}

#[test]
fn moved_entries_take_no_more_pages_than_fresh_maps() {
    let legacy = sample(20_000);
    let mut canister = Canister::start(legacy_memory(&legacy));
    while canister.mover.has_work() {
        canister.step(777);
    }
    let fresh = VectorMemory::default();
    let managed = PLAN.begin(fresh).unwrap();
    let memory = managed.memory(1).unwrap();
    let mut map = ic_stable_structures::StableBTreeMap::init(memory);
    for (key, text) in legacy.texts {
        map.insert(key, text);
    }
    let pages_of = |managed: &Managed<VectorMemory>| {
        let report = managed.report().unwrap();
        let texts = report.memories.iter().find(|memory| memory.id == 1);
        texts.unwrap().pages
    };
    let (moved, fresh) = (pages_of(canister.mover.managed()), pages_of(&managed));
    assert!(moved * 100 <= fresh * 105, "{moved} pages, {fresh} fresh");
}

#[test]
fn a_memory_rewritten_under_the_canister_is_noticed_and_read_anew() {
    for steps in [0, 3, 1_000] {
        let legacy = sample(20);
        let mut canister = Canister::start(legacy_memory(&legacy));
        for _ in 0..steps {
            canister.step(1);
        }
        assert!(canister.mover.is_current());
        let smaller = rewritten(&canister.memory);
        *canister.memory.borrow_mut() = smaller.borrow().clone();
        assert!(!canister.mover.is_current());
        canister.mover.reopen().unwrap();
        assert!(canister.mover.is_current());
        assert_eq!(canister.content(), legacy);
        canister.state.texts.insert(1, "new".into());
        canister.state.texts.remove(&0);
        let expected = canister.content();
        canister.finish();
        assert_eq!(canister.status().phase, Phase::Done);
        let canister = canister.upgrade(steps == 3);
        assert_eq!(canister.content(), expected);
    }
}

#[test]
fn a_structure_of_the_canisters_own_follows_a_memory_that_was_rewritten() {
    let mut canister = Canister::start(legacy_memory(&sample(20)));
    canister.finish();
    let own = canister.mover.managed().memory(5).unwrap();
    let list = ic_stable_structures::StableVec::<u64, _>::init(own);
    for number in 0..30_000 {
        list.push(&number);
    }
    let smaller = rewritten(&canister.memory);
    *canister.memory.borrow_mut() = smaller.borrow().clone();
    assert!(!canister.mover.is_current());
    canister.mover.reopen().unwrap();
    for number in 30_000..60_000 {
        list.push(&number);
        canister.state.texts.insert(number, number.to_string());
    }
    assert!(list.iter().eq(0..60_000));
    let mut expected = sample(20);
    expected
        .texts
        .extend((30_000..60_000).map(|number| (number, number.to_string())));
    assert_eq!(canister.content(), expected);
    assert_eq!(canister.upgrade(false).content(), expected);
}

#[test]
fn removals_are_appended_to_the_journal_and_not_written_again_by_each_step() {
    let mut canister = Canister::start(legacy_memory(&sample(6_000)));
    canister.step(1);
    for key in 1_000..5_000 {
        canister.state.texts.remove(&(key * 3));
    }
    // One of these steps may write the journal anew, where too much of it no longer counts.
    let dirty: Vec<u64> = (0..8).map(|_| canister.step(1).dirty_bytes).collect();
    let removals = 4_000 * 22;
    let large = dirty.iter().filter(|bytes| **bytes >= removals).count();
    assert!(large <= 1, "{dirty:?}");
    let mut canister = canister.upgrade(true);
    assert_eq!(canister.state.texts.len(), 2_000);
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
}

/// A state whose hot part is large and changes all the time.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Heavy {
    hot: String,
    map: crate::tiered::TieredMap<u64, u64, VectorMemory>,
}

impl Tiered<VectorMemory> for Heavy {
    type Hot = String;
    fn hot(&self) -> &String {
        &self.hot
    }
    fn set_hot(&mut self, hot: String) {
        self.hot = hot;
    }
    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![Tier::new("map", 1, &mut self.map)]
    }
}

#[test]
fn a_large_hot_state_is_told_and_counts_in_the_budget_of_a_step() {
    const HOT_BYTES: usize = 200_000;
    let mut state = Heavy {
        hot: String::new(),
        map: (0..500).map(|key| (key, key)).collect(),
    };
    let plan: Plan<(), Cbor> = Plan::new(2);
    let mut mover = plan
        .begin_tiered(VectorMemory::default(), &mut state, NOW)
        .unwrap();
    let budget = Budget {
        dirty_bytes: HOT_BYTES as u64,
        entries: 50,
        ..Budget::default()
    };
    let mut step = |mover: &mut Mover<_>, hot: &str| {
        state.hot = hot.repeat(HOT_BYTES);
        let report = mover.step_within(&mut state, budget, &|| 0, NOW).unwrap();
        let told = mover.status(&mut state).hot_bytes;
        assert!(
            told.is_some_and(|bytes| bytes >= HOT_BYTES as u64),
            "{told:?}"
        );
        (report.moved, report.dirty_bytes >= HOT_BYTES as u64)
    };
    // What the journal takes is known once it was written; then it leaves room for one entry.
    assert_eq!(step(&mut mover, "a"), (50, true));
    assert_eq!(step(&mut mover, "b"), (1, true));
    // Unchanged, it is not written.
    assert_eq!(step(&mut mover, "b"), (1, false));
    assert_eq!(step(&mut mover, "b"), (50, false));
}

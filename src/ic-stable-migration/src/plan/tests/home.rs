//! The state in a virtual memory of the canister's own choice, with maps where this library would have it.

use ic_stable_structures::{Memory, StableBTreeMap};

use super::*;
use crate::codec::LengthU32;
use crate::mover::Phase;
use crate::mover::testing::{AT_ONCE, Canister, Declared, Legacy, PLAN, RESERVED, State};
use crate::mover::testing::{legacy_memory, sample};
use crate::test_memory::memory_of;

/// The memory in which the canister has saved its state.
const HOME: u8 = 9;
const AT_HOME: Plan<Legacy, MessagePack> = AT_ONCE.memory(HOME);
const AT_HOME_IN_STEPS: Plan<Legacy, MessagePack> = PLAN.memory(HOME);

/// A canister with maps in memories 0 and 4, and its state in another behind a length.
fn with_maps_in_memory_0(bucket_pages: u16, state: &Legacy) -> VectorMemory {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
    for id in [0, 4] {
        let mut map = StableBTreeMap::init(manager.get(MemoryId::new(id)));
        for key in 0..500u64 {
            map.insert(key, key * u64::from(id + 1));
        }
    }
    let value = rmp_serde::to_vec_named(state).unwrap();
    let upgrades = manager.get(MemoryId::new(HOME));
    upgrades.grow(value.len() as u64 / 65_536 + 1);
    upgrades.write(0, &(value.len() as u32).to_le_bytes());
    upgrades.write(4, &value);
    memory
}

fn maps_are_as_they_were(memory: &VectorMemory) {
    let manager = MemoryManager::init(memory.clone());
    for id in [0, 4] {
        let map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(manager.get(MemoryId::new(id)));
        let expected = (0..500).map(|key| (key, key * u64::from(id + 1)));
        assert!(map.iter().map(|entry| entry.into_pair()).eq(expected));
    }
}

/// Both upgrades that come after a first one; the state and its collections are there each time.
fn goes_on<const DECLARED: u8>(plan: &Plan<Legacy, MessagePack>, memory: &VectorMemory) {
    let expected = sample(300);
    for _ in 0..2 {
        let mut canister = Declared::<_, DECLARED>::start_with(plan, memory.clone());
        canister.finish();
        assert_eq!(canister.status().phase, Phase::Done);
        assert_eq!(canister.content(), expected);
        let saved = canister.mover.save(&canister.state, plan.stamp(NOW));
        saved.unwrap();
        assert_eq!(canister.mover.managed().home(), HOME);
        maps_are_as_they_were(memory);
    }
}

#[test]
fn a_state_beside_maps_stays_where_it_is_and_the_maps_stay_as_they_are() {
    for bucket_pages in [1, 2, 16, 128] {
        let state = sample(300);
        let memory = with_maps_in_memory_0(bucket_pages, &state);
        let resumed = AT_HOME.resume::<State<VectorMemory>, _>(memory.clone(), NOW);
        let resumed = resumed.unwrap();
        assert!(resumed.state.texts.iter().eq(state.texts));
        assert!(matches!(resumed.origin, Origin::Value { .. }));
        AT_HOME.save(&resumed.managed, &resumed.state, NOW).unwrap();
        maps_are_as_they_were(&memory);
        goes_on::<0>(&AT_HOME, &memory);
    }
}

#[test]
fn it_goes_to_stage_two_at_once_or_in_steps() {
    for plan in [&AT_HOME, &AT_HOME_IN_STEPS] {
        for bucket_pages in [2, 16] {
            let memory = with_maps_in_memory_0(bucket_pages, &sample(300));
            goes_on::<0>(plan, &memory);
        }
    }
}

#[test]
fn a_plan_without_a_codec_of_its_own_frame_is_as_good() {
    let memory = with_maps_in_memory_0(2, &sample(3));
    let framed: Plan<Legacy, LengthU32<MessagePack>> = Plan::new(1).memory(HOME);
    assert_eq!(
        framed.resume::<Legacy, _>(memory, NOW).unwrap().state,
        sample(3)
    );
}

#[test]
fn a_legacy_value_can_go_to_it_and_memory_0_to_a_collection() {
    for plan in [&AT_HOME, &AT_HOME_IN_STEPS] {
        let memory = legacy_memory(&sample(300));
        let mut canister = Declared::<_, RESERVED>::start_with(plan, memory.clone());
        canister.finish();
        canister
            .mover
            .save(&canister.state, plan.stamp(NOW))
            .unwrap();
        let again = Declared::<_, RESERVED>::start_with(plan, memory.clone());
        assert_eq!(again.content(), sample(300));
        let texts = MemoryManager::init(memory).get(MemoryId::new(0));
        let texts: StableBTreeMap<u64, String, _> = StableBTreeMap::init(texts);
        assert_eq!(texts.len(), 300);
    }
    let memory = legacy_memory(&sample(3));
    let error = AT_ONCE.resume_tiered::<State<_, RESERVED>, _>(Untouchable(memory), NOW);
    assert_eq!(error.err(), Some(Error::ReservedMemory { id: 0 }));
}

#[test]
fn a_release_that_looks_for_the_state_elsewhere_is_told_where_it_is() {
    let saved_in = |plan: &Plan<Legacy, MessagePack>| {
        let memory = legacy_memory(&sample(3));
        Canister::start_with(plan, memory.clone());
        memory
    };
    for (saved, planned, found) in [(AT_HOME, AT_ONCE, HOME), (AT_ONCE, AT_HOME, 0)] {
        let memory = saved_in(&saved);
        let expected = Some(Error::SavedElsewhere {
            found,
            planned: if found == 0 { HOME } else { 0 },
        });
        let resumed = planned.resume_tiered::<State<_>, _>(Untouchable(memory.clone()), NOW);
        assert_eq!(resumed.err(), expected);
        let resumed = planned.resume::<Legacy, _>(Untouchable(memory.clone()), NOW);
        assert_eq!(resumed.err(), expected);
        assert_eq!(planned.begin(Untouchable(memory)).err(), expected);
    }
}

#[test]
fn a_new_canister_begins_with_it() {
    let memory = VectorMemory::default();
    let mut state = State::<_>::from(sample(0));
    let mover = AT_HOME.begin_tiered(memory.clone(), &mut state, NOW);
    assert_eq!(mover.unwrap().managed().home(), HOME);
    assert_eq!(
        Canister::start_with(&AT_HOME, memory).content().counter,
        sample(0).counter
    );
}

#[test]
fn whoever_looks_at_a_memory_finds_the_state_in_it() {
    let memory = legacy_memory(&sample(3));
    Canister::start_with(&AT_HOME, memory.clone());
    let Opened::Managed(managed) = crate::open(memory) else {
        panic!("it has a manager");
    };
    assert_eq!(managed.home(), HOME);
    assert!(matches!(managed.content(), Ok(Memory0Content::Saved(_))));
    let report = managed.report().unwrap();
    let home = report.memories.iter().find(|memory| memory.id == HOME);
    assert!(home.unwrap().slack_bytes > 100_000);
}

#[test]
fn memory_0_is_taken_where_another_starts_like_it() {
    let memory = legacy_memory(&sample(3));
    Canister::start_with(&AT_ONCE, memory.clone());
    let copy = MemoryManager::init(memory.clone()).get(MemoryId::new(HOME));
    copy.grow(1);
    copy.write(0, b"IC-STMIG, as my notes have it");
    let Opened::Managed(managed) = crate::open(memory) else {
        panic!("it has a manager");
    };
    assert_eq!(managed.home(), 0);
}

#[test]
fn a_memory_that_is_not_one_is_refused_as_before() {
    let error = AT_HOME.resume::<Legacy, _>(Untouchable(memory_of(b"hello")), NOW);
    assert!(matches!(error, Err(Error::Unrecognized { .. })));
}

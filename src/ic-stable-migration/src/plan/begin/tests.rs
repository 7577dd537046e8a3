use std::collections::BTreeMap;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableBTreeMap, StableCell, VectorMemory};

use crate::error::Error;
use crate::mover::Phase;
use crate::mover::testing::{
    AT_ONCE, Canister, Legacy, MISSING, NOW, PLAN, SHARING, State, sample,
};
use crate::registry::OwnershipError;
use crate::test_memory::{Untouchable, bytes_of};

/// A canister that keeps all it has in maps, with nothing in memory 0.
fn with_maps_only(bucket_pages: u16) -> (VectorMemory, MemoryManager<VectorMemory>) {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
    let mut texts = StableBTreeMap::init(manager.get(MemoryId::new(1)));
    for key in 0..300u64 {
        texts.insert(key, format!("text {key}"));
    }
    StableCell::init(manager.get(MemoryId::new(9)), "the owner's".to_string());
    (memory, manager)
}

/// What a release says that would begin there.
fn refused<const DECLARED: u8>(memory: &VectorMemory, legacy: Legacy) -> Error {
    let before = bytes_of(memory);
    let begun = PLAN.begin_tiered::<State<Untouchable, DECLARED>, _>(
        Untouchable(memory.clone()),
        &mut State::from(legacy),
        NOW,
    );
    assert!(bytes_of(memory) == before);
    begun.err().unwrap()
}

#[test]
fn a_manager_with_maps_only_is_not_resumed_and_its_memories_are_named() {
    let (memory, _) = with_maps_only(16);
    let resumed = PLAN.resume_tiered::<State<_>, _>(Untouchable(memory), NOW);
    let error = resumed.err().unwrap();
    assert!(matches!(error, Error::OtherMemories { .. }), "{error}");
    assert!(
        error.to_string().contains("virtual memories 1, 9: "),
        "{error}"
    );
    let unused = VectorMemory::default();
    MemoryManager::init_with_bucket_size(unused.clone(), 16);
    let resumed = PLAN.resume::<Legacy, _>(Untouchable(unused), NOW);
    assert_eq!(resumed.err(), Some(Error::NothingSaved));
}

#[test]
fn its_maps_are_taken_over_by_the_collections_that_claim_them() {
    for bucket_pages in [2, 16, 128] {
        let (memory, _) = with_maps_only(bucket_pages);
        let mut state = State::default();
        state.hot.counter = 3;
        let mover = PLAN.begin_tiered(memory.clone(), &mut state, NOW).unwrap();
        let table = mover.managed().bucket_table().unwrap();
        assert_eq!(table.bucket_pages, bucket_pages);
        let mut canister = Canister {
            memory,
            state,
            mover,
        };
        assert_eq!(canister.status().phase, Phase::Done);
        assert_eq!(canister.state.texts.len(), 300);
        canister.state.texts.insert(1_000, "new".into());
        canister.state.marks.insert(1, 2);
        canister.state.texts.remove(&7);
        // Nobody has to save for that to last.
        let mut canister = canister.upgrade(true);
        let content = canister.content();
        let texts: BTreeMap<_, _> = (0..300)
            .filter(|key| *key != 7)
            .map(|key| (key, format!("text {key}")))
            .chain([(1_000, "new".to_string())])
            .collect();
        assert_eq!(content.texts, texts);
        assert_eq!((content.counter, content.marks.len()), (3, 1));
        let Canister { mover, state, .. } = &mut canister;
        mover.verify(state).unwrap();
        canister.finish();
        assert_eq!(canister.status().phase, Phase::Done);
        let manager = MemoryManager::init(canister.memory.clone());
        let cell = StableCell::init(manager.get(MemoryId::new(9)), String::new());
        assert_eq!(cell.get(), "the owner's");
    }
}

#[test]
fn what_no_collection_claims_stays_the_canister_s_own() {
    let (memory, manager) = with_maps_only(16);
    StableCell::init(manager.get(MemoryId::new(2)), 7u64);
    let mut state = State::<_, MISSING>::default();
    PLAN.begin_tiered(memory.clone(), &mut state, NOW).unwrap();
    let again = PLAN.begin(memory.clone()).err();
    assert!(matches!(again, Some(Error::NotEmpty { .. })), "{again:?}");
    // A later release has a new collection, and asks for the cell's memory.
    let error = PLAN.resume_tiered::<State<_>, _>(memory, NOW).err();
    let Some(Error::Ownership(OwnershipError::InUse { id, holds, .. })) = error else {
        panic!("{error:?}");
    };
    assert_eq!((id, &holds[..]), (2, "a StableCell"));
}

#[test]
fn what_is_no_map_of_the_collection_is_refused_with_nothing_written() {
    let in_use = |error| {
        let in_use = matches!(error, Error::Ownership(OwnershipError::InUse { .. }));
        assert!(in_use, "{error}");
    };
    // Entries on the heap and in the map.
    let (memory, _) = with_maps_only(1);
    in_use(refused::<0>(&memory, sample(3)));
    // A map of another program is not one that collections share.
    let (memory, manager) = with_maps_only(1);
    StableBTreeMap::init(manager.get(MemoryId::new(5))).insert(1u64, 1u64);
    in_use(refused::<SHARING>(&memory, Legacy::default()));
    // A map of other types.
    let (memory, manager) = with_maps_only(1);
    StableBTreeMap::init(manager.get(MemoryId::new(2))).insert(1u64, "a text".to_string());
    let error = refused::<0>(&memory, Legacy::default());
    assert!(matches!(error, Error::Ownership(_)), "{error}");
    // A state in memory 0.
    let (memory, manager) = with_maps_only(1);
    let memory0 = manager.get(MemoryId::new(0));
    memory0.grow(2);
    memory0.write(65_540, &[1]);
    let error = refused::<0>(&memory, Legacy::default());
    assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
}

#[test]
fn stage_one_begins_beside_the_maps() {
    let (memory, _) = with_maps_only(16);
    let managed = AT_ONCE.begin(memory.clone()).unwrap();
    AT_ONCE.save(&managed, &sample(2), NOW).unwrap();
    let resumed = AT_ONCE.resume::<Legacy, _>(memory.clone(), NOW).unwrap();
    assert_eq!(resumed.state, sample(2));
    let manager = MemoryManager::init(memory);
    let texts: StableBTreeMap<u64, String, _> = StableBTreeMap::init(manager.get(MemoryId::new(1)));
    assert_eq!(texts.len(), 300);
}

/// The value moves in the upgrade, or in steps, from whatever form it was in.
#[test]
fn a_value_in_memory_0_moves_in_every_form() {
    let legacy = sample(200);
    let msgpack = rmp_serde::to_vec_named(&legacy).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(&legacy, &mut cbor).unwrap();
    let length = |value: &[u8]| (value.len() as u32).to_le_bytes();
    let forms = [
        msgpack.clone(),
        cbor.clone(),
        [&length(&msgpack)[..], &msgpack].concat(),
        [&(cbor.len() as u64).to_le_bytes()[..], &cbor].concat(),
        [&b"SCL\x01"[..], &length(&cbor), &cbor].concat(),
    ];
    for (bytes, plan) in forms
        .iter()
        .flat_map(|form| [(form, &PLAN), (form, &AT_ONCE)])
    {
        for beside in [false, true] {
            let memory = VectorMemory::default();
            let manager = MemoryManager::init_with_bucket_size(memory.clone(), 16);
            if beside {
                StableCell::init(manager.get(MemoryId::new(9)), 7u64);
            }
            let memory0 = manager.get(MemoryId::new(0));
            memory0.grow(20);
            memory0.write(0, bytes);
            drop(manager);
            let mut canister = Canister::start_with(plan, memory);
            assert_eq!(canister.content(), legacy);
            canister.finish();
            let canister = canister.upgrade(false);
            assert_eq!(canister.content(), legacy);
            let table = canister.mover.managed().bucket_table().unwrap();
            assert_eq!(table.bucket_pages, if beside { 16 } else { 2 });
        }
    }
}

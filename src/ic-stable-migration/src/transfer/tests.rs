use std::rc::Rc;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableCell, VectorMemory};
use proptest::prelude::*;

use super::pages::Pages;
use super::target::Target;
use super::value::ValueReader;
use crate::bucket_plan::PAGE_BYTES;
use crate::codec::{Cbor, MessagePack};
use crate::error::Error;
use crate::manager::BucketTable;
use crate::mover::Phase;
use crate::mover::testing::*;
use crate::plan::Plan;
use crate::test_memory::bytes_of;

mod streamed;
mod unordered;

/// Many texts and marks.
fn large(entries: u64) -> Legacy {
    Legacy {
        counter: 7,
        texts: (0..entries)
            .map(|key| (key * 3, format!("{key:0>30}")))
            .collect(),
        marks: (0..entries).map(|key| (key, key + 1)).collect(),
    }
}

const RELEASE_1: Plan<Legacy, MessagePack> = Plan::new(1).ceiling(2 << 30);

/// What release 1 leaves of a legacy memory.
fn adopted<const DECLARED: u8>(legacy: &Legacy) -> VectorMemory {
    let memory = legacy_memory(legacy);
    RELEASE_1
        .resume::<State<VectorMemory, DECLARED>, _>(memory.clone(), NOW)
        .unwrap();
    memory
}

/// What the frame of 2023 is.
fn naive(legacy: &Legacy, bucket_pages: u16) -> (VectorMemory, MemoryManager<VectorMemory>) {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
    let mut cbor = Vec::new();
    ciborium::into_writer(legacy, &mut cbor).unwrap();
    let memory0 = manager.get(MemoryId::new(0));
    memory0.grow((cbor.len() as u64 + 4).div_ceil(PAGE_BYTES));
    memory0.write(0, &(cbor.len() as u32).to_le_bytes());
    memory0.write(4, &cbor);
    (memory, manager)
}

/// Upgrades to a release that moves at once; everything has to be there, and nothing left to do.
fn moved<const DECLARED: u8>(memory: VectorMemory, legacy: &Legacy) -> u64 {
    const PLAN: Plan<Legacy, MessagePack> = Plan::new(2).ceiling(2 << 30);
    let mut canister = Declared::<_, DECLARED>::start_with(&PLAN, memory.clone());
    assert!(!canister.mover.has_work());
    let status = canister.status();
    assert_eq!((status.phase, status.steps), (Phase::Done, 0));
    assert_eq!(status.verified, Some(NOW));
    let moved: Vec<_> = status
        .collections
        .iter()
        .map(|at| (at.moved, at.left))
        .collect();
    let entries = [legacy.texts.len() as u64, legacy.marks.len() as u64];
    assert_eq!(moved, entries.map(|entries| (entries, 0)));
    assert_eq!(canister.content(), *legacy);
    // And it goes on: what changes is there after an upgrade.
    canister.state.texts.insert(1, "one".into());
    canister.state.marks.remove(&0);
    canister.state.hot.counter += 1;
    let mut changed = legacy.clone();
    changed.texts.insert(1, "one".into());
    changed.marks.remove(&0);
    changed.counter += 1;
    let pages = memory.size();
    canister
        .mover
        .save(&canister.state, PLAN.stamp(NOW))
        .unwrap();
    let canister = Declared::<_, DECLARED>::start_with(&PLAN, memory);
    assert_eq!(canister.content(), changed);
    pages
}

#[test]
fn what_release_1_has_saved_moves_in_the_upgrade() {
    for entries in [0, 1, 3, 200, 20_000] {
        let legacy = large(entries);
        moved::<RIGHT>(adopted::<RIGHT>(&legacy), &legacy);
        moved::<SHARING>(adopted::<SHARING>(&legacy), &legacy);
    }
}

#[test]
fn a_legacy_value_moves_in_one_upgrade() {
    for entries in [0, 1, 200, 20_000] {
        let legacy = large(entries);
        moved::<RIGHT>(legacy_memory(&legacy), &legacy);
        moved::<SHARING>(legacy_memory(&legacy), &legacy);
    }
}

#[test]
fn a_frame_of_2023_moves_in_one_upgrade_and_into_smaller_buckets() {
    let legacy = large(2_000);
    let (memory, _) = naive(&legacy, 128);
    assert_eq!(moved::<SHARING>(memory.clone(), &legacy), 129);
    let table = BucketTable::read(&memory).unwrap().unwrap();
    assert_eq!(table.bucket_pages, 1);
    assert!(table.pages() < 10, "{table:?}");
}

#[test]
fn a_move_takes_the_pages_of_what_it_reads_and_hardly_more() {
    let legacy = large(60_000);
    let memory = adopted::<SHARING>(&legacy);
    let before = memory.size();
    let after = moved::<SHARING>(memory.clone(), &legacy);
    let table = BucketTable::read(&memory).unwrap().unwrap();
    assert!(
        after <= table.pages().max(before) + 1,
        "{before} pages, {after} after"
    );
}

#[test]
fn what_the_canister_keeps_in_other_memories_stays_where_it_is() {
    let legacy = large(5_000);
    for bucket_pages in [1, 3] {
        let (memory, manager) = naive(&legacy, bucket_pages);
        let mut cell = StableCell::init(manager.get(MemoryId::new(77)), vec![7u8; 200_000]);
        let memory0 = manager.get(MemoryId::new(0));
        memory0.grow(4);
        moved::<SHARING>(memory.clone(), &legacy);
        assert!(*cell.get() == vec![7; 200_000]);
        cell.set(vec![8; 100]);
        let manager = MemoryManager::init(memory);
        let again = StableCell::init(manager.get(MemoryId::new(77)), Vec::<u8>::new());
        assert!(*again.get() == vec![8; 100]);
    }
}

#[test]
fn a_controller_has_the_last_word_on_the_budget() {
    let legacy = large(100);
    let memory = adopted::<RIGHT>(&legacy);
    let resumed = PLAN
        .resume::<State<VectorMemory>, _>(memory.clone(), NOW)
        .unwrap();
    resumed.managed.set_move_budget(Some(0)).unwrap();
    let canister = Canister::start_with(&AT_ONCE, memory);
    assert!(canister.mover.has_work());

    let memory = adopted::<RIGHT>(&legacy);
    let resumed = PLAN
        .resume::<State<VectorMemory>, _>(memory.clone(), NOW)
        .unwrap();
    resumed.managed.set_move_budget(Some(1 << 40)).unwrap();
    let canister = Canister::start_with(&AT_ONCE, memory);
    assert!(!canister.mover.has_work());
    let header = canister.mover.managed().content().unwrap();
    let crate::Memory0Content::Saved(header) = header else {
        panic!("{header:?}");
    };
    assert_eq!((header.move_budget, header.upgrades), (Some(1 << 40), 3));
}

#[test]
fn a_payload_that_is_damaged_is_refused_with_nothing_written() {
    let memory = adopted::<RIGHT>(&large(3_000));
    let at = memory.size() * PAGE_BYTES / 2;
    memory.write(at, b"damage");
    let before = bytes_of(&memory);
    let resumed = AT_ONCE.resume_tiered::<State<_>, _>(memory.clone(), NOW);
    assert!(matches!(resumed.err(), Some(Error::PayloadDamaged { .. })));
    assert!(*memory.borrow() == before);
}

proptest! {
    /// Whatever lies where, and however the writing runs ahead of the reading or falls behind it.
    #[test]
    fn a_value_is_read_to_its_end_while_its_pages_are_taken(
        mut order in Just((1u32..30).collect::<Vec<_>>()).prop_shuffle(),
        value_pages in 1usize..29,
        kept in prop::collection::btree_set(0u64..10, 0..4),
        bucket_pages in 1u16..4,
        ahead in prop::collection::vec(0u64..4, 30),
    ) {
        let raw = VectorMemory::default();
        raw.grow(30);
        let bucket_of = |page: u32| u64::from(page - 1) / u64::from(bucket_pages);
        order.retain(|page| !kept.contains(&bucket_of(*page)));
        order.truncate(value_pages);
        let content = |at: usize| vec![at as u8 + 1; PAGE_BYTES as usize];
        for (at, page) in order.iter().enumerate() {
            raw.write(u64::from(*page) * PAGE_BYTES, &content(at));
        }
        let kept: Vec<_> = kept.into_iter().filter(|bucket| (bucket + 1) * u64::from(bucket_pages) < 30).collect();
        for bucket in &kept {
            raw.write((1 + bucket * u64::from(bucket_pages)) * PAGE_BYTES, b"kept");
        }
        let len = order.len();
        let pages = Rc::new(Pages::new(raw.clone(), bucket_pages, order, &kept));
        let memories = [Target::new(Rc::clone(&pages)), Target::new(Rc::clone(&pages))];
        let mut reader = ValueReader::new(Rc::clone(&pages), 0, len as u64 * PAGE_BYTES);
        let mut page = vec![0; PAGE_BYTES as usize];
        let mut written = 0;
        for (at, ahead) in ahead.iter().enumerate().take(len) {
            std::io::Read::read_exact(&mut reader, &mut page).unwrap();
            prop_assert!(page == content(at), "page {} of {}", at, len);
            for _ in 0..*ahead {
                let memory = &memories[written % 2];
                let to = memory.grow(1);
                memory.write(to as u64 * PAGE_BYTES, &vec![0xee; PAGE_BYTES as usize]);
                written += 1;
            }
        }
        for bucket in &kept {
            let mut found = [0; 4];
            raw.read((1 + bucket * u64::from(bucket_pages)) * PAGE_BYTES, &mut found);
            prop_assert_eq!(&found, b"kept");
        }
        for memory in &memories {
            let buckets = memory.buckets();
            prop_assert!(buckets.is_sorted());
            let mut all = vec![0; (memory.size() * PAGE_BYTES) as usize];
            memory.read(0, &mut all);
            prop_assert!(all.iter().all(|&byte| byte == 0xee));
        }
    }
}

#[test]
fn the_state_of_a_payload_is_the_same_by_either_way() {
    let legacy = large(500);
    let state = |memory: VectorMemory, plan: &Plan<Legacy, MessagePack>| {
        let mut canister = Canister::start_with(plan, memory);
        canister.finish();
        let digests: Vec<_> = canister
            .status()
            .collections
            .iter()
            .map(|at| at.digest)
            .collect();
        let memory0 = canister
            .mover
            .managed()
            .load::<State<VectorMemory>, Cbor>()
            .unwrap();
        (digests, memory0.hot.counter)
    };
    let in_steps = state(adopted::<RIGHT>(&legacy), &PLAN);
    assert_eq!(state(adopted::<RIGHT>(&legacy), &AT_ONCE), in_steps);
    assert_eq!(state(legacy_memory(&legacy), &AT_ONCE), in_steps);
}

#[test]
fn what_a_move_in_steps_leaves_of_memory_0_is_given_back_at_the_next_upgrade() {
    let legacy = large(20_000);
    let memory = adopted::<SHARING>(&legacy);
    let mut canister = Declared::<_, SHARING>::start(memory.clone());
    canister.finish();
    let before = BucketTable::read(&memory).unwrap().unwrap();
    let canister = canister.upgrade(false);
    let after = BucketTable::read(&memory).unwrap().unwrap();
    assert!(after.size_of(0) <= 2, "{after:?}");
    assert_eq!(after.size_of(SHARED_MEMORY), before.size_of(SHARED_MEMORY));
    assert!(
        after.pages() + 10 < before.pages(),
        "{} of {}",
        after.pages(),
        before.pages()
    );
    assert_eq!(canister.content(), legacy);
    // Once is enough, and what is there goes on.
    let canister = canister.upgrade(false);
    assert_eq!(BucketTable::read(&memory).unwrap().unwrap(), after);
    assert_eq!(canister.content(), legacy);
}

#[test]
fn a_payload_that_became_smaller_makes_room_for_its_maps() {
    let memory = adopted::<SHARING>(&large(30_000));
    let resumed = RELEASE_1
        .resume::<State<VectorMemory, SHARING>, _>(memory.clone(), NOW)
        .unwrap();
    let legacy = large(15_000);
    let smaller = State::<VectorMemory, SHARING>::from(legacy.clone());
    RELEASE_1.save(&resumed.managed, &smaller, NOW).unwrap();
    let before = memory.size();
    assert_eq!(moved::<SHARING>(memory, &legacy), before);
}

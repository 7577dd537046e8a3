use std::collections::BTreeMap;

use candid::Principal;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableBTreeMap, VectorMemory};
use proptest::prelude::*;

use super::*;
use crate::test_images::{TestImage, one_of_each};

fn compare(before: &VectorMemory, after: &VectorMemory) -> SnapshotDiff {
    let images = [before, after].map(TestImage::of_memory);
    let [before, after] = images
        .each_ref()
        .map(|test| Source::Bare(Rc::clone(&test.image)));
    SnapshotDiff::of(&before, &after, &mut |_| {}).unwrap()
}

fn memory_of(diff: &SnapshotDiff, id: u8) -> &MemoryDiff {
    let mut memories = diff.memories.iter();
    memories.find(|memory| memory.memory == Some(id)).unwrap()
}

fn copy_of(raw: &VectorMemory) -> VectorMemory {
    Rc::new(std::cell::RefCell::new(raw.borrow().clone()))
}

/// A memory with a map in memory 1, filled in one order or the other.
fn with_map(entries: &BTreeMap<u32, Vec<u8>>, bucket_pages: u16, backwards: bool) -> VectorMemory {
    let raw = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), bucket_pages);
    let mut map: StableBTreeMap<u32, Vec<u8>, _> =
        StableBTreeMap::init(manager.get(MemoryId::new(1)));
    let mut insert = |(key, value): (&u32, &Vec<u8>)| drop(map.insert(*key, value.clone()));
    match backwards {
        true => entries.iter().rev().for_each(&mut insert),
        false => entries.iter().for_each(&mut insert),
    }
    raw
}

#[test]
fn a_memory_is_the_same_as_itself() {
    let raw = one_of_each(2, 300);
    let diff = compare(&raw, &raw);
    assert!(diff.is_same && diff.bytes_changed == 0);
    let texts = memory_of(&diff, 1).entries.unwrap();
    assert_eq!(
        (texts.same, texts.added + texts.removed + texts.changed),
        (200, 0)
    );
}

#[test]
fn what_lies_elsewhere_holds_the_same() {
    let entries = (0..2_000).map(|key| (key, vec![key as u8; 50])).collect();
    let diff = compare(
        &with_map(&entries, 1, false),
        &with_map(&entries, 16, false),
    );
    assert!(!diff.is_same);
    let map = memory_of(&diff, 1);
    assert_eq!((map.bytes_changed, map.entries.unwrap().same), (0, 2_000));
    // Other nodes, the same entries.
    let diff = compare(&with_map(&entries, 1, false), &with_map(&entries, 1, true));
    let map = memory_of(&diff, 1);
    assert!(map.bytes_changed > 0);
    let entries = map.entries.unwrap();
    assert_eq!((entries.same, entries.changed), (2_000, 0));
}

#[test]
fn bytes_are_counted_where_there_is_no_map() {
    let before = one_of_each(1, 50);
    let after = copy_of(&before);
    let cell = MemoryManager::init(Rc::clone(&after)).get(MemoryId::new(4));
    cell.write(8, b"HELLO");
    let diff = compare(&before, &after);
    assert_eq!(diff.bytes_changed, 5);
    let cell = memory_of(&diff, 4);
    assert_eq!(
        (cell.bytes_changed, cell.entries, &cell.not_compared),
        (5, None, &None)
    );
    assert_eq!(memory_of(&diff, 2).bytes_changed, 0);
}

#[test]
fn memories_without_a_manager_are_compared_as_one() {
    let (before, after) = (VectorMemory::default(), VectorMemory::default());
    before.grow(2);
    after.grow(3);
    after.write(150_000, b"end");
    let diff = compare(&before, &after);
    let [whole] = &diff.memories[..] else {
        panic!("{diff:?}");
    };
    assert_eq!(
        (whole.memory, whole.pages, whole.bytes_changed),
        (None, [2, 3], 3)
    );
}

#[test]
fn a_damaged_map_is_compared_by_its_bytes_and_said() {
    let before = one_of_each(1, 200);
    let after = copy_of(&before);
    // The root of the map in memory 1.
    MemoryManager::init(Rc::clone(&after))
        .get(MemoryId::new(1))
        .write(12, &[1]);
    let diff = compare(&before, &after);
    assert!(diff.damages[0].is_empty() && diff.damages[1].len() == 1);
    let map = memory_of(&diff, 1);
    assert_eq!((map.bytes_changed, map.entries), (1, None));
}

#[test]
fn keys_that_ascend_by_length_first_are_compared_too() {
    let memory = |lengths: std::ops::Range<usize>| {
        let raw = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), 1);
        let mut map: StableBTreeMap<Principal, u64, _> =
            StableBTreeMap::init(manager.get(MemoryId::new(1)));
        for length in lengths {
            for first in [250, 5] {
                let mut bytes = vec![1; length];
                bytes[0] = first;
                map.insert(Principal::from_slice(&bytes), length as u64);
            }
        }
        raw
    };
    let diff = compare(&memory(1..20), &memory(5..29));
    let entries = memory_of(&diff, 1).entries.unwrap();
    assert_eq!((entries.added, entries.removed, entries.same), (18, 8, 30));
}

fn entries() -> impl Strategy<Value = BTreeMap<u32, Vec<u8>>> {
    let value = prop::collection::vec(any::<u8>(), 0..60);
    prop::collection::btree_map(0..200u32, value, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever two maps hold, and however they were filled: what differs is what differs.
    #[test]
    fn entries_are_counted_as_a_map_on_the_heap_counts_them(
        before in entries(),
        after in entries(),
        backwards in any::<bool>(),
    ) {
        prop_assume!(before.len() > 20 || after.len() > 20);
        let diff = compare(&with_map(&before, 1, false), &with_map(&after, 2, backwards));
        let found = memory_of(&diff, 1).entries.unwrap();
        let both = before.iter().filter(|(key, _)| after.contains_key(key));
        let same = both.clone().filter(|(key, value)| after[key] == **value).count() as u64;
        let both = both.count() as u64;
        let expected = EntriesDiff {
            added: after.len() as u64 - both,
            removed: before.len() as u64 - both,
            changed: both - same,
            same,
        };
        prop_assert_eq!(found, expected);
    }
}

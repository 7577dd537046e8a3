//! How many pages a map takes, and the page sizes that make them few.

use ic_stable_structures::{Memory, StableBTreeMap, VectorMemory};

use super::super::page_size;
use super::super::testing::*;
use crate::registry::Size;

/// Pages that a map needs, built and filled by inserting in key order.
fn pages<K: Datum, V: Datum>(count: u64) -> (u64, u64) {
    let entries = entries::<K, V>(count);
    let built = build(&entries);
    assert_eq!(built.memory.size(), built.pages());
    let mut inserted: StableBTreeMap<K, V, _> = StableBTreeMap::init(VectorMemory::default());
    for (key, value) in entries {
        inserted.insert(key, value);
    }
    (built.pages(), inserted.into_memory().size())
}

#[test]
fn a_built_map_takes_a_fraction_of_the_pages() {
    let built_and_inserted = [
        pages::<[u8; 30], ()>(250_000),
        pages::<Text<30>, ()>(250_000),
        pages::<u64, [u8; 62]>(100_000),
        pages::<u64, Text<62>>(100_000),
        pages::<u64, Vec<u8>>(10_000),
    ];
    let measured = [(153, 310), (169, 794), (127, 225), (127, 318), (14, 32)];
    assert_eq!(built_and_inserted, measured);
}

/// Bytes of the memory of a map in pages of this size.
fn bytes_in<K: Datum, V: Datum>(entries: &[(K, V)], page: u32) -> u64 {
    build_in(VectorMemory::default(), page, &[entries]).bytes
}

#[test]
fn no_page_size_is_better_for_fixed_entries() {
    let entries = entries::<[u8; 30], u64>(1_400);
    let chosen = bytes_in(&entries, page_for(&entries));
    for page in 128..1_500 {
        let bytes = bytes_in(&entries, page);
        assert!(
            chosen <= bytes,
            "{chosen} bytes, and {bytes} in pages of {page}"
        );
    }
}

#[test]
fn few_page_sizes_are_a_little_better_for_entries_of_any_length() {
    let entries = entries::<Vec<u8>, Vec<u8>>(1_400);
    let chosen = bytes_in(&entries, page_for(&entries));
    let best = (128..2_000)
        .map(|page| bytes_in(&entries, page))
        .min()
        .unwrap();
    assert!(
        chosen - best <= best / 50,
        "{chosen} bytes, where {best} would do"
    );
}

#[test]
fn a_page_size_without_a_sample_is_the_crates() {
    let choose = |key, value| page_size::choose(key, value, []);
    assert_eq!(choose(Size::Unbounded, Size::Exactly(8)), 1_024);
    assert_eq!(choose(Size::UpTo(20), Size::UpTo(20)), 473);
    assert_eq!(choose(Size::Exactly(8), Size::Exactly(8)), 15 + 11 * 20);
}

#[test]
fn a_page_size_is_found_for_lengths_of_any_kind() {
    let unbounded = |sample: &[(usize, usize)]| {
        page_size::choose(Size::Unbounded, Size::Unbounded, sample.iter().copied())
    };
    assert_eq!(unbounded(&[(0, 0)]), 128);
    // A single entry stands for all; leaves in two pages each, because inner nodes then need three that are full.
    assert_eq!(unbounded(&[(10, 100)]), (15 + 11 * 118 + 11) / 2);
    for lengths in [(usize::MAX, usize::MAX), (u32::MAX as usize, 1 << 40)] {
        assert!(unbounded(&[lengths; 400]) >= 128);
    }
}

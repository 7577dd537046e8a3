//! What is written is opened, read and changed by the crate's own map.

use ic_stable_structures::storable::Blob;
use ic_stable_structures::{Memory, VectorMemory};

use super::testing::*;
use super::{TreeBuilder, page_size};
use crate::registry::Size;
use crate::test_memory::bytes_of;

mod damaged;
mod layout;
mod pages;
mod refused;

/// Entry counts at which trees get another shape: all small ones, and those around the full trees.
fn counts() -> impl Iterator<Item = u64> {
    (0..=400)
        .chain(1_720..=1_740)
        .chain([20_730, 20_735, 20_736, 20_741])
}

fn every_count_is_a_map<K: Datum, V: Datum>() {
    for count in counts() {
        let entries = entries::<K, V>(count);
        let built = build(&entries);
        assert_eq!(built.entries, count);
        holds(&built.memory, &entries);
    }
}

#[test]
fn every_count_of_fixed_entries_is_a_map() {
    every_count_is_a_map::<u64, u64>();
}

#[test]
fn every_count_of_bounded_entries_is_a_map() {
    every_count_is_a_map::<Blob<20>, Blob<20>>();
}

#[test]
fn every_count_of_unbounded_entries_is_a_map() {
    every_count_is_a_map::<Vec<u8>, Vec<u8>>();
}

#[test]
fn every_count_of_keys_without_values_is_a_map() {
    every_count_is_a_map::<[u8; 30], ()>();
}

#[test]
fn values_of_many_pages_are_a_map() {
    for count in (0..40).chain([143, 150, 300]) {
        let entries = entries::<u64, String>(count);
        for page in [128, 129, 500, 4_096] {
            let built = build_in(VectorMemory::default(), page, &[&entries]);
            assert!(page > 500 || count < 3 || built.overflow_pages > 0);
            holds(&built.memory, &entries);
        }
    }
}

#[test]
fn a_map_of_one_entry_without_a_byte_is_a_map() {
    let built = build(&[((), ())]);
    holds(&built.memory, &[((), ())]);
}

fn a_map_lives_on<K: Datum, V: Datum>(page: impl Fn(&[(K, V)]) -> u32) {
    for (seed, count) in [0, 1, 11, 12, 16, 17, 143, 144, 200, 1_000, 1_735]
        .into_iter()
        .enumerate()
    {
        let entries = entries::<K, V>(count);
        let built = build_in(VectorMemory::default(), page(&entries), &[&entries]);
        lives(
            &built.memory,
            &entries,
            changes(seed as u64, 3_000, count + 50),
        );
        let built = build_in(VectorMemory::default(), page(&entries), &[&entries]);
        lives(&built.memory, &entries, []);
    }
}

#[test]
fn the_crate_goes_on_with_fixed_entries() {
    a_map_lives_on::<u64, u64>(page_for);
}

/// The page size of the header is what counts, for bounded types too: the smallest there is, the crate's own, one that
/// no node fills.
#[test]
fn the_crate_goes_on_with_bounded_entries_in_pages_of_any_size() {
    a_map_lives_on::<Blob<20>, Blob<20>>(page_for);
    let size = Size::of::<Blob<20>>();
    for page in [128, page_size::of_crate(size, size), 3_000] {
        a_map_lives_on::<Blob<20>, Blob<20>>(|_| page);
    }
}

#[test]
fn the_crate_goes_on_with_unbounded_entries() {
    a_map_lives_on::<Vec<u8>, Vec<u8>>(page_for);
    a_map_lives_on::<Vec<u8>, String>(|_| 128);
    a_map_lives_on::<String, Vec<u8>>(|_| 1_024);
}

#[test]
fn each_node_and_each_overflow_page_is_written_once() {
    for count in [1, 11, 12, 400, 1_735] {
        let entries = entries::<u64, String>(count);
        for page in [128, 1_000, 20_000] {
            let memory = Counting::default();
            let built = build_in(memory.clone(), page, &[&entries]);
            // What was there before is wiped, and behind the nodes come the free chunk and the header.
            let others = 3;
            assert_eq!(
                memory.writes.get(),
                built.nodes + built.overflow_pages + others
            );
            assert_eq!(memory.grown.get(), built.pages());
            assert_eq!(memory.size(), built.pages());
        }
    }
}

#[test]
fn nodes_are_full_but_for_the_last_two_of_a_level() {
    for count in counts() {
        let built = build(&entries::<u64, u64>(count));
        let mut nodes = 0;
        let mut level = count;
        while level > 0 {
            // Twelve entries for each full node, one of which goes up.
            let here = (level + 1).div_ceil(12);
            nodes += here;
            level = here - 1;
        }
        assert_eq!(built.nodes, nodes, "of {count} entries");
    }
}

/// The map's own memory after it was built over another map, which is as if the memory had been fresh.
#[test]
fn what_was_there_before_is_overwritten() {
    let old = build(&entries::<u64, String>(2_000)).memory;
    let before = old.size();
    let entries = entries::<Vec<u8>, u64>(500);
    let built = build_in(old, page_for(&entries), &[&entries]);
    assert_eq!(built.memory.size(), before);
    holds(&built.memory, &entries);
    lives(&built.memory, &entries, changes(7, 3_000, 600));
}

#[test]
fn an_unfinished_tree_is_not_taken_for_a_map() {
    let old = build(&entries::<u64, u64>(100)).memory;
    let size = Size::of::<u64>();
    let mut builder = TreeBuilder::new(old.clone(), size, size, 300).unwrap();
    let mut run = builder.run();
    for i in 0..60u64 {
        builder.push(&mut run, &i.to_be_bytes(), &[0; 8]).unwrap();
    }
    drop(builder);
    assert_eq!(bytes_of(&old)[..3], [0; 3]);
}

//! Any runs, joined in any number, are one map that the crate goes on with; and any bytes are a tree or an error.

use std::ops::ControlFlow;

use ic_stable_structures::storable::Blob;
use ic_stable_structures::{Memory, StableBTreeMap, VectorMemory};
use proptest::prelude::*;

use super::TreeReader;
use super::testing::*;
use crate::registry::Size;

/// How many entries each run has: none, a few, about a full tree of one, two or three levels.
fn lengths() -> impl Strategy<Value = Vec<u64>> {
    let length = prop_oneof![
        Just(0u64),
        0..17u64,
        130..150u64,
        0..400u64,
        1_720..1_750u64,
        0..3_000u64,
    ];
    prop::collection::vec(length, 1..=6)
}

fn pages() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![Just(None), (128..2_000u32).prop_map(Some)]
}

fn joined<K: Datum, V: Datum>(lengths: &[u64], page: Option<u32>, seed: u64) {
    let entries = entries::<K, V>(lengths.iter().sum());
    let mut rest = &entries[..];
    let runs: Vec<_> = lengths
        .iter()
        .map(|&length| {
            let (run, behind) = rest.split_at(length as usize);
            rest = behind;
            run
        })
        .collect();
    let page = page.unwrap_or_else(|| page_for(&entries));
    let memory = Counting::default();
    let built = build_in(memory.clone(), page, &runs);
    let structure = sound::<K, V>(&memory.memory).0;
    assert_eq!(structure.nodes, built.nodes);
    assert_eq!(structure.overflow_pages, built.overflow_pages);
    assert_eq!(structure.free_chunks, 0);
    if built.nodes > 0 {
        assert_eq!(memory.writes.get(), built.nodes + built.overflow_pages + 3);
    }
    // Where runs meet, a level has three nodes more than one run would need at most.
    let alone = build_in(VectorMemory::default(), page, &[&entries]);
    let levels = structure.levels as u64;
    assert!(built.nodes <= alone.nodes + 3 * levels * lengths.len() as u64);
    holds(&memory.memory, &entries);
    lives(
        &memory.memory,
        &entries,
        changes(seed, 500, entries.len() as u64 + 20),
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn joined_runs_of_fixed_entries_are_one_map(lengths in lengths(), page in pages(), seed: u64) {
        joined::<u64, u64>(&lengths, page, seed);
    }

    #[test]
    fn joined_runs_of_bounded_entries_are_one_map(lengths in lengths(), page in pages(), seed: u64) {
        joined::<Blob<20>, Blob<20>>(&lengths, page, seed);
    }

    #[test]
    fn joined_runs_of_unbounded_entries_are_one_map(lengths in lengths(), page in pages(), seed: u64) {
        joined::<Vec<u8>, Vec<u8>>(&lengths, page, seed);
    }

    #[test]
    fn joined_runs_of_long_values_are_one_map(
        lengths in prop::collection::vec(0..200u64, 1..=6),
        page in pages(),
        seed: u64,
    ) {
        joined::<u64, String>(&lengths, page, seed);
    }

    #[test]
    fn what_the_crate_leaves_behind_is_read(count in 0..600u64, seed: u64) {
        let entries = entries::<Vec<u8>, String>(0);
        let built = build(&entries);
        let mut map = StableBTreeMap::<Vec<u8>, String, _>::init(built.memory.clone());
        let mut model = std::collections::BTreeMap::new();
        for change in changes(seed, count as usize, 300) {
            match change {
                Change::Insert(key, value) => {
                    let (key, value) = (Vec::nth(key), String::nth(value));
                    map.insert(key.clone(), value.clone());
                    model.insert(key, value);
                }
                Change::Remove(key) => {
                    map.remove(&Vec::nth(key));
                    model.remove(&<Vec<u8> as Datum>::nth(key));
                }
                Change::PopFirst => { map.pop_first(); model.pop_first(); }
                Change::PopLast => { map.pop_last(); model.pop_last(); }
            }
        }
        prop_assert!(sound::<Vec<u8>, String>(&built.memory).1.into_iter().eq(model));
    }

    #[test]
    fn the_entries_around_a_place_are_those_that_the_crates_map_has(
        count in 0..400u64,
        seed: u64,
        places in prop::collection::vec(0..400u64, 1..20),
    ) {
        let built = build(&entries::<Vec<u8>, String>(0));
        let mut map = StableBTreeMap::<Vec<u8>, String, _>::init(built.memory.clone());
        for change in changes(seed, count as usize, 300) {
            match change {
                Change::Insert(key, value) => {
                    map.insert(Vec::nth(key), String::nth(value));
                }
                Change::Remove(key) => {
                    map.remove(&Vec::nth(key));
                }
                _ => {}
            }
        }
        let reader = TreeReader::open(built.memory, Size::Unbounded, Size::Unbounded).unwrap();
        for place in places {
            let place = <Vec<u8> as Datum>::nth(place);
            let found = reader.around(|key| key < &place[..]).unwrap();
            let encoded = |(key, value): (Vec<u8>, String)| (key, value.into_bytes());
            let before = map.range(..place.clone()).next_back().map(|entry| entry.into_pair());
            let after = map.range(place..).next().map(|entry| entry.into_pair());
            prop_assert_eq!(found.before, before.map(encoded));
            prop_assert_eq!(found.after, after.map(encoded));
        }
    }

    /// Whatever is changed in a tree, it is read, or refused in words; the walk ends.
    #[test]
    fn a_damaged_tree_is_an_error_and_no_panic(
        count in 1..300u64,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        near in any::<bool>(),
    ) {
        let entries = entries::<Vec<u8>, String>(count);
        let built = build(&entries);
        let within = if near { 400.min(built.bytes) } else { built.bytes };
        for (at, byte) in damage {
            built.memory.write(at.index(within as usize) as u64, &[byte]);
        }
        if let Ok(reader) = TreeReader::open(built.memory, Size::Unbounded, Size::Unbounded) {
            let mut read = 0;
            let walked = reader.walk(|_, _| {
                read += 1;
                ControlFlow::<()>::Continue(())
            });
            prop_assert!(walked.is_err() || read == reader.entries());
            let _ = reader.check_structure();
            for byte in 0..=u8::MAX {
                let _ = reader.around(|key| key < &[byte][..]);
            }
        }
    }
}

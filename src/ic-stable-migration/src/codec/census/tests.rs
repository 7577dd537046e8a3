use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;
use crate::test_memory::samples;

fn of(notation: Notation, bytes: &[u8]) -> Census {
    let mut rest = bytes;
    let census = take(notation, &mut rest).unwrap();
    assert_eq!(census.bytes as usize, bytes.len() - rest.len());
    census
}

fn cbor(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_second_entry_with_one_key_is_found() {
    // {"a": {7: 1, 9: 2, 7: 3}, "b": 0}, and the same with the sevens written in one byte and in nine.
    let cbor = b"\xa2\x61a\xa3\x07\x01\x09\x02\x1b\0\0\0\0\0\0\0\x07\x03\x61b\x00";
    let messagepack = b"\x82\xa1a\x83\x07\x01\x09\x02\xcf\0\0\0\0\0\0\0\x07\x03\xa1b\x00";
    for (notation, bytes) in [
        (Notation::Cbor, &cbor[..]),
        (Notation::MessagePack, messagepack),
    ] {
        let census = of(notation, bytes);
        assert_eq!((census.duplicate_keys, census.deepest), (1, 2));
        let first = census.first_duplicate.unwrap();
        assert_eq!((first.offset, &first.key[..]), (8, "7"));
    }
}

#[test]
fn every_repetition_counts_and_the_first_in_the_memory_is_shown() {
    // ["x": 1, "y": 2, "y": 3, "x": 4, "y": 5]
    let census = of(
        Notation::MessagePack,
        b"\x85\xa1x\x01\xa1y\x02\xa1y\x03\xa1x\x04\xa1y\x05",
    );
    assert_eq!(census.duplicate_keys, 3);
    let first = census.first_duplicate.unwrap();
    assert_eq!((first.offset, &first.key[..]), (7, "\"y\""));
}

#[test]
fn keys_may_be_lists_and_maps_without_a_length() {
    // {_ [1, 2]: 0, [_ 1, 3]: 0, [1, 2]: 0}
    let census = of(
        Notation::Cbor,
        b"\xbf\x82\x01\x02\x00\x9f\x01\x03\xff\x00\x82\x01\x02\x00\xff",
    );
    assert_eq!(census.duplicate_keys, 1);
    assert_eq!(census.first_duplicate.unwrap().offset, 10);
    // {1(0): 0, (_ "a", "b"): 0, "a": {"a": 0}}
    let census = of(
        Notation::Cbor,
        b"\xa3\xc1\x00\x00\x7f\x61a\x61b\xff\x00\x61a\xa1\x61a\x00",
    );
    assert_eq!(census.duplicate_keys, 0);
}

#[test]
fn nesting_costs_no_stack_and_a_false_count_no_heap() {
    let mut deep = vec![0x81; 900_000];
    deep.push(0);
    assert_eq!(of(Notation::Cbor, &deep).deepest, 900_000);
    for bytes in [
        &b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x00"[..],
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let error = take(Notation::Cbor, &mut &*bytes).unwrap_err();
        assert_eq!(error.to_string(), "the memory ends inside the value");
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for bytes in [
        // a text that is not UTF-8, as a value and as a key
        &b"\x82\x62\xff\xff\x00"[..],
        b"\xa1\x62\xff\xff\x00",
        // an end between a key and its value, behind a tag, of a list with a length, of nothing
        b"\xbf\x01\xff",
        b"\x9f\xc1\xff",
        b"\x81\xff",
        b"\xff",
        // pieces of another kind, and without a length
        b"\x5f\x61a\xff",
        b"\x7f\x7f\xff\xff",
    ] {
        assert!(take(Notation::Cbor, &mut &*bytes).is_err(), "{bytes:x?}");
    }
}

#[test]
fn a_long_text_is_looked_at_piece_by_piece() {
    for lead in 0..4 {
        let text = format!("{}{}", "x".repeat(lead), "\u{1f980}é".repeat(3_000));
        let bytes = cbor(&[&text]);
        assert_eq!(of(Notation::Cbor, &bytes).bytes as usize, bytes.len());
        let mut broken = bytes.clone();
        broken[9_000] = 0xff;
        assert!(take(Notation::Cbor, &mut &broken[..]).is_err());
        let half = [
            &[0x79, 0x0b, 0xb9][..],
            &"é".repeat(1_500).as_bytes()[..2_999],
            b"x",
        ]
        .concat();
        assert!(take(Notation::Cbor, &mut &half[..]).is_err());
        let cut = [
            &[0x79, 0x0b, 0xb7][..],
            &"é".repeat(1_500).as_bytes()[..2_999],
        ]
        .concat();
        assert!(take(Notation::Cbor, &mut &cut[..]).is_err());
    }
}

proptest! {
    #[test]
    fn a_value_from_rust_has_no_key_twice_and_ends_where_it_ends(
        value in samples(),
        by_text in prop::collection::hash_map("\\PC{0,4}", any::<i16>(), 0..40),
        by_pair in prop::collection::btree_map(any::<(i8, u8)>(), 0u8..3, 0..40),
    ) {
        let value = (value, by_text, by_pair);
        let behind = |bytes: Vec<u8>| [&bytes[..], &[0x80; 2_000]].concat();
        let bytes = cbor(&value);
        let census = of(Notation::Cbor, &behind(bytes.clone()));
        prop_assert_eq!((census.bytes as usize, census.duplicate_keys), (bytes.len(), 0));
        let bytes = rmp_serde::to_vec_named(&value).unwrap();
        let census = of(Notation::MessagePack, &behind(bytes.clone()));
        prop_assert_eq!((census.bytes as usize, census.duplicate_keys), (bytes.len(), 0));
    }

    #[test]
    fn as_many_repetitions_are_counted_as_a_map_loses(keys in prop::collection::vec(any::<i8>(), 0..100)) {
        struct Entries(Vec<i8>);
        impl serde::Serialize for Entries {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|&key| (key, "a value")))
            }
        }
        let distinct: HashMap<i8, ()> = keys.iter().map(|&key| (key, ())).collect();
        let lost = (keys.len() - distinct.len()) as u64;
        let entries = Entries(keys);
        let bytes = cbor(&entries);
        prop_assert_eq!(of(Notation::Cbor, &bytes).duplicate_keys, lost);
        let read: BTreeMap<i8, String> = ciborium::from_reader(&bytes[..]).unwrap();
        prop_assert_eq!(read.len(), distinct.len());
        let bytes = rmp_serde::to_vec(&entries).unwrap();
        prop_assert_eq!(of(Notation::MessagePack, &bytes).duplicate_keys, lost);
    }

    #[test]
    fn no_byte_string_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for notation in [Notation::Cbor, Notation::MessagePack] {
            let _ = take(notation, &mut &bytes[..]);
        }
    }
}

/// A map of these keys, in this order.
fn map_of(keys: impl Iterator<Item = u64> + Clone) -> Vec<u8> {
    let mut bytes = vec![0xbb];
    bytes.extend((keys.clone().count() as u64).to_be_bytes());
    for key in keys {
        bytes.push(0x1b);
        bytes.extend(key.to_be_bytes());
        bytes.push(0xf6);
    }
    bytes
}

#[test]
fn a_key_that_comes_back_is_found_however_large_the_map_is() {
    let many = 5_000;
    for again in [0, 1, 1_022, 1_023, 1_024, 3_000, many - 1] {
        let census = of(Notation::Cbor, &map_of((0..many).chain([again])));
        assert_eq!(census.duplicate_keys, 1, "{again}");
        let first = census.first_duplicate.unwrap();
        assert_eq!(
            (first.offset, first.key),
            (9 + 10 * many, again.to_string())
        );
    }
    // Two runs in order, the second before the first: none comes back.
    let keys: Vec<u64> = (many..2 * many).chain(0..many).collect();
    assert_eq!(
        of(Notation::Cbor, &map_of(keys.into_iter())).duplicate_keys,
        0
    );
    // A large map in a large map.
    let mut nested = map_of([7, 8].into_iter());
    nested.pop();
    nested.extend(map_of((0..many).chain([3])));
    assert_eq!(of(Notation::Cbor, &nested).duplicate_keys, 1);
}

#[test]
fn of_keys_in_order_little_more_is_held_than_a_hash() {
    let keys = 100_000;
    let bytes = map_of(0..keys);
    let (held, census) = crate::test_heap::most_held(|| of(Notation::Cbor, &bytes));
    assert_eq!(census.duplicate_keys, 0);
    // The list of hashes doubles when it is full: there are two for a moment.
    assert!(held < 24 * keys + 100_000, "{held}");
}

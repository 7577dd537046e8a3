use std::collections::BTreeMap;
use std::fmt::Debug;

use candid::{Int, Nat, Principal, Reserved, encode_args};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// Reads from a stream that goes on behind the message.
fn read<T: CandidType + DeserializeOwned>(message: &[u8]) -> Result<T, String> {
    let longer = [message, &[0xff; 100]].concat();
    let mut rest = &longer[..];
    let value = <Candid as Codec<T>>::decode(&mut rest);
    if value.is_ok() {
        assert_eq!(rest.len(), 100, "read to the message's end and no further");
    }
    value
}

#[track_caller]
fn refused<T: CandidType + DeserializeOwned + Debug>(message: &[u8], parts: &[&str]) {
    let reason = read::<T>(message).unwrap_err();
    for part in parts {
        assert!(reason.contains(part), "{reason}");
    }
}

type Three = (Vec<String>, BTreeMap<u64, String>, Nat);

fn three() -> Three {
    (
        vec!["ann".into(), "bob".into()],
        (0..300).map(|i| (i, format!("post {i}"))).collect(),
        Nat::from(77u8),
    )
}

#[test]
fn a_tuple_reads_as_many_arguments() {
    let (users, posts, count) = three();
    let message = encode_args((&users, &posts, &count)).unwrap();
    assert_eq!(read::<Three>(&message).unwrap(), three());
}

#[test]
fn a_tuple_in_one_argument_is_read_as_before() {
    let message = encode_args((three(),)).unwrap();
    assert_eq!(read::<Three>(&message).unwrap(), three());
    assert_eq!(read::<(Three,)>(&message).unwrap(), (three(),));
    let message = encode_args((vec![1u8, 2],)).unwrap();
    assert_eq!(read::<(Vec<u8>,)>(&message).unwrap(), (vec![1, 2],));
}

#[test]
fn another_number_of_arguments_is_refused_with_both_numbers() {
    let (users, posts, count) = three();
    let message = encode_args((&users, &posts, &count)).unwrap();
    refused::<Vec<String>>(&message, &["3 arguments", "one value", "tuple of 3"]);
    refused::<(Vec<String>, BTreeMap<u64, String>)>(&message, &["3 arguments", "tuple of 2"]);
    refused::<(Vec<String>, BTreeMap<u64, String>, Nat, u8)>(
        &message,
        &["3 arguments", "tuple of 4"],
    );
    refused::<Vec<String>>(&encode_args(()).unwrap(), &["0 arguments"]);
    // Who drops everything drops them all.
    assert_eq!(read::<Reserved>(&message).unwrap(), Reserved);
    // What is newer may be an option.
    let (_, _, _, newer) =
        read::<(Vec<String>, BTreeMap<u64, String>, Nat, Option<u8>)>(&message).unwrap();
    assert_eq!(newer, None);
}

#[test]
fn arguments_of_types_that_contain_themselves_are_read() {
    #[derive(Clone, Debug, PartialEq, CandidType, Deserialize)]
    struct Comment {
        text: String,
        replies: Vec<Comment>,
    }
    let leaf = |text: &str| Comment {
        text: text.into(),
        replies: vec![],
    };
    let tree = Comment {
        text: "a".into(),
        replies: vec![leaf("b"), leaf("c")],
    };
    let value = (tree.clone(), vec![Some(tree)], 7u8);
    let message = encode_args((&value.0, &value.1, value.2)).unwrap();
    assert_eq!(
        read::<(Comment, Vec<Option<Comment>>, u8)>(&message).unwrap(),
        value
    );
}

#[derive(Debug, CandidType, Deserialize)]
struct Older {
    name: String,
    score: u64,
    tags: Vec<(String, u8)>,
    kind: OlderKind,
}

#[derive(Debug, CandidType, Deserialize)]
enum OlderKind {
    Free,
    Paid(u64),
}

fn older() -> Vec<u8> {
    let value = Older {
        name: "ann".into(),
        score: 9,
        tags: vec![("a".into(), 1)],
        kind: OlderKind::Paid(3),
    };
    encode_args((BTreeMap::from([(1u64, &value)]),)).unwrap()
}

#[test]
fn a_field_that_the_type_lacks_is_not_dropped() {
    #[derive(Debug, CandidType, Deserialize)]
    struct Newer {
        name: String,
        tags: Vec<(String, u8)>,
        kind: OlderKind,
    }
    refused::<BTreeMap<u64, Newer>>(
        &older(),
        &["the value[].1 has a field", "lacks", "Reserved"],
    );
    #[derive(Debug, CandidType, Deserialize)]
    struct Explicit {
        name: String,
        score: Reserved,
        tags: Vec<(String, u8)>,
        kind: OlderKind,
        newer: Option<u64>,
    }
    let read = read::<BTreeMap<u64, Explicit>>(&older()).unwrap();
    assert_eq!((&read[&1].name[..], read[&1].newer), ("ann", None));
}

#[test]
fn a_member_of_a_tuple_that_the_type_lacks_is_not_dropped() {
    #[derive(Debug, CandidType, Deserialize)]
    struct Newer {
        name: String,
        score: u64,
        tags: Vec<(String,)>,
        kind: OlderKind,
    }
    refused::<BTreeMap<u64, Newer>>(&older(), &["the value[].1.tags[] has a field 1"]);
}

#[test]
fn what_does_not_fit_into_an_option_is_not_made_none() {
    let message = encode_args((vec![Some("text")],)).unwrap();
    refused::<Vec<Option<u64>>>(&message, &["the value[]? is text", "nat64", "read as none"]);
    let message = encode_args((vec![7u64],)).unwrap();
    assert_eq!(read::<Vec<Option<u64>>>(&message).unwrap(), [Some(7)]);
    let message = encode_args((vec![Some(OlderKind::Free)],)).unwrap();
    #[derive(Debug, CandidType, Deserialize)]
    enum Fewer {
        Free,
    }
    refused::<Vec<Option<Fewer>>>(&message, &["of a case", "read as none"]);
    let message = encode_args((vec![OlderKind::Free],)).unwrap();
    assert_eq!(read::<Vec<Fewer>>(&message).unwrap().len(), 1);
}

#[test]
fn every_type_is_skipped_to_its_end() {
    candid::define_function!(Callback : (u64) -> (String) query);
    let principal = Principal::from_slice(&[1; 29]);
    let callback = Callback::new(principal, "method".into());
    let message = encode_args((
        vec![Some(Nat::from(1u64 << 40)), None],
        (Int::from(-5), 1i8, 2u16, -3i32, 4.0f32, Reserved, ()),
        vec![principal],
        callback,
    ))
    .unwrap();
    type Seven = (Int, i8, u16, i32, f32, Reserved, ());
    let found = read::<(Vec<Option<Nat>>, Seven, Vec<Principal>, Callback)>(&message).unwrap();
    assert_eq!(
        (found.0.len(), found.1.3, found.2),
        (2, -3, vec![principal])
    );
}

/// A message of a type table, one argument of its first type, and a value.
fn message(table: &[u8], value: &[u8]) -> Vec<u8> {
    [b"DIDL", table, &[1, 0], value].concat()
}

const HUGE: [u8; 9] = *b"\x80\x80\x80\x80\x80\x80\x80\x80\x10";

#[test]
fn a_short_message_is_short_to_read_whatever_it_claims() {
    for (table, value, reason) in [
        // vec nat8, vec null, vec reserved
        (&b"\x01\x6d\x7b"[..], &HUGE[..], "ends inside"),
        (b"\x01\x6d\x7f", &HUGE, "take no byte"),
        (b"\x01\x6d\x70", &HUGE, "take no byte"),
        // record { itself }, and two that contain each other
        (b"\x01\x6c\x01\x00\x00", b"", "take no byte"),
        (b"\x02\x6c\x01\x00\x01\x6c\x01\x00\x00", b"", "take no byte"),
        // vec record {}
        (b"\x02\x6d\x01\x6c\x00", &HUGE, "take no byte"),
        // a table of more entries than a header can hold
        (b"\xff\xff\xff\xff\x0f", b"", "more than 65536 bytes"),
        (
            b"\x01\x6c\xff\xff\xff\xff\x0f",
            b"",
            "more than 65536 bytes",
        ),
    ] {
        refused::<Vec<Reserved>>(&message(table, value), &[]);
        let reserved = <Candid as Codec<Reserved>>::decode(&message(table, value)[..]).unwrap_err();
        assert!(
            reserved.contains(reason) || reserved.contains("nested"),
            "{reserved}"
        );
        let census = <Candid as Codec<Reserved>>::census(&message(table, value)[..]).unwrap_err();
        assert!(census.contains(reason), "{census}");
    }
    // vec vec null: each inner list is below any limit for a run of nothings.
    let many = [&[0xff, 0x01][..], &[0xff, 0xff, 0x07].repeat(255)].concat();
    refused::<Vec<Vec<()>>>(&message(b"\x02\x6d\x01\x6d\x7f", &many), &["take no byte"]);
}

#[test]
fn depth_is_a_sentence_and_not_a_trap() {
    // opt itself, vec itself, a variant of itself
    for (table, level) in [
        (&b"\x01\x6e\x00"[..], &b"\x01"[..]),
        (b"\x01\x6d\x00", b"\x01"),
        (b"\x01\x6b\x01\x00\x00", b"\x00"),
    ] {
        let deep = message(table, &level.repeat(1 << 20));
        refused::<Reserved>(&deep, &["nested"]);
        #[derive(Debug, CandidType, Deserialize)]
        struct Opts(#[allow(dead_code)] Option<Box<Opts>>);
        refused::<Opts>(&deep, &[]);
    }
}

#[test]
fn an_error_does_not_print_the_state() {
    let text = "secret".repeat(10_000);
    let mut message = encode_args((text.as_str(),)).unwrap();
    message[100] = 0xff;
    let reason = read::<String>(&message).unwrap_err();
    assert!(reason.len() < 2_000, "{} bytes", reason.len());
    assert!(reason.contains("utf-8"), "{reason}");
}

#[test]
fn pairs_with_one_first_member_are_counted() {
    let pairs = vec![
        ("b", vec![(1u8, 2u8), (1, 3)]),
        ("a", vec![]),
        ("b", vec![]),
    ];
    let message = encode_args((pairs, 7u64)).unwrap();
    let mut rest = &[&message[..], b"rest"].concat()[..];
    let census = <Candid as Codec<()>>::census(&mut rest).unwrap().unwrap();
    assert_eq!(rest, b"rest");
    assert_eq!(census.bytes as usize, message.len());
    assert_eq!(
        (census.duplicate_keys, census.has_maps, census.deepest),
        (2, false, 4)
    );
    let map = BTreeMap::from([("b", 1u8), ("a", 2)]);
    let message = encode_args((map, [3u8; 1_000])).unwrap();
    let census = <Candid as Codec<()>>::census(&message[..])
        .unwrap()
        .unwrap();
    assert_eq!(
        (census.bytes as usize, census.duplicate_keys),
        (message.len(), 0)
    );
    let message = encode_args((vec![("long key", 1u8), ("long key", 2)],)).unwrap();
    let first = <Candid as Codec<()>>::census(&message[..])
        .unwrap()
        .unwrap()
        .first_duplicate
        .unwrap();
    assert_eq!(first.key, "\"long key\"");
    assert!(message[first.offset as usize..].starts_with(b"\x08long key\x02"));
}

proptest! {
    #[test]
    fn no_message_makes_reading_panic(
        table in prop::collection::vec(any::<u8>(), 0..60),
        value in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let bytes = [b"DIDL", &table[..], &value].concat();
        let _ = <Candid as Codec<Three>>::decode(&bytes[..]);
        let _ = <Candid as Codec<Reserved>>::decode(&bytes[..]);
        let _ = <Candid as Codec<()>>::census(&bytes[..]);
    }

    #[test]
    fn a_damaged_message_is_an_error_or_a_value(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (users, posts, count) = three();
        let mut message = encode_args((&users, &posts, &count)).unwrap();
        for (at, byte) in damage {
            let at = at.index(message.len());
            message[at] = byte;
        }
        let _ = <Candid as Codec<Three>>::decode(&message[..]);
    }
}

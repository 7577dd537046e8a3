//! What is written comes back: any value of a type with every shape that serde knows, and the cases in which other
//! formats lose something.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;

use candid::{Int, Nat};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;
use crate::codec::everything::{Everything, Unit, Untagged, everything};
use crate::codec::{Cbor, Codec, StreamCodec};

fn written<T: Serialize + DeserializeOwned>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    Cbor::encode(value, &mut bytes).unwrap();
    bytes
}

/// Reads from a stream that goes on behind the value.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let longer = [bytes, &[0xff; 2_000]].concat();
    let mut rest = &longer[..];
    let value = Cbor::decode(&mut rest)?;
    assert_eq!(rest.len(), 2_000, "read to the value's end and no further");
    Ok(value)
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    assert_eq!(read::<T>(&written(&value)).unwrap(), value);
}

proptest! {
    #[test]
    fn any_value_comes_back(value in everything()) {
        prop_assert_eq!(read::<Everything>(&written(&value)), Ok(value));
    }

    #[test]
    fn what_is_written_is_cbor_to_others(value in everything()) {
        let _: ciborium::Value = ciborium::from_reader(&written(&value)[..]).unwrap();
    }

    #[test]
    fn what_ciborium_writes_is_read_as_ciborium_reads_it(value in everything()) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        // Where ciborium loses a value, it does so when writing; its own reading may fail where this does not.
        if let Ok(there) = ciborium::from_reader::<Everything, _>(&bytes[..]) {
            prop_assert_eq!(read::<Everything>(&bytes), Ok(there));
        }
    }

    #[test]
    fn every_bit_of_a_number_comes_back(single in any::<u32>(), double in any::<u64>()) {
        let halves = (f32::from_bits(single & 0xffff_e000), f64::from(f32::from_bits(single & 0xbfff_e000)));
        let value = (f32::from_bits(single), f64::from_bits(double), halves);
        let back: (f32, f64, (f32, f64)) = read(&written(&value)).unwrap();
        let bits = |value: (f32, f64, (f32, f64))| {
            (value.0.to_bits(), value.1.to_bits(), value.2.0.to_bits(), value.2.1.to_bits())
        };
        prop_assert_eq!(bits(back), bits(value));
    }

    #[test]
    fn candid_numbers_come_back(digits in prop::collection::vec(any::<u32>(), 0..9), negative in any::<bool>()) {
        let text = digits.iter().fold(String::from("0"), |text, digit| format!("{text}{digit}"));
        let nat: Nat = text.parse().unwrap();
        let int: Int = format!("{}{text}", if negative { "-" } else { "" }).parse().unwrap();
        let value = (nat, vec![Some(int)]);
        prop_assert_eq!(read::<(Nat, Vec<Option<Int>>)>(&written(&value)), Ok(value));
    }

    #[test]
    fn no_byte_string_makes_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Cbor::decode(&bytes[..]).map(|_: Everything| ());
        let _ = Cbor::decode(&bytes[..]).map(|_: ciborium::Value| ());
    }

    #[test]
    fn a_damaged_value_is_an_error_or_a_value(
        value in everything(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = written(&value);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = Cbor::decode(&bytes[..]).map(|_: Everything| ());
    }
}

/// A thread of comments, each an answer to the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Comment {
    text: String,
    replies: Vec<Comment>,
}

fn thread(depth: usize) -> Comment {
    (0..depth).fold(
        Comment {
            text: "first".into(),
            replies: vec![],
        },
        |comment, level| Comment {
            text: level.to_string(),
            replies: vec![comment],
        },
    )
}

#[test]
fn a_long_thread_comes_back() {
    comes_back(vec![thread(150)]);
}

#[test]
fn what_is_written_can_be_read_and_what_is_too_deep_is_refused() {
    let mut refused = 0;
    for depth in (50..4_000).step_by(350) {
        let value = thread(depth);
        let mut bytes = Vec::new();
        match Cbor::encode(&value, &mut bytes) {
            Ok(()) => assert_eq!(read::<Comment>(&bytes).unwrap(), value),
            Err(reason) => {
                refused += 1;
                assert!(reason.contains("nested"), "{reason}");
            }
        }
    }
    assert!(refused > 0, "the deepest is past any limit");
}

#[test]
fn a_list_that_nests_for_ever_is_a_sentence() {
    #[derive(Debug, Deserialize)]
    struct Lists(#[allow(dead_code)] Vec<Lists>);
    #[derive(Debug, Deserialize)]
    struct Maybes(#[allow(dead_code)] Option<Box<Maybes>>);
    let deep = vec![0x81; 1 << 20];
    let found = Cbor::decode(&deep[..]).map(|_: Lists| ()).unwrap_err();
    assert!(found.contains("nested"), "{found}");
    // A number where options go on without end.
    let found = Cbor::decode(&[7][..]).map(|_: Maybes| ()).unwrap_err();
    assert!(found.contains("nested"), "{found}");
    let found = Cbor::decode(&deep[..])
        .map(|_: ciborium::Value| ())
        .unwrap_err();
    assert!(found.contains("nested"), "{found}");
}

#[test]
fn some_of_nothing_is_not_none() {
    comes_back(vec![
        None,
        Some(None),
        Some(Some(None)),
        Some(Some(Some(()))),
    ]);
    comes_back((
        Some(()),
        None::<()>,
        Some(Unit),
        Some(Some(7u8)),
        Some(vec![None, Some(())]),
    ));
    comes_back(BTreeMap::from([
        (None, 1),
        (Some(None), 2),
        (Some(Some(())), 3),
    ]));
}

#[test]
fn options_cost_nothing_where_nothing_would_be_lost() {
    assert_eq!(written(&Some(Some(7u8))), [7]);
    assert_eq!(written(&None::<Option<u8>>), [0xf6]);
    assert_eq!(written(&Some(None::<u8>)), b"\xda\x49\x43\x53\x6f\xf6");
}

#[test]
fn a_candid_integer_is_its_sign_and_digits_behind_a_tag() {
    assert_eq!(
        written(&Int::from(-5)),
        b"\xda\x49\x43\x49\x6e\x82\x20\x81\x05"
    );
    comes_back((
        Int::from(0),
        Int::from(i64::MIN),
        Some(Int::from(u128::MAX)),
    ));
}

/// A text type that checks itself, and asks for a borrowed text.
#[derive(Clone, Debug, PartialEq)]
struct Checked(String);

impl Serialize for Checked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Checked;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Checked, E> {
                Ok(Checked(text.into()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Key {
    #[serde(with = "serde_bytes")]
    bytes: [u8; 5_000],
}

#[test]
fn long_texts_and_bytes_come_back_to_whoever_asks() {
    comes_back(vec![
        Checked("é".repeat(2_500)),
        Checked("é".repeat(2_500_000)),
    ]);
    comes_back(Key { bytes: [7; 5_000] });
    comes_back(BTreeMap::from([("x".repeat(70_000), ())]));
}

#[test]
fn bytes_are_byte_strings_whatever_serde_calls_them() {
    let bytes: Vec<u8> = (0..100_000u32).map(|i| ((i * 7) >> 3) as u8).collect();
    let tag_and_head = 2 + 5;
    assert_eq!(written(&bytes).len(), bytes.len() + tag_and_head);
    assert!(written(&bytes).ends_with(&bytes));
    let queue: VecDeque<u8> = bytes.iter().copied().collect();
    assert_eq!(written(&queue), written(&bytes));
    assert_eq!(written(&[7u8; 32]).len(), 2 + 2 + 32);
    comes_back((bytes.clone(), queue, Some(Some(bytes))));
}

#[test]
fn few_bytes_are_an_array() {
    assert_eq!(written(&(1u8, 2u8)), [0x82, 1, 2]);
    assert_eq!(written(&Vec::<u8>::new()), [0x80]);
    assert_eq!(written(&[1u8; 8])[..3], [0xd8, 64, 0x48]);
}

#[test]
fn a_list_that_only_starts_with_bytes_is_a_list() {
    let mut list: Vec<Untagged> = (0..10_000).map(|i| Untagged::Number(i % 256)).collect();
    list.push(Untagged::Text("and then".into()));
    comes_back(list);
}

/// Elements of the type u8, then a text, in one sequence.
struct Mixed {
    bytes: usize,
    announced: bool,
}

impl Serialize for Mixed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq = serializer.serialize_seq(self.announced.then_some(self.bytes + 1))?;
        for i in 0..self.bytes {
            seq.serialize_element(&(i as u8))?;
        }
        seq.serialize_element("text")?;
        seq.end()
    }
}

#[test]
fn a_sequence_of_two_types_is_an_array_or_refused() {
    for announced in [true, false] {
        let mut bytes = Vec::new();
        write(
            &Mixed {
                bytes: 3_000,
                announced,
            },
            &mut bytes,
        )
        .unwrap();
        let values: Vec<Untagged> = read(&bytes).unwrap();
        assert_eq!(values.len(), 3_001);
        assert_eq!(
            values[2_999..],
            [Untagged::Number(2_999 % 256), Untagged::Text("text".into())]
        );
        let long = Mixed {
            bytes: 5_000,
            announced,
        };
        let refused = write(&long, &mut Vec::new()).unwrap_err();
        assert!(refused.contains("goes on with something else"), "{refused}");
    }
}

/// A list whose length is not known before its end.
struct Unannounced<T>(Vec<T>);

impl<T: Serialize> Serialize for Unannounced<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|_| true))
    }
}

#[test]
fn sequences_of_unknown_length_are_streamed_too() {
    for length in [0, 3, 9, 4_095, 4_096, 4_097, 50_000] {
        let list: Vec<u8> = (0..length).map(|i| (i / 3) as u8).collect();
        let mut bytes = Vec::new();
        write(&Unannounced(list.clone()), &mut bytes).unwrap();
        assert!(
            bytes.len() <= list.len() + 70,
            "{} for {length}",
            bytes.len()
        );
        assert_eq!(read::<Vec<u8>>(&bytes).unwrap(), list);
        assert_eq!(read::<serde_bytes::ByteBuf>(&bytes).unwrap(), list);
        assert_eq!(
            read::<Untagged>(&bytes).unwrap(),
            Untagged::Bytes(list.clone())
        );
        let wide: Vec<u16> = list.iter().map(|&byte| byte.into()).collect();
        let mut bytes = Vec::new();
        write(&Unannounced(wide.clone()), &mut bytes).unwrap();
        assert_eq!(read::<Vec<u16>>(&bytes).unwrap(), wide);
    }
}

#[test]
fn bytes_and_lists_are_read_for_each_other() {
    let list: Vec<u8> = (0..50).collect();
    let mut array = Vec::new();
    ciborium::into_writer(&list, &mut array).unwrap();
    let mut string = Vec::new();
    ciborium::into_writer(&serde_bytes::ByteBuf::from(list.clone()), &mut string).unwrap();
    for bytes in [array, string, written(&list)] {
        assert_eq!(read::<Vec<u8>>(&bytes).unwrap(), list);
        assert_eq!(read::<serde_bytes::ByteBuf>(&bytes).unwrap(), list);
        assert_eq!(read::<VecDeque<u16>>(&bytes).unwrap().len(), 50);
    }
}

#[test]
fn a_type_that_announces_what_it_does_not_write_is_refused() {
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry(&1, &1)?;
            map.end()
        }
    }
    let refused = write(&Liar, &mut Vec::new()).unwrap_err();
    assert_eq!(refused, "a type announces 2 elements and serializes 1");
}

#[test]
fn a_tag_of_the_adopters_own_is_refused_rather_than_lost() {
    let tagged = ciborium::Value::Tag(0, Box::new("2013-03-21T20:04:00Z".into()));
    let mut bytes = Vec::new();
    ciborium::into_writer(&tagged, &mut bytes).unwrap();
    assert!(
        write(&tagged, &mut Vec::new())
            .unwrap_err()
            .contains("tag of its own")
    );
    let found = Cbor::decode(&bytes[..])
        .map(|_: ciborium::Value| ())
        .unwrap_err();
    assert!(found.contains("CBOR tag 0"), "{found}");
    // Where the type is known, a tag says nothing.
    assert_eq!(read::<String>(&bytes).unwrap(), "2013-03-21T20:04:00Z");
}

#[test]
fn more_elements_than_a_type_has_are_an_error() {
    let found = read::<(u8, u8)>(b"\x83\x01\x02\x03").unwrap_err();
    assert_eq!(found, "the array has 1 elements more than its type");
    let found = read::<(u8, u8)>(b"\x9f\x01\x02\x03\xff").unwrap_err();
    assert_eq!(found, "the array has more elements than its type");
}

#[test]
fn the_writer_is_given_pieces_and_its_error_is_reported() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            assert!(bytes.len() <= 4_096, "{} bytes at once", bytes.len());
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or_else(|| std::io::Error::other("no room"))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let list = vec![7u8; 100_000];
    write(&list, &mut Full(100_100)).unwrap();
    assert_eq!(write(&list, &mut Full(50_000)).unwrap_err(), "no room");
}

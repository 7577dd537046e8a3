//! MessagePack as `rmp-serde` writes it, and what is not plain in either notation.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::codec::everything::{Everything, everything};
use crate::codec::{Codec, MessagePack, StreamCodec};

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let longer = [bytes, &[0xc1; 2_000]].concat();
    let mut rest = &longer[..];
    let value = MessagePack::decode(&mut rest)?;
    assert_eq!(rest.len(), 2_000, "read to the value's end and no further");
    Ok(value)
}

proptest! {
    #[test]
    fn what_rmp_serde_writes_is_read_as_rmp_serde_reads_it(value in everything(), named in any::<bool>()) {
        let bytes = match named {
            true => rmp_serde::to_vec_named(&value),
            false => rmp_serde::to_vec(&value),
        };
        let bytes = bytes.unwrap();
        if let Ok(there) = rmp_serde::from_slice::<Everything>(&bytes) {
            prop_assert_eq!(read::<Everything>(&bytes), Ok(there));
        }
    }

    #[test]
    fn no_byte_string_makes_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = MessagePack::decode(&bytes[..]).map(|_: Everything| ());
    }

    #[test]
    fn what_messagepack_would_lose_is_refused_and_all_else_comes_back(value in everything()) {
        let mut bytes = Vec::new();
        if MessagePack::encode(&value.maybe, &mut bytes).is_ok() {
            prop_assert_eq!(read(&bytes), Ok(value.maybe));
        }
    }
}

#[test]
fn wide_integers_of_rmp_serde_are_read() {
    let value = (i128::MIN, u128::MAX, -5i128, Some(7u128));
    assert_eq!(read(&rmp_serde::to_vec(&value).unwrap()), Ok(value));
}

#[test]
fn messagepack_refuses_what_it_would_lose() {
    for (found, what) in [
        (
            MessagePack::encode(&vec![Some(None::<u8>)], Vec::new()),
            "Some(None)",
        ),
        (
            MessagePack::encode(&candid::Int::from(-5), Vec::new()),
            "candid::Int",
        ),
    ] {
        let reason = found.unwrap_err();
        assert!(reason.contains(what), "{reason}");
    }
}

#[test]
fn messagepack_nested_too_deep_is_a_sentence() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Lists(Vec<Lists>);
    let found = MessagePack::decode(&vec![0x91; 1 << 20][..])
        .map(|_: Lists| ())
        .unwrap_err();
    assert!(found.contains("nested"), "{found}");
    let deep = (0..5_000).fold(Lists(vec![]), |inner, _| Lists(vec![inner]));
    let refused = MessagePack::encode(&deep, Vec::new()).unwrap_err();
    assert!(refused.contains("nested"), "{refused}");
}

#[test]
fn what_is_not_wanted_is_skipped_without_recursion() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wanted {
        kept: u8,
    }
    let deep = vec![0x91; 900_000];
    let bytes = [b"\x82\xa4lost", &deep[..], b"\x90\xa4kept\x07"].concat();
    assert_eq!(read::<Wanted>(&bytes), Ok(Wanted { kept: 7 }));
    let mut cbor = Vec::new();
    let lost = ciborium::Value::Array(vec![1.5.into(), true.into(), "text".into()]);
    let value = BTreeMap::from([("kept", ciborium::Value::from(7)), ("lost", lost)]);
    ciborium::into_writer(&value, &mut cbor).unwrap();
    assert_eq!(read_cbor::<Wanted>(&cbor), Ok(Wanted { kept: 7 }));
}

fn read_cbor<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    super::read(Notation::Cbor, &mut &bytes[..])
}

#[test]
fn half_precision_is_read() {
    for (half, number) in [
        (0x3c00u16, 1.0f64),
        (0xc400, -4.0),
        (0x0001, 5.960_464_477_539_063e-8),
        (0x7c00, f64::INFINITY),
    ] {
        let [high, low] = half.to_be_bytes();
        assert_eq!(read_cbor(&[0xf9, high, low]), Ok(number));
    }
}

#[test]
fn strings_in_pieces_are_read() {
    assert_eq!(read_cbor(b"\x7f\x62ab\x61c\xff"), Ok(String::from("abc")));
    assert_eq!(
        read_cbor(b"\x5f\x42ab\x41c\xff"),
        Ok(serde_bytes::ByteBuf::from(*b"abc"))
    );
    assert_eq!(
        read_cbor(b"\x5f\x42ab\x40\x41c\xff"),
        Ok(Vec::from(*b"abc"))
    );
    assert!(read_cbor::<String>(b"\x7f\x41a\xff").is_err());
}

#[test]
fn a_reader_that_gives_little_at_a_time_is_read() {
    struct Trickle<'a>(&'a [u8]);
    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let some = buffer.len().min(3);
            self.0.read(&mut buffer[..some])
        }
    }
    let value: Vec<(u64, String)> = (0..900)
        .map(|i| (i << 20, "text".repeat(i as usize % 9)))
        .collect();
    let bytes = rmp_serde::to_vec(&value).unwrap();
    assert_eq!(MessagePack::decode(Trickle(&bytes)), Ok(value));
}

#[test]
fn principals_are_read_from_byte_strings() {
    for bytes in [&[][..], &[4], &[2; 29]] {
        let principals = vec![candid::Principal::from_slice(bytes); 2];
        let packed = rmp_serde::to_vec(&principals).unwrap();
        assert_eq!(
            read::<Vec<candid::Principal>>(&packed),
            Ok(principals.clone())
        );
        let mut cbor = Vec::new();
        ciborium::into_writer(&principals, &mut cbor).unwrap();
        assert_eq!(read_cbor::<Vec<candid::Principal>>(&cbor), Ok(principals));
    }
}

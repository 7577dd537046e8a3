use ::candid::encode_args;
use proptest::prelude::*;

use super::*;
use crate::test_memory::{Sample, samples};

fn messagepack(value: &Sample) -> Vec<u8> {
    rmp_serde::to_vec_named(value).unwrap()
}

fn cbor(value: &Sample) -> Vec<u8> {
    let mut bytes = Vec::new();
    Cbor::encode(value, &mut bytes).unwrap();
    bytes
}

/// Decodes from a stream that goes on behind the value, and says what was taken.
fn decode<T, C: Codec<T>>(bytes: &[u8]) -> (Result<T, String>, usize) {
    let mut rest = bytes;
    let value = C::decode(&mut rest);
    (value, bytes.len() - rest.len())
}

fn followed_by_rubbish(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0xff; 100]].concat()
}

fn framed(prefix: &[u8], bytes: &[u8]) -> Vec<u8> {
    followed_by_rubbish(&[prefix, bytes].concat())
}

proptest! {
    #[test]
    fn each_codec_takes_its_value_and_not_a_byte_more(value in samples()) {
        let expect = |bytes: Vec<u8>, (found, taken): (Result<Sample, String>, usize)| {
            prop_assert_eq!(found, Ok(value.clone()));
            prop_assert_eq!(taken, bytes.len());
            Ok(())
        };
        let bytes = cbor(&value);
        expect(bytes.clone(), decode::<_, Cbor>(&followed_by_rubbish(&bytes)))?;
        let bytes = messagepack(&value);
        expect(bytes.clone(), decode::<_, MessagePack>(&followed_by_rubbish(&bytes)))?;
        let bytes = encode_args((&value,)).unwrap();
        expect(bytes.clone(), decode::<_, Candid>(&followed_by_rubbish(&bytes)))?;
        let bytes = cbor(&value);
        let u32_length = (bytes.len() as u32).to_le_bytes();
        let whole = [&u32_length[..], &bytes].concat();
        expect(whole, decode::<_, LengthU32<Cbor>>(&framed(&u32_length, &bytes)))?;
        let bytes = messagepack(&value);
        let u64_length = (bytes.len() as u64).to_le_bytes();
        let whole = [&u64_length[..], &bytes].concat();
        expect(whole, decode::<_, LengthU64<MessagePack>>(&framed(&u64_length, &bytes)))?;
    }

    #[test]
    fn a_value_cut_short_is_an_error_in_each_codec(value in samples(), cut in 0.0..1.0f64) {
        let cut = |bytes: Vec<u8>| {
            let keep = (bytes.len() as f64 * cut) as usize;
            bytes[..keep].to_vec()
        };
        prop_assert!(decode::<Sample, Cbor>(&cut(cbor(&value))).0.is_err());
        prop_assert!(decode::<Sample, MessagePack>(&cut(messagepack(&value))).0.is_err());
        prop_assert!(decode::<Sample, Candid>(&cut(encode_args((&value,)).unwrap())).0.is_err());
    }

    #[test]
    fn no_byte_string_makes_a_codec_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode::<Sample, Cbor>(&bytes);
        let _ = decode::<Sample, MessagePack>(&bytes);
        let _ = decode::<Sample, Candid>(&bytes);
        let _ = decode::<Sample, Candid>(&[b"DIDL", &bytes[..]].concat());
        let _ = decode::<Sample, LengthU32<Cbor>>(&bytes);
        let _ = decode::<Sample, LengthU64<MessagePack>>(&bytes);
    }

    #[test]
    fn a_damaged_candid_value_is_an_error_or_a_value(
        value in samples(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode_args((&value,)).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = decode::<Sample, Candid>(&bytes);
    }
}

#[test]
fn a_length_that_disagrees_with_its_value_is_an_error() {
    let bytes = cbor(&Sample::default());
    let longer = (bytes.len() as u32 + 1).to_le_bytes();
    let (found, _) = decode::<Sample, LengthU32<Cbor>>(&framed(&longer, &bytes));
    assert!(found.unwrap_err().contains("ends 1 bytes before that"));
    let shorter = (bytes.len() as u32 - 1).to_le_bytes();
    let (found, _) = decode::<Sample, LengthU32<Cbor>>(&framed(&shorter, &bytes));
    assert_eq!(found.unwrap_err(), "the memory ends inside the value");
}

#[test]
fn a_false_count_allocates_nothing() {
    // Each claims 2^32 - 1 or more elements and has none: CBOR bytes and array, MessagePack bin and array.
    for bytes in [
        &b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert!(decode::<Vec<u64>, Cbor>(bytes).0.is_err());
        assert!(decode::<serde_bytes::ByteBuf, Cbor>(bytes).0.is_err());
    }
    for bytes in [&b"\xc6\xff\xff\xff\xff"[..], b"\xdd\xff\xff\xff\xff"] {
        assert!(decode::<Vec<u64>, MessagePack>(bytes).0.is_err());
        assert!(
            decode::<serde_bytes::ByteBuf, MessagePack>(bytes)
                .0
                .is_err()
        );
    }
}

#[test]
fn a_state_starts_with_a_container_and_nothing_else() {
    assert!(Format::MessagePack.can_start(&[0x8c]));
    assert!(Format::MessagePack.can_start(&[0xdf]));
    assert!(!Format::MessagePack.can_start(&[0xc1]));
    assert!(!Format::MessagePack.can_start(b"MGR\x01"));
    assert!(Format::Cbor.can_start(&[0xac]));
    assert!(!Format::Cbor.can_start(&[0x00]));
    assert!(Format::Candid.can_start(b"DIDL\x00"));
    assert!(!Format::Candid.can_start(b"DID"));
}

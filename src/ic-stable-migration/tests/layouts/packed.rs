//! JSON, and values packed with gzip.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ic_stable_migration::{
    Candid, Cbor, Codec, Error, Framed, Gzip, Json, LengthU32, MessagePack, Plan, Trailing, U64Be,
};

use crate::canister::{NOW, Value, cbor, goes_to_done, memory_of, messagepack, sample};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn json() {
    let bytes = serde_json::to_vec(&sample()).unwrap();
    goes_to_done::<Value, Json, _>(|| memory_of(&bytes));
    let framed = [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat();
    goes_to_done::<Value, LengthU32<Json>, _>(|| memory_of(&framed));
}

#[test]
fn json_takes_no_byte_behind_its_last_bracket() {
    let bytes = [&serde_json::to_vec(&sample()).unwrap()[..], b" {}"].concat();
    let mut rest = &bytes[..];
    let value: Value = Json::decode(&mut rest).unwrap();
    assert_eq!((value, rest), (sample(), &b" {}"[..]));
    // Which is data of somebody's, and is not overwritten unless the plan says so.
    let plan: Plan<Value, Json> = Plan::new(1);
    let refused = plan.resume::<Value, _>(memory_of(&bytes), NOW);
    assert!(matches!(refused, Err(Error::Trailing { .. })));
    let plan = plan.trailing(Trailing::Discard);
    let state = plan
        .resume::<Value, _>(memory_of(&bytes), NOW)
        .unwrap()
        .state;
    assert_eq!(state, sample());
}

#[test]
fn gzip_around_any_of_them() {
    let packed = gzip(&cbor(&sample()));
    goes_to_done::<Value, Gzip<Cbor>, _>(|| memory_of(&packed));
    let packed = gzip(&messagepack(&sample()));
    goes_to_done::<Value, Gzip<MessagePack>, _>(|| memory_of(&packed));
    let packed = gzip(&serde_json::to_vec(&sample()).unwrap());
    goes_to_done::<Value, Gzip<Json>, _>(|| memory_of(&packed));
    let pairs: (String, Vec<(u64, String)>) =
        (sample().owner, sample().notes.into_iter().collect());
    let packed = gzip(&candid::encode_args(pairs.clone()).unwrap());
    let read: (String, Vec<(u64, String)>) = Gzip::<Candid>::decode(&packed[..]).unwrap();
    assert_eq!(read, pairs);
}

#[test]
fn gzip_behind_a_length_and_a_length_inside_gzip() {
    let packed = gzip(&cbor(&sample()));
    let framed = [&(packed.len() as u64).to_be_bytes()[..], &packed].concat();
    goes_to_done::<Value, Framed<U64Be, Gzip<Cbor>>, _>(|| memory_of(&framed));
    let value = cbor(&sample());
    let packed = gzip(&[&(value.len() as u32).to_le_bytes()[..], &value].concat());
    goes_to_done::<Value, Gzip<LengthU32<Cbor>>, _>(|| memory_of(&packed));
}

#[test]
fn a_packed_value_is_taken_to_its_last_byte_and_no_further() {
    let packed = gzip(&cbor(&sample()));
    let followed = [&packed[..], b"somebody's"].concat();
    let mut rest = &followed[..];
    let value: Value = Gzip::<Cbor>::decode(&mut rest).unwrap();
    assert_eq!((value, rest), (sample(), &b"somebody's"[..]));
    let census = <Gzip<Cbor> as Codec<Value>>::census(&followed[..]);
    let census = census.unwrap().unwrap();
    assert_eq!(census.bytes, packed.len() as u64);
    assert_eq!(census.unpacked_bytes, cbor(&sample()).len() as u64);
}

#[test]
fn a_packed_value_that_was_damaged_or_cut_is_refused() {
    let whole = gzip(&cbor(&sample()));
    let read = |packed: &[u8]| Gzip::<Cbor>::decode(packed) as Result<Value, _>;
    for at in [12, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(read(&damaged).is_err(), "byte {at}");
        assert!(read(&whole[..at]).is_err(), "up to byte {at}");
    }
    let more = gzip(&[&cbor(&sample())[..], &[0; 5]].concat());
    let reason = read(&more).unwrap_err();
    assert_eq!(reason, "the value ends 5 bytes before what was packed does");
}

#[test]
fn what_unpacks_to_gigabytes_costs_no_more_memory_than_it_has_bytes() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A byte string that announces 1 TiB, and brings 64 MiB of it.
    encoder
        .write_all(b"\xa2\x65owner\x5b\0\0\x01\0\0\0\0\0")
        .unwrap();
    for _ in 0..64 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 70_000);
    let plan: Plan<Value, Gzip<Cbor>> = Plan::new(1);
    let refused = plan.resume::<Value, _>(memory_of(&bomb), NOW);
    assert!(matches!(refused, Err(Error::Decode { .. })));
}

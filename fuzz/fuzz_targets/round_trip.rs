//! Any value comes back from each codec as it was, and is counted as what it is.

#![no_main]

use std::fmt::Debug;

use arbitrary::Arbitrary;
use fuzz::values::{Plain, Rich};
use ic_stable_migration::{Candid, Cbor, Codec, MessagePack, StreamCodec};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Value {
    Rich(Rich),
    Plain(Plain),
    Arguments(Plain, Vec<Plain>),
}

fuzz_target!(|value: Value| match value {
    Value::Rich(rich) => cbor(&rich),
    Value::Plain(plain) => {
        cbor(&plain);
        comes_back::<_, MessagePack>(&plain, &rmp_serde::to_vec(&plain).unwrap());
        comes_back::<_, MessagePack>(&plain, &rmp_serde::to_vec_named(&plain).unwrap());
        comes_back::<_, Candid>(&plain, &candid::encode_one(&plain).unwrap());
    }
    Value::Arguments(first, second) => {
        let message = candid::encode_args((&first, &second)).unwrap();
        comes_back::<_, Candid>(&(first, second), &message);
    }
});

fn cbor<T: Debug>(value: &T)
where
    Cbor: StreamCodec<T>,
{
    let mut bytes = Vec::new();
    <Cbor as StreamCodec<T>>::encode(value, &mut bytes).unwrap();
    comes_back::<T, Cbor>(value, &bytes);
}

fn comes_back<T: Debug, C: Codec<T>>(value: &T, bytes: &[u8]) {
    let mut left = bytes;
    let again = C::decode(&mut left).unwrap();
    assert!(left.is_empty());
    // Not every float is equal to itself; its text is.
    assert_eq!(format!("{again:?}"), format!("{value:?}"));
    let census = C::census(bytes).unwrap().unwrap();
    assert_eq!(census.bytes, bytes.len() as u64);
    assert!(!census.has_maps || census.duplicate_keys == 0);
}

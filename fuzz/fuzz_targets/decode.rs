//! Any bytes are a value or an error; a value that was read comes back from memory 0 as it was.

#![no_main]

use std::fmt::Debug;

use fuzz::canister::Before;
use fuzz::values::{Plain, Rich};
use ic_stable_migration::{
    Candid, Cbor, Codec, Framed, Gzip, Json, LengthU32, MessagePack, Sequence, Skip, StreamCodec,
    U64Be,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((codec, bytes)) = input.split_first() else {
        return;
    };
    match codec % 12 {
        0 => decode::<Rich, Cbor>(bytes),
        1 => decode::<Before, Cbor>(bytes),
        2 => decode::<Plain, MessagePack>(bytes),
        3 => decode::<Before, MessagePack>(bytes),
        4 => decode::<Plain, Candid>(bytes),
        5 => decode::<(Plain, Vec<Option<u64>>), Candid>(bytes),
        6 => decode::<Plain, LengthU32<Cbor>>(bytes),
        7 => decode::<Vec<Option<u64>>, LengthU32<MessagePack>>(bytes),
        8 => decode::<Plain, Framed<Skip<5>, Framed<U64Be, Cbor>>>(bytes),
        9 => decode::<(Plain, Vec<u64>), Sequence<(MessagePack, Cbor)>>(bytes),
        10 => decode::<Plain, Gzip<Cbor>>(bytes),
        _ => decode::<Plain, Json>(bytes),
    }
});

fn decode<T, C>(bytes: &[u8])
where
    C: Codec<T>,
    T: Debug + PartialEq,
    Cbor: StreamCodec<T>,
{
    let mut left = bytes;
    let Ok(value) = C::decode(&mut left) else {
        let _ = C::census(bytes);
        return;
    };
    let taken = (bytes.len() - left.len()) as u64;
    // It may refuse what a decoder has skipped, as a text that is none; then the memory is refused.
    if let Ok(Some(census)) = C::census(bytes) {
        assert_eq!(census.bytes, taken, "{value:?}");
    }

    let mut saved = Vec::new();
    <Cbor as StreamCodec<T>>::encode(&value, &mut saved).unwrap();
    let again = <Cbor as Codec<T>>::decode(&saved[..]).unwrap();
    // Not every float is equal to itself; its text is.
    assert_eq!(format!("{value:?}"), format!("{again:?}"));
}

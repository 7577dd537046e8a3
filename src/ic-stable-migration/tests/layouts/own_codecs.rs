//! Codecs of an adopter's own: a few lines each.

use std::io::Read;

use ic_stable_migration::{Codec, Error, Format, LengthU32, Plan};
use serde::de::DeserializeOwned;

use crate::canister::{NOW, Value, goes_to_done, memory_of, sample};

/// What bincode 1 wrote, whose values end by themselves.
struct Bincode;

impl<T: DeserializeOwned> Codec<T> for Bincode {
    const FORMAT: Format = Format::Other("bincode");
    const PROBE_BYTES: usize = 16;

    /// It has no mark: the first field, a text of five bytes, has to do.
    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        first.starts_with(b"\x05\0\0\0\0\0\0\0owner")
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        bincode::deserialize_from(reader).map_err(|error| error.to_string())
    }
}

/// What postcard wrote. It decodes from a slice, so it belongs behind a length.
struct Postcard;

impl<T: DeserializeOwned> Codec<T> for Postcard {
    const FORMAT: Format = Format::Other("postcard");
    const PROBE_BYTES: usize = 6;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        first.starts_with(b"\x05owner")
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        let mut bytes = Vec::new();
        reader
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        postcard::from_bytes(&bytes).map_err(|error| error.to_string())
    }
}

/// One whose probe has to see more than the others ask for.
struct LateMark;

impl Codec<Value> for LateMark {
    const FORMAT: Format = Format::Other("values behind a mark at byte 500");
    const PROBE_BYTES: usize = 510;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        first.get(500..) == Some(b"late mark!")
    }

    fn decode<R: Read>(mut reader: R) -> Result<Value, String> {
        let mut front = [0; 510];
        reader
            .read_exact(&mut front)
            .map_err(|error| error.to_string())?;
        <Bincode as Codec<Value>>::decode(reader)
    }
}

#[test]
fn bincode() {
    let bytes = bincode::serialize(&sample()).unwrap();
    goes_to_done::<Value, Bincode, _>(|| memory_of(&bytes));
}

#[test]
fn postcard_behind_a_length() {
    let bytes = postcard::to_allocvec(&sample()).unwrap();
    let framed = [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat();
    goes_to_done::<Value, LengthU32<Postcard>, _>(|| memory_of(&framed));
}

#[test]
fn a_probe_sees_as_many_bytes_as_it_asks_for() {
    let mut front = [9; 510];
    front[500..].copy_from_slice(b"late mark!");
    let bytes = [&front[..], &bincode::serialize(&sample()).unwrap()].concat();
    goes_to_done::<Value, LateMark, _>(|| memory_of(&bytes));
}

#[test]
fn a_memory_that_the_codec_does_not_know_is_refused_and_the_codec_named() {
    let plan: Plan<Value, LengthU32<Postcard>> = Plan::new(1);
    let refused = plan.resume::<Value, _>(memory_of(b"anything else"), NOW);
    let Err(Error::Unrecognized { expected, .. }) = refused else {
        panic!("{:?}", refused.err());
    };
    assert!(expected.contains("postcard"), "{expected}");
}

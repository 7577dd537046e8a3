//! CBOR through `ciborium`.

use std::io::{Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::Notation;
use super::{Census, Codec, Format, StreamCodec, census, io_reason};

/// CBOR (RFC 8949), the codec of memory 0 unless another is asked for.
pub struct Cbor;

impl<T: DeserializeOwned> Codec<T> for Cbor {
    const FORMAT: Format = Format::Cbor;
    const PROBE_BYTES: usize = 1;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        Format::Cbor.can_start(first)
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        use ciborium::de::Error;
        ciborium::from_reader(reader).map_err(|error| match error {
            Error::Io(error) => io_reason(error),
            Error::Syntax(_) => "the bytes are not CBOR".into(),
            Error::Semantic(_, reason) => reason,
            Error::RecursionLimitExceeded => "the value is nested more than 256 deep".into(),
        })
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        Ok(Some(census::take(Notation::Cbor, &mut reader)?))
    }
}

impl<T: Serialize + DeserializeOwned> StreamCodec<T> for Cbor {
    fn encode<W: Write>(value: &T, writer: W) -> Result<(), String> {
        use ciborium::ser::Error;
        ciborium::into_writer(value, writer).map_err(|error| match error {
            Error::Io(error) => io_reason(error),
            Error::Value(reason) => reason,
        })
    }
}

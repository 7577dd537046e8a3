//! MessagePack through `rmp-serde`, structs as maps of field names.

use std::io::{Read, Write};

use rmp_serde::decode::Error as DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::Notation;
use super::{Census, Codec, Format, StreamCodec, census, io_reason};

/// MessagePack. Reads structs written as maps of field names or as arrays; writes maps.
pub struct MessagePack;

impl<T: DeserializeOwned> Codec<T> for MessagePack {
    const FORMAT: Format = Format::MessagePack;
    const PROBE_BYTES: usize = 1;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        Format::MessagePack.can_start(first)
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        T::deserialize(&mut rmp_serde::Deserializer::new(reader)).map_err(|error| match error {
            DecodeError::InvalidMarkerRead(error) | DecodeError::InvalidDataRead(error) => {
                io_reason(error)
            }
            other => other.to_string(),
        })
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        Ok(Some(census::take(Notation::MessagePack, &mut reader)?))
    }
}

impl<T: Serialize + DeserializeOwned> StreamCodec<T> for MessagePack {
    fn encode<W: Write>(value: &T, writer: W) -> Result<(), String> {
        let mut serializer = rmp_serde::Serializer::new(writer).with_struct_map();
        value
            .serialize(&mut serializer)
            .map_err(|error| error.to_string())
    }
}

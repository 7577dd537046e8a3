//! MessagePack, as `rmp-serde` writes it.

use std::io::{Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::Notation;
use super::{Census, Codec, Format, StreamCodec, census, decoder, encoder};
use crate::form::{Form, Frame};

/// MessagePack, as `rmp-serde` writes it.
///
/// Structs are read as maps of field names or as arrays, byte strings where sequences are asked for and the other way
/// round. Extension types are refused. Structs are written as maps.
///
/// MessagePack has no way to tell `Some(None)` or `Some(())` from `None`, and `rmp-serde` writes of a `candid::Int`
/// what does not read as one: a value with one of these is refused when it is written, as is one that is nested too
/// deep to be read. Memory 0 is better written in [`Cbor`](super::Cbor), which carries them.
pub struct MessagePack;

impl<T: DeserializeOwned> Codec<T> for MessagePack {
    const FORMAT: Format = Format::MessagePack;
    const FORM: Option<Form> = Some(Form {
        frame: Frame::None,
        format: Format::MessagePack,
    });
    const PROBE_BYTES: usize = 1;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        Format::MessagePack.can_start(first)
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        decoder::read(Notation::MessagePack, &mut reader)
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        Ok(Some(census::take(Notation::MessagePack, &mut reader)?))
    }
}

impl<T: Serialize + DeserializeOwned> StreamCodec<T> for MessagePack {
    /// Walks the value twice: what MessagePack cannot carry is found before a byte is written.
    fn encode<W: Write>(value: &T, writer: W) -> Result<(), String> {
        encoder::check_plain(value)?;
        let mut serializer = rmp_serde::Serializer::new(writer).with_struct_map();
        value
            .serialize(&mut serializer)
            .map_err(|error| error.to_string())
    }
}

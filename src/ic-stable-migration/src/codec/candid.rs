//! Candid, as `stable_save` writes it.
//!
//! The `candid` crate decodes from a slice and does not say where a value ended, so its extent is found first: the
//! type table is parsed and the values are skipped by their types, byte by byte from the stream. What was skipped
//! is what is decoded; nothing past the value is read, and no length is believed before its bytes are there.

use std::io::Read;

use candid::CandidType;
use candid::de::IDLDeserialize;
use serde::de::DeserializeOwned;

use super::{Codec, Format};

mod extent;

/// Candid with its type table; the value is the first of the encoded arguments.
///
/// Reading takes the encoded value's size on the heap beside the value itself, because the decoder needs a slice.
/// Memory 0 is never written in Candid.
pub struct Candid;

impl<T: CandidType + DeserializeOwned> Codec<T> for Candid {
    const FORMAT: Format = Format::Candid;
    const PROBE_BYTES: usize = 4;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        Format::Candid.can_start(first)
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        let bytes = extent::read_message(reader)?;
        let mut arguments = IDLDeserialize::new(&bytes).map_err(|error| error.to_string())?;
        arguments.get_value().map_err(|error| error.to_string())
    }
}

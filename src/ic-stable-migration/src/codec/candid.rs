//! Candid, as `stable_save` writes it.
//!
//! The `candid` crate decodes from a slice and does not say where a value ended, so its extent is found first: the
//! type table is parsed and the values are skipped by their types, from the stream. What was skipped is what is
//! decoded; nothing past the value is read, and no length is believed before its bytes are there.

use std::io::Read;

use candid::CandidType;
use candid::de::{DecoderConfig, IDLDeserialize};
use serde::de::DeserializeOwned;

use super::{Census, Codec, Format};
use crate::form::{Form, Frame};

mod arguments;
mod extent;
mod fit;
mod input;
mod table;

/// Candid with its type table; all of its arguments for a tuple, the only one for any other type.
///
/// Reading takes the encoded value's size on the heap beside the value itself, because the decoder needs a slice.
/// Memory 0 is never written in Candid.
///
/// # Arguments
/// `stable_save((a, b, c))` writes three arguments. A tuple type reads all of them; any other type reads a message of
/// one argument, and so does a tuple where the one argument is a tuple itself.
///
/// # Nothing is dropped
/// Candid's subtyping drops what the reader does not know: further arguments, fields of records, and whatever stands
/// in an option and does not fit becomes none. Here the types of the message are compared with those of `T` before
/// anything is decoded, and each of these is an error that names the place. To drop a field on purpose, keep it in the
/// type as [`candid::Reserved`]. What is newer in `T` than in the message may be an option, as usual.
///
/// # Limits
/// The type table takes 64 KiB at most. Values that take no byte (`null`, empty records) are counted against the
/// bytes of the message, so a short message is not long to read. Nesting ends in a sentence where the stack that is
/// left would not do for decoding, by a cautious reckoning: on a canister's 64 KiB that is at about 70 records of two
/// fields in each other.
///
/// # Census
/// Candid has no maps: a `BTreeMap` is written as a list of pairs, and so is a list of pairs, in which a first member
/// may well stand twice. [`Codec::census`] counts the repetitions in every list of pairs; what they mean, the type
/// knows.
pub struct Candid;

impl<T: CandidType + DeserializeOwned> Codec<T> for Candid {
    const FORMAT: Format = Format::Candid;
    const FORM: Option<Form> = Some(Form {
        frame: Frame::None,
        format: Format::Candid,
    });
    const PROBE_BYTES: usize = 4;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        Format::Candid.can_start(first)
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        Self::decode_counted(reader).map(|(value, _)| value)
    }

    fn decode_counted<R: Read>(mut reader: R) -> Result<(T, Option<Census>), String> {
        let (message, census) = extent::message_for(&mut reader, &T::ty())?;
        let mut config = DecoderConfig::new();
        // Without that an error on a developer's machine prints the whole state.
        config.set_full_error_message(false);
        IDLDeserialize::new_with_config(&message, &config)
            .and_then(|mut arguments| arguments.get_value())
            .map(|value| (value, Some(census)))
            .map_err(reason)
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        extent::census(&mut reader).map(Some)
    }
}

/// The decoder's sentence with its causes, shortened.
fn reason(error: candid::Error) -> String {
    const SHOWN: usize = 500;
    let text = format!("{error:#}");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;

//! CBOR, as memory 0 holds it and as `ciborium` writes it.

use std::io::{Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::Notation;
use super::{Census, Codec, Format, StreamCodec, census, decoder, encoder};
use crate::form::{Form, Frame};

/// CBOR (RFC 8949), the codec of memory 0 unless another is asked for.
///
/// # What it writes
/// Well-formed CBOR with the conventions of `ciborium`: a struct is a map from the names of its fields, a case of an
/// enum its name or a map of one entry from its name, an integer of more than 64 bits a bignum, `None` and `()` null,
/// `Some(x)` the same as x. Where those conventions lose something, it writes more:
///
/// ```text
/// tag 64 (RFC 8746), byte string      a sequence of the type u8 with 8 elements or more, whatever serde calls it
/// tag 0x4943536f, null or that again  Some of what would be read as None: Some(None), Some(())
/// tag 0x4943496e, [sign, [u32, …]]    candid::Int, which serializes as that and deserializes from something else
/// ```
/// A floating-point number takes the fewest bytes that keep its value and, where it is none, its bits. What could not
/// be read is refused: nesting too deep, a type that announces another number of elements than it has, a tag of the
/// adopter's own (`ciborium::tag`), a sequence that goes on with something else after 4 096 elements of the type `u8`.
///
/// # What it reads
/// That, and all that `ciborium` writes: strings of any length for whoever asks, an array of integers where bytes are
/// asked for and the other way round, structs as maps or arrays. Tags that it does not know say nothing where the type
/// is known, and are refused where it is not (`deserialize_any`).
///
/// # Which values come back as they were
/// Every type that derives `Serialize` and `Deserialize`, with any of serde's attributes whose own two halves agree:
/// `Option` of `Option` and of `()` to any depth, integers to 128 bits, `candid::Int` and `Nat`, enums of every
/// representation, maps with keys of any type, flattened structs, byte arrays, texts without limit. Not:
/// - a 128-bit integer beyond 64 bits inside an untagged, internally tagged or flattened type: serde's own buffer does
///   not hold one, and reading says so;
/// - bytes that ask to be bytes (`serde_bytes`, `Principal`) where such a type stands next to one that takes any
///   sequence: serde takes the first that fits;
/// - nesting beyond 4 096 levels or what the stack allows, whichever comes first: refused when written, by a
///   reckoning of the stack that reading takes (about 120 structs in each other on a canister's 64 KiB). Types for
///   which that is too hopeful end in a sentence when they are read.
pub struct Cbor;

impl<T: DeserializeOwned> Codec<T> for Cbor {
    const FORMAT: Format = Format::Cbor;
    const FORM: Option<Form> = Some(Form {
        frame: Frame::None,
        format: Format::Cbor,
    });
    const PROBE_BYTES: usize = 1;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        Format::Cbor.can_start(first)
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        decoder::read(Notation::Cbor, &mut reader)
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        Ok(Some(census::take(Notation::Cbor, &mut reader)?))
    }
}

impl<T: Serialize + DeserializeOwned> StreamCodec<T> for Cbor {
    fn encode<W: Write>(value: &T, mut writer: W) -> Result<(), String> {
        encoder::write(value, &mut writer)
    }
}

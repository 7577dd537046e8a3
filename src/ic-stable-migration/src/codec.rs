//! How a value is encoded: CBOR, MessagePack, Candid, JSON, and each of them behind a [front](Front), packed with gzip,
//! or several in [sequence](Sequence).
//!
//! A legacy memory names no codec, so [`Codec::can_start`] tells by the first bytes whether a codec's value can
//! stand there. A canister's state is a record, a map, a tuple or a list; a codec therefore admits the bytes that
//! start one of those and nothing else. Without that limit almost every byte would start some MessagePack value,
//! and no foreign memory would ever be noticed.

use std::fmt;
use std::io::{self, Read, Write};

use crate::form::Form;

mod cbor;
mod census;
mod decoder;
mod encoder;
mod failure;
mod framed;
#[cfg(feature = "gzip")]
mod gzip;
mod item;
#[cfg(feature = "json")]
mod json;
mod sequence;
pub(crate) mod short;
mod stack;
mod tags;
mod write;

#[cfg(feature = "candid")]
mod candid;
#[cfg(feature = "messagepack")]
mod messagepack;

#[cfg(feature = "candid")]
pub use self::candid::Candid;
pub use cbor::Cbor;
pub use census::{Census, DuplicateKey};
pub(crate) use encoder::{Byte, is_byte};
pub use framed::{Framed, Front, LengthU32, LengthU64, Skip, U32Be, U32Le, U64Be, U64Le};
#[cfg(feature = "gzip")]
pub use gzip::Gzip;
#[cfg(feature = "json")]
pub use json::Json;
#[cfg(feature = "messagepack")]
pub use messagepack::MessagePack;
pub use sequence::Sequence;
pub use write::{WriteCodec, WriteFront};

/// The name of an encoding, as it stands in headers and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// RFC 8949.
    Cbor,
    /// MessagePack, with structs as maps of field names or as arrays.
    MessagePack,
    /// Candid with its type table, as `stable_save` writes it.
    Candid,
    /// Any other, by its name: one that a canister starts from, and in which memory 0 is never written.
    Other(&'static str),
}

impl Format {
    /// The number that stands for the format in a header; 0 for one that no header can have.
    pub const fn id(self) -> u8 {
        match self {
            Format::Cbor => 1,
            Format::MessagePack => 2,
            Format::Candid => 3,
            Format::Other(_) => 0,
        }
    }

    /// The format with that number.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            1 => Some(Format::Cbor),
            2 => Some(Format::MessagePack),
            3 => Some(Format::Candid),
            _ => None,
        }
    }

    /// Whether a value of this format can start with `first` and be a record, a map, a tuple or a list.
    pub fn can_start(self, first: &[u8]) -> bool {
        let Some(&byte) = first.first() else {
            return false;
        };
        match self {
            // Arrays, maps, tags.
            Format::Cbor => (0x80..=0xdb).contains(&byte),
            // Fixed and sized maps and arrays.
            Format::MessagePack => matches!(byte, 0x80..=0x9f | 0xdc..=0xdf),
            Format::Candid => first.starts_with(b"DIDL"),
            Format::Other(_) => false,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Format::Cbor => "CBOR",
            Format::MessagePack => "MessagePack",
            Format::Candid => "Candid",
            Format::Other(name) => name,
        })
    }
}

/// Decodes a `T` from a stream, reading no byte past its end.
///
/// | codec | reads | loses |
/// |---|---|---|
/// | [`Cbor`] | memory 0, and what `ciborium` wrote | nothing; what it cannot carry is refused when it is written |
/// | `MessagePack` | what `rmp-serde` wrote | nothing; `rmp-serde` itself wrote `Some(None)` as `None` |
/// | `Candid` | what `stable_save` wrote, all arguments | nothing; what the type lacks is an error |
/// | `Json` | what `serde_json` wrote | the first of two entries with one key |
/// | `Gzip<C>` | what `C` reads, packed | what `C` loses |
/// | [`Framed<F, C>`](Framed) | what `C` reads behind a length or a header | what `C` loses; the header |
/// | [`Sequence<(A, B)>`](Sequence) | what `A` reads, then what `B` reads | what they lose |
///
/// A type that fills a map keeps the last of two entries with one key: [`Codec::census`] finds them.
pub trait Codec<T> {
    /// The encoding of the value.
    const FORMAT: Format;

    /// The form of its values, where it is one of this library's. A codec of an adopter's own has none: what it reads, it
    /// alone knows.
    const FORM: Option<Form> = None;

    /// Bytes that have to be read to know whether a value can start there: from 1 to 1 MiB.
    const PROBE_BYTES: usize;

    /// Whether a value can start with `first`, the first [`Codec::PROBE_BYTES`] of a memory of `memory_bytes`, or
    /// fewer where there are no more.
    fn can_start(first: &[u8], memory_bytes: u64) -> bool;

    /// Reads one value: all of it, and no byte behind it. Allocates no more than a small multiple of the bytes it has read.
    ///
    /// # Errors
    /// The decoder's sentence, if the bytes are not such a value or end too early.
    fn decode<R: Read>(reader: R) -> Result<T, String>;

    /// Reads one value as [`Codec::decode`] does, and counts what is in it where that takes no second reading; with
    /// none, [`Codec::census`] has to be asked.
    ///
    /// # Errors
    /// Those of [`Codec::decode`].
    fn decode_counted<R: Read>(reader: R) -> Result<(T, Option<Census>), String> {
        Self::decode(reader).map(|value| (value, None))
    }

    /// Counts what is in one value without decoding it: its bytes, its depth, and the keys that stand twice in a
    /// map, of which decoding keeps one. Reads no byte past the value's end. Holds the keys of the maps that are
    /// open: less than the decoded maps take.
    ///
    /// `Ok(None)` from a codec that cannot tell, as one of an adopter's own unless it says otherwise.
    ///
    /// # Errors
    /// A sentence, if the bytes are not a value or end too early.
    fn census<R: Read>(reader: R) -> Result<Option<Census>, String> {
        let _ = reader;
        Ok(None)
    }
}

/// A codec that writes a value as it walks it, never holding the whole encoding.
pub trait StreamCodec<T>: Codec<T> {
    /// Writes `value`.
    ///
    /// # Errors
    /// The encoder's sentence, or the writer's.
    fn encode<W: Write>(value: &T, writer: W) -> Result<(), String>;
}

/// Says an I/O error's own text without the name of the wrapper around it.
fn io_reason(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the memory ends inside the value".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod everything;
#[cfg(test)]
mod tests;

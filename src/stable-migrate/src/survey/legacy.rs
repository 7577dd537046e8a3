//! A legacy value, and what lies behind it.

use serde::Serialize;

use super::format_name;
use crate::error::Result;
use crate::image::Image;
use crate::recognition::{Certainty, Found, Kind};

/// A value from offset 0 that one of this library's codecs reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegacySurvey {
    /// `messagepack`, `cbor` or `candid`.
    pub codec: &'static str,
    /// How sure that is: certain or likely.
    pub certainty: Certainty,
    /// Why.
    pub reasons: Vec<String>,
    /// Bytes of a little-endian length in front of the value: 0, 4 or 8.
    pub length_in_front: u8,
    /// Entries of the map or list that the value is; absent for Candid.
    pub entries: Option<u64>,
    /// Bytes that the value takes, its length in front included.
    pub value_bytes: u64,
    /// Bytes behind the value, to the end of the last page.
    pub trailing_bytes: u64,
    /// What they are.
    pub behind: Behind,
}

/// What lies behind a legacy value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Behind {
    /// Nothing but zeros.
    Zeros,
    /// The end of an older, longer value of the same kind: it reads on from some byte, names fields that the value
    /// has, and ends where the data ends.
    OlderTail {
        /// Its length.
        bytes: u64,
    },
    /// Bytes that follow the value at once, of which nothing could be proved.
    Unexplained {
        /// Bytes up to the last that is not zero.
        bytes: u64,
    },
    /// Something that starts behind a gap of zeros, so nothing that a longer value has left.
    Apart {
        /// Offset of its first byte in stable memory.
        from: u64,
        /// Offset behind its last byte that is not zero.
        to: u64,
    },
}

/// A value is followed by its rests at once; zeros between say that they are no rests.
const GAP: u64 = 64;

/// What was found, if it is a legacy value that can be adopted.
///
/// # Errors
/// [`crate::Error::Io`].
pub fn survey(image: &Image, found: &Found) -> Result<Option<LegacySurvey>> {
    let codec = match found.kind {
        Kind::Cbor | Kind::MessagePack | Kind::Candid if found.is_a_find() => {
            format_name(found.kind)
        }
        _ => return Ok(None),
    };
    let Some(length_in_front) = found.frame.length_in_front() else {
        return Ok(None);
    };
    Ok(Some(LegacySurvey {
        codec,
        certainty: found.certainty,
        reasons: found.reasons.clone(),
        length_in_front,
        entries: found.entries,
        value_bytes: found.bytes,
        trailing_bytes: image.bytes() - found.bytes,
        behind: behind(image, found)?,
    }))
}

fn behind(image: &Image, found: &Found) -> Result<Behind> {
    let Some(to) = image.last_used(found.bytes, image.bytes())? else {
        return Ok(Behind::Zeros);
    };
    let bytes = to - found.bytes;
    if found.older_tail {
        return Ok(Behind::OlderTail { bytes });
    }
    Ok(match image.first_used(found.bytes, to)? {
        Some(from) if from >= found.bytes + GAP => Behind::Apart { from, to },
        _ => Behind::Unexplained { bytes },
    })
}

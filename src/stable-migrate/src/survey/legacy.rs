//! A legacy value, and what lies behind it.

use std::rc::Rc;

use candid::Reserved;
use ic_stable_migration::{
    Candid, Cbor, Codec, LengthU32, LengthU64, MessagePack, OpenOptions, Opened, Trailing,
};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::format_name;
use crate::error::Result;
use crate::image::Image;
use crate::recognition::{Certainty, Found, Frame, Kind};

/// A value from offset 0 that one of this library's codecs reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Behind {
    /// Nothing but zeros.
    Zeros,
    /// The end of an older, longer value: byte for byte as the value itself ends. Adopting may overwrite it.
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
pub fn survey(image: &Rc<Image>, found: &Found) -> Result<Option<LegacySurvey>> {
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

fn behind(image: &Rc<Image>, found: &Found) -> Result<Behind> {
    let Some(to) = image.last_used(found.bytes, image.bytes())? else {
        return Ok(Behind::Zeros);
    };
    if let Some(from) = image.first_used(found.bytes, to)?
        && from >= found.bytes + GAP
    {
        return Ok(Behind::Apart { from, to });
    }
    let bytes = to - found.bytes;
    let may_go = library_lets_it_go(image, found);
    image.check()?;
    Ok(match may_go {
        true => Behind::OlderTail { bytes },
        false => Behind::Unexplained { bytes },
    })
}

/// Whether adopting the value overwrites what lies behind it without being told to: the library's own judgement.
fn library_lets_it_go(image: &Rc<Image>, found: &Found) -> bool {
    match (found.kind, found.frame) {
        (Kind::Cbor, Frame::None) => adopts::<IgnoredAny, Cbor>(image),
        (Kind::Cbor, Frame::U32Le) => adopts::<IgnoredAny, LengthU32<Cbor>>(image),
        (Kind::Cbor, _) => adopts::<IgnoredAny, LengthU64<Cbor>>(image),
        (Kind::MessagePack, Frame::None) => adopts::<IgnoredAny, MessagePack>(image),
        (Kind::MessagePack, Frame::U32Le) => adopts::<IgnoredAny, LengthU32<MessagePack>>(image),
        (Kind::MessagePack, _) => adopts::<IgnoredAny, LengthU64<MessagePack>>(image),
        (_, Frame::None) => adopts::<Reserved, Candid>(image),
        (_, Frame::U32Le) => adopts::<Reserved, LengthU32<Candid>>(image),
        _ => adopts::<Reserved, LengthU64<Candid>>(image),
    }
}

fn adopts<T, C: Codec<T>>(image: &Rc<Image>) -> bool {
    let opened = OpenOptions::new().accept::<T, C>().open(Rc::clone(image));
    let Opened::Legacy(legacy) = opened else {
        return false;
    };
    let Ok((_, adoptable)) = legacy.read::<T, C>() else {
        return false;
    };
    adoptable.trailing(Trailing::Refuse).is_ok()
}

//! A legacy value: which codec reads it, and where it ends.
//!
//! The first byte does not decide: 0x8c starts a MessagePack map of 12 and a CBOR list of 12. So every codec that
//! can start there reads on, and among those that come to an end the likeliest is taken: Candid, which has a magic;
//! then a length in front that agrees with its value; then a map from names, as structs are written; then the
//! longest.

use std::fmt;
use std::rc::Rc;

use candid::Reserved;
use ic_stable_migration::{
    Candid, Cbor, Codec, Format, LengthU32, LengthU64, MessagePack, OpenOptions, Opened,
};
use serde::de::{Deserialize, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, de};

use super::format_name;
use crate::error::Result;
use crate::image::Image;

/// A value from offset 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LegacySurvey {
    /// `messagepack`, `cbor` or `candid`; absent where no codec reads a whole value.
    pub codec: Option<&'static str>,
    /// Bytes of a little-endian length in front of the value: 0, 4 or 8.
    pub length_in_front: u8,
    /// Entries of the map or list that the value is; absent for Candid.
    pub entries: Option<u64>,
    /// Bytes that the value takes, its length in front included.
    pub value_bytes: u64,
    /// Bytes behind the value, to the end of the last page.
    pub trailing_bytes: u64,
    /// Whether any of them is not zero: rests of something longer.
    pub trailing_is_used: bool,
}

/// What was tried, and what came of it.
struct Reading {
    format: Format,
    length_in_front: u8,
    top: Top,
    bytes: u64,
}

impl Reading {
    /// Larger is likelier.
    fn likelihood(&self) -> (bool, bool, bool, u64) {
        let names = matches!(self.top, Top::Map { names: true, .. });
        (
            self.format == Format::Candid,
            self.length_in_front > 0,
            names,
            self.bytes,
        )
    }
}

pub fn framed(options: OpenOptions) -> OpenOptions {
    options
        .accept::<Top, LengthU32<Cbor>>()
        .accept::<Top, LengthU32<MessagePack>>()
        .accept::<Reserved, LengthU32<Candid>>()
        .accept::<Top, LengthU64<Cbor>>()
        .accept::<Top, LengthU64<MessagePack>>()
        .accept::<Reserved, LengthU64<Candid>>()
}

pub fn survey(image: &Rc<Image>, damages: &mut Vec<String>) -> Result<LegacySurvey> {
    let mut tries = Tries {
        image,
        readings: Vec::new(),
        failures: Vec::new(),
    };
    tries.read::<Top, Cbor>(0);
    tries.read::<Top, LengthU32<Cbor>>(4);
    tries.read::<Top, LengthU64<Cbor>>(8);
    tries.read::<Top, MessagePack>(0);
    tries.read::<Top, LengthU32<MessagePack>>(4);
    tries.read::<Top, LengthU64<MessagePack>>(8);
    tries.read::<Reserved, Candid>(0);
    tries.read::<Reserved, LengthU32<Candid>>(4);
    tries.read::<Reserved, LengthU64<Candid>>(8);
    image.check()?;
    let best = tries.readings.into_iter().max_by_key(Reading::likelihood);
    let Some(best) = best else {
        damages.push(format!(
            "stable memory starts like a legacy value, but holds no whole one: {}",
            tries.failures.join("; ")
        ));
        return Ok(LegacySurvey {
            trailing_bytes: image.bytes(),
            trailing_is_used: true,
            ..LegacySurvey::default()
        });
    };
    let mut trailing_is_used = false;
    image.for_each_chunk(best.bytes, image.bytes(), |_, chunk| {
        trailing_is_used |= chunk.iter().any(|&byte| byte != 0);
        Ok(())
    })?;
    Ok(LegacySurvey {
        codec: Some(format_name(best.format)),
        length_in_front: best.length_in_front,
        entries: best.top.entries(),
        value_bytes: best.bytes,
        trailing_bytes: image.bytes() - best.bytes,
        trailing_is_used,
    })
}

struct Tries<'a> {
    image: &'a Rc<Image>,
    readings: Vec<Reading>,
    failures: Vec<String>,
}

impl Tries<'_> {
    fn read<T: Into<Top>, C: Codec<T>>(&mut self, length_in_front: u8) {
        let opened = OpenOptions::new()
            .accept::<T, C>()
            .open(Rc::clone(self.image));
        let Opened::Legacy(legacy) = opened else {
            return;
        };
        match legacy.read::<T, C>() {
            Ok((value, adoptable)) => self.readings.push(Reading {
                format: C::FORMAT,
                length_in_front,
                top: value.into(),
                bytes: adoptable.value_bytes(),
            }),
            Err(ic_stable_migration::Error::Decode { offset, reason, .. }) => {
                let format = C::FORMAT;
                self.failures
                    .push(format!("{format} fails after {offset} bytes, {reason}"));
            }
            Err(other) => self.failures.push(other.to_string()),
        }
    }
}

/// The outermost layer of a value; what is inside is read and dropped.
pub enum Top {
    Map { entries: u64, names: bool },
    List { entries: u64 },
    Other,
}

impl Top {
    fn entries(&self) -> Option<u64> {
        match *self {
            Top::Map { entries, .. } | Top::List { entries } => Some(entries),
            Top::Other => None,
        }
    }
}

impl From<Reserved> for Top {
    fn from(_: Reserved) -> Self {
        Top::Other
    }
}

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Top, A::Error> {
        let (mut entries, mut names) = (0, true);
        while let Some(key) = map.next_key::<Key>()? {
            map.next_value::<IgnoredAny>()?;
            names &= key.is_name;
            entries += 1;
        }
        Ok(Top::Map { entries, names })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Top, A::Error> {
        let mut entries = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            entries += 1;
        }
        Ok(Top::List { entries })
    }

    /// A tagged value.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> std::result::Result<Top, A::Error> {
        IgnoredAny.visit_enum(tagged).map(|_| Top::Other)
    }
}

/// A map's key, of which only the kind matters.
struct Key {
    is_name: bool,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> std::result::Result<Key, E> {
        Ok(Key { is_name: true })
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> std::result::Result<Key, E> {
        Ok(Key { is_name: false })
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> std::result::Result<Key, E> {
        Ok(Key { is_name: false })
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> std::result::Result<Key, E> {
        Ok(Key { is_name: false })
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> std::result::Result<Key, E> {
        Ok(Key { is_name: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> std::result::Result<Key, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| Key { is_name: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Key, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Key { is_name: false })
    }
}

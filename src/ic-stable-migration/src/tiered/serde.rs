//! The heap tier as it stands in a saved payload: a sequence of [packs](super::packed) of entries, key and value each in
//! its [`Storable`] encoding. No field name is repeated with every entry.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use ic_stable_structures::{Memory, Storable};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeSeq, Serializer};
use serde_bytes::Bytes;

use super::TieredMap;
use super::collection::decoded;
use super::filling::Filling;
use super::intake::{self, Intake};
use super::packed::{self, Packer};

impl<K: Storable + Ord + Clone, V: Storable, M: Memory> Serialize for TieredMap<K, V, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // How many packs there will be, their entries tell.
        let mut packs = serializer.serialize_seq(None)?;
        let mut pack = |bytes: &[u8]| packs.serialize_element(Bytes::new(bytes));
        let mut packer = Packer::new();
        let mut before: Option<Cow<[u8]>> = None;
        for (key, value) in &self.heap {
            let key = key.to_bytes();
            if before.is_some_and(|before| is_same(&before, &key)) {
                return Err(S::Error::custom(COLLISION));
            }
            packer.add(&key, &value.to_bytes(), &mut pack)?;
            before = Some(key);
        }
        packer.finish(pack)?;
        packs.end()
    }
}

/// Whether two keys are the same bytes. They begin alike more often than they end alike.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.last_chunk::<4>() == other.last_chunk() && one == other
}

impl<'de, K: Storable + Ord + Clone, V: Storable, M: Memory> Deserialize<'de>
    for TieredMap<K, V, M>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries(PhantomData))
    }
}

/// Why such a map is neither saved nor loaded: one of its entries would be lost.
const COLLISION: &str = "two keys of a map have the same encoding";

struct Entries<K, V, M: Memory>(PhantomData<TieredMap<K, V, M>>)
where
    K: Storable + Ord + Clone,
    V: Storable;

impl<'de, K: Storable + Ord + Clone, V: Storable, M: Memory> Visitor<'de> for Entries<K, V, M> {
    type Value = TieredMap<K, V, M>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a sequence of byte strings with entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        match intake::current() {
            Some(intake) => taken_in(&*intake, &mut seq),
            None => {
                let mut filling = Filling::new();
                each(&mut seq, |key, value| {
                    filling.add(decoded(key), decoded(value));
                    Ok(())
                })?;
                let (heap, duplicates) = filling.finish();
                if duplicates > 0 {
                    return Err(A::Error::custom(COLLISION));
                }
                Ok(TieredMap {
                    heap,
                    ..TieredMap::default()
                })
            }
        }
    }
}

/// Gives the entries to an intake.
fn taken_in<'de, K, V, M, A>(
    intake: &dyn Intake,
    seq: &mut A,
) -> Result<TieredMap<K, V, M>, A::Error>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
    A: SeqAccess<'de>,
{
    let map = intake.begin();
    let ordered = intake.asks_for_order();
    let mut last: Option<K> = None;
    each(seq, |key, value| {
        let mut ascending = true;
        if ordered {
            let key = decoded(key);
            match last.as_ref().map(|last| last.cmp(&key)) {
                Some(Ordering::Equal) => return Err(COLLISION.into()),
                order => ascending = order != Some(Ordering::Greater),
            }
            last = Some(key);
        }
        intake.entry(map, key, value, ascending)
    })?;
    Ok(TieredMap {
        taken_in: Some(map),
        ..TieredMap::default()
    })
}

/// Calls `entry` with the bytes of each key and of its value.
fn each<'de, A: SeqAccess<'de>>(
    seq: &mut A,
    mut entry: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
) -> Result<(), A::Error> {
    let mut pack = Vec::new();
    while seq.next_element_seed(Into(&mut pack))?.is_some() {
        packed::each(&pack, &mut entry).map_err(A::Error::custom)?;
    }
    Ok(())
}

/// Reads a byte string into a buffer that is used again.
struct Into<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_byte_buf(self)
    }
}

impl<'de> Visitor<'de> for Into<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<(), E> {
        self.0.clear();
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<(), E> {
        *self.0 = bytes;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.clear();
        while let Some(byte) = seq.next_element()? {
            self.0.push(byte);
        }
        Ok(())
    }
}

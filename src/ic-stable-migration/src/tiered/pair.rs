//! Two collections that are one field of a state.

use std::fmt;
use std::marker::PhantomData;

use ic_stable_structures::{Memory, Storable};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::TieredMap;

/// A collection and one beside it. While nothing of the second is on the heap the pair is saved as the first alone, and
/// what was saved as the first alone is read as the pair: so a release may put one in the place of the other.
#[derive(Default)]
pub struct Pair<A, B> {
    pub first: A,
    pub second: B,
}

/// Whether a collection has nothing to save.
pub trait OnHeap {
    /// Whether no entry of it is on the heap.
    fn has_none_on_heap(&self) -> bool;
}

#[derive(Serialize, Deserialize)]
struct Both<A, B> {
    first: A,
    second: B,
}

impl<A: Serialize, B: Serialize + OnHeap> Serialize for Pair<A, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { first, second } = self;
        match second.has_none_on_heap() {
            true => first.serialize(serializer),
            false => Both { first, second }.serialize(serializer),
        }
    }
}

impl<'de, A, B> Deserialize<'de> for Pair<A, B>
where
    A: Deserialize<'de>,
    B: Deserialize<'de> + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pair = Form(PhantomData);
        // A decoder of structs takes both what is a map and what is a sequence.
        deserializer.deserialize_struct("Pair", &["first", "second"], pair)
    }
}

/// What a pair is saved as.
struct Form<A, B>(PhantomData<(A, B)>);

impl<'de, A, B> Visitor<'de> for Form<A, B>
where
    A: Deserialize<'de>,
    B: Deserialize<'de> + Default,
{
    type Value = Pair<A, B>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a collection, or two")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, entries: S) -> Result<Self::Value, S::Error> {
        let first = A::deserialize(SeqAccessDeserializer::new(entries))?;
        let second = B::default();
        Ok(Pair { first, second })
    }

    fn visit_map<S: MapAccess<'de>>(self, fields: S) -> Result<Self::Value, S::Error> {
        let Both { first, second } = Both::deserialize(MapAccessDeserializer::new(fields))?;
        Ok(Pair { first, second })
    }
}

impl<K: Storable + Ord + Clone, V: Storable, M: Memory> OnHeap for TieredMap<K, V, M> {
    fn has_none_on_heap(&self) -> bool {
        self.heap.is_empty()
    }
}

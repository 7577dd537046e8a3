//! The heap tier as it stands in a saved payload: a sequence of byte strings, key and value in turn, each in
//! its [`Storable`] encoding. No field name is repeated with every entry.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use ic_stable_structures::{Memory, Storable};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeSeq, Serializer};
use serde_bytes::{ByteBuf, Bytes};

use super::TieredMap;

impl<K: Storable + Ord + Clone, V: Storable, M: Memory> Serialize for TieredMap<K, V, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(2 * self.heap.len()))?;
        let mut before: Option<Cow<[u8]>> = None;
        for (key, value) in &self.heap {
            let key = key.to_bytes();
            if before.as_ref() == Some(&key) {
                return Err(S::Error::custom(COLLISION));
            }
            seq.serialize_element(Bytes::new(&key))?;
            seq.serialize_element(Bytes::new(&value.to_bytes()))?;
            before = Some(key);
        }
        seq.end()
    }
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
        f.write_str("a sequence of keys and values as byte strings, in turn")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut heap = BTreeMap::new();
        while let Some(key) = seq.next_element::<ByteBuf>()? {
            let value = seq
                .next_element::<ByteBuf>()?
                .ok_or_else(|| A::Error::custom("the last key has no value"))?;
            let key = K::from_bytes(Cow::Owned(key.into_vec()));
            let value = V::from_bytes(Cow::Owned(value.into_vec()));
            if heap.insert(key, value).is_some() {
                return Err(A::Error::custom(COLLISION));
            }
        }
        Ok(TieredMap {
            heap,
            duplicates: 0,
            shares: None,
            stable: None,
        })
    }
}

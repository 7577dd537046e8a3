//! What a collection has in stable memory: a map of its own, or its part of one that it shares.
//!
//! Values go in and come out as their bytes. What is there may have been written by a release that encoded otherwise, and
//! what has to be known of an entry, its digest above all, is known of the bytes that stand there.

use std::ops::Bound;
use std::rc::Rc;

use ic_stable_structures::btreemap::Iter;
use ic_stable_structures::{Memory, StableBTreeMap, Storable};

use super::collection::Unfit;
use super::raw::Raw;
use super::shared::{Common, Entries, Part};
use crate::managed::ManagedMemory;

/// Where a collection's stable entries go.
pub enum Place<M: Memory> {
    /// Into a map of its own in this memory.
    Own(ManagedMemory<M>),
    /// Into a map that others share, under the collection's prefix.
    Shared(Rc<Common<M>>, u8),
}

/// See the [module](self).
pub enum Stored<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    Own {
        memory: ManagedMemory<M>,
        /// None until the memory holds a map.
        map: Option<StableBTreeMap<K, Raw<V>, ManagedMemory<M>>>,
    },
    Shared(Part<K, M>),
}

impl<K, V, M> Stored<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    pub fn at(place: Place<M>) -> Self {
        match place {
            Place::Own(memory) => {
                let map = (memory.size() > 0).then(|| open(&memory));
                Stored::Own { memory, map }
            }
            Place::Shared(common, prefix) => Stored::Shared(Part::of(common, prefix)),
        }
    }

    /// Opens the map that was written to the memory while there was none.
    pub fn open_written(&mut self) {
        match self {
            Stored::Own { memory, map } => {
                if map.is_none() && memory.size() > 0 {
                    *map = Some(open(memory));
                }
            }
            Stored::Shared(part) => part.open_written(),
        }
    }

    /// Number of entries, where the map can tell: a shared one knows only that of all its collections.
    pub fn len(&self) -> Option<u64> {
        match self {
            Stored::Own { map, .. } => Some(map.as_ref().map_or(0, |map| map.len())),
            Stored::Shared(_) => None,
        }
    }

    pub fn get(&self, key: &K) -> Option<Vec<u8>> {
        match self {
            Stored::Own { map, .. } => Some(map.as_ref()?.get(key)?.bytes),
            Stored::Shared(part) => part.get(key),
        }
    }

    pub fn contains_key(&self, key: &K) -> bool {
        match self {
            Stored::Own { map, .. } => map.as_ref().is_some_and(|map| map.contains_key(key)),
            Stored::Shared(part) => part.contains_key(key),
        }
    }

    pub fn insert(&mut self, key: K, value: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Stored::Own { memory, map } => {
                let map = map.get_or_insert_with(|| open(memory));
                Some(map.insert(key, Raw::of(value))?.bytes)
            }
            Stored::Shared(part) => part.insert(&key, value),
        }
    }

    pub fn remove(&mut self, key: &K) -> Option<Vec<u8>> {
        match self {
            Stored::Own { map, .. } => Some(map.as_mut()?.remove(key)?.bytes),
            Stored::Shared(part) => part.remove(key),
        }
    }

    pub fn clear(&mut self) {
        match self {
            Stored::Own { map: Some(map), .. } => map.clear_new(),
            Stored::Own { map: None, .. } => {}
            Stored::Shared(part) => part.clear(),
        }
    }

    pub fn range(&self, range: (Bound<K>, Bound<K>)) -> StoredEntries<'_, K, V, M> {
        match self {
            Stored::Own { map: Some(map), .. } => StoredEntries::Own(Box::new(map.range(range))),
            Stored::Own { map: None, .. } => StoredEntries::Nothing,
            Stored::Shared(part) => StoredEntries::Shared(Box::new(part.range(range))),
        }
    }

    /// Reads the first and the last entry of the map at `place`, whose header is in order. Where values may be `older`, they
    /// need not be encoded as they are now.
    ///
    /// # Errors
    /// The first that does not come back from its bytes as these bytes; that the map cannot be read.
    pub fn check_ends(place: Place<M>, older: bool) -> Result<(), Unfit> {
        let ends = match place {
            Place::Own(memory) => {
                let map = StableBTreeMap::<Raw<K>, Raw<V>, _>::load(memory);
                [map.first_key_value(), map.last_key_value()]
            }
            Place::Shared(common, prefix) => {
                let ends = common.ends(prefix).map_err(Unfit::Map)?;
                ends.map(|entry| entry.map(|(key, value)| (Raw::of(key), Raw::of(value))))
            }
        };
        for (which, entry) in ["first", "last"].into_iter().zip(ends) {
            let Some((key, value)) = entry else {
                continue;
            };
            let value_fits = |()| match older {
                true => value.is_read("value").map(drop),
                false => value.fits("value"),
            };
            let fits = key.fits("key").and_then(value_fits);
            fits.map_err(|reason| Unfit::Entry {
                which,
                key: key.bytes,
                reason,
            })?;
        }
        Ok(())
    }
}

/// Opens the map in a memory, or makes one. Compiled once for each type of map, because it is long.
#[inline(never)]
fn open<K, V, M>(memory: &ManagedMemory<M>) -> StableBTreeMap<K, Raw<V>, ManagedMemory<M>>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    StableBTreeMap::init(memory.clone())
}

/// The entries of a range of either. Boxed, because a map that is on the heap alone has an iterator with room for them,
/// too.
pub enum StoredEntries<'a, K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    Nothing,
    Own(Box<Iter<'a, K, Raw<V>, ManagedMemory<M>>>),
    Shared(Box<Entries<'a, K, M>>),
}

impl<K, V, M> Iterator for StoredEntries<'_, K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    type Item = (K, Vec<u8>);

    fn next(&mut self) -> Option<(K, Vec<u8>)> {
        match self {
            StoredEntries::Nothing => None,
            StoredEntries::Own(entries) => entries.next().map(|entry| bytes(entry.into_pair())),
            StoredEntries::Shared(entries) => entries.next(),
        }
    }
}

impl<K, V, M> DoubleEndedIterator for StoredEntries<'_, K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    fn next_back(&mut self) -> Option<(K, Vec<u8>)> {
        match self {
            StoredEntries::Nothing => None,
            StoredEntries::Own(entries) => {
                entries.next_back().map(|entry| bytes(entry.into_pair()))
            }
            StoredEntries::Shared(entries) => entries.next_back(),
        }
    }
}

fn bytes<K, V>((key, value): (K, Raw<V>)) -> (K, Vec<u8>) {
    (key, value.bytes)
}

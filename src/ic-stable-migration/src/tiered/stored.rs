//! What a collection has in stable memory: a map of its own, or its part of one that it shares.

use std::ops::Bound;
use std::rc::Rc;

use ic_stable_structures::{Memory, StableBTreeMap, Storable};

use super::collection::Misfit;
use super::raw::Raw;
use super::shared::{Common, Part};
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
        map: Option<StableBTreeMap<K, V, ManagedMemory<M>>>,
    },
    Shared(Part<K, V, M>),
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
                let map = (memory.size() > 0).then(|| StableBTreeMap::init(memory.clone()));
                Stored::Own { memory, map }
            }
            Place::Shared(common, prefix) => Stored::Shared(Part::of(common, prefix)),
        }
    }

    fn own(&self) -> Option<&StableBTreeMap<K, V, ManagedMemory<M>>> {
        match self {
            Stored::Own { map, .. } => map.as_ref(),
            Stored::Shared(_) => None,
        }
    }

    fn part(&self) -> Option<&Part<K, V, M>> {
        match self {
            Stored::Own { .. } => None,
            Stored::Shared(part) => Some(part),
        }
    }

    /// Number of entries, where the map can tell: a shared one knows only that of all its collections.
    pub fn len(&self) -> Option<u64> {
        match self {
            Stored::Own { map, .. } => Some(map.as_ref().map_or(0, |map| map.len())),
            Stored::Shared(_) => None,
        }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        match self {
            Stored::Own { map, .. } => map.as_ref()?.get(key),
            Stored::Shared(part) => part.get(key),
        }
    }

    pub fn contains_key(&self, key: &K) -> bool {
        match self {
            Stored::Own { map, .. } => map.as_ref().is_some_and(|map| map.contains_key(key)),
            Stored::Shared(part) => part.contains_key(key),
        }
    }

    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self {
            Stored::Own { memory, map } => map
                .get_or_insert_with(|| StableBTreeMap::init(memory.clone()))
                .insert(key, value),
            Stored::Shared(part) => part.insert(&key, value),
        }
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Stored::Own { map, .. } => map.as_mut()?.remove(key),
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

    pub fn range(
        &self,
        range: (Bound<K>, Bound<K>),
    ) -> impl DoubleEndedIterator<Item = (K, V)> + '_ {
        let own = self.own().map(|map| map.range(range.clone()));
        let own = own.into_iter().flatten().map(|entry| entry.into_pair());
        // Only one of the two is there.
        let shared = self.part().map(|part| part.range(range));
        own.chain(shared.into_iter().flatten())
    }

    /// Reads the first and the last entry of the map at `place`, whose header is in order.
    ///
    /// # Errors
    /// The first that does not come back from its bytes as these bytes.
    pub fn check_ends(place: Place<M>) -> Result<(), Misfit> {
        let ends = match place {
            Place::Own(memory) => {
                let map = StableBTreeMap::<Raw<K>, Raw<V>, _>::load(memory);
                [map.first_key_value(), map.last_key_value()]
            }
            Place::Shared(common, prefix) => {
                let part = Part::<K, V, M>::of(common, prefix);
                [false, true].map(|last| {
                    let (key, value) = part.end(last)?;
                    Some((Raw::of(key), Raw::of(value)))
                })
            }
        };
        for (which, entry) in ["first", "last"].into_iter().zip(ends) {
            let Some((key, value)) = entry else {
                continue;
            };
            let fits = key.fits("key").and_then(|()| value.fits("value"));
            fits.map_err(|reason| Misfit {
                which,
                key: key.bytes,
                reason,
            })?;
        }
        Ok(())
    }
}

//! An ordered map whose entries can live on the heap or in stable memory.
//!
//! Callers see one map in key order; where an entry lives is the map's business. Values are returned owned,
//! because one that lives in stable memory has no address on the heap.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::RangeBounds;

use ic_stable_structures::{Memory, Storable};

mod serde;

/// An ordered map from `K` to `V`. See the [module](self).
pub struct TieredMap<K, V, M> {
    heap: BTreeMap<K, V>,
    memory: PhantomData<M>,
}

impl<K, V, M> Default for TieredMap<K, V, M> {
    fn default() -> Self {
        Self {
            heap: BTreeMap::new(),
            memory: PhantomData,
        }
    }
}

impl<K, V, M> TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable + Clone,
    M: Memory,
{
    /// The value of `key`. O(log n).
    pub fn get(&self, key: &K) -> Option<V> {
        self.heap.get(key).cloned()
    }

    /// Whether `key` has a value. O(log n).
    pub fn contains_key(&self, key: &K) -> bool {
        self.heap.contains_key(key)
    }

    /// Sets the value of `key` and returns the one it had. O(log n).
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.heap.insert(key, value)
    }

    /// Removes `key` and returns the value it had. O(log n).
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.heap.remove(key)
    }

    /// Number of entries. O(1).
    pub fn len(&self) -> u64 {
        self.heap.len() as u64
    }

    /// Whether there is no entry. O(1).
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The entry with the smallest key. O(log n).
    pub fn first_key_value(&self) -> Option<(K, V)> {
        self.heap
            .first_key_value()
            .map(|(k, v)| (k.clone(), v.clone()))
    }

    /// The entry with the largest key. O(log n).
    pub fn last_key_value(&self) -> Option<(K, V)> {
        self.heap
            .last_key_value()
            .map(|(k, v)| (k.clone(), v.clone()))
    }

    /// The entries whose keys lie in `range`, in key order; O(log n) to start, then O(1) amortized for each.
    pub fn range(
        &self,
        range: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (K, V)> + '_ {
        self.heap.range(range).map(|(k, v)| (k.clone(), v.clone()))
    }

    /// All entries in key order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, V)> + '_ {
        self.range(..)
    }
}

//! Changing what is there, one entry or many, without the caller's reading it first.

use std::ops::{Bound, RangeBounds};

use ic_stable_structures::{Memory, Storable};

use super::collection::decoded;
use super::{Stable, TieredMap, from_bytes};

/// Entries that are looked at before any of them is removed.
pub(crate) const BATCH: usize = 256;

impl<K, V, M> TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    /// What `look` makes of the value of `key`: of a value on the heap it is lent, and not cloned. O(log n).
    pub fn with<R>(&self, key: &K, look: impl FnOnce(&V) -> R) -> Option<R> {
        match self.heap.get(key) {
            Some(value) => Some(look(value)),
            None => self
                .stored()?
                .get(key)
                .map(|value| look(&from_bytes(value))),
        }
    }

    /// Changes the value of `key` in place; what `change` returned, or none where there is no value. Reads it once, and
    /// writes it once where its bytes changed. O(log n).
    ///
    /// ```
    /// # use ic_stable_migration::TieredMap;
    /// # use ic_stable_structures::VectorMemory;
    /// let mut likes: TieredMap<u64, u64, VectorMemory> = [(7, 1)].into_iter().collect();
    /// assert_eq!(likes.update(&7, |count| { *count += 1; *count }), Some(2));
    /// assert_eq!(likes.update(&8, |count| *count += 1), None);
    /// ```
    pub fn update<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        match &mut self.stable {
            None => self.heap.get_mut(key).map(change),
            Some(stable) => match self.heap.remove(key) {
                Some(value) => {
                    let before = value.to_bytes().into_owned();
                    let (result, unchanged) = stable.update(key, value, before, change);
                    if let Some(value) = unchanged {
                        self.heap.insert(key.clone(), value);
                    }
                    Some(result)
                }
                None => {
                    let before = stable.map.get(key)?;
                    let value = decoded(&before);
                    Some(stable.update(key, value, before, change).0)
                }
            },
        }
    }

    /// The place of `key`, to be changed where it has a value and filled where it has none.
    ///
    /// ```
    /// # use ic_stable_migration::TieredMap;
    /// # use ic_stable_structures::VectorMemory;
    /// let mut likes: TieredMap<u64, u64, VectorMemory> = TieredMap::default();
    /// for post in [7, 8, 7] {
    ///     likes.entry(post).and_modify(|count| *count += 1).or_insert(1);
    /// }
    /// assert!(likes.iter().eq([(7, 2), (8, 1)]));
    /// ```
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V, M> {
        Entry {
            map: self,
            key,
            has_value: None,
        }
    }

    /// Removes every entry; how many there were. Each is removed by itself: O(n log n).
    pub fn clear(&mut self) -> u64 {
        self.remove_range(..)
    }

    /// Removes the entries whose keys lie in `range`; how many there were. O(log n) for each.
    pub fn remove_range(&mut self, range: impl RangeBounds<K>) -> u64 {
        let range = (range.start_bound().cloned(), range.end_bound().cloned());
        self.remove_while_any(|map| map.keys(range.clone()).take(BATCH).collect())
    }

    /// Removes the keys that `some` finds in the map until it finds none; how many there were.
    pub(crate) fn remove_while_any(&mut self, some: impl Fn(&Self) -> Vec<K>) -> u64 {
        let mut removed = 0;
        loop {
            let keys = some(self);
            if keys.is_empty() {
                return removed;
            }
            removed += keys.len() as u64;
            for key in &keys {
                self.remove(key);
            }
        }
    }
}

impl<K, V, M> TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable + Clone,
    M: Memory,
{
    /// Removes the entries of which `keep` says no; how many they were. Reads all: O(n), and O(log n) for each that goes.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) -> u64 {
        let mut start = Bound::Unbounded;
        let mut removed = 0;
        loop {
            let (mut gone, mut last) = (Vec::new(), None);
            for (key, value) in self.range((start.clone(), Bound::Unbounded)).take(BATCH) {
                if !keep(&key, &value) {
                    gone.push(key.clone());
                }
                last = Some(key);
            }
            let Some(last) = last else {
                return removed;
            };
            removed += gone.len() as u64;
            for key in &gone {
                self.remove(key);
            }
            start = Bound::Excluded(last);
        }
    }

    /// A page of at most `limit` entries in key order: the first, or the one behind the key that ended the page before.
    /// O(log n + limit), however far it is from the start.
    ///
    /// ```
    /// # use ic_stable_migration::TieredMap;
    /// # use ic_stable_structures::VectorMemory;
    /// let map: TieredMap<u64, u64, VectorMemory> = (0..5).map(|n| (n, n)).collect();
    /// let first = map.page(None, 2);
    /// assert_eq!(first, [(0, 0), (1, 1)]);
    /// let next = map.page(first.last().map(|(key, _)| key), 2);
    /// assert_eq!(next, [(2, 2), (3, 3)]);
    /// ```
    pub fn page(&self, after: Option<&K>, limit: usize) -> Vec<(K, V)> {
        let start = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        self.range((start, Bound::Unbounded)).take(limit).collect()
    }
}

/// The place of a key: see [`TieredMap::entry`]. Nothing is written before one of its methods is called.
pub struct Entry<'a, K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    map: &'a mut TieredMap<K, V, M>,
    key: K,
    /// Where it was looked for already.
    has_value: Option<bool>,
}

impl<K, V, M> Entry<'_, K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    /// The key.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Changes the value, where there is one, as [`TieredMap::update`] does.
    pub fn and_modify(mut self, change: impl FnOnce(&mut V)) -> Self {
        self.has_value = Some(self.map.update(&self.key, change).is_some());
        self
    }

    /// Sets the value, where there is none.
    pub fn or_insert(self, value: V) {
        self.or_insert_with(|| value);
    }

    /// Sets the value to what `make` returns, where there is none.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) {
        let has_value = self.has_value;
        if !has_value.unwrap_or_else(|| self.map.contains_key(&self.key)) {
            self.map.insert(self.key, make());
        }
    }

    /// Sets the value to its type's default, where there is none.
    pub fn or_default(self)
    where
        V: Default,
    {
        self.or_insert_with(V::default);
    }
}

impl<K, V, M> Stable<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    /// Changes a value that was read of either tier, where it had the bytes `before`; gives it back where its bytes are as
    /// they were: nothing was written then.
    pub(super) fn update<R>(
        &mut self,
        key: &K,
        mut value: V,
        before: Vec<u8>,
        change: impl FnOnce(&mut V) -> R,
    ) -> (R, Option<V>) {
        let result = change(&mut value);
        let now = value.to_bytes();
        if *now == before[..] {
            drop(now);
            return (result, Some(value));
        }
        let now = now.into_owned();
        let key_bytes = key.to_bytes();
        let removed = self.slot.entry_digest(&key_bytes, &before);
        let added = self.slot.entry_digest(&key_bytes, &now);
        self.map.insert(key.clone(), now);
        let audited = self.audited.covers(key);
        self.ledger
            .change(self.slot, Some(removed), Some(added), audited);
        (result, None)
    }
}

#[cfg(test)]
mod tests;

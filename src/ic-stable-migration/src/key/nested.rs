//! Maps of maps, as one map whose keys have two parts.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ic_stable_structures::{Memory, Storable};

use super::{Key, KeyPart};
use crate::tiered::{BATCH, TieredMap};

/// A map of maps: `map[a][b]` is the value of `Key((a, b))`, and what `map[a]` was is [`TieredMap::inner`].
///
/// ```
/// use std::collections::BTreeMap;
/// use ic_stable_migration::{TieredMap, key::Key};
///
/// # type M = ic_stable_structures::VectorMemory;
/// let before = BTreeMap::from([
///     (1, BTreeMap::from([("a".to_string(), 10), ("b".into(), 20)])),
///     (2, BTreeMap::from([("a".to_string(), 30)])),
/// ]);
/// let mut map: TieredMap<Key<(u64, String)>, u64, M> = TieredMap::from_nested(before);
/// assert_eq!(map.get(&Key((1, "b".into()))), Some(20));
/// assert!(map.inner(&1).eq([("a".to_string(), 10), ("b".into(), 20)]));
/// assert_eq!(map.remove_inner(&1), 2);
/// assert_eq!(map.len(), 1);
/// ```
impl<A, B, V, M> TieredMap<Key<(A, B)>, V, M>
where
    A: KeyPart + Eq + Clone,
    B: KeyPart + Eq + Clone,
    V: Storable,
    M: Memory,
{
    /// The entries of a map of maps, on the heap. An inner map that is empty leaves nothing.
    pub fn from_nested(maps: BTreeMap<A, BTreeMap<B, V>>) -> Self {
        let entries = maps.into_iter().flat_map(|(outer, inner)| {
            let key = move |inner| Key((outer.clone(), inner));
            inner
                .into_iter()
                .map(move |(inner, value)| (key(inner), value))
        });
        entries.collect()
    }

    /// The second parts of the keys whose first is `outer`, in order.
    pub fn inner_keys<'a>(&'a self, outer: &'a A) -> impl Iterator<Item = B> + 'a {
        let keys = self.keys(Key((outer.clone(), B::least()))..);
        keys.map(|Key(parts)| parts)
            .take_while(|(first, _)| first.compare(outer) == Ordering::Equal)
            .map(|(_, second)| second)
    }

    /// Removes the entries whose keys start with `outer`; how many there were. O(log n) for each.
    pub fn remove_inner(&mut self, outer: &A) -> u64 {
        self.remove_while_any(|map| {
            let inner = map.inner_keys(outer).take(BATCH);
            inner.map(|inner| Key((outer.clone(), inner))).collect()
        })
    }
}

impl<A, B, V, M> TieredMap<Key<(A, B)>, V, M>
where
    A: KeyPart + Eq + Clone,
    B: KeyPart + Eq + Clone,
    V: Storable + Clone,
    M: Memory,
{
    /// The entries whose keys start with `outer`, by the second part of their keys, in order; O(log n) to start.
    pub fn inner<'a>(&'a self, outer: &'a A) -> impl Iterator<Item = (B, V)> + 'a {
        let entries = self.range(Key((outer.clone(), B::least()))..);
        entries
            .map(|(Key(parts), value)| (parts, value))
            .take_while(|((first, _), _)| first.compare(outer) == Ordering::Equal)
            .map(|((_, second), value)| (second, value))
    }
}

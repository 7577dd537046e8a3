//! A list, or a queue, that moves as a map does.

use ic_stable_structures::{Memory, Storable};
use serde::{Deserialize, Serialize};

use super::TieredMap;

/// Values by their places, on the heap, in stable memory, or on their way from one to the other: a [`TieredMap`] from place
/// to value. A list that grows at its end, a log, or a queue from whose front values are taken.
///
/// A value keeps its place for as long as it is there, whatever is taken from either end. The next value gets the place behind
/// the last, and an empty list starts at 0.
///
/// ```
/// use ic_stable_migration::TieredList;
/// use ic_stable_structures::VectorMemory;
///
/// let mut events: TieredList<String, VectorMemory> = TieredList::default();
/// assert_eq!(events.push("installed".into()), 0);
/// assert_eq!(events.push("upgraded".into()), 1);
/// assert_eq!(events.pop_front(), Some("installed".to_string()));
/// assert_eq!(events.get(1).as_deref(), Some("upgraded"));
/// assert_eq!(events.push("stopped".into()), 2);
/// ```
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct TieredList<V, M>(TieredMap<u64, V, M>)
where
    V: Storable,
    M: Memory;

impl<V, M> TieredList<V, M>
where
    V: Storable,
    M: Memory,
{
    /// The collection, as [`Tiered::collections`](crate::Tiered::collections) lists it.
    pub fn tier(&mut self) -> &mut TieredMap<u64, V, M> {
        &mut self.0
    }

    /// Adds a value at the end; its place. O(log n).
    pub fn push(&mut self, value: V) -> u64 {
        let place = self.last_place().map_or(0, |last| last.saturating_add(1));
        self.0.insert(place, value);
        place
    }

    /// Replaces the value at `place` and returns it; where there is none, nothing is written. O(log n).
    pub fn set(&mut self, place: u64, value: V) -> Option<V> {
        let is_there = self.0.contains_key(&place);
        is_there.then(|| self.0.insert(place, value)).flatten()
    }

    /// Changes the value at `place` where it is; see [`TieredMap::update`].
    pub fn update<R>(&mut self, place: u64, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        self.0.update(&place, change)
    }

    /// What `look` makes of the value at `place`; see [`TieredMap::with`].
    pub fn with<R>(&self, place: u64, look: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.with(&place, look)
    }

    /// Takes the first value. O(log n).
    pub fn pop_front(&mut self) -> Option<V> {
        let first = self.0.keys(..).next()?;
        self.0.remove(&first)
    }

    /// Takes the last value. O(log n).
    pub fn pop(&mut self) -> Option<V> {
        let last = self.last_place()?;
        self.0.remove(&last)
    }

    /// The place of the last value. O(log n).
    pub fn last_place(&self) -> Option<u64> {
        self.0.keys(..).next_back()
    }

    /// Number of values. O(1).
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there is none. O(1).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes every value; how many there were.
    pub fn clear(&mut self) -> u64 {
        self.0.clear()
    }
}

impl<V, M> TieredList<V, M>
where
    V: Storable + Clone,
    M: Memory,
{
    /// The value at `place`. O(log n).
    pub fn get(&self, place: u64) -> Option<V> {
        self.0.get(&place)
    }

    /// All values with their places, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, V)> + '_ {
        self.0.iter()
    }

    /// At most `limit` values from `place` on.
    pub fn page(&self, place: u64, limit: usize) -> Vec<(u64, V)> {
        self.0.range(place..).take(limit).collect()
    }
}

impl<V, M> Default for TieredList<V, M>
where
    V: Storable,
    M: Memory,
{
    fn default() -> Self {
        Self(TieredMap::default())
    }
}

/// In their order, from place 0 on.
impl<V, M> FromIterator<V> for TieredList<V, M>
where
    V: Storable,
    M: Memory,
{
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Self((0..).zip(values).collect())
    }
}

//! A set that moves as a map does.

use std::collections::BTreeSet;
use std::ops::RangeBounds;

use ic_stable_structures::{Memory, Storable};
use serde::{Deserialize, Serialize};

use super::TieredMap;
use super::pair::OnHeap;

/// An ordered set that is on the heap, in stable memory, or on its way from one to the other: a [`TieredMap`] of its
/// elements, each with nothing. In stable memory it is what a `StableBTreeSet` is.
///
/// ```
/// use ic_stable_migration::{Tier, TieredSet};
/// use ic_stable_structures::VectorMemory;
///
/// # type M = VectorMemory;
/// let mut tags: TieredSet<String, M> = ["rust", "wasm"].map(str::to_owned).into_iter().collect();
/// assert!(!tags.insert("rust".into()));
/// assert!(tags.contains(&"wasm".into()));
/// // How a state lists it.
/// let tier: Tier<M> = Tier::new("tags", 3, tags.tier());
/// ```
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct TieredSet<T, M>(TieredMap<T, (), M>)
where
    T: Storable + Ord + Clone,
    M: Memory;

impl<T, M> TieredSet<T, M>
where
    T: Storable + Ord + Clone,
    M: Memory,
{
    /// The collection, as [`Tiered::collections`](crate::Tiered::collections) lists it.
    pub fn tier(&mut self) -> &mut TieredMap<T, (), M> {
        &mut self.0
    }

    /// Whether `element` is in it. O(log n).
    pub fn contains(&self, element: &T) -> bool {
        self.0.contains_key(element)
    }

    /// Adds `element`; whether it was not in it before. O(log n).
    pub fn insert(&mut self, element: T) -> bool {
        // What is there already is not written again.
        !self.0.contains_key(&element) && self.0.insert(element, ()).is_none()
    }

    /// Removes `element`; whether it was in it. O(log n).
    pub fn remove(&mut self, element: &T) -> bool {
        self.0.remove(element).is_some()
    }

    /// Number of elements. O(1).
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there is none. O(1).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The elements that lie in `range`, in order; O(log n) to start.
    pub fn range(&self, range: impl RangeBounds<T>) -> impl DoubleEndedIterator<Item = T> + '_ {
        self.0.keys(range)
    }

    /// All elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        self.0.keys(..)
    }

    /// Removes the elements of which `keep` says no; how many they were.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) -> u64 {
        self.0.retain(|element, ()| keep(element))
    }

    /// Removes the elements that lie in `range`; how many there were. O(log n) for each.
    pub fn remove_range(&mut self, range: impl RangeBounds<T>) -> u64 {
        self.0.remove_range(range)
    }

    /// Removes every element; how many there were.
    pub fn clear(&mut self) -> u64 {
        self.0.clear()
    }
}

impl<T, M> Default for TieredSet<T, M>
where
    T: Storable + Ord + Clone,
    M: Memory,
{
    fn default() -> Self {
        Self(TieredMap::default())
    }
}

/// In any order; an element that comes twice is there once.
impl<T, M> FromIterator<T> for TieredSet<T, M>
where
    T: Storable + Ord + Clone,
    M: Memory,
{
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let elements: BTreeSet<T> = elements.into_iter().collect();
        Self(elements.into_iter().map(|element| (element, ())).collect())
    }
}

impl<T, M> OnHeap for TieredSet<T, M>
where
    T: Storable + Ord + Clone,
    M: Memory,
{
    fn has_none_on_heap(&self) -> bool {
        self.0.has_none_on_heap()
    }
}

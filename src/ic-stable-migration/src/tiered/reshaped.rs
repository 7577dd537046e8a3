//! A map whose keys or values are of a new type, while those of the old one are still there.

use ic_stable_structures::{Memory, Storable};
use serde::{Deserialize, Serialize};

use super::TieredMap;
use super::merge::Merge;
use super::pair::Pair;
use crate::error::Glimpse;
use crate::mover::{Tier, Work, Worked};

/// How the entries of a map become those of one with other types.
///
/// Keys keep their order, and every one leads back to the old one, so that no two entries become one.
pub trait Reshape {
    /// What the keys were.
    type OldKey: Storable + Ord + Clone;
    /// What the values were.
    type OldValue: Storable + Clone;
    /// What the keys are.
    type Key: Storable + Ord + Clone;
    /// What the values are.
    type Value: Storable + Clone;

    /// The entry in its new shape.
    fn reshape(key: Self::OldKey, value: Self::OldValue) -> (Self::Key, Self::Value);

    /// The key that an entry with this one had before; none where no entry of before can have become one with this.
    fn old_key(key: &Self::Key) -> Option<Self::OldKey>;
}

/// A map in two stable maps: what has the new shape, and what still has the old. It reads as one map of the new shape from
/// the first message on; whatever is written has the new shape, and [`ReshapedMap::step`] rewrites the rest, so many
/// entries at a time.
///
/// A release has it in the place of the old map, and lists it among its [jobs](crate::Tiered::jobs), so that the mover takes
/// the steps. When it [is done](ReshapedMap::is_done), the next release has a [`TieredMap`] of the new shape in its place and
/// declares the old one [retired](crate::Changes::retired).
///
/// ```
/// use ic_stable_migration::{Reshape, ReshapedMap, TieredMap};
/// use ic_stable_structures::VectorMemory;
///
/// /// Likes were counted in 32 bits, and are in 64.
/// struct Wider;
///
/// impl Reshape for Wider {
///     type OldKey = u32;
///     type OldValue = u32;
///     type Key = u64;
///     type Value = u64;
///
///     fn reshape(key: u32, likes: u32) -> (u64, u64) {
///         (key.into(), likes.into())
///     }
///
///     fn old_key(key: &u64) -> Option<u32> {
///         u32::try_from(*key).ok()
///     }
/// }
///
/// let before: TieredMap<u32, u32, VectorMemory> = [(1, 10), (2, 20), (3, 30)].into_iter().collect();
/// let mut likes: ReshapedMap<Wider, VectorMemory> = ReshapedMap::from(before);
/// assert_eq!(likes.get(&2), Some(20));
/// likes.insert(2, 1 << 40);
/// assert_eq!(likes.step(1), Ok(1));
/// assert!(likes.iter().eq([(1, 10), (2, 1 << 40), (3, 30)]));
/// assert!(!likes.is_done());
/// assert_eq!(likes.step(100), Ok(1));
/// assert!(likes.is_done());
/// ```
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct ReshapedMap<R: Reshape, M: Memory> {
    parts: Parts<R, M>,
}

/// What still has the old shape, and what has the new.
type Parts<R, M> = Pair<
    TieredMap<<R as Reshape>::OldKey, <R as Reshape>::OldValue, M>,
    TieredMap<<R as Reshape>::Key, <R as Reshape>::Value, M>,
>;

impl<R: Reshape, M: Memory> ReshapedMap<R, M> {
    /// Both maps, as [`Tiered::collections`](crate::Tiered::collections) lists them: the old one under the name and the id
    /// that it has had, the new one under others.
    pub fn tiers(
        &mut self,
        (old, old_id): (&'static str, u8),
        (new, new_id): (&'static str, u8),
    ) -> [Tier<'_, M>; 2] {
        [
            Tier::new(old, old_id, &mut self.parts.first),
            Tier::new(new, new_id, &mut self.parts.second),
        ]
    }

    /// Rewrites the next entries, `limit` at most, and says how many they were: 0 when it is done. O(log n) for each; what
    /// a message can take of them is measured by `stable-migrate rehearse`.
    ///
    /// # Errors
    /// The old key of the first entry whose new key does not lead back to it, or is not in order. It is where it was, and
    /// so are those behind it.
    pub fn step(&mut self, limit: usize) -> Result<u64, R::OldKey> {
        let mut moved = 0;
        let mut last: Option<R::Key> = None;
        for (old_key, old_value) in self.parts.first.page(None, limit) {
            let (key, value) = R::reshape(old_key.clone(), old_value);
            let is_in_order = last.as_ref().is_none_or(|last| *last < key);
            if R::old_key(&key).as_ref() != Some(&old_key) || !is_in_order {
                return Err(old_key);
            }
            self.parts.first.remove(&old_key);
            self.parts.second.insert(key.clone(), value);
            last = Some(key);
            moved += 1;
        }
        Ok(moved)
    }

    /// Whether no entry has the old shape. O(1).
    pub fn is_done(&self) -> bool {
        self.parts.first.is_empty()
    }

    /// The value of a key. O(log n).
    pub fn get(&self, key: &R::Key) -> Option<R::Value> {
        self.parts.second.get(key).or_else(|| self.reshaped(key))
    }

    /// Whether a key has a value. O(log n).
    pub fn contains_key(&self, key: &R::Key) -> bool {
        let is_old = |key| self.parts.first.contains_key(&key);
        self.parts.second.contains_key(key) || R::old_key(key).is_some_and(is_old)
    }

    /// Sets a value; what was there before. O(log n).
    pub fn insert(&mut self, key: R::Key, value: R::Value) -> Option<R::Value> {
        let old = self.take_old(&key);
        self.parts.second.insert(key, value).or(old)
    }

    /// Removes an entry; its value. O(log n).
    pub fn remove(&mut self, key: &R::Key) -> Option<R::Value> {
        let old = self.take_old(key);
        self.parts.second.remove(key).or(old)
    }

    /// Changes a value, which has the new shape then; what `change` returns. O(log n).
    pub fn update<T>(
        &mut self,
        key: &R::Key,
        change: impl FnOnce(&mut R::Value) -> T,
    ) -> Option<T> {
        if let Some(value) = self.take_old(key) {
            self.parts.second.insert(key.clone(), value);
        }
        self.parts.second.update(key, change)
    }

    /// Number of entries. O(1).
    pub fn len(&self) -> u64 {
        self.parts.first.len() + self.parts.second.len()
    }

    /// Whether there is none. O(1).
    pub fn is_empty(&self) -> bool {
        self.parts.first.is_empty() && self.parts.second.is_empty()
    }

    /// All entries in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (R::Key, R::Value)> + '_ {
        let old = self
            .parts
            .first
            .iter()
            .map(|(key, value)| R::reshape(key, value));
        Merge::new(old, self.parts.second.iter())
    }

    /// What an entry of the old shape reads as.
    fn reshaped(&self, key: &R::Key) -> Option<R::Value> {
        let old_key = R::old_key(key)?;
        let value = self.parts.first.get(&old_key)?;
        Some(R::reshape(old_key, value).1)
    }

    fn take_old(&mut self, key: &R::Key) -> Option<R::Value> {
        let old_key = R::old_key(key)?;
        let value = self.parts.first.remove(&old_key)?;
        Some(R::reshape(old_key, value).1)
    }
}

/// Rewrites what has the old shape.
impl<R: Reshape, M: Memory> Work for ReshapedMap<R, M> {
    fn work(&mut self, _: Option<&[u8]>, limit: usize) -> Result<Worked, String> {
        let moved = self.step(limit).map_err(|key| {
            let key = Glimpse::of(&key.to_bytes());
            format!("the new key of the entry with the old key {key} does not lead back to it, or is not in order")
        })?;
        Ok(Worked {
            entries: moved,
            changed: moved,
            // What is left is found without a place.
            at: (!self.is_done()).then(Vec::new),
        })
    }
}

impl<R: Reshape, M: Memory> Default for ReshapedMap<R, M> {
    fn default() -> Self {
        Self {
            parts: Pair::default(),
        }
    }
}

/// A map in which nothing has the new shape yet.
impl<R: Reshape, M: Memory> From<TieredMap<R::OldKey, R::OldValue, M>> for ReshapedMap<R, M> {
    fn from(first: TieredMap<R::OldKey, R::OldValue, M>) -> Self {
        let second = TieredMap::default();
        Self {
            parts: Pair { first, second },
        }
    }
}

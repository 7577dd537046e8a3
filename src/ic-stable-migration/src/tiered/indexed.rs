//! A map whose entries are found by something else than their key, too.

use std::cmp::Ordering;

use ic_stable_structures::{Memory, Storable};
use serde::{Deserialize, Serialize};

use super::collection::decoded;
use super::pair::Pair;
use super::{TieredMap, TieredSet};
use crate::key::{Key, KeyPart};
use crate::mover::{Tier, Work, Worked};

/// What else the entries of a map are found by.
///
/// What it says of an entry may not depend on anything but the entry. A release that says something else of old entries
/// has to [rebuild](IndexedMap::clear_index) the index.
pub trait IndexBy<K, V> {
    /// What they are found by.
    type By: KeyPart + Eq + Clone;

    /// What this entry is found by: nothing, one thing or several.
    fn of(key: &K, value: &V) -> impl IntoIterator<Item = Self::By>;
}

/// A [`TieredMap`] with a [`TieredSet`] beside it that says which keys belong to what [`IndexBy`] tells of the entries. Every
/// write keeps both.
///
/// ```
/// use ic_stable_migration::{IndexBy, IndexedMap};
/// use ic_stable_structures::VectorMemory;
///
/// /// The posts of a person.
/// struct ByAuthor;
///
/// impl IndexBy<u64, String> for ByAuthor {
///     type By = String;
///
///     // In this example a post starts with the name of who wrote it.
///     fn of(_: &u64, post: &String) -> impl IntoIterator<Item = String> {
///         post.split_once(": ").map(|(author, _)| author.to_owned())
///     }
/// }
///
/// let mut posts: IndexedMap<u64, String, ByAuthor, VectorMemory> = IndexedMap::default();
/// for (id, post) in [(1, "ann: hello"), (2, "bob: hi"), (3, "ann: bye")] {
///     posts.insert(id, post.to_owned());
/// }
/// assert!(posts.keys_by(&"ann".to_owned()).eq([1, 3]));
/// posts.update(&3, |post| *post = "bob: bye".to_owned());
/// assert!(posts.entries_by(&"bob".to_owned()).map(|(id, _)| id).eq([2, 3]));
/// assert_eq!(posts.verify(None, 100), Ok(None));
/// ```
///
/// What was a map of maps has keys of two parts here, too, and [`TieredMap::inner`] reads it:
///
/// ```
/// # use ic_stable_migration::{IndexBy, IndexedMap, key::Key};
/// # use ic_stable_structures::VectorMemory;
/// # struct BySymbol;
/// /// `map[owner][symbol]`.
/// type Place = Key<(u64, String)>;
///
/// impl IndexBy<Place, u64> for BySymbol {
///     type By = String;
///
///     fn of(Key((_, symbol)): &Place, _: &u64) -> impl IntoIterator<Item = String> {
///         [symbol.clone()]
///     }
/// }
///
/// let mut map: IndexedMap<Place, u64, BySymbol, VectorMemory> = IndexedMap::default();
/// map.insert(Key((7, "ICP".into())), 10);
/// map.insert(Key((8, "ICP".into())), 20);
/// assert!(map.map().inner(&7).eq([("ICP".to_string(), 10)]));
/// assert_eq!(map.keys_by(&"ICP".into()).count(), 2);
/// ```
///
/// A release may put it in the place of a [`TieredMap`] that is there already, and builds the index then:
/// [`IndexedMap::build_index`]. It may put a [`TieredMap`] in its place once the index is in stable memory, and declare that
/// [retired](crate::Changes::retired).
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct IndexedMap<K, V, I, M>
where
    K: KeyPart + Storable + Ord + Clone,
    V: Storable + Clone,
    I: IndexBy<K, V>,
    M: Memory,
{
    parts: Parts<K, V, I, M>,
}

/// The map, and what its entries are found by, each with the key.
type Parts<K, V, I, M> = Pair<TieredMap<K, V, M>, TieredSet<Key<(<I as IndexBy<K, V>>::By, K)>, M>>;

impl<K, V, I, M> IndexedMap<K, V, I, M>
where
    K: KeyPart + Storable + Ord + Clone,
    V: Storable + Clone,
    I: IndexBy<K, V>,
    M: Memory,
{
    /// The map and its index, as [`Tiered::collections`](crate::Tiered::collections) lists them: each with its name and the
    /// id of its virtual memory.
    pub fn tiers(
        &mut self,
        (map, map_id): (&'static str, u8),
        (index, index_id): (&'static str, u8),
    ) -> [Tier<'_, M>; 2] {
        [
            Tier::new(map, map_id, &mut self.parts.first),
            Tier::new(index, index_id, self.parts.second.tier()),
        ]
    }

    /// The map, to be read.
    pub fn map(&self) -> &TieredMap<K, V, M> {
        &self.parts.first
    }

    /// The value of a key. O(log n).
    pub fn get(&self, key: &K) -> Option<V> {
        self.parts.first.get(key)
    }

    /// Sets a value; what was there before. O(log n), and as much for each thing that the entry is, or was, found by.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let now = found_by::<K, V, I>(&key, &value);
        let before = self.parts.first.insert(key.clone(), value);
        let was = before.as_ref();
        let was = was.map(|before| found_by::<K, V, I>(&key, before));
        self.reindex(&key, &was.unwrap_or_default(), &now);
        before
    }

    /// Removes an entry; its value. O(log n), and as much for each thing that it was found by.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let before = self.parts.first.remove(key)?;
        self.reindex(key, &found_by::<K, V, I>(key, &before), &[]);
        Some(before)
    }

    /// Changes a value where it is; see [`TieredMap::update`].
    pub fn update<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let mut moved = (Vec::new(), Vec::new());
        let result = self.parts.first.update(key, |value| {
            moved.0 = found_by::<K, V, I>(key, value);
            let result = change(value);
            moved.1 = found_by::<K, V, I>(key, value);
            result
        })?;
        self.reindex(key, &moved.0, &moved.1);
        Some(result)
    }

    /// The keys of the entries that are found by `by`, in order; O(log n) to start.
    pub fn keys_by<'a>(&'a self, by: &'a I::By) -> impl Iterator<Item = K> + 'a {
        self.parts
            .second
            .range(Key((by.clone(), K::least()))..)
            .map(|Key(parts)| parts)
            .take_while(|(first, _)| first.compare(by) == Ordering::Equal)
            .map(|(_, key)| key)
    }

    /// The entries that are found by `by`, in the order of their keys; O(log n) for each.
    pub fn entries_by<'a>(&'a self, by: &'a I::By) -> impl Iterator<Item = (K, V)> + 'a {
        self.keys_by(by)
            .filter_map(|key| self.parts.first.get(&key).map(|value| (key, value)))
    }

    /// Everything that an entry is found by, with the entry's key, in order.
    pub fn index(&self) -> impl DoubleEndedIterator<Item = (I::By, K)> + '_ {
        self.parts.second.iter().map(|Key(parts)| parts)
    }

    /// Empties the index, before it is built anew. O(n).
    pub fn clear_index(&mut self) {
        self.parts.second.clear();
    }

    /// Adds to the index what belongs to the next `limit` entries behind `after`. Returns the last of them if there may be
    /// more: so an index of any size is built in steps of a size that fits a message.
    ///
    /// ```
    /// # use ic_stable_migration::{IndexBy, IndexedMap};
    /// # struct Even;
    /// # impl IndexBy<u64, u64> for Even {
    /// #     type By = bool;
    /// #     fn of(_: &u64, value: &u64) -> impl IntoIterator<Item = bool> { [value % 2 == 0] }
    /// # }
    /// # type M = ic_stable_structures::VectorMemory;
    /// # let mut map: IndexedMap<u64, u64, Even, M> = (0..9).map(|n| (n, n)).collect();
    /// map.clear_index();
    /// let mut after = None;
    /// loop {
    ///     after = map.build_index(after.as_ref(), 2);
    ///     if after.is_none() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(map.keys_by(&true).count(), 5);
    /// ```
    pub fn build_index(&mut self, after: Option<&K>, limit: usize) -> Option<K> {
        self.build(after, limit).0
    }

    /// The same; how many entries it were, too, and by how much they are found.
    fn build(&mut self, after: Option<&K>, limit: usize) -> (Option<K>, u64, u64) {
        let page = self.parts.first.page(after, limit);
        let entries = page.len() as u64;
        let mut found = 0;
        for (key, value) in &page {
            let by = found_by::<K, V, I>(key, value);
            found += by.len() as u64;
            self.reindex(key, &[], &by);
        }
        (last_of_full(page, limit), entries, found)
    }

    /// Whether the next `limit` entries behind `after` are found by what they say. Returns the last of them if there may
    /// be more. That nothing else is in the index is not asked.
    ///
    /// # Errors
    /// The key of the first entry that is not.
    pub fn verify(&self, after: Option<&K>, limit: usize) -> Result<Option<K>, K> {
        let page = self.parts.first.page(after, limit);
        for (key, value) in &page {
            let is_found = |by: I::By| self.parts.second.contains(&Key((by, key.clone())));
            if !I::of(key, value).into_iter().all(is_found) {
                return Err(key.clone());
            }
        }
        Ok(last_of_full(page, limit))
    }

    /// Writes what an entry is found by now, where it was found by something else before.
    fn reindex(&mut self, key: &K, before: &[I::By], now: &[I::By]) {
        for by in before.iter().filter(|by| !now.contains(by)) {
            self.parts.second.remove(&Key((by.clone(), key.clone())));
        }
        for by in now.iter().filter(|by| !before.contains(by)) {
            self.parts.second.insert(Key((by.clone(), key.clone())));
        }
    }
}

/// Builds the index, for a map that has become one with an index.
impl<K, V, I, M> Work for IndexedMap<K, V, I, M>
where
    K: KeyPart + Storable + Ord + Clone,
    V: Storable + Clone,
    I: IndexBy<K, V>,
    M: Memory,
{
    fn work(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Worked, String> {
        let after: Option<K> = after.map(decoded);
        let (last, entries, changed) = self.build(after.as_ref(), limit);
        Ok(Worked {
            entries,
            changed,
            at: last.map(|key| key.to_bytes().into_owned()),
        })
    }
}

/// The last key of a page, behind which there may be more if it is full.
fn last_of_full<K, V>(page: Vec<(K, V)>, limit: usize) -> Option<K> {
    let last = page.into_iter().nth(limit.checked_sub(1)?);
    last.map(|(key, _)| key)
}

/// What an entry is found by.
fn found_by<K, V, I: IndexBy<K, V>>(key: &K, value: &V) -> Vec<I::By> {
    I::of(key, value).into_iter().collect()
}

impl<K, V, I, M> Default for IndexedMap<K, V, I, M>
where
    K: KeyPart + Storable + Ord + Clone,
    V: Storable + Clone,
    I: IndexBy<K, V>,
    M: Memory,
{
    fn default() -> Self {
        Self {
            parts: Pair::default(),
        }
    }
}

/// In any order; of two entries with one key the last is there. The index is built on the way, on the heap.
impl<K, V, I, M> FromIterator<(K, V)> for IndexedMap<K, V, I, M>
where
    K: KeyPart + Storable + Ord + Clone,
    V: Storable + Clone,
    I: IndexBy<K, V>,
    M: Memory,
{
    fn from_iter<E: IntoIterator<Item = (K, V)>>(entries: E) -> Self {
        let first: TieredMap<K, V, M> = entries.into_iter().collect();
        let index = first.iter().flat_map(|(key, value)| {
            let all = found_by::<K, V, I>(&key, &value).into_iter();
            all.map(move |by| Key((by, key.clone())))
        });
        let second = index.collect();
        Self {
            parts: Pair { first, second },
        }
    }
}

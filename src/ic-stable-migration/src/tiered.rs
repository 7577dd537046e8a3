//! An ordered map whose entries move from the heap to stable memory while it is in use.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::rc::Rc;

use ic_stable_structures::{Memory, Storable};

use crate::ledger::{Ledger, SlotIndex};

mod collection;
mod edit;
mod filling;
mod indexed;
pub(crate) mod intake;
mod list;
mod merge;
mod packed;
mod pair;
mod raw;
mod reshaped;
pub(crate) mod runs;
mod serde;
mod set;
mod shared;
mod stored;

pub(crate) use collection::Unfit;
pub use collection::{Collection, Position};
pub(crate) use edit::BATCH;
pub use edit::Entry;
pub use indexed::{IndexBy, IndexedMap};
pub use list::TieredList;
use merge::Merge;
pub use reshaped::{Reshape, ReshapedMap};
use runs::Runs;
pub use set::TieredSet;
pub use shared::ByteOrdered;
pub(crate) use shared::Common;
pub use stored::Place;
use stored::{Stored, StoredEntries};

/// An ordered map from `K` to `V` that is on the heap, in stable memory, or on its way from one to the other.
///
/// Callers see one map in key order. Each key is in exactly one of two tiers, so there are no two values to
/// disagree:
///
/// - the **heap** holds what was there before the move and has neither been moved nor written since;
/// - the **stable map** holds everything else: a write goes there at once, wherever the key was before.
///
/// So every acknowledged change of a map that is attached to a memory is in stable memory when the message ends,
/// and an upgrade that skips `pre_upgrade` loses none. What such an upgrade brings back is the heap tier as it was
/// saved last; from it are dropped the keys that the mover has passed, those that the stable map holds and those
/// that were removed since, which the journal remembers.
///
/// Until it is attached, a map is a heap map and nothing more: the earlier releases of a canister use it so.
/// The stable map is made when its first entry arrives: an empty collection takes no page.
///
/// Values are returned owned, because one that lives in stable memory has no address on the heap.
///
/// # Panics
/// Like the stable map itself, a write traps where stable memory cannot grow: the message is rolled back.
pub struct TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    heap: BTreeMap<K, V>,
    /// Entries that the map was made from and does not have, because another had their key.
    duplicates: u64,
    /// The virtual memory that its stable tier shares with other collections; its own if there is none.
    shares: Option<u8>,
    /// Which of the maps it was that an intake took the entries of, where one did.
    taken_in: Option<usize>,
    /// What was drained from the heap into a finished map.
    runs: Runs<K>,
    /// Boxed, because it is large: a state of many maps is passed through the frames of a hook by value, and a canister's
    /// stack is small.
    stable: Option<Box<Stable<K, V, M>>>,
}

/// The stable tier of an attached map.
struct Stable<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    map: Stored<K, V, M>,
    ledger: Rc<Ledger<M>>,
    slot: SlotIndex,
    /// The mover has passed every key up to this one.
    passed: Passed<K>,
    /// The audit has read every key up to this one.
    audited: Passed<K>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Passed<K> {
    Nothing,
    UpTo(K),
    All,
}

impl<K: Ord> Passed<K> {
    fn covers(&self, key: &K) -> bool {
        match self {
            Passed::Nothing => false,
            Passed::UpTo(last) => key <= last,
            Passed::All => true,
        }
    }
}

impl<K, V, M> Default for TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    fn default() -> Self {
        Self {
            heap: BTreeMap::new(),
            duplicates: 0,
            shares: None,
            taken_in: None,
            runs: Runs::new(),
            stable: None,
        }
    }
}

/// A map that is on the heap until it is attached. Of entries with the same key it keeps the last, and it counts the
/// others: such a map is refused when it is to be attached, because nobody decided which to keep.
impl<K, V, M> FromIterator<(K, V)> for TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut count = 0;
        let heap: BTreeMap<K, V> = entries.into_iter().inspect(|_| count += 1).collect();
        Self {
            duplicates: count - heap.len() as u64,
            heap,
            ..Self::default()
        }
    }
}

impl<K, V, M> TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    /// Says that the stable tier shares the map in virtual memory `memory` with other collections: each takes a part of
    /// it, under the collection's id as the first byte of its keys. For many small collections, which would waste a
    /// page or two each; a key takes 1 byte more, and 4 for its length and 4 for the value's where they have fixed
    /// sizes. To be said wherever the collections are listed, and for good.
    ///
    /// ```
    /// # use ic_stable_migration::{Tier, TieredMap};
    /// # use ic_stable_structures::DefaultMemoryImpl;
    /// # type Map<K, V> = TieredMap<K, V, DefaultMemoryImpl>;
    /// # fn collections<'a>(notes: &'a mut Map<u64, String>, tags: &'a mut Map<String, u64>) -> Vec<Tier<'a, DefaultMemoryImpl>> {
    /// const SMALL: u8 = 10;
    /// vec![
    ///     Tier::new("notes", 1, notes.sharing(SMALL)),
    ///     Tier::new("tags", 2, tags.sharing(SMALL)),
    /// ]
    /// # }
    /// ```
    pub fn sharing(&mut self, memory: u8) -> &mut Self
    where
        K: ByteOrdered,
    {
        self.shares = Some(memory);
        self
    }

    /// Whether `key` has a value. O(log n).
    pub fn contains_key(&self, key: &K) -> bool {
        self.heap.contains_key(key) || self.stored().is_some_and(|map| map.contains_key(key))
    }

    /// Sets the value of `key` and returns the one it had. O(log n).
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Some(stable) = &mut self.stable else {
            return self.heap.insert(key, value);
        };
        let from_heap = self.heap.remove(&key);
        stable.insert(key, value, from_heap)
    }

    /// Removes `key` and returns the value it had. O(log n).
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let from_heap = self.heap.remove(key);
        match &mut self.stable {
            Some(stable) => stable.remove(key, from_heap),
            None => from_heap,
        }
    }

    /// Number of entries. O(1).
    pub fn len(&self) -> u64 {
        self.heap.len() as u64 + self.stable_entries()
    }

    /// Whether there is no entry. O(1).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys that lie in `range`, in order. Values of the stable tier are read with them.
    pub fn keys(&self, range: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = K> + '_ {
        let (heap, stable) = self.tiers((range.start_bound().cloned(), range.end_bound().cloned()));
        let heap = heap.map(|(key, _)| (key.clone(), ()));
        let stable = stable.map(|(key, _)| (key, ()));
        Merge::new(heap, stable).map(|(key, ())| key)
    }

    /// What of each tier lies in a range.
    fn tiers(
        &self,
        bounds: (Bound<K>, Bound<K>),
    ) -> (
        impl DoubleEndedIterator<Item = (&K, &V)>,
        StoredEntries<'_, K, V, M>,
    ) {
        let inverted = match (&bounds.0, &bounds.1) {
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end))
            | (Bound::Excluded(start), Bound::Included(end)) => start >= end,
            _ => false,
        };
        let heap = (!inverted).then(|| self.heap.range(bounds.clone()));
        let stable = match self.stored() {
            Some(map) if !inverted => map.range(bounds),
            _ => StoredEntries::Nothing,
        };
        (heap.into_iter().flatten(), stable)
    }

    fn stored(&self) -> Option<&Stored<K, V, M>> {
        Some(&self.stable.as_ref()?.map)
    }

    /// Entries of the stable tier. Of a shared map they are reckoned: what the ledger counts, without the heap's.
    fn stable_entries(&self) -> u64 {
        let Some(stable) = &self.stable else {
            return 0;
        };
        stable.map.len().unwrap_or_else(|| {
            let all = stable.ledger.slot(stable.slot).content.count;
            all.saturating_sub(self.heap.len() as u64)
        })
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
        match self.heap.get(key) {
            Some(value) => Some(value.clone()),
            None => self.stored()?.get(key).map(from_bytes),
        }
    }

    /// The entry with the smallest key. O(log n).
    pub fn first_key_value(&self) -> Option<(K, V)> {
        self.iter().next()
    }

    /// The entry with the largest key. O(log n).
    pub fn last_key_value(&self) -> Option<(K, V)> {
        self.iter().next_back()
    }

    /// The entries whose keys lie in `range`, in key order; O(log n) to start, O(1) amortized for each after that.
    /// A range that ends before it starts is empty.
    pub fn range(
        &self,
        range: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (K, V)> + '_ {
        let (heap, stable) = self.tiers((range.start_bound().cloned(), range.end_bound().cloned()));
        let heap = heap.map(|(key, value)| (key.clone(), value.clone()));
        let stable = stable.map(|(key, value)| (key, from_bytes(value)));
        Merge::new(heap, stable)
    }

    /// All entries in key order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, V)> + '_ {
        self.range(..)
    }
}

impl<K, V, M> Stable<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    /// Inserts an entry that a caller wrote; `from_heap` is what the heap held under the key.
    fn insert(&mut self, key: K, value: V, from_heap: Option<V>) -> Option<V> {
        let key_bytes = key.to_bytes().into_owned();
        let value = value.into_bytes();
        let added = self.slot.entry_digest(&key_bytes, &value);
        let audited = self.audited.covers(&key);
        let from_map = self.map.insert(key, value);
        let removed = self.digest(&key_bytes, from_map.as_deref(), from_heap.as_ref());
        self.ledger.change(self.slot, removed, Some(added), audited);
        from_map.map(from_bytes).or(from_heap)
    }

    /// Removes an entry for a caller; `from_heap` is what the heap held under the key.
    fn remove(&mut self, key: &K, from_heap: Option<V>) -> Option<V> {
        let from_map = self.map.remove(key);
        let key_bytes = key.to_bytes();
        let removed = self.digest(&key_bytes, from_map.as_deref(), from_heap.as_ref())?;
        let audited = self.audited.covers(key);
        self.ledger.change(self.slot, Some(removed), None, audited);
        self.ledger.note_removed(self.slot, &key_bytes);
        from_map.map(from_bytes).or(from_heap)
    }

    /// The digest of an entry whose value stands in the map, or is on the heap.
    fn digest(&self, key: &[u8], in_map: Option<&[u8]>, on_heap: Option<&V>) -> Option<u64> {
        let of = |value: &[u8]| self.slot.entry_digest(key, value);
        in_map
            .map(of)
            .or_else(|| on_heap.map(|value| of(&value.to_bytes())))
    }
}

/// A value from its bytes, which it may keep.
fn from_bytes<V: Storable>(bytes: Vec<u8>) -> V {
    V::from_bytes(bytes.into())
}

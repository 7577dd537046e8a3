//! What the mover asks of a map, whatever its keys and values are.

use std::any::type_name;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Bound;
use std::rc::Rc;

use ic_stable_structures::{Memory, Storable};

use super::runs::Spot;
use super::stored::{Place, Stored};
use super::{Passed, Stable, TieredMap};
use crate::error::{Error, Glimpse};
use crate::ledger::{Digest, Ledger, SlotIndex};
use crate::mover::Worked;
use crate::registry::{Kind, OwnershipError, Shape, Size};
use crate::tree::TreeError;

/// Where the mover stands in a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The key moved last, encoded; none if nothing was moved yet.
    pub cursor: Option<Vec<u8>>,
    /// Whether every entry has been moved.
    pub complete: bool,
    /// The key audited last, encoded; none if the audit has not begun.
    pub audited: Option<Vec<u8>>,
}

/// Why a stable map is not one of the release's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// An entry is not what the release's types make of it.
    Entry {
        /// "first" or "last".
        which: &'static str,
        /// The encoded key.
        key: Vec<u8>,
        /// What does not fit.
        reason: String,
    },
    /// It cannot be read.
    Map(TreeError),
}

/// Takes an entry, encoded.
pub type Take<'a> = dyn FnMut(Spot, &[u8], &[u8]) -> Result<(), Error> + 'a;

/// Takes an entry that the heap gives up, encoded.
pub type Give<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), Error> + 'a;

/// A map as the mover sees it. Implemented by [`TieredMap`]; a state lists its maps with
/// [`Tiered::collections`](crate::Tiered::collections).
pub trait Collection<M: Memory> {
    /// What the map is made of.
    fn shape(&self) -> Shape;

    /// The types of its keys and values, as the compiler names them.
    fn types(&self) -> [&'static str; 2];

    /// Reads the first and the last stable entry at `place`, where the map's header is in order. Values of an `older`
    /// version may be among them.
    ///
    /// # Errors
    /// The first that does not come back from its bytes as these bytes, as far as values are of this version; that the map
    /// cannot be read.
    fn check_ends(&self, place: Place<M>, older: bool) -> Result<(), Unfit>;

    /// The digest of the entries on the heap under the seed `id`; checks on the way that a stable map can keep them.
    /// O(n). `name` is for the error.
    ///
    /// # Errors
    /// [`OwnershipError::DuplicateKeys`], [`OwnershipError::Unstorable`].
    fn check_heap(&self, name: &str, slot: SlotIndex) -> Result<Digest, OwnershipError>;

    /// Hands the entries of the heap to `take`, encoded and in key order, and gives them up. `name` is for errors.
    ///
    /// # Errors
    /// [`OwnershipError::Unstorable`], [`OwnershipError::DuplicateKeys`], and those of `take`.
    fn drain(&mut self, name: &str, take: &mut Take) -> Result<(), Error>;

    /// The order of two encoded keys in the map.
    fn compare_keys(&self, one: &[u8], other: &[u8]) -> Ordering;

    /// Joins the stable tier to the map and drops from the heap what the stable tier knows better: keys up to
    /// the mover's position, keys that were `removed` since the heap tier was saved, keys the stable map holds.
    fn attach(
        &mut self,
        place: Place<M>,
        ledger: Rc<Ledger<M>>,
        slot: SlotIndex,
        position: &Position,
        removed: &[Vec<u8>],
    );

    /// Which of the maps it was that an intake took the entries of, where one did.
    fn taken_in(&self) -> Option<usize>;

    /// Entries not yet moved.
    fn heap_len(&self) -> u64;

    /// Entries in stable memory.
    fn stable_len(&self) -> u64;

    /// The encoded key that [`Collection::move_next`] will move, if there is one.
    fn next_key(&self) -> Option<Vec<u8>>;

    /// Moves the heap entry with the smallest key; returns its encoded length, or none if the heap is empty.
    fn move_next(&mut self) -> Option<u64>;

    /// Hands the entries of the heap to `take`, encoded and in key order, and gives them up: for a stable map that is
    /// written beneath the collection, and opened with [`Collection::open_written`].
    ///
    /// # Errors
    /// Those of `take`; the entries are gone then, too.
    fn give_up(&mut self, take: &mut Give) -> Result<(), Error>;

    /// Opens the stable map that was written beneath the collection.
    fn open_written(&mut self);

    /// Where the mover stands.
    fn position(&self) -> Position;

    /// Marks the collection as moved.
    fn complete(&mut self);

    /// Adds the next stable entries to the ledger's audit while `go_on` says so, at least one; true at the end.
    fn audit(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool;

    /// Sends the audit back to the start.
    fn restart_audit(&mut self);

    /// Writes anew what of the next `limit` stable entries behind `after`, an encoded key, the type would encode otherwise.
    fn renew(&mut self, after: Option<&[u8]>, limit: usize) -> Worked;

    /// Shows the entries of the heap in key order, encoded, until `go_on` says no.
    fn each_on_heap(&self, go_on: &mut dyn FnMut(&[u8], &[u8]) -> bool);

    /// Shows the keys of the stable map in order, encoded, until `go_on` says no.
    fn each_stable_key(&self, go_on: &mut dyn FnMut(&[u8]) -> bool);

    /// The encoded value that the heap has under an encoded key.
    fn on_heap(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// The value that the stable map has under an encoded key, as the type encodes it.
    fn in_stable(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Puts an entry back on the heap, from where it is moved again; false for one whose key the stable map has.
    fn put_back(&mut self, key: &[u8], value: &[u8]) -> bool;

    /// Sends the mover back to the start; where `emptied`, the stable map loses its entries first.
    fn move_again(&mut self, emptied: bool);
}

impl<K, V, M> Collection<M> for TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable,
    M: Memory,
{
    fn shape(&self) -> Shape {
        Shape {
            kind: match self.shares {
                None => Kind::StableBTreeMap,
                Some(memory) => Kind::SharedStableBTreeMap { memory },
            },
            key: Size::of::<K>(),
            value: Size::of::<V>(),
        }
    }

    fn types(&self) -> [&'static str; 2] {
        [type_name::<K>(), type_name::<V>()]
    }

    fn check_ends(&self, place: Place<M>, older: bool) -> Result<(), Unfit> {
        Stored::<K, V, M>::check_ends(place, older)
    }

    fn check_heap(&self, name: &str, slot: SlotIndex) -> Result<Digest, OwnershipError> {
        if self.duplicates > 0 {
            return Err(OwnershipError::DuplicateKeys {
                name: name.into(),
                count: self.duplicates,
            });
        }
        let mut digest = Digest::default();
        for (key, value) in &self.heap {
            let (key_bytes, value_bytes) = (key.to_bytes(), value.to_bytes());
            storable::<K, V>(name, key, &key_bytes, &value_bytes)?;
            digest.add(slot.entry_digest(&key_bytes, &value_bytes));
        }
        Ok(digest)
    }

    fn drain(&mut self, name: &str, take: &mut Take) -> Result<(), Error> {
        let duplicates = |count| OwnershipError::DuplicateKeys {
            name: name.into(),
            count,
        };
        if self.duplicates > 0 {
            return Err(duplicates(self.duplicates).into());
        }
        for (key, value) in std::mem::take(&mut self.heap) {
            let spot = self.runs.spot(&key).ok_or_else(|| duplicates(1))?;
            let (key_bytes, value) = (key.to_bytes(), value.into_bytes());
            storable::<K, V>(name, &key, &key_bytes, &value)?;
            take(spot, &key_bytes, &value)?;
            drop(key_bytes);
            self.runs.note(spot, key);
        }
        Ok(())
    }

    fn compare_keys(&self, one: &[u8], other: &[u8]) -> Ordering {
        match self.shares {
            // The keys of a shared map are ordered by their bytes.
            Some(_) => one.cmp(other),
            None => decoded::<K>(one).cmp(&decoded(other)),
        }
    }

    fn attach(
        &mut self,
        place: Place<M>,
        ledger: Rc<Ledger<M>>,
        slot: SlotIndex,
        position: &Position,
        removed: &[Vec<u8>],
    ) {
        let passed = match &position.cursor {
            _ if position.complete => Passed::All,
            None => Passed::Nothing,
            Some(key) => Passed::UpTo(decoded(key)),
        };
        let stable = Stable {
            map: Stored::at(place),
            ledger,
            slot,
            passed,
            audited: match &position.audited {
                None => Passed::Nothing,
                Some(key) => Passed::UpTo(decoded(key)),
            },
        };
        match &stable.passed {
            Passed::Nothing => {}
            Passed::All => self.heap.clear(),
            Passed::UpTo(last) => {
                if self
                    .heap
                    .first_key_value()
                    .is_some_and(|(first, _)| first <= last)
                {
                    self.heap = self.heap.split_off(last);
                    self.heap.remove(last);
                }
            }
        }
        for key in removed {
            self.heap.remove(&decoded(key));
        }
        if !self.heap.is_empty() {
            let start = match &stable.passed {
                Passed::UpTo(last) => Bound::Excluded(last.clone()),
                _ => Bound::Unbounded,
            };
            for (key, _) in stable.map.range((start, Bound::Unbounded)) {
                self.heap.remove(&key);
            }
        }
        self.stable = Some(Box::new(stable));
    }

    fn taken_in(&self) -> Option<usize> {
        self.taken_in
    }

    fn heap_len(&self) -> u64 {
        self.heap.len() as u64
    }

    fn stable_len(&self) -> u64 {
        self.stable_entries()
    }

    fn next_key(&self) -> Option<Vec<u8>> {
        let (key, _) = self.heap.first_key_value()?;
        Some(key.to_bytes().into_owned())
    }

    fn move_next(&mut self) -> Option<u64> {
        let stable = self.stable.as_mut()?;
        let (key, value) = self.heap.pop_first()?;
        let value = value.into_bytes();
        let bytes = (key.to_bytes().len() + value.len()) as u64;
        stable.map.insert(key.clone(), value);
        stable.passed = Passed::UpTo(key);
        Some(bytes)
    }

    fn give_up(&mut self, take: &mut Give) -> Result<(), Error> {
        for (key, value) in std::mem::take(&mut self.heap) {
            take(&key.to_bytes(), &value.into_bytes())?;
        }
        Ok(())
    }

    fn open_written(&mut self) {
        if let Some(stable) = &mut self.stable {
            stable.map.open_written();
        }
    }

    fn position(&self) -> Position {
        let Some(stable) = &self.stable else {
            return Position::default();
        };
        let last = |passed: &Passed<K>| match passed {
            Passed::UpTo(key) => Some(key.to_bytes().into_owned()),
            Passed::Nothing | Passed::All => None,
        };
        Position {
            cursor: last(&stable.passed),
            complete: matches!(stable.passed, Passed::All),
            audited: last(&stable.audited),
        }
    }

    fn complete(&mut self) {
        if let Some(stable) = &mut self.stable {
            stable.passed = Passed::All;
        }
    }

    fn audit(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        let Some(stable) = &mut self.stable else {
            return true;
        };
        let start = match &stable.audited {
            Passed::Nothing => Bound::Unbounded,
            Passed::UpTo(key) => Bound::Excluded(key.clone()),
            Passed::All => return true,
        };
        for (key, value) in stable.map.range((start, Bound::Unbounded)) {
            stable.ledger.audited(stable.slot, &key.to_bytes(), &value);
            stable.audited = Passed::UpTo(key);
            if !go_on() {
                return false;
            }
        }
        stable.audited = Passed::All;
        true
    }

    fn restart_audit(&mut self) {
        if let Some(stable) = &mut self.stable {
            stable.audited = Passed::Nothing;
        }
    }

    fn renew(&mut self, after: Option<&[u8]>, limit: usize) -> Worked {
        let mut done = Worked::default();
        let Some(stable) = &mut self.stable else {
            return done;
        };
        let start = after.map_or(Bound::Unbounded, |key| Bound::Excluded(decoded(key)));
        let next: Vec<_> = stable
            .map
            .range((start, Bound::Unbounded))
            .take(limit)
            .collect();
        done.entries = next.len() as u64;
        if next.len() == limit {
            done.at = next.last().map(|(key, _)| key.to_bytes().into_owned());
        }
        for (key, found) in next {
            let value = decoded(&found);
            let (_, unchanged) = stable.update(&key, value, found, |_| ());
            done.changed += u64::from(unchanged.is_none());
        }
        done
    }

    fn each_on_heap(&self, go_on: &mut dyn FnMut(&[u8], &[u8]) -> bool) {
        for (key, value) in &self.heap {
            if !go_on(&key.to_bytes(), &value.to_bytes()) {
                return;
            }
        }
    }

    fn each_stable_key(&self, go_on: &mut dyn FnMut(&[u8]) -> bool) {
        let all = (Bound::Unbounded, Bound::Unbounded);
        for (key, _) in self.stored().iter().flat_map(|map| map.range(all.clone())) {
            if !go_on(&key.to_bytes()) {
                return;
            }
        }
    }

    fn on_heap(&self, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.heap.get(&decoded(key))?;
        Some(value.to_bytes().into_owned())
    }

    fn in_stable(&self, key: &[u8]) -> Option<Vec<u8>> {
        let found = self.stored()?.get(&decoded(key))?;
        Some(decoded::<V>(&found).into_bytes())
    }

    fn put_back(&mut self, key: &[u8], value: &[u8]) -> bool {
        let key = decoded(key);
        if self.stored().is_some_and(|map| map.contains_key(&key)) {
            return false;
        }
        self.heap.insert(key, decoded(value));
        true
    }

    fn move_again(&mut self, emptied: bool) {
        if let Some(stable) = &mut self.stable {
            if emptied {
                stable.map.clear();
            }
            stable.passed = Passed::Nothing;
            stable.audited = Passed::Nothing;
        }
    }
}

/// Checks that a stable map can keep an entry.
fn storable<K: Storable + Ord, V: Storable>(
    name: &str,
    key: &K,
    key_bytes: &[u8],
    value_bytes: &[u8],
) -> Result<(), OwnershipError> {
    let unstorable = |reason: String| OwnershipError::Unstorable {
        name: name.into(),
        key: Glimpse::of(key_bytes),
        reason,
    };
    let parts = [
        ("key", key_bytes, Size::of::<K>()),
        ("value", value_bytes, Size::of::<V>()),
    ];
    for (part, bytes, size) in parts {
        if !size.admits(bytes.len()) {
            let found = bytes.len();
            return Err(unstorable(format!(
                "its {part} has {found} bytes, and the type is {size}"
            )));
        }
    }
    if decoded::<K>(key_bytes).cmp(key) != Ordering::Equal {
        return Err(unstorable(
            "its key comes back from its bytes as another, which may be the key of another entry"
                .into(),
        ));
    }
    Ok(())
}

pub(super) fn decoded<T: Storable>(bytes: &[u8]) -> T {
    T::from_bytes(Cow::Borrowed(bytes))
}

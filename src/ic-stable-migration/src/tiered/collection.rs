//! What the mover asks of a map, whatever its keys and values are.

use std::borrow::Cow;
use std::ops::Bound;
use std::rc::Rc;

use ic_stable_structures::{Memory, Storable};

use super::{Passed, Stable, TieredMap};
use crate::ledger::{Digest, Ledger, SlotIndex};
use crate::managed::ManagedMemory;

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

/// A map as the mover sees it. Implemented by [`TieredMap`]; a state lists its maps with
/// [`Tiered::collections`](crate::Tiered::collections).
pub trait Collection<M: Memory> {
    /// Joins the stable tier to the map and drops from the heap what the stable tier knows better: keys up to
    /// the mover's position, keys that were `removed` since the heap tier was saved, keys the stable map holds.
    fn attach(
        &mut self,
        memory: ManagedMemory<M>,
        ledger: Rc<Ledger<M>>,
        slot: SlotIndex,
        position: &Position,
        removed: &[Vec<u8>],
    );

    /// Entries not yet moved.
    fn heap_len(&self) -> u64;

    /// Entries in stable memory.
    fn stable_len(&self) -> u64;

    /// The digest of the entries on the heap. O(n).
    fn heap_digest(&self, slot: SlotIndex) -> Digest;

    /// The encoded key that [`Collection::move_next`] will move, if there is one.
    fn next_key(&self) -> Option<Vec<u8>>;

    /// Moves the heap entry with the smallest key; returns its encoded length, or none if the heap is empty.
    fn move_next(&mut self) -> Option<u64>;

    /// Where the mover stands.
    fn position(&self) -> Position;

    /// Marks the collection as moved.
    fn complete(&mut self);

    /// Adds the next stable entries to the ledger's audit while `go_on` says so, at least one; true at the end.
    fn audit(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool;
}

impl<K, V, M> Collection<M> for TieredMap<K, V, M>
where
    K: Storable + Ord + Clone,
    V: Storable + Clone,
    M: Memory,
{
    fn attach(
        &mut self,
        memory: ManagedMemory<M>,
        ledger: Rc<Ledger<M>>,
        slot: SlotIndex,
        position: &Position,
        removed: &[Vec<u8>],
    ) {
        let passed = match &position.cursor {
            _ if position.complete => Passed::All,
            None => Passed::Nothing,
            Some(key) => Passed::UpTo(K::from_bytes(Cow::Borrowed(key))),
        };
        let mut stable = Stable {
            memory,
            map: None,
            ledger,
            slot,
            passed,
            audited: match &position.audited {
                None => Passed::Nothing,
                Some(key) => Passed::UpTo(K::from_bytes(Cow::Borrowed(key))),
            },
        };
        if stable.memory.size() > 0 {
            stable.map_mut();
        }
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
            self.heap.remove(&K::from_bytes(Cow::Borrowed(key)));
        }
        if let (false, Some(map)) = (self.heap.is_empty(), &stable.map) {
            let start = match &stable.passed {
                Passed::UpTo(last) => Bound::Excluded(last.clone()),
                _ => Bound::Unbounded,
            };
            for key in map.keys_range((start, Bound::Unbounded)) {
                self.heap.remove(&key);
            }
        }
        self.stable = Some(stable);
    }

    fn heap_len(&self) -> u64 {
        self.heap.len() as u64
    }

    fn stable_len(&self) -> u64 {
        self.map().map_or(0, |map| map.len())
    }

    fn heap_digest(&self, slot: SlotIndex) -> Digest {
        let mut digest = Digest::default();
        for (key, value) in &self.heap {
            digest.add(slot.entry_digest(&key.to_bytes(), &value.to_bytes()));
        }
        digest
    }

    fn next_key(&self) -> Option<Vec<u8>> {
        let (key, _) = self.heap.first_key_value()?;
        Some(key.to_bytes().into_owned())
    }

    fn move_next(&mut self) -> Option<u64> {
        let stable = self.stable.as_mut()?;
        let (key, value) = self.heap.pop_first()?;
        let bytes = (key.to_bytes().len() + value.to_bytes().len()) as u64;
        stable.map_mut().insert(key.clone(), value);
        stable.passed = Passed::UpTo(key);
        Some(bytes)
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
            stable.ledger.forget_removed(stable.slot);
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
        let entries = stable
            .map
            .iter()
            .flat_map(|map| map.range((start.clone(), Bound::Unbounded)));
        for entry in entries {
            let (key, value) = entry.into_pair();
            stable
                .ledger
                .audited(stable.slot, &key.to_bytes(), &value.to_bytes());
            stable.audited = Passed::UpTo(key);
            if !go_on() {
                return false;
            }
        }
        stable.audited = Passed::All;
        true
    }
}

//! The audit of maps that were written at once: node by node, without asking a map or decoding an entry.

use std::ops::ControlFlow;

use ic_stable_structures::Memory;

use super::step::difference;
use super::{Mover, Tier, Tiered};
use crate::error::Error;
use crate::ledger::{Digest, SlotIndex};
use crate::managed::Managed;
use crate::registry::Size;
use crate::reverse::ReverseError;
use crate::tree::TreeReader;

/// A collection, as far as the audit has to know it.
struct Audited {
    name: &'static str,
    slot: SlotIndex,
    memory: u8,
    shares: bool,
    key: Size,
    value: Size,
    found: Digest,
}

impl<M: Memory> Mover<M> {
    /// Reads every map, and holds it against what has to be there.
    ///
    /// # Errors
    /// [`Error::MoveDiffers`] for the first that holds something else, [`Error::Tree`] for one that is none.
    pub(super) fn audit_at_once<S: Tiered<M>>(
        &mut self,
        state: &mut S,
        now: u64,
    ) -> Result<(), Error> {
        let mut audited = self.audited(&self.tiers(state));
        for memory in memories_of(&audited) {
            let alien = read(&self.managed, memory, &mut audited)?;
            // An entry of no collection is counted where the first of the memory is told to differ.
            if let Some(first) = audited.iter_mut().find(|at| at.memory == memory) {
                first.found.count += alien;
            }
        }
        for (at, progress) in audited.iter().zip(&mut self.progress.collections) {
            let expected = self.ledger.slot(at.slot).content;
            if let Some(difference) = difference(expected, at.found) {
                return Err(Error::MoveDiffers {
                    collection: at.name.into(),
                    difference,
                });
            }
            self.ledger.set_audit(at.slot, at.found);
            progress.audited = true;
        }
        self.finish(now)
    }

    /// Reads every entry, on the heap and in the maps, and holds them against what was written to the collections. An
    /// entry of a collection that a release gave up is none of them. Writes nothing.
    ///
    /// # Errors
    /// [`ReverseError::CollectionDiffers`] for the first that holds something else, [`Error::Tree`] for a map that is none.
    pub(crate) fn check_content<S: Tiered<M>>(&self, state: &mut S) -> Result<(), Error> {
        let tiers = self.tiers(state);
        let mut audited = self.audited(&tiers);
        for memory in memories_of(&audited) {
            read(&self.managed, memory, &mut audited)?;
        }
        for (at, tier) in audited.iter_mut().zip(&tiers) {
            tier.map.each_on_heap(&mut |key, value| {
                at.found.add(at.slot.entry_digest(key, value));
                true
            });
            let expected = self.ledger.slot(at.slot).content;
            if let Some(difference) = difference(expected, at.found) {
                let collection = at.name.into();
                return Err(ReverseError::CollectionDiffers {
                    collection,
                    difference,
                }
                .into());
            }
        }
        Ok(())
    }

    /// What every collection has to hold, by its id.
    pub(crate) fn contents(&self) -> Vec<(u8, Digest)> {
        let slots = self.ledger.slots();
        slots.iter().map(|slot| (slot.id, slot.content)).collect()
    }

    /// Every collection, of which nothing was read yet.
    fn audited(&self, tiers: &[Tier<'_, M>]) -> Vec<Audited> {
        let of_tier = tiers.iter().zip(&self.slots).map(|(tier, slot)| {
            let shape = tier.map.shape();
            Audited {
                name: tier.name,
                slot: *slot,
                memory: tier.memory_id(),
                shares: shape.kind.shared_memory().is_some(),
                key: shape.key,
                value: shape.value,
                found: Digest::default(),
            }
        });
        of_tier.collect()
    }
}

/// The memories of the collections, each once.
fn memories_of(audited: &[Audited]) -> Vec<u8> {
    let mut memories: Vec<u8> = audited.iter().map(|at| at.memory).collect();
    memories.sort_unstable();
    memories.dedup();
    memories
}

/// Adds what the map in memory `id` holds to the digests of its collections; how many entries are of none.
fn read<M: Memory>(managed: &Managed<M>, id: u8, audited: &mut [Audited]) -> Result<u64, Error> {
    let memory = managed.memory(id)?;
    if memory.size() == 0 {
        return Ok(0);
    }
    // On the heap: a canister's stack is small.
    let mut by_prefix = vec![None; 256];
    let mut own = None;
    for (index, at) in audited.iter().enumerate().filter(|(_, at)| at.memory == id) {
        match at.shares {
            true => by_prefix[usize::from(at.slot.id)] = Some(index),
            false => own = Some(index),
        }
    }
    let (key, value) = match own {
        Some(index) => (audited[index].key, audited[index].value),
        None => (Size::Unbounded, Size::Unbounded),
    };
    let mut alien = 0;
    let reader = TreeReader::open(memory, key, value)?;
    let walked = reader.walk(|key, value| {
        let found = match (own, key.split_first()) {
            (Some(index), _) => Some((index, key)),
            (None, Some((prefix, key))) => {
                by_prefix[usize::from(*prefix)].map(|index| (index, key))
            }
            (None, None) => None,
        };
        match found {
            Some((index, key)) => {
                let at = &mut audited[index];
                at.found.add(at.slot.entry_digest(key, value));
            }
            None => alien += 1,
        }
        ControlFlow::<()>::Continue(())
    });
    walked.map(drop)?;
    Ok(alien)
}

//! Maps that do not exist yet, written whole: entries go from the heap into a finished tree.
//!
//! Nothing has been written to such a map, so all that its collections have is on the heap. It is written in one message: a
//! trap undoes all of it, and an upgrade finds the whole map or none.
//!
//! Measured on the embedded host, for 300 000 entries in the canister's shared map: 4 300 instructions for a like, which is a
//! key of 38 bytes, and 5 500 for a token event; to insert a like takes 160 000.

use ic_stable_structures::Memory;

use super::progress::CollectionProgress;
use super::{Budget, Tier};
use crate::error::{Error, Glimpse};
use crate::managed::Managed;
use crate::registry::{OwnershipError, Size};
use crate::transfer::{Wanted, choose_page_sizes, seen_on_heap};
use crate::tree::TreeBuilder;

/// What writing an entry takes, in instructions: to look at it and to write it, each of which encodes it. With what a byte
/// takes more than was measured with entries of 20 to 40 bytes.
const INSTRUCTIONS_AN_ENTRY: u64 = 6_000;
/// What writing a byte takes beside that.
const INSTRUCTIONS_A_BYTE: u64 = 25;
/// Bytes that an entry takes in a map beside its own; 17 were measured.
const DIRTY_BYTES_AN_ENTRY: u64 = 32;

/// A map that can be written whole.
pub(super) struct WholeMap {
    memory: u8,
    /// The collections whose entries it has, by their place, in the order of their prefixes.
    members: Vec<usize>,
    key: Size,
    value: Size,
    page_size: u32,
    costs: Budget,
}

impl WholeMap {
    /// The map of the collection at place `at`, which has entries on the heap, if the map does not exist yet and `limit`
    /// admits it. Looks at every entry of the collections that share it.
    ///
    /// # Errors
    /// [`Error::ReservedMemory`].
    pub fn of<M: Memory>(
        managed: &Managed<M>,
        tiers: &[Tier<'_, M>],
        at: usize,
        limit: Budget,
    ) -> Result<Option<Self>, Error> {
        let memory = tiers[at].memory_id();
        if tiers[at].map.heap_len() == 0 || managed.tier_memory(memory)?.size() > 0 {
            return Ok(None);
        }
        let of_memory = |at: &usize| tiers[*at].memory_id() == memory;
        let mut members: Vec<_> = (0..tiers.len()).filter(of_memory).collect();
        members.sort_by_key(|at| tiers[*at].id);
        let entries = members.iter().map(|at| tiers[*at].map.heap_len()).sum();
        let mut bytes = 0;
        if !limit.admits(costs(entries, bytes)) {
            return Ok(None);
        }
        let mut wanted = Vec::new();
        let mut seen = Vec::new();
        for Tier { id, map, .. } in members.iter().map(|at| &tiers[*at]) {
            let shape = map.shape();
            wanted.push(Wanted {
                id: *id,
                memory,
                key: shape.key,
                value: shape.value,
                page_size: 0,
            });
            seen.push(seen_on_heap(|note| {
                map.each_on_heap(&mut |key, value| {
                    bytes += (key.len() + value.len()) as u64;
                    note(key, value) && limit.admits(costs(entries, bytes))
                });
            }));
        }
        let costs = costs(entries, bytes);
        if !limit.admits(costs) {
            return Ok(None);
        }
        choose_page_sizes(&mut wanted, &seen.iter().collect::<Vec<_>>());
        Ok(wanted.first().map(|first| {
            let (key, value) = match first.shares() {
                true => (Size::Unbounded, Size::Unbounded),
                false => (first.key, first.value),
            };
            Self {
                memory,
                key,
                value,
                page_size: first.page_size,
                members,
                costs,
            }
        }))
    }

    /// What writing it is reckoned to take.
    pub fn costs(&self) -> Budget {
        self.costs
    }

    /// Writes it, and notes its collections as moved.
    ///
    /// # Errors
    /// [`Error::Tree`], [`OwnershipError::Unordered`]: trap, the heap has lost entries.
    ///
    /// # Panics
    /// If the memory cannot grow, as an insert does.
    pub fn write<M: Memory>(
        &self,
        managed: &Managed<M>,
        tiers: &mut [Tier<'_, M>],
        progress: &mut [CollectionProgress],
    ) -> Result<(), Error> {
        let memory = managed.tier_memory(self.memory)?;
        let mut builder = TreeBuilder::new(memory, self.key, self.value, self.page_size)?;
        let mut run = builder.run();
        for &member in &self.members {
            let (Tier { id, map, .. }, at) = (&mut tiers[member], &mut progress[member]);
            let shares = *id != self.memory;
            // Of a shared map: the key that was written last, and the next, with their prefix.
            let (mut last, mut prefixed) = (Vec::new(), Vec::new());
            map.give_up(&mut |key, value| {
                at.moved += 1;
                at.bytes += (key.len() + value.len()) as u64;
                if !shares {
                    return Ok(builder.push(&mut run, key, value)?);
                }
                prefixed.clear();
                prefixed.push(*id);
                prefixed.extend_from_slice(key);
                if last >= prefixed {
                    let key = Glimpse::of(key);
                    return Err(OwnershipError::Unordered { id: *id, key }.into());
                }
                builder.push(&mut run, &prefixed, value)?;
                std::mem::swap(&mut last, &mut prefixed);
                Ok(())
            })?;
        }
        builder.finish([run])?;
        for &member in &self.members {
            let (map, at) = (&mut tiers[member].map, &mut progress[member]);
            map.open_written();
            map.complete();
            at.set_position(map.position());
        }
        Ok(())
    }
}

fn costs(entries: u64, bytes: u64) -> Budget {
    let of = |each: u64, byte: u64| {
        let all = entries.saturating_mul(each);
        all.saturating_add(bytes.saturating_mul(byte))
    };
    Budget {
        instructions: of(INSTRUCTIONS_AN_ENTRY, INSTRUCTIONS_A_BYTE),
        dirty_bytes: of(DIRTY_BYTES_AN_ENTRY, 1),
        entries,
    }
}

#[cfg(test)]
mod tests;

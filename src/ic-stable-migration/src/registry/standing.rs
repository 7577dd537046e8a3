//! Maps that a canister has had before its first registry: its collections may take them over.

use std::ops::ControlFlow;

use ic_stable_structures::Memory;

use super::content::MAP_MAGIC;
use super::memories::in_use;
use super::{Registry, check_memories};
use crate::error::Error;
use crate::ledger::SlotIndex;
use crate::managed::Managed;
use crate::mover::Tier;
use crate::transfer::Written;
use crate::tree::TreeReader;

/// What the memories of the declared collections hold.
pub(crate) enum Standing {
    Nothing,
    /// Maps: what is in each, in the order of the collections.
    Maps(Vec<Written>),
}

/// Looks into the memories of the declared collections: each must hold nothing or a map of the collection's types,
/// which is read to its end. Writes nothing.
///
/// # Errors
/// [`OwnershipError::InUse`](super::OwnershipError::InUse) for what is no map, for a map that collections are to share, and for any map where the
/// state has entries on the heap; those of [`check_memories`], [`Error::Tree`].
pub(crate) fn standing_maps<M: Memory>(
    managed: &Managed<M>,
    tiers: &[Tier<'_, M>],
    declared: &Registry,
) -> Result<Standing, Error> {
    let on_heap = tiers.iter().any(|tier| tier.map.heap_len() > 0);
    let mut any = false;
    for tier in tiers {
        let shared = tier.map.shape().kind.shared_memory();
        let memory = managed.memory(tier.memory_id())?;
        if memory.size() == 0 {
            continue;
        }
        let mut first = [0; 16];
        memory.read(0, &mut first);
        if !first.starts_with(MAP_MAGIC) || shared.is_some() || on_heap {
            return Err(in_use(tier, memory.size(), &first).into());
        }
        any = true;
    }
    if !any {
        return Ok(Standing::Nothing);
    }
    check_memories(managed, tiers, declared, declared, |_| None)?;
    let found = tiers.iter().enumerate();
    let found = found.map(|(index, tier)| read(managed, index, tier));
    Ok(Standing::Maps(found.collect::<Result<_, _>>()?))
}

/// What a map of one collection's own holds.
fn read<M: Memory>(
    managed: &Managed<M>,
    index: usize,
    tier: &Tier<'_, M>,
) -> Result<Written, Error> {
    let mut found = Written::default();
    let shape = tier.map.shape();
    let memory = managed.memory(tier.id)?;
    if shape.kind.shared_memory().is_some() || memory.size() == 0 {
        return Ok(found);
    }
    let slot = SlotIndex { index, id: tier.id };
    let reader = TreeReader::open(memory, shape.key, shape.value)?;
    let walked = reader.walk(|key, value| {
        found.content.add(slot.entry_digest(key, value));
        found.bytes += (key.len() + value.len()) as u64;
        ControlFlow::<()>::Continue(())
    });
    walked.map(drop)?;
    Ok(found)
}

//! What the memories of collections hold, held against the registry before anything is opened.

use std::rc::Rc;

use ic_stable_structures::Memory;

use super::content::{kind_of, map_header};
use super::{OwnershipError, Registry, Versions};
use crate::error::{Error, Glimpse, quoted};
use crate::managed::Managed;
use crate::mover::Tier;
use crate::tiered::{Common, Place, Unfit};

/// Looks into the memories of the declared collections: one that `known` has no collection in must hold nothing, any
/// other a map, of which the first and the last entry of each collection are read, whose values can be of the versions that
/// `claimed` has; `entries` tells how many a collection has, where that is certain. Writes nothing.
///
/// # Errors
/// [`OwnershipError::InUse`], [`OwnershipError::Foreign`], [`OwnershipError::Misfit`].
pub(crate) fn check_memories<M: Memory>(
    managed: &Managed<M>,
    tiers: &[Tier<'_, M>],
    known: &Registry,
    claimed: &Registry,
    entries: impl Fn(u8) -> Option<u64>,
) -> Result<(), Error> {
    let mut places = Places::over(managed);
    for tier in tiers {
        let shared = tier.map.shape().kind.shared_memory();
        let id = tier.memory_id();
        let memory = managed.memory(id)?;
        let at_least: u64 = match shared {
            None => entries(tier.id).unwrap_or(0),
            Some(_) => {
                let sharing = tiers
                    .iter()
                    .filter(|tier| tier.map.shape().kind.shared_memory() == shared);
                sharing.filter_map(|tier| entries(tier.id)).sum()
            }
        };
        let mut first = [0; 16];
        if memory.size() > 0 {
            memory.read(0, &mut first);
        } else if at_least == 0 {
            continue;
        }
        if !known.uses(id) {
            return Err(in_use(tier, memory.size(), &first).into());
        }
        let foreign = |reason| OwnershipError::Foreign {
            name: tier.name.into(),
            id,
            reason,
            found: Glimpse::of(&first),
        };
        map_header(&memory, at_least).map_err(foreign)?;
        if shared.is_some() && entries(tier.id) == Some(0) {
            continue;
        }
        let values = claimed.owner(tier.id).map(|entry| entry.values);
        let older = values.is_some_and(Versions::are_mixed);
        tier.map
            .check_ends(places.of(tier)?, older)
            .map_err(|unfit| match unfit {
                Unfit::Map(error) => foreign(quoted(&error)),
                Unfit::Entry { which, key, reason } => OwnershipError::Misfit {
                    name: tier.name.into(),
                    id,
                    which,
                    key: Glimpse::of(&key),
                    reason,
                },
            })?;
    }
    Ok(())
}

/// That the memory of a collection, of so many pages, holds what starts with `first` and is not the collection's.
pub(super) fn in_use<M: Memory>(tier: &Tier<'_, M>, pages: u64, first: &[u8]) -> OwnershipError {
    OwnershipError::InUse {
        name: tier.name.into(),
        id: tier.memory_id(),
        pages,
        holds: kind_of(first).unwrap_or("something").into(),
        found: Glimpse::of(first),
    }
}

/// Where the collections of a memory have their stable entries.
pub(crate) struct Places<'a, M: Memory> {
    managed: &'a Managed<M>,
    /// The maps that are shared, by memory: each is opened once.
    common: Vec<(u8, Rc<Common<M>>)>,
}

impl<'a, M: Memory> Places<'a, M> {
    pub fn over(managed: &'a Managed<M>) -> Self {
        Self {
            managed,
            common: Vec::new(),
        }
    }

    /// The place of one collection, whose memory holds its map or nothing.
    ///
    /// # Errors
    /// [`Error::ReservedMemory`].
    pub fn of(&mut self, tier: &Tier<'_, M>) -> Result<Place<M>, Error> {
        let Some(id) = tier.map.shape().kind.shared_memory() else {
            return Ok(Place::Own(self.managed.tier_memory(tier.id)?));
        };
        let known = self.common.iter().find(|(memory, _)| *memory == id);
        if let Some((_, common)) = known {
            return Ok(Place::Shared(Rc::clone(common), tier.id));
        }
        let common = Common::over(self.managed.tier_memory(id)?);
        self.common.push((id, Rc::clone(&common)));
        Ok(Place::Shared(common, tier.id))
    }
}

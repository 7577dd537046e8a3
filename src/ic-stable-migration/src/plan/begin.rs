//! Where nothing was saved yet: a memory that is empty, or a manager whose memory 0 is not used.

use ic_stable_structures::Memory;

use super::Plan;
use crate::error::{Error, Glimpse};
use crate::managed::{Empty, Managed};
use crate::mover::{Mover, Tiered, fit};
use crate::open::Opened;
use crate::registry::{Registry, Standing, standing_maps};

/// A memory that may be begun in.
enum Fresh<M: Memory> {
    Empty(Empty<M>),
    /// A manager in whose memory 0 nothing was ever written. Its other memories are the canister's own.
    Managed(Managed<M>),
}

impl<L, C> Plan<L, C> {
    /// For `init`: formats the empty memory of a new canister. Takes one page.
    ///
    /// A canister that has a memory manager already and has kept nothing in its memory 0 begins with that, in its
    /// `post_upgrade`: the other memories and the size of the buckets stay as they are, unless the ceiling asks for larger
    /// ones.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] if the memory holds anything else, [`Error::OutOfStableMemory`], and those of
    /// [`Managed::bucket_table`].
    pub fn begin<M: Memory>(&self, memory: M) -> Result<Managed<M>, Error> {
        self.declarations.hold_none()?;
        self.format(self.fresh(memory)?)
    }

    fn format<M: Memory>(&self, fresh: Fresh<M>) -> Result<Managed<M>, Error> {
        match fresh {
            Fresh::Empty(empty) => empty.format(self.buckets),
            Fresh::Managed(managed) => managed.with_planned_buckets(self.buckets),
        }
    }

    fn fresh<M: Memory>(&self, memory: M) -> Result<Fresh<M>, Error> {
        let pages = memory.size();
        let mut first = [0; 16];
        if pages > 0 {
            memory.read(0, &mut first);
        }
        match self.options().open(memory) {
            Opened::Empty(empty) => Ok(Fresh::Empty(empty)),
            Opened::Managed(managed) if managed.is_unused() => {
                managed.refuse_saved_elsewhere()?;
                Ok(Fresh::Managed(managed))
            }
            _ => Err(Error::NotEmpty {
                pages,
                found: Glimpse::of(&first),
            }),
        }
    }

    /// For `init` of stage two: the collections of a new canister live in stable memory from the start.
    ///
    /// Where a canister has a memory manager already and has kept nothing in its memory 0, a collection whose memory holds
    /// a map takes it over as it is. Every such map is read once. The state must have no entries on the heap then.
    ///
    /// # Errors
    /// Those of [`Plan::begin`], [`Error::ReservedMemory`], [`Error::Ownership`], [`Error::Encode`], [`Error::Tree`] for a
    /// map that cannot be read.
    pub fn begin_tiered<S, M>(&self, memory: M, state: &mut S, now: u64) -> Result<Mover<M>, Error>
    where
        S: Tiered<M>,
        M: Memory,
    {
        let stamp = self.stamp(now);
        let mut fitting = fit(&self.declarations, self.memory, None, None, state, stamp)?;
        let fresh = self.fresh(memory)?;
        let standing = match &fresh {
            Fresh::Empty(_) => Standing::Nothing,
            Fresh::Managed(managed) => {
                let tiers = state.collections();
                standing_maps(managed, &tiers, &Registry::declared(&tiers))?
            }
        };
        let managed = self.format(fresh)?;
        let mover = match standing {
            Standing::Nothing => Mover::begin(managed, fitting, state, stamp)?,
            Standing::Maps(found) => {
                fitting.keep_values(state)?;
                Mover::moved(managed, state, fitting, &found, stamp)?
            }
        };
        mover.managed().note_ceiling(self.ceiling)?;
        Ok(mover)
    }
}

#[cfg(test)]
mod tests;

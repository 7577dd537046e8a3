//! The hooks of a release that goes back.

use ic_stable_structures::Memory;
use serde::de::DeserializeOwned;

use super::{Kept, Store};
use crate::codec::{Codec, WriteCodec};
use crate::error::Error;
use crate::mover::Tiered;
use crate::plan::{AsFound, Origin};
use crate::registry::Registry;
use crate::reverse::{Reverse, Target, ToLegacy, at_offset_0, holds, value_of};

impl<S: Tiered<M> + ToLegacy, M: Memory> Store<S, M> {
    /// For `post_upgrade` of a release that [goes back](Reverse): the state is left where it is. What has moved is read in
    /// its map and what has not on the heap, no step is done, and nothing is written but a journal that does not know a
    /// collection of this release. A canister that has its legacy value already, at offset 0 or in memory 0, has it on the
    /// heap, as the old module does.
    ///
    /// What would be dropped is told here already, not first when `pre_upgrade` runs.
    ///
    /// # Errors
    /// Those of [`Plan::resume_tiered`](crate::Plan::resume_tiered) that speak of reading, and
    /// [`ReverseError`](crate::ReverseError).
    pub fn resume_as_found<L, C>(
        back: &Reverse<L, C>,
        memory: M,
        now: u64,
    ) -> Result<(Self, Origin), Error>
    where
        S: From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
    {
        let (state, kept, origin) = back.plan().resume_as_found(memory, now, back.derives())?;
        let kept = match kept {
            AsFound::OnHeap => Kept::OnHeap,
            AsFound::InMemory0(managed) => Kept::InMemory0(managed),
            AsFound::InTiers(mover) => Kept::InTiers(mover),
        };
        let store = Self { state, kept };
        store.may_go_back(back)?;
        Ok((store, origin))
    }

    /// For `pre_upgrade` of a release that [goes back](Reverse): writes the state as the legacy value where the old module
    /// looks for it, and gives up what was there. `memory` is the whole stable memory. Returns the length of the value in
    /// bytes, with what stands in front of it.
    ///
    /// Everything is read before anything is written: the collections are held against the digests of what was written to
    /// them, the value is made on the heap, read as the old module reads it and, up to 64 MiB of it and unless the plan
    /// [reads nothing back](crate::ReadBack::Never), made a state again that has to be the same. The heap has to hold the
    /// value, and what the old module makes of it.
    ///
    /// The store must not be used any more: its maps are gone.
    ///
    /// # Errors
    /// [`ReverseError`](crate::ReverseError), [`Error::Encode`], [`Error::Tree`], [`Error::OutOfStableMemory`],
    /// [`Error::Ceiling`]: nothing was written.
    pub fn save_legacy<L, C>(&mut self, back: &Reverse<L, C>, memory: M) -> Result<u64, Error>
    where
        S: From<L> + 'static,
        C: Codec<L> + for<'a> WriteCodec<S::Legacy<'a>>,
    {
        self.follow_memory()?;
        let dropped = self.may_go_back(back)?;
        let mut contents = None;
        if let Kept::InTiers(mover) = &self.kept {
            mover.check_content(&mut self.state)?;
            contents = Some(mover.contents());
        }
        let (value, legacy) = value_of::<S, L, C>(&self.state)?;
        if back.proves(value.len() as u64) {
            let contents = contents.as_deref();
            holds(&mut self.state, contents, legacy, C::FORMAT, &dropped)?;
        }
        let registry = self.registry();
        match (self.managed(), back.target()) {
            (None, _) => at_offset_0(&memory, &value)?,
            (Some(managed), Target::Offset0) => at_offset_0(&**managed.raw(), &value)?,
            (Some(managed), Target::Memory0) => {
                managed.give_back(|id| registry.uses(id), &value)?;
            }
        }
        Ok(value.len() as u64)
    }

    /// Refuses to go back where something would be lost; the names of what may be.
    fn may_go_back<L, C>(&self, back: &Reverse<L, C>) -> Result<Vec<&'static str>, Error> {
        let undecided = match &self.kept {
            Kept::InTiers(mover) => mover.undecided(),
            _ => None,
        };
        back.permit(&self.state, self.managed(), &self.registry(), undecided)
    }

    /// The collections that the memory knows.
    fn registry(&self) -> Registry {
        match &self.kept {
            Kept::InTiers(mover) => mover.registry().clone(),
            _ => Registry::default(),
        }
    }
}

//! The plan of a release that goes back.

use ic_stable_structures::Memory;
use serde::de::DeserializeOwned;

use super::found::{Found, Place};
use super::{Origin, Plan, ReadBack};
use crate::codec::Codec;
use crate::error::Error;
use crate::managed::Managed;
use crate::mover::{Mover, Tiered, fit_without};
use crate::reverse::{Reverse, Target};

/// How an upgrade found the state, and left it.
pub(crate) enum AsFound<M: Memory> {
    /// On the heap, read from a value at offset 0.
    OnHeap,
    /// On the heap, read from memory 0.
    InMemory0(Managed<M>),
    /// In stable maps, or on the way there.
    InTiers(Box<Mover<M>>),
}

impl<L, C> Plan<L, C> {
    /// The same release as one that goes back: see [`Reverse`]. Its number is that of the newest release whose state it knows;
    /// it is written nowhere.
    pub const fn reverse(self, target: Target) -> Reverse<L, C> {
        Reverse::of(self, target)
    }

    /// Whether what is made of the state is read back and compared.
    pub(crate) const fn reads_back(&self) -> bool {
        !matches!(self.read_back, ReadBack::Never)
    }

    /// Brings the state back from whatever the canister has, and leaves it there. A memory does not get the collections that
    /// `derived` names, if it does not have them.
    ///
    /// # Errors
    /// Those of [`Plan::resume_tiered`] that speak of reading.
    pub(crate) fn resume_as_found<S, M>(
        &self,
        memory: M,
        now: u64,
        derived: &[&'static str],
    ) -> Result<(S, AsFound<M>, Origin), Error>
    where
        S: Tiered<M> + From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
        M: Memory,
    {
        let opened = self.options().accept::<L, C>().open(memory);
        let mut found = Found::<S, M>::read(self, opened, Ok)?;
        let journal = found.journal()?;
        let Found {
            mut state,
            origin,
            place,
        } = found;
        let kept = match (place, journal) {
            (Place::Legacy(_), _) => AsFound::OnHeap,
            (Place::Value(managed) | Place::Saved(managed), None) => AsFound::InMemory0(managed),
            (Place::Value(managed) | Place::Saved(managed), Some(journal)) => {
                let fitting = fit_without(
                    derived,
                    &self.declarations,
                    self.memory,
                    Some(&managed),
                    Some(journal),
                    &mut state,
                    self.stamp(now),
                )?;
                AsFound::InTiers(Box::new(Mover::as_found(managed, fitting, &mut state)?))
            }
        };
        Ok((state, kept, origin))
    }
}

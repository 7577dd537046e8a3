//! A canister's state together with the memory it is kept in: what the hooks and the endpoints share.

use ic_stable_structures::Memory;
use serde::de::DeserializeOwned;

use crate::codec::Codec;
use crate::error::Error;
use crate::managed::Managed;
use crate::mover::{FromEntries, Mover, Tiered};
use crate::plan::{Origin, Plan};

mod reverse;

/// A state and where it is kept. Put it in a `thread_local`, replace it in `init` and `post_upgrade`, and reach the
/// state through [`Store::state`] in every message.
///
/// | hook | stage one: all in memory 0 | stage two: collections in stable maps |
/// |---|---|---|
/// | `init` | [`Store::begin`] | [`Store::begin_tiered`] |
/// | `post_upgrade` | [`Store::adopt`] | [`Store::resume`] |
/// | `pre_upgrade` | [`Store::save`] | [`Store::save`] |
///
/// A release that [goes back](crate::Reverse) has [`Store::resume_as_found`] and [`Store::save_legacy`].
pub struct Store<S, M: Memory> {
    state: S,
    kept: Kept<M>,
}

enum Kept<M: Memory> {
    /// On the heap alone: before the first hook, or in a release that has no manager.
    OnHeap,
    InMemory0(Managed<M>),
    InTiers(Box<Mover<M>>),
}

impl<S: Tiered<M>, M: Memory> Store<S, M> {
    /// A state that nothing keeps: that of a release before stage one, or of a module that has not started.
    pub const fn on_heap(state: S) -> Self {
        Self {
            state,
            kept: Kept::OnHeap,
        }
    }

    /// A new canister of stage one.
    ///
    /// # Errors
    /// Those of [`Plan::begin`].
    pub fn begin<L, C>(plan: &Plan<L, C>, memory: M, state: S) -> Result<Self, Error> {
        let kept = Kept::InMemory0(plan.begin(memory)?);
        Ok(Self { state, kept })
    }

    /// A new canister of stage two.
    ///
    /// # Errors
    /// Those of [`Plan::begin_tiered`].
    pub fn begin_tiered<L, C>(
        plan: &Plan<L, C>,
        memory: M,
        mut state: S,
        now: u64,
    ) -> Result<Self, Error> {
        let mover = plan.begin_tiered(memory, &mut state, now)?;
        let kept = Kept::InTiers(Box::new(mover));
        Ok(Self { state, kept })
    }

    /// Stage one after an upgrade: the state, whatever it was kept in, is in memory 0 now.
    ///
    /// # Errors
    /// Those of [`Plan::resume`].
    pub fn adopt<L, C>(plan: &Plan<L, C>, memory: M, now: u64) -> Result<(Self, Origin), Error>
    where
        S: From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
    {
        let resumed = plan.resume(memory, now)?;
        let kept = Kept::InMemory0(resumed.managed);
        let state = resumed.state;
        Ok((Self { state, kept }, resumed.origin))
    }

    /// Stage two after an upgrade: the collections are in stable memory, or on their way there.
    ///
    /// # Errors
    /// Those of [`Plan::resume_tiered`].
    pub fn resume<L, C>(plan: &Plan<L, C>, memory: M, now: u64) -> Result<(Self, Origin), Error>
    where
        M: 'static,
        S: From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
    {
        let (state, mover, origin) = plan.resume_tiered(memory, now)?;
        let kept = Kept::InTiers(Box::new(mover));
        Ok((Self { state, kept }, origin))
    }

    /// The same for a state that takes the entries of a legacy value while it is decoded.
    ///
    /// # Errors
    /// Those of [`Plan::resume_streamed`].
    pub fn resume_streamed<L, C>(
        plan: &Plan<L, C>,
        memory: M,
        now: u64,
    ) -> Result<(Self, Origin), Error>
    where
        M: 'static,
        S: From<L> + FromEntries<L> + 'static,
        L: DeserializeOwned,
        C: Codec<L>,
    {
        let (state, mover, origin) = plan.resume_streamed(memory, now)?;
        let kept = Kept::InTiers(Box::new(mover));
        Ok((Self { state, kept }, origin))
    }

    /// Saves what an upgrade needs in memory 0. A store [on the heap](Store::on_heap) has nowhere to save.
    ///
    /// # Errors
    /// Those of [`Plan::save`] and [`Mover::save`]; [`Error::NothingSaved`] for a store on the heap.
    pub fn save<L, C>(&mut self, plan: &Plan<L, C>, now: u64) -> Result<(), Error> {
        self.follow_memory()?;
        match &mut self.kept {
            Kept::OnHeap => Err(Error::NothingSaved),
            Kept::InMemory0(managed) => plan.save(managed, &self.state, now).map(drop),
            Kept::InTiers(mover) => {
                mover.save(&self.state, plan.stamp(now))?;
                if plan.reads_saves_back() {
                    mover.check_saved(&self.state)?;
                }
                Ok(())
            }
        }
    }

    /// The state. Where stable memory was rewritten offline since the last message, its tables are read anew
    /// first; otherwise that costs one short read.
    ///
    /// # Errors
    /// Those of [`Mover::reopen`].
    pub fn state(&mut self) -> Result<&mut S, Error> {
        self.follow_memory()?;
        Ok(&mut self.state)
    }

    /// The memory under its manager, if there is one.
    pub fn managed(&self) -> Option<&Managed<M>> {
        match &self.kept {
            Kept::OnHeap => None,
            Kept::InMemory0(managed) => Some(managed),
            Kept::InTiers(mover) => Some(mover.managed()),
        }
    }

    /// The mover and its state, in stage two.
    ///
    /// # Errors
    /// Those of [`Mover::reopen`].
    pub fn mover(&mut self) -> Result<Option<(&mut Mover<M>, &mut S)>, Error> {
        self.follow_memory()?;
        Ok(match &mut self.kept {
            Kept::InTiers(mover) => Some((mover, &mut self.state)),
            _ => None,
        })
    }

    fn follow_memory(&mut self) -> Result<(), Error> {
        match &mut self.kept {
            Kept::InMemory0(managed) if !managed.is_current() => managed.reopen(),
            Kept::InTiers(mover) if !mover.is_current() => mover.reopen(),
            _ => Ok(()),
        }
    }
}

impl<S: Tiered<M> + Default, M: Memory> Default for Store<S, M> {
    fn default() -> Self {
        Self::on_heap(S::default())
    }
}

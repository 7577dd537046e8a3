//! Joining the stable tiers to a state: at installation, after an upgrade, after an offline rewrite.

use std::rc::Rc;

use ic_stable_structures::Memory;

use super::progress::CollectionProgress;
use super::{Budget, Mover, Phase, Progress, Tiered};
use crate::error::Error;
use crate::journal::{Journal, Slot, decode};
use crate::ledger::Ledger;
use crate::managed::{Managed, Stamp};

impl<M: Memory> Mover<M> {
    /// For `init`, after [`Plan::begin`](crate::Plan::begin): the collections of a new canister live in stable
    /// memory from the start. Saves the state at once, so that memory 0 has a header from here on.
    ///
    /// # Errors
    /// [`Error::ReservedMemory`] for a collection whose id is 0 or 255, and those of [`Mover::save`].
    pub fn begin<S: Tiered<M>>(
        managed: Managed<M>,
        state: &mut S,
        stamp: Stamp,
    ) -> Result<Self, Error> {
        let progress = Progress {
            phase: Phase::Done,
            started: stamp.now,
            finished: Some(stamp.now),
            ..Progress::default()
        };
        let mut mover = Self::attach(managed, state, Journal::of(progress))?;
        mover.save(state, stamp)?;
        Ok(mover)
    }

    /// For `post_upgrade`, after [`Plan::resume`](crate::Plan::resume): joins the stable tiers to the maps, and
    /// takes up the move where the journal says it was. The first time, computes the digest of every collection.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] for a memory that `Plan::resume` has not returned, errors of reading the journal,
    /// [`Error::ReservedMemory`], [`Error::OutOfStableMemory`] for the first journal.
    pub fn resume<S: Tiered<M>>(
        managed: Managed<M>,
        state: &mut S,
        now: u64,
    ) -> Result<Self, Error> {
        let journal = match managed.journal()? {
            bytes if bytes.is_empty() => Journal::of(Progress {
                started: now,
                ..Progress::default()
            }),
            bytes => Journal::from_bytes(&bytes)?,
        };
        if let Some(hot) = &journal.hot {
            state.set_hot(decode(hot)?);
        }
        let mut mover = Self::attach(managed, state, journal)?;
        if mover.progress.phase == Phase::Stuck {
            mover.progress.phase = Phase::Moving;
            mover.progress.stuck = None;
        }
        if mover.ledger.is_active() {
            mover.write_journal(state)?;
        }
        Ok(mover)
    }

    fn attach<S: Tiered<M>>(
        managed: Managed<M>,
        state: &mut S,
        journal: Journal,
    ) -> Result<Self, Error> {
        let Journal {
            slots: known,
            mut progress,
            removed,
            ..
        } = journal;
        let done = progress.phase == Phase::Done;
        let ledger = Rc::new(Ledger::new(managed.memory0(), !done));
        let mut moving = false;
        let mut slots = Vec::new();
        let mut heap_was_used = false;
        let mut collections = Vec::new();
        for tier in state.collections() {
            let known_at = progress
                .collections
                .iter()
                .find(|collection| collection.id == tier.id)
                .cloned();
            // A collection that a later release added has to move, even after the others have.
            let at = known_at.unwrap_or_else(|| {
                let nothing_to_move = done && tier.map.heap_len() == 0;
                CollectionProgress {
                    id: tier.id,
                    complete: nothing_to_move,
                    audited: nothing_to_move,
                    ..CollectionProgress::default()
                }
            });
            moving |= !at.complete;
            let removed: Vec<_> = removed
                .iter()
                .filter(|removed| removed.id == tier.id)
                .map(|removed| removed.key.clone())
                .collect();
            let known_slot = known.iter().find(|slot| slot.id == tier.id).copied();
            let unknown = Slot {
                id: tier.id,
                ..Slot::default()
            };
            let slot = ledger.open(known_slot.unwrap_or(unknown), &removed);
            let memory = managed.memory(tier.id)?;
            tier.map
                .attach(memory, Rc::clone(&ledger), slot, &at.position(), &removed);
            heap_was_used |= tier.map.heap_len() > 0;
            if known_slot.is_none() {
                ledger.set_content(slot, tier.map.heap_digest(slot));
            }
            slots.push(slot);
            collections.push(at);
        }
        progress.collections = collections;
        if done && moving {
            progress.phase = Phase::Moving;
            progress.finished = None;
            ledger.set_active(true);
        }
        Ok(Self {
            managed,
            ledger,
            slots,
            progress,
            budget: Budget::default(),
            failures: 0,
            heap_was_used,
        })
    }

    /// Whether stable memory is still the one that this instance knows. See [`Managed::is_current`].
    pub fn is_current(&self) -> bool {
        self.managed.is_current()
    }

    /// Reads the memory manager anew and joins the maps to it, after [`Mover::is_current`] has said no. What is
    /// on the heap stays: an offline rewrite keeps every virtual memory as it was.
    ///
    /// # Errors
    /// Those of [`Managed::bucket_table`].
    pub fn reopen<S: Tiered<M>>(&mut self, state: &mut S) -> Result<(), Error> {
        let managed = self.managed.reopened()?;
        let ledger = Rc::new(self.ledger.moved_to(managed.memory0()));
        let tiers = state.collections().into_iter();
        for (tier, (at, slot)) in tiers.zip(self.progress.collections.iter().zip(&self.slots)) {
            let memory = managed.memory(tier.id)?;
            tier.map
                .attach(memory, Rc::clone(&ledger), *slot, &at.position(), &[]);
        }
        self.managed = managed;
        self.ledger = ledger;
        Ok(())
    }
}

impl Journal {
    fn of(progress: Progress) -> Self {
        Self {
            slots: Vec::new(),
            progress,
            hot: None,
            removed: Vec::new(),
        }
    }
}

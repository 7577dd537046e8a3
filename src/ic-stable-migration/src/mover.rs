//! Moves a state's collections from the heap to stable memory, in steps, while the canister goes on answering.
//!
//! ```text
//! post_upgrade   Plan::resume → state, Managed → Mover::resume: joins the stable tiers, journals the digests
//! each step      entries move in key order until the budget is used up; the journal is written
//! nothing left   the audit reads the stable maps, in steps too, and compares with the digests
//! pre_upgrade    Mover::save: hot state and what is left on the heap, into memory 0
//! ```
//!
//! # What an upgrade that skips `pre_upgrade` keeps
//! Every acknowledged change of a collection, moved or not: writes go to the stable map at once, and removals to
//! the journal. Of the hot state, what the last step or save found. What changed on the heap after that is lost;
//! during a move that is the time since the last step.
//!
//! # What a trap undoes
//! The message it happens in. A step that traps leaves no entry half moved; [`Mover::step_failed`] halves the
//! budget of the next.

use std::rc::Rc;

use ic_stable_structures::Memory;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::Cbor;
use crate::error::Error;
use crate::header::Header;
use crate::journal::{Journal, SLOTS_AT, decode, encode};
use crate::ledger::{Digest, Ledger, SlotIndex};
use crate::managed::{Managed, Memory0Content, Stamp};
use crate::tiered::Collection;

mod budget;
mod progress;
mod status;

pub use budget::Budget;
use progress::CollectionProgress;
pub(crate) use progress::Progress;
pub use progress::{Difference, Phase, Stuck};
pub use status::{CollectionStatus, MoveStatus};

/// A state whose bulk lives in [`TieredMap`](crate::TieredMap)s.
///
/// Its serde form is what `pre_upgrade` saves: the hot state, and of each map what is on the heap.
pub trait Tiered<M: Memory>: Serialize + DeserializeOwned {
    /// What stays on the heap. It is journaled with every step, so it should be small.
    type Hot: Serialize + DeserializeOwned;

    /// The hot state.
    fn hot(&self) -> &Self::Hot;

    /// Replaces the hot state: the journal had a newer one than the payload.
    fn set_hot(&mut self, hot: Self::Hot);

    /// The maps, in the order in which they move. Names and ids are for good.
    fn collections(&mut self) -> Vec<Tier<'_, M>>;
}

/// One collection of a state.
pub struct Tier<'a, M: Memory> {
    /// Its name, for reports.
    pub name: &'static str,
    /// The id of its virtual memory, from 1 to 254; no two collections share one.
    pub id: u8,
    /// The map.
    pub map: &'a mut dyn Collection<M>,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Entries moved.
    pub moved: u64,
    /// Instructions used.
    pub instructions: u64,
    /// Bytes of the 4 KiB stable pages dirtied.
    pub dirty_bytes: u64,
    /// Where the move stands now.
    pub phase: Phase,
}

/// The mover of a state's collections; owns the memory they move to.
pub struct Mover<M: Memory> {
    managed: Managed<M>,
    ledger: Rc<Ledger<M>>,
    slots: Vec<SlotIndex>,
    progress: Progress,
    /// Budget of a step that nothing speaks against.
    budget: Budget,
    /// Steps that trapped since the last that did not.
    failures: u32,
    /// This instance of the canister has had the entries on its heap.
    heap_was_used: bool,
}

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
            let slot = ledger.open(tier.id, &removed);
            let memory = managed.memory(tier.id)?;
            tier.map
                .attach(memory, Rc::clone(&ledger), slot, &at.position(), &removed);
            heap_was_used |= tier.map.heap_len() > 0;
            let content = match known.iter().find(|(id, _)| *id == tier.id) {
                Some((_, content)) => *content,
                None => tier.map.heap_digest(slot),
            };
            ledger.set_content(slot, content);
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

    /// Sets the budget of a step that nothing speaks against.
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// The memory.
    pub fn managed(&self) -> &Managed<M> {
        &self.managed
    }

    /// For `pre_upgrade`: saves the hot state and what is left on the heap in memory 0, and the journal.
    ///
    /// # Errors
    /// Those of [`Managed::save`].
    pub fn save<S: Tiered<M>>(&mut self, state: &S, stamp: Stamp) -> Result<Header, Error> {
        let header = self.managed.save::<S, Cbor>(state, stamp)?;
        self.ledger.saved();
        self.put_journal(None)?;
        Ok(header)
    }

    /// Whether there is a step to do: something is left, and nobody paused the move.
    pub fn has_work(&self) -> bool {
        !self.progress.paused && matches!(self.progress.phase, Phase::Moving | Phase::Auditing)
    }

    /// Does one step: moves entries, or audits moved ones, until the budget is used up, and writes the journal.
    /// Without work to do it does nothing.
    ///
    /// `instructions` is `performance_counter(0)`; `now` is the time in nanoseconds since 1970.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`] and [`Error::Encode`] from writing the journal; trap on them, as on a stable
    /// map that cannot grow, so that the step is undone.
    pub fn step<S: Tiered<M>>(
        &mut self,
        state: &mut S,
        instructions: &dyn Fn() -> u64,
        now: u64,
    ) -> Result<StepReport, Error> {
        self.step_within(state, self.budget.after(self.failures), instructions, now)
    }

    /// The same with a budget for this step alone.
    ///
    /// # Errors
    /// Those of [`Mover::step`].
    pub fn step_within<S: Tiered<M>>(
        &mut self,
        state: &mut S,
        budget: Budget,
        instructions: &dyn Fn() -> u64,
        now: u64,
    ) -> Result<StepReport, Error> {
        if !self.has_work() {
            return Ok(StepReport {
                moved: 0,
                instructions: 0,
                dirty_bytes: 0,
                phase: self.progress.phase,
            });
        }
        let start = instructions();
        let tracked = self.managed.tracked();
        tracked.start();
        let mut entries = 0;
        let mut go_on = || {
            entries += 1;
            entries < budget.entries
                && instructions() - start < budget.instructions
                && tracked.dirty_bytes() < budget.dirty_bytes
        };
        let mut tiers = state.collections();
        let mut spent = false;
        let mut moved = 0;
        for (tier, at) in tiers.iter_mut().zip(&mut self.progress.collections) {
            while !spent && !at.complete {
                match tier.map.move_next() {
                    Some(bytes) => {
                        at.moved += 1;
                        at.bytes += bytes;
                        moved += 1;
                        spent = !go_on();
                    }
                    None => tier.map.complete(),
                }
                at.set_position(tier.map.position());
            }
        }
        if self.progress.collections.iter().all(|at| at.complete) {
            self.progress.phase = Phase::Auditing;
        }
        let audits = tiers.iter_mut().zip(&mut self.progress.collections);
        for ((tier, at), slot) in audits.zip(&self.slots) {
            if self.progress.phase != Phase::Auditing || spent || at.audited {
                continue;
            }
            if tier.map.audit(&mut go_on) {
                at.audited = true;
                let (expected, found) = (self.ledger.content(*slot), self.ledger.audit(*slot));
                at.difference = difference(expected, found);
            } else {
                spent = true;
            }
        }
        if self.progress.collections.iter().all(|at| at.audited) {
            self.finish(now);
        }
        self.progress.steps += 1;
        self.failures = self.failures.saturating_sub(1);
        let dirty_bytes = self.managed.tracked().dirty_bytes();
        self.managed.tracked().stop();
        let used = instructions() - start;
        self.progress.instructions += used;
        self.progress.largest_step = self.progress.largest_step.max(used);
        self.progress.largest_dirty_bytes = self.progress.largest_dirty_bytes.max(dirty_bytes);
        match self.progress.phase {
            Phase::Done => {
                self.ledger.set_active(false);
                self.save_moved(state, now)?;
            }
            Phase::Differs => self.ledger.set_active(false),
            _ => {}
        }
        self.write_journal(state)?;
        Ok(StepReport {
            moved,
            instructions: used,
            dirty_bytes,
            phase: self.progress.phase,
        })
    }

    /// Replaces the payload, which still holds what was on the heap, by the hot state.
    fn save_moved<S: Tiered<M>>(&mut self, state: &S, now: u64) -> Result<(), Error> {
        let Memory0Content::Saved(header) = self.managed.content()? else {
            return Err(Error::NothingSaved);
        };
        let stamp = Stamp {
            release: header.release,
            schema: header.schema,
            now,
        };
        self.managed.save::<S, Cbor>(state, stamp)?;
        self.ledger.saved();
        Ok(())
    }

    fn finish(&mut self, now: u64) {
        let differs = |at: &CollectionProgress| at.difference.is_some();
        let (phase, finished) = if self.progress.collections.iter().any(differs) {
            (Phase::Differs, None)
        } else {
            (Phase::Done, Some(now))
        };
        self.progress.phase = phase;
        self.progress.finished = finished;
    }

    /// Notes that a step trapped: the next gets half its budget. When a step of one entry has trapped, the move
    /// stops and the status says at which key, and why.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn step_failed<S: Tiered<M>>(&mut self, state: &mut S, reason: &str) -> Result<(), Error> {
        if !self.has_work() {
            return Ok(());
        }
        if self.budget.after(self.failures).entries > 1 {
            self.failures += 1;
            return Ok(());
        }
        let tiers = state.collections();
        let stuck = tiers
            .iter()
            .find_map(|tier| tier.map.next_key().map(|key| (tier.name, key)));
        let (collection, key) = stuck.unwrap_or(("the audit", Vec::new()));
        self.progress.phase = Phase::Stuck;
        self.progress.stuck = Some(Stuck {
            collection: collection.into(),
            key,
            reason: reason.into(),
        });
        self.write_journal(state)
    }

    /// Pauses the move after the step under way.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn pause<S: Tiered<M>>(&mut self, state: &S) -> Result<(), Error> {
        if !self.ledger.is_active() {
            return Ok(());
        }
        self.progress.paused = true;
        self.write_journal(state)
    }

    /// Goes on after [`Mover::pause`], or after the move got stuck.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn unpause<S: Tiered<M>>(&mut self, state: &S) -> Result<(), Error> {
        if !self.ledger.is_active() {
            return Ok(());
        }
        self.progress.paused = false;
        if self.progress.phase == Phase::Stuck {
            self.progress.phase = Phase::Moving;
            self.progress.stuck = None;
        }
        self.write_journal(state)
    }

    /// How the move goes.
    pub fn status<S: Tiered<M>>(&self, state: &mut S) -> MoveStatus {
        let tiers = state.collections();
        let at = self.progress.collections.iter().zip(&self.slots);
        let collections: Vec<_> = tiers
            .iter()
            .zip(at)
            .map(|(tier, (at, slot))| CollectionStatus {
                name: tier.name.into(),
                memory_id: tier.id,
                moved: at.moved,
                left: tier.map.heap_len(),
                bytes: at.bytes,
                stable: tier.map.stable_len(),
                audited: at.audited,
                difference: at.difference,
                digest: self.ledger.content(*slot).sum,
            })
            .collect();
        let moved: u64 = collections.iter().map(|at| at.moved).sum();
        let left: u64 = collections.iter().map(|at| at.left).sum();
        let per_step = moved.checked_div(self.progress.steps).filter(|n| *n > 0);
        MoveStatus {
            phase: self.progress.phase,
            paused: self.progress.paused,
            started: self.progress.started,
            finished: self.progress.finished,
            steps: self.progress.steps,
            estimated_steps_left: per_step.map(|n| left.div_ceil(n)),
            instructions: self.progress.instructions,
            largest_step: self.progress.largest_step,
            largest_dirty_bytes: self.progress.largest_dirty_bytes,
            upgrade_gives_heap_back: self.heap_was_used && self.progress.phase == Phase::Done,
            stuck: self.progress.stuck.clone(),
            collections,
        }
    }

    fn write_journal<S: Tiered<M>>(&self, state: &S) -> Result<(), Error> {
        self.put_journal(Some(encode(state.hot())?))
    }

    fn put_journal(&self, hot: Option<Vec<u8>>) -> Result<(), Error> {
        let journal = Journal {
            slots: self.ledger.slots(),
            progress: self.progress.clone(),
            hot,
            removed: self.ledger.all_removed(),
        };
        let at = self.managed.write_journal(&journal.to_bytes()?)?;
        self.ledger.set_slots_at(at + SLOTS_AT);
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

fn difference(expected: Digest, found: Digest) -> Option<Difference> {
    (expected != found).then_some(Difference {
        expected_count: expected.count,
        found_count: found.count,
        expected_sum: expected.sum,
        found_sum: found.sum,
    })
}

#[cfg(test)]
mod tests;

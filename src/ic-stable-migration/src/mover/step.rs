//! One step: moving entries, in whole maps or one by one, then auditing them, within a budget.

use ic_stable_structures::Memory;

use super::meter::Meter;
use super::progress::CollectionProgress;
use super::whole::WholeMap;
use super::{Budget, Difference, Mover, Phase, StepReport, Tiered};
use crate::error::Error;
use crate::ledger::Digest;
use crate::managed::{Memory0Content, Stamp};

impl<M: Memory> Mover<M> {
    /// Does one step: moves entries, or audits moved ones, until the budget is used up, and writes the journal, which
    /// counts as well: what the last one took is set aside. Without work to do it does nothing.
    ///
    /// `instructions` is `performance_counter(0)`; `now` is the time in nanoseconds since 1970.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`] and [`Error::Encode`] from writing the journal, [`Error::Ownership`] and
    /// [`Error::Tree`] for an entry that a map cannot take; trap on them, as on a stable map that cannot grow, so that the
    /// step is undone.
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
                phase: self.progress.told_phase(),
            });
        }
        let start = instructions();
        let used = || instructions().saturating_sub(start);
        self.managed.tracked().start();
        let budget = budget.less(self.journal_costs);
        let moved = match self.progress.phase {
            Phase::Done => {
                self.work(state, budget, &used, now)?;
                0
            }
            _ => {
                let moved = self.move_and_audit(state, budget, &used)?;
                if self.progress.collections.iter().all(|at| at.audited) {
                    self.finish(now)?;
                }
                moved
            }
        };
        self.progress.steps += 1;
        self.failures = self.failures.saturating_sub(1);
        self.note_step(now);
        let before_journal = self.note_costs(used());
        self.progress.instructions += before_journal.instructions;
        let moved_or_done = self.progress.originals || !self.progress.has_after_work();
        if self.progress.phase == Phase::Done && moved_or_done {
            self.save_moved(state, now)?;
        } else {
            self.write_journal(state)?;
            self.journal_costs = Budget {
                instructions: used().saturating_sub(before_journal.instructions),
                dirty_bytes: self.managed.tracked().dirty_bytes() - before_journal.dirty_bytes,
                entries: 0,
            };
        }
        let all = self.note_costs(used());
        // What the journal took is journaled with the next step.
        self.progress.instructions += all.instructions.saturating_sub(before_journal.instructions);
        self.managed.tracked().stop();
        Ok(StepReport {
            moved,
            instructions: all.instructions,
            dirty_bytes: all.dirty_bytes,
            phase: self.progress.told_phase(),
        })
    }

    /// Moves and audits until the budget is used up; the number of entries moved.
    fn move_and_audit<S: Tiered<M>>(
        &mut self,
        state: &mut S,
        budget: Budget,
        used: &dyn Fn() -> u64,
    ) -> Result<u64, Error> {
        let mut meter = Meter::new(budget, used, self.managed.tracked());
        let mut tiers = self.tiers(state);
        let mut moved = 0;
        let mut goes_on = true;
        for at in 0..tiers.len() {
            if goes_on && !self.inserts && !self.progress.collections[at].complete {
                let limit = budget.of_a_whole_map();
                if let Some(map) = WholeMap::of(&self.managed, &tiers, at, limit)? {
                    if !meter.is_fresh() && !limit.less(meter.used()).admits(map.costs()) {
                        // The next step can hold it.
                        goes_on = false;
                        break;
                    }
                    map.write(&self.managed, &mut tiers, &mut self.progress.collections)?;
                    moved += map.costs().entries;
                    goes_on = meter.count(map.costs().entries);
                }
            }
            let (tier, at) = (&mut tiers[at], &mut self.progress.collections[at]);
            while goes_on && !at.complete {
                match tier.map.move_next() {
                    Some(bytes) => {
                        at.moved += 1;
                        at.bytes += bytes;
                        moved += 1;
                        goes_on = meter.count(1);
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
            if self.progress.phase != Phase::Auditing || !goes_on || at.audited {
                continue;
            }
            at.audited = tier.map.audit(&mut || meter.count(1));
            at.set_position(tier.map.position());
            goes_on = at.audited;
            if at.audited {
                let known = self.ledger.slot(*slot);
                at.difference = difference(known.content, known.audit);
            }
        }
        Ok(moved)
    }

    /// Notes what the step has cost so far.
    fn note_costs(&mut self, instructions: u64) -> Budget {
        let dirty_bytes = self.managed.tracked().dirty_bytes();
        let progress = &mut self.progress;
        progress.last_step = instructions;
        progress.largest_step = progress.largest_step.max(instructions);
        progress.largest_dirty_bytes = progress.largest_dirty_bytes.max(dirty_bytes);
        Budget {
            instructions,
            dirty_bytes,
            entries: 0,
        }
    }

    /// Replaces the payload, which still has the entries of before the move, by the hot state.
    fn save_moved<S: Tiered<M>>(&mut self, state: &S, now: u64) -> Result<(), Error> {
        let Memory0Content::Saved(header) = self.managed.content()? else {
            return Err(Error::NothingSaved);
        };
        let stamp = Stamp {
            release: header.release,
            schema: header.schema,
            now,
            application: header.application,
        };
        self.progress.originals = false;
        self.ledger.originals_gone();
        self.save(state, stamp).map(drop)
    }

    pub(super) fn finish(&mut self, now: u64) -> Result<(), Error> {
        let differs = |at: &CollectionProgress| at.difference.is_some();
        if self.progress.collections.iter().any(differs) {
            self.progress.phase = Phase::Differs;
            return Ok(());
        }
        self.progress.phase = Phase::Done;
        self.progress.finished.get_or_insert(now);
        self.progress.verified = Some(now);
        self.note_renewed()
    }
}

pub(super) fn difference(expected: Digest, found: Digest) -> Option<Difference> {
    (expected != found).then_some(Difference {
        expected_count: expected.count,
        found_count: found.count,
        expected_sum: expected.sum,
        found_sum: found.sum,
    })
}

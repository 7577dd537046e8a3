//! What a step has used of its budget.

use super::Budget;
use crate::tracked::Tracked;

/// Counts what a step uses.
pub(super) struct Meter<'a, M> {
    budget: Budget,
    instructions: &'a dyn Fn() -> u64,
    tracked: &'a Tracked<M>,
    entries: u64,
}

impl<'a, M> Meter<'a, M> {
    /// Of a step within `budget` that has used so many `instructions`, and dirtied what is `tracked`.
    pub fn new(budget: Budget, instructions: &'a dyn Fn() -> u64, tracked: &'a Tracked<M>) -> Self {
        Self {
            budget,
            instructions,
            tracked,
            entries: 0,
        }
    }

    /// Counts entries; whether the step may go on after them.
    pub fn count(&mut self, entries: u64) -> bool {
        self.entries += entries;
        let Budget {
            instructions,
            dirty_bytes,
            entries,
        } = self.used();
        entries < self.budget.entries
            && instructions < self.budget.instructions
            && dirty_bytes < self.budget.dirty_bytes
    }

    /// What was used so far.
    pub fn used(&self) -> Budget {
        Budget {
            instructions: (self.instructions)(),
            dirty_bytes: self.tracked.dirty_bytes(),
            entries: self.entries,
        }
    }

    /// Whether nothing was moved or audited yet.
    pub fn is_fresh(&self) -> bool {
        self.entries == 0
    }
}

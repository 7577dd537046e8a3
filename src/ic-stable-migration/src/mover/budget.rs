//! How much one step may do.

/// Limits of one step. The step ends with the entry that reaches the first of them; it always moves one.
///
/// A map that nothing has been written to yet is written whole, in one step, where all its entries are reckoned to take
/// no more than four times the instructions and dirty bytes, and are no more than `entries`: by default 4 B instructions,
/// a tenth of what a message may use, and 128 MiB, a sixteenth of the stable memory that it may touch. To insert the
/// entries would take more than 20 times as much, in many messages. After a step that dirties so much the replica may
/// leave the canister out of a few rounds. Once a step has trapped, entries are inserted, until the next upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Instructions, as `performance_counter(0)` counts them.
    pub instructions: u64,
    /// Bytes of the 4 KiB pages of stable memory that the step may dirty. The replica throttles a canister that
    /// dirties 75 MiB in a round.
    pub dirty_bytes: u64,
    /// Entries.
    pub entries: u64,
}

impl Budget {
    /// One entry, whatever it costs.
    pub const ONE_ENTRY: Self = Self {
        instructions: 0,
        dirty_bytes: 0,
        entries: 1,
    };

    /// Nothing at all.
    pub(super) const NOTHING: Self = Self {
        instructions: 0,
        dirty_bytes: 0,
        entries: 0,
    };

    /// What is left of this budget when `costs` are set aside.
    pub(super) fn less(self, costs: Self) -> Self {
        Self {
            instructions: self.instructions.saturating_sub(costs.instructions),
            dirty_bytes: self.dirty_bytes.saturating_sub(costs.dirty_bytes),
            entries: self.entries.saturating_sub(costs.entries),
        }
    }

    /// How many times a step's budget a map may take that is written whole.
    const WHOLE: u64 = 4;

    /// What a map may take that is written whole.
    pub(super) fn of_a_whole_map(self) -> Self {
        Self {
            instructions: self.instructions.saturating_mul(Self::WHOLE),
            dirty_bytes: self.dirty_bytes.saturating_mul(Self::WHOLE),
            entries: self.entries,
        }
    }

    /// Whether `costs` are within this budget.
    pub(super) fn admits(self, costs: Self) -> bool {
        costs.instructions <= self.instructions
            && costs.dirty_bytes <= self.dirty_bytes
            && costs.entries <= self.entries
    }

    /// Halvings of the default budget before a step is cut down to one entry: 1 B instructions become 1 M.
    const HALVINGS: u32 = 10;

    /// This budget after `failures` steps in a row have trapped.
    pub(super) fn after(self, failures: u32) -> Self {
        if failures > Self::HALVINGS {
            return Self::ONE_ENTRY;
        }
        Self {
            instructions: self.instructions >> failures,
            dirty_bytes: self.dirty_bytes >> failures,
            entries: (self.entries >> failures).max(1),
        }
    }
}

impl Default for Budget {
    /// 1 B instructions and 32 MiB of dirty pages: a fortieth of what a message may use, and less than half of
    /// what a round may dirty.
    fn default() -> Self {
        Self {
            instructions: 1_000_000_000,
            dirty_bytes: 32 << 20,
            entries: u64::MAX,
        }
    }
}

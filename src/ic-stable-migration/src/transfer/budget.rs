//! How much of an upgrade the move may take.

/// What moving an entry of a saved payload takes in `post_upgrade`, in instructions: reading it twice, writing it,
/// auditing it. With what a byte takes, measured with entries of 40 to 160 bytes as 6 700 to 8 700, and rounded up.
const INSTRUCTIONS_AN_ENTRY: u64 = 7_000;
/// What moving a byte takes beside that.
const INSTRUCTIONS_A_BYTE: u64 = 25;
/// Stable bytes touched for each byte of the entries: the payload's, the maps', which lie over it, and pages that lay in
/// the way.
const STABLE_BYTES_A_BYTE: u64 = 3;

/// What the move may take of the upgrade that begins it. What is reckoned to fit is moved and audited before
/// `post_upgrade` returns; anything else is moved in steps. See [`Plan::move_budget`](crate::Plan::move_budget).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveBudget {
    /// Instructions. An upgrade has 300 B, `pre_upgrade` and the compilation of the module included.
    pub instructions: u64,
    /// Bytes of stable memory read or written. A hook may touch 8 GiB.
    pub stable_bytes: u64,
}

impl MoveBudget {
    /// Everything in steps.
    pub const STEPS_ONLY: Self = Self {
        instructions: 0,
        stable_bytes: 0,
    };

    /// A third of an upgrade's instructions and half of the stable memory that a hook may touch.
    pub const DEFAULT: Self = Self {
        instructions: 100_000_000_000,
        stable_bytes: 4 << 30,
    };

    /// Whether a legacy value of so many bytes fits. To decode it takes most of the instructions, and that is to be done
    /// in this upgrade in any case; to keep it on the heap and save it takes more than to move it: so it fits unless
    /// nothing does.
    pub fn admits_legacy(self, bytes: u64) -> bool {
        self.instructions > 0 && bytes.saturating_mul(STABLE_BYTES_A_BYTE) < self.stable_bytes
    }

    /// Whether so many entries, which have so many bytes, fit.
    pub fn admits(self, entries: u64, bytes: u64) -> bool {
        let each = entries.saturating_mul(INSTRUCTIONS_AN_ENTRY);
        let instructions = each.saturating_add(bytes.saturating_mul(INSTRUCTIONS_A_BYTE));
        instructions < self.instructions
            && bytes.saturating_mul(STABLE_BYTES_A_BYTE) < self.stable_bytes
    }
}

impl Default for MoveBudget {
    fn default() -> Self {
        Self::DEFAULT
    }
}

//! How a state that has not moved yet will move, reckoned from its size alone. `rehearse` tells it by doing it.

use ic_stable_migration::MoveBudget;
use serde::Serialize;

use super::{Content, Layout};

/// Instructions of one installation on the network, all hooks and the compilation of the module included.
pub const INSTALL_INSTRUCTIONS: u64 = 300_000_000_000;

// All from bench/README.md: sizes of more than a page, and of them the dearest.

/// Instructions that a byte of a legacy value takes from release 0 to the maps, in both hooks: 458 in `177-pages`.
const LEGACY_BYTE: u64 = 460;
/// Instructions that a byte of a payload of release 1 takes to the maps, in both hooks: 233 in `177-pages`.
const PAYLOAD_BYTE: u64 = 240;
/// Instructions that it takes to decode a byte onto the heap and encode it again, which has to fit where the move goes on
/// in steps: 177 in `fixture-2-pages`, naive, 2023, the second upgrade.
const HEAP_BYTE: u64 = 180;
/// Bytes of an entry and what is around it: 42.8 in `177-pages`, where an entry is smallest.
const ENTRY_BYTES: u64 = 43;

/// How a state moves with the default budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Forecast {
    /// What it comes to.
    pub verdict: MoveVerdict,
    /// Instructions that the upgrade takes, about: what moves, or for what does not fit what has to be decoded.
    pub instructions: u64,
    /// Instructions that it may take.
    pub limit: u64,
}

/// What the move of a state comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MoveVerdict {
    /// All of it is moved before the upgrade ends.
    InTheUpgrade,
    /// The upgrade begins it, and a timer goes on.
    InSteps,
    /// No upgrade can read it.
    TooLarge,
}

impl Forecast {
    /// Of the state that a memory holds, if it holds one that has not moved.
    pub fn of(layout: &Layout) -> Option<Self> {
        let managed = match layout {
            Layout::Legacy(legacy) => return Some(Self::of_legacy(legacy.value_bytes)),
            Layout::Managed(managed) => managed,
            _ => return None,
        };
        let mut memories = managed.memories.iter();
        let home = memories.find(|memory| memory.id == managed.home)?;
        match &home.content {
            Content::SavedState(state) if state.journal_bytes == 0 => {
                Some(Self::of_payload(state.payload_bytes))
            }
            Content::Value(value) if value.is_read_in_memory0() => {
                Some(Self::of_payload(value.bytes))
            }
            Content::NaiveFrame { payload_bytes } => Some(Self::of_payload(*payload_bytes)),
            _ => None,
        }
    }

    fn of_legacy(bytes: u64) -> Self {
        Self::new(bytes, LEGACY_BYTE, MoveBudget::DEFAULT.admits_legacy(bytes))
    }

    fn of_payload(bytes: u64) -> Self {
        let fits = MoveBudget::DEFAULT.admits(bytes / ENTRY_BYTES, bytes);
        Self::new(bytes, PAYLOAD_BYTE, fits)
    }

    fn new(bytes: u64, moving_byte: u64, fits: bool) -> Self {
        let limit = INSTALL_INSTRUCTIONS;
        let moving = bytes.saturating_mul(moving_byte);
        let on_heap = bytes.saturating_mul(HEAP_BYTE);
        let (verdict, instructions) = match fits {
            true if moving < limit => (MoveVerdict::InTheUpgrade, moving),
            // What fits the budget is not moved in steps instead.
            true => (MoveVerdict::TooLarge, moving),
            false if on_heap < limit => (MoveVerdict::InSteps, on_heap),
            false => (MoveVerdict::TooLarge, on_heap),
        };
        Self {
            verdict,
            instructions,
            limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legacy_value_moves_in_the_upgrade_or_is_too_large_to_be_decoded() {
        let small = Forecast::of_legacy(1_000_000);
        assert_eq!(small.verdict, MoveVerdict::InTheUpgrade);
        assert_eq!(small.instructions, 460_000_000);
        assert_eq!(
            Forecast::of_legacy(652 << 20).verdict,
            MoveVerdict::TooLarge
        );
        assert_eq!(Forecast::of_legacy(u64::MAX).verdict, MoveVerdict::TooLarge);
    }

    #[test]
    fn a_payload_moves_in_the_upgrade_in_steps_or_not_at_all() {
        let verdict = |bytes| Forecast::of_payload(bytes).verdict;
        assert_eq!(verdict(100 << 20), MoveVerdict::InTheUpgrade);
        assert_eq!(verdict(1 << 30), MoveVerdict::InSteps);
        assert_eq!(verdict(2 << 30), MoveVerdict::TooLarge);
        assert_eq!(verdict(u64::MAX), MoveVerdict::TooLarge);
    }
}

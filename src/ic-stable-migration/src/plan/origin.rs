//! What an upgrade started from.

use crate::codec::Format;
use crate::form::Form;

/// What an upgrade found in stable memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A legacy value from offset 0.
    Legacy {
        /// Its encoding.
        format: Format,
        /// The bytes it took.
        bytes: u64,
        /// Pairs in lists of a Candid value whose first member stands twice; see [`Adoptable::repeated_pairs`](
        /// crate::Adoptable::repeated_pairs).
        repeated_pairs: u64,
        /// Bytes behind it, up to the last that is not zero: the tail of an older value, or what the plan discards.
        trailing_bytes: u64,
        /// Whether what was saved of it was read back and found the same.
        read_back: bool,
    },
    /// A value in memory 0 that this library has not written: the frame of 2023, or another form.
    Value {
        /// Its encoding, and what stands in front of it.
        form: Form,
        /// Length of the value in bytes, without what stands in front of it.
        bytes: u64,
        /// Pairs in lists of a Candid value whose first member stands twice; see [`Adoptable::repeated_pairs`](
        /// crate::Adoptable::repeated_pairs).
        repeated_pairs: u64,
        /// Bytes behind it in memory 0, up to the last that is not zero.
        trailing_bytes: u64,
        /// Whether what was saved of it was read back and found the same.
        read_back: bool,
    },
    /// Memory 0 with this library's header.
    Memory0 {
        /// The release that had written it.
        release: u32,
    },
}

impl Origin {
    /// The same, and whether what was saved of it was read back.
    pub(super) fn read_back(mut self, yes: bool) -> Self {
        if let Self::Legacy { read_back, .. } | Self::Value { read_back, .. } = &mut self {
            *read_back = yes;
        }
        self
    }
}

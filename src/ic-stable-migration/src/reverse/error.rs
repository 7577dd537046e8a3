//! Why a release does not go back.

use thiserror::Error;

use super::Lost;
use crate::codec::Format;
use crate::mover::Difference;

/// Why the state is not written as the legacy value. Nothing was written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReverseError {
    /// The state has what the legacy value cannot express, and nobody has promised that it may go.
    #[error(
        "E901: going back would drop what the legacy value cannot express: {}; nothing was written; keep the release that knows it, or promise in this one that it may go: `.dropping(&[{}])`",
        listed(.lost),
        quoted(.lost)
    )]
    Unpromised {
        /// What would be dropped.
        lost: Vec<Lost>,
    },

    /// A memory that a legacy value at offset 0 leaves no place for.
    #[error(
        "E902: {memories} under the memory manager hold something, are no collection's and not the state's, and a legacy value at offset 0 takes the manager's place: what is there would be lost; nothing was written; go back to memory 0 (`Target::Memory0`), or bring what they hold into the legacy value first and empty them"
    )]
    OtherMemories {
        /// The memories.
        memories: String,
    },

    /// The value is to go to a virtual memory, and there is no memory manager.
    #[error(
        "E903: this release writes the legacy value into the state's virtual memory, and there is no memory manager: the canister has its value at offset 0; nothing was written; it needs no way back, or the one of `Target::Offset0`"
    )]
    NoManager,

    /// An audit has found a difference, and nobody has decided what is right.
    #[error(
        "E904: the audit has found that collection {collection:?} does not hold what it must, and nobody has decided which side is right: going back would give one of them up; nothing was written; resolve the collection with the release that moved it, or restore the canister from a snapshot"
    )]
    Undecided {
        /// The first collection that differs.
        collection: String,
    },

    /// A collection does not hold what was written to it.
    #[error(
        "E905: collection {collection:?} holds {} entries with the digest {:016x}, where {} with {:016x} were written: going back would make that the state; nothing was written; ask the release that moved it for its audit, or restore the canister from a snapshot",
        .difference.found_count, .difference.found_sum, .difference.expected_count, .difference.expected_sum
    )]
    CollectionDiffers {
        /// The collection.
        collection: String,
        /// What was written to it, and what was found.
        difference: Difference,
    },

    /// The legacy value that was made of the state is not read as the same state.
    #[error(
        "E906: the {format} value that was made of the state does not say what the state is: {what}; nothing was written; change how the legacy value is made (`ToLegacy`), or say there what it cannot express"
    )]
    NotTheState {
        /// The encoding.
        format: Format,
        /// In what it differs, or what the decoder said.
        what: String,
    },
}

fn listed(lost: &[Lost]) -> String {
    let each = lost.iter().map(Lost::to_string);
    each.collect::<Vec<_>>().join(", ")
}

fn quoted(lost: &[Lost]) -> String {
    let names = lost.iter().map(|lost| format!("{:?}", lost.name));
    names.collect::<Vec<_>>().join(", ")
}

//! What a virtual memory holds, told by the marks that `ic-stable-structures` puts at its start.
//!
//! A mark is three letters and a layout version, so a memory of another program can carry one by chance. What is
//! told is therefore checked as far as the structure allows, and every address is checked before it is followed.

use serde::Serialize;

use crate::virtual_memory::{Flaw, VirtualMemory};

mod btree;
mod flat;

pub use btree::{BTree, Entries, Entry, KeyField, KeyOrder, Map, Walk};

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Headers only: a few reads for each memory.
    Headers,
    /// Every node of every map, every free chunk, every payload.
    Everything,
}

/// A stable structure and what its header says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Structure {
    /// `StableBTreeMap`, or a `StableBTreeSet`, which is a map to nothing and cannot be told from it.
    #[serde(rename = "stable_btree_map")]
    StableBTreeMap(BTree),
    /// `StableCell`.
    StableCell {
        /// Length of the value.
        value_bytes: u64,
    },
    /// The index memory of a `StableLog`.
    StableLogIndex {
        /// Entries in the log.
        entries: u64,
        /// Bytes of all entries together, in the log's data memory.
        data_bytes: u64,
    },
    /// The data memory of a `StableLog`. How much of it is in use stands in the index memory.
    StableLogData {
        /// The memory that holds the index, where only one can.
        index_memory: Option<u8>,
    },
    /// `StableVec`.
    StableVec(Slots),
    /// `StableMinHeap`.
    StableMinHeap(Slots),
    /// A structure whose layout came after the ones that are known here.
    Newer {
        /// Its name.
        name: &'static str,
        /// The version of its layout.
        layout: u8,
    },
}

impl Structure {
    /// Its name in `ic-stable-structures`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StableBTreeMap(_) => "StableBTreeMap",
            Self::StableCell { .. } => "StableCell",
            Self::StableLogIndex { .. } | Self::StableLogData { .. } => "StableLog",
            Self::StableVec(_) => "StableVec",
            Self::StableMinHeap(_) => "StableMinHeap",
            Self::Newer { name, .. } => name,
        }
    }
}

/// Entries side by side in slots of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Slots {
    /// Entries in use.
    pub entries: u64,
    /// Bytes of a slot: the largest entry, and its length where lengths differ.
    pub slot_bytes: u64,
}

/// A structure and the bytes of the memory, from its start, that it has ever used.
pub type Recognized = (Structure, u64);

/// Looks for a structure at the start of a memory: `None` where there is none that is known. `keys` is what is known of
/// the keys, if it is a map.
///
/// # Errors
/// [`Flaw::Damaged`] where a structure is there and contradicts itself.
pub fn recognize(
    memory: &VirtualMemory,
    depth: Depth,
    keys: Option<KeyField>,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Recognized>, Flaw> {
    if memory.bytes() == 0 {
        return Ok(None);
    }
    match &memory.bytes_at::<4>(0)? {
        b"BTR\x01" | b"BTR\x02" => btree::read(memory, depth, keys, progress).map(Some),
        b"SCL\x01" => flat::cell(memory).map(Some),
        b"GLI\x01" => flat::log_index(memory).map(Some),
        b"GLD\x01" => Ok(Some((
            Structure::StableLogData { index_memory: None },
            flat::LOG_DATA_AT,
        ))),
        b"SVC\x01" => {
            flat::slots(memory).map(|(slots, used)| Some((Structure::StableVec(slots), used)))
        }
        b"SMH\x01" => {
            flat::slots(memory).map(|(slots, used)| Some((Structure::StableMinHeap(slots), used)))
        }
        &[first, second, third, layout] => {
            Ok(newer([first, second, third], layout).map(|structure| (structure, memory.bytes())))
        }
    }
}

/// A structure by its letters alone. Later layouts count from the known ones on; a letter there is text.
fn newer(letters: [u8; 3], layout: u8) -> Option<Structure> {
    let name = match &letters {
        b"BTR" => "StableBTreeMap",
        b"SCL" => "StableCell",
        b"GLI" | b"GLD" => "StableLog",
        b"SVC" => "StableVec",
        b"SMH" => "StableMinHeap",
        _ => return None,
    };
    (2..32)
        .contains(&layout)
        .then_some(Structure::Newer { name, layout })
}

/// Checks that a structure's own account of the bytes it uses fits into its memory.
fn fits(memory: &VirtualMemory, used: Option<u64>, what: &str) -> Result<u64, Flaw> {
    match used {
        Some(used) if used <= memory.bytes() => Ok(used),
        _ => Err(Flaw::Damaged(format!(
            "{what}, which do not fit into its {} bytes",
            memory.bytes()
        ))),
    }
}

#[cfg(test)]
mod tests;

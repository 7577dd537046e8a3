//! What can go wrong with a tree.

use thiserror::Error;

use super::layout::MIN_PAGE_BYTES;
use crate::error::Glimpse;
use crate::registry::Size;

/// Why a tree could not be written or read; offsets and addresses count in bytes from the start of its memory.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeError {
    /// A page that is too small for the addresses of a node.
    #[error(
        "E701: a page of {page_bytes} bytes, where a map needs {MIN_PAGE_BYTES} at least: take one from `page_size::choose`"
    )]
    SmallPage {
        /// Bytes of the page.
        page_bytes: u32,
    },

    /// A key or a value that the map's type does not allow.
    #[error("E702: the {part} of entry {entry} has {bytes} bytes, and the type is {size}")]
    WrongSize {
        /// `key` or `value`.
        part: &'static str,
        /// The entry, counted from 0.
        entry: u64,
        /// Bytes of the key or the value.
        bytes: usize,
        /// What the type declares.
        size: Size,
    },

    /// A key or a value of more than 2^32 − 1 bytes.
    #[error("E703: the {part} of entry {entry} has {bytes} bytes, more than a node can tell")]
    TooLong {
        /// `key` or `value`.
        part: &'static str,
        /// The entry, counted from 0.
        entry: u64,
        /// Bytes of the key or the value.
        bytes: usize,
    },

    /// The memory refused to grow.
    #[error(
        "E704: the memory has {pages} pages and did not grow to the {wanted} that the tree needs: what was written is no map; give the memory room, or take a smaller page size"
    )]
    OutOfMemory {
        /// Pages of 64 KiB that it has.
        pages: u64,
        /// Pages that were asked for.
        wanted: u64,
    },

    /// A run that another builder opened.
    #[error("E705: run {index} was opened by another builder: its nodes are in another memory")]
    ForeignRun {
        /// Its place among the runs that were to be joined, counted from 0.
        index: usize,
    },

    /// Runs that were to be joined lack entries.
    #[error(
        "E706: {pushed} entries were pushed and the runs to be joined have {joined}: a run was left out, or pushed with another builder"
    )]
    MissingEntries {
        /// Entries that came.
        pushed: u64,
        /// Entries of the runs.
        joined: u64,
    },

    /// No header, or one that this module does not read.
    #[error("E707: at {offset} stands {found}, and no {expected}")]
    Header {
        /// Where.
        offset: u64,
        /// What stands there.
        found: Glimpse,
        /// What was expected.
        expected: &'static str,
    },

    /// A header that contradicts itself or its memory.
    #[error("E708: the header says {what}")]
    Contradiction {
        /// In what.
        what: String,
    },

    /// Something that no map would have written.
    #[error("E709: at {address} {what}")]
    Damaged {
        /// Of the node, overflow page or chunk.
        address: u64,
        /// What is wrong with it.
        what: String,
    },
}

//! The bytes of chunks, nodes and entries, and how many chunks a node takes.

use crate::registry::Size;

/// Most entries of a node.
pub const CAPACITY: usize = 11;
/// Fewest entries of a node that is not the root.
pub const MINIMUM: usize = 5;
/// Smallest page of a node, in bytes: the crate asserts as much.
pub const MIN_PAGE_BYTES: u32 = 128;
/// Where the first chunk starts: behind the map's header and the allocator's.
pub const CHUNKS_AT: u64 = 100;
/// Bytes of a chunk before its page.
pub const CHUNK_HEAD: usize = 16;
/// Bytes of a node before its children.
pub const NODE_HEAD: usize = 15;
/// Bytes of an overflow page before its data.
pub const OVERFLOW_HEAD: usize = 11;
/// Bytes of a node's or an entry's address.
pub const ADDRESS: usize = 8;
/// Bytes of a length before a key or a value.
pub const LENGTH: usize = 4;

pub const CHUNK_MARK: &[u8; 4] = b"CHK\x01";
pub const NODE_MARK: &[u8; 4] = b"BTN\x02";
pub const OVERFLOW_MARK: &[u8; 3] = b"NOF";

/// The head of a chunk that is in use, or of one that is free and the last of its list.
pub fn chunk_head(in_use: bool) -> [u8; CHUNK_HEAD] {
    let mut head = [0; CHUNK_HEAD];
    head[..4].copy_from_slice(CHUNK_MARK);
    head[4] = in_use.into();
    head
}

/// Overflow pages of a node of `node_bytes`.
pub fn overflow_pages(node_bytes: u64, page_bytes: u32) -> u64 {
    let behind = node_bytes.saturating_sub(page_bytes.into());
    behind.div_ceil(u64::from(page_bytes) - OVERFLOW_HEAD as u64)
}

/// Bytes of a chunk: its head and its page.
pub fn chunk_bytes(page_bytes: u32) -> u64 {
    CHUNK_HEAD as u64 + u64::from(page_bytes)
}

/// How a key or a value stands in a node: as it is, where all have one size, or behind its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Fixed(usize),
    Prefixed,
}

impl Field {
    pub fn of_keys(size: Size) -> Self {
        match size {
            Size::Exactly(bytes) => Self::Fixed(bytes as usize),
            Size::Unbounded | Size::UpTo(_) => Self::Prefixed,
        }
    }

    /// Bytes before the content.
    pub fn prefix(self) -> usize {
        match self {
            Self::Fixed(_) => 0,
            Self::Prefixed => LENGTH,
        }
    }

    /// Cuts the first field, with its length, off `bytes`; none where it does not end in them.
    pub fn cut<'a>(self, bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
        let len = match self {
            Self::Fixed(len) => len,
            Self::Prefixed => {
                let content = u32::from_le_bytes(*bytes.first_chunk()?);
                usize::try_from(content).ok()?.checked_add(LENGTH)?
            }
        };
        let (field, rest) = bytes.split_at_checked(len)?;
        *bytes = rest;
        Some(field)
    }
}

/// A key and a value as they stand in a node.
#[derive(Clone, Copy)]
pub struct Encoded<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
}

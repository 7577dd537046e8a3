//! The bytes of a map: what stands where, and how many chunks a node takes.

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

pub const MAP_MARK: &[u8; 4] = b"BTR\x02";
pub const ALLOCATOR_MARK: &[u8; 4] = b"BTA\x01";
pub const CHUNK_MARK: &[u8; 4] = b"CHK\x01";
pub const NODE_MARK: &[u8; 4] = b"BTN\x02";
pub const OVERFLOW_MARK: &[u8; 3] = b"NOF";
const ALLOCATOR_AT: usize = 52;
/// Stands where a map that derives its page size has the size of its largest value.
pub const PAGE_SIZE_IS_A_VALUE: u32 = u32::MAX;

/// The first 100 bytes of a map: its header and its allocator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of a page.
    pub page_bytes: u32,
    /// Address of the root; 0 where there is none.
    pub root: u64,
    /// Entries of the map.
    pub entries: u64,
    /// Chunks in use.
    pub chunks: u64,
    /// Where the first free chunk starts.
    pub free: u64,
}

impl Header {
    pub fn to_bytes(self) -> [u8; CHUNKS_AT as usize] {
        let mut bytes = [0; CHUNKS_AT as usize];
        let mut put = |at: usize, field: &[u8]| bytes[at..][..field.len()].copy_from_slice(field);
        put(0, MAP_MARK);
        put(4, &self.page_bytes.to_le_bytes());
        put(8, &PAGE_SIZE_IS_A_VALUE.to_le_bytes());
        put(12, &self.root.to_le_bytes());
        put(20, &self.entries.to_le_bytes());
        put(ALLOCATOR_AT, ALLOCATOR_MARK);
        put(ALLOCATOR_AT + 8, &u64::from(self.page_bytes).to_le_bytes());
        put(ALLOCATOR_AT + 16, &self.chunks.to_le_bytes());
        put(ALLOCATOR_AT + 24, &self.free.to_le_bytes());
        bytes
    }
}

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

    /// Bytes of a field whose content has `bytes`.
    pub fn bytes_of(self, bytes: usize) -> usize {
        match self {
            Self::Fixed(_) => bytes,
            Self::Prefixed => LENGTH + bytes,
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

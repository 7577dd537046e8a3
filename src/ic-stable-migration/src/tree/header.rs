//! The first 100 bytes of a map: its header and its allocator's.

use ic_stable_structures::Memory;

use super::error::TreeError;
use super::layout::{CAPACITY, CHUNKS_AT, MIN_PAGE_BYTES, chunk_bytes};
use crate::bucket_plan::PAGE_BYTES;
use crate::error::Glimpse;

const BYTES: usize = CHUNKS_AT as usize;
const MAP_MARK: &[u8; 4] = b"BTR\x02";
const PAGE_AT: usize = 4;
/// Stands where a map that derives its page size has the size of its largest value.
const PAGE_IS_A_VALUE: u32 = u32::MAX;
const ROOT_AT: usize = 12;
const ENTRIES_AT: usize = 20;
const ALLOCATOR_AT: usize = 52;
const ALLOCATOR_MARK: &[u8; 4] = b"BTA\x01";
const ALLOCATOR_PAGE_AT: usize = 60;
const CHUNKS_IN_USE_AT: usize = 68;
const FREE_AT: usize = 76;

/// What a map says of itself.
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
    pub fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let mut put = |at: usize, field: &[u8]| bytes[at..][..field.len()].copy_from_slice(field);
        put(0, MAP_MARK);
        put(PAGE_AT, &self.page_bytes.to_le_bytes());
        put(PAGE_AT + 4, &PAGE_IS_A_VALUE.to_le_bytes());
        put(ROOT_AT, &self.root.to_le_bytes());
        put(ENTRIES_AT, &self.entries.to_le_bytes());
        put(ALLOCATOR_AT, ALLOCATOR_MARK);
        put(ALLOCATOR_PAGE_AT, &u64::from(self.page_bytes).to_le_bytes());
        put(CHUNKS_IN_USE_AT, &self.chunks.to_le_bytes());
        put(FREE_AT, &self.free.to_le_bytes());
        bytes
    }

    /// Reads the header, and holds it against itself and the size of the memory.
    ///
    /// # Errors
    /// [`TreeError::Header`], [`TreeError::Contradiction`].
    pub fn read(memory: &impl Memory) -> Result<Self, TreeError> {
        let mut bytes = [0; BYTES];
        if memory.size() > 0 {
            memory.read(0, &mut bytes);
        }
        let expect = |at: usize, field: &[u8], expected| {
            let found = &bytes[at..][..field.len()];
            if found == field {
                return Ok(());
            }
            Err(TreeError::Header {
                offset: at as u64,
                found: Glimpse::of(found),
                expected,
            })
        };
        expect(0, MAP_MARK, "StableBTreeMap of layout 2")?;
        let marker = PAGE_IS_A_VALUE.to_le_bytes();
        expect(PAGE_AT + 4, &marker, "page size that is a value")?;
        expect(ALLOCATOR_AT, ALLOCATOR_MARK, "allocator of layout 1")?;
        let u64_at = |at| u64_in(&bytes, at);
        let header = Self {
            page_bytes: u64_at(PAGE_AT) as u32,
            root: u64_at(ROOT_AT),
            entries: u64_at(ENTRIES_AT),
            chunks: u64_at(CHUNKS_IN_USE_AT),
            free: u64_at(FREE_AT),
        };
        let bytes = memory.size().saturating_mul(PAGE_BYTES);
        match header.contradiction(u64_at(ALLOCATOR_PAGE_AT), bytes) {
            Some(what) => Err(TreeError::Contradiction { what }),
            None => Ok(header),
        }
    }

    fn contradiction(&self, allocator_page: u64, memory_bytes: u64) -> Option<String> {
        let Self {
            page_bytes,
            root,
            entries,
            chunks,
            ..
        } = *self;
        if page_bytes < MIN_PAGE_BYTES {
            return Some(format!("that a page has {page_bytes} bytes"));
        }
        if allocator_page != u64::from(page_bytes) {
            return Some(format!(
                "that a page has {page_bytes} bytes, and its allocator that one has {allocator_page}"
            ));
        }
        let room = memory_bytes.saturating_sub(CHUNKS_AT) / chunk_bytes(page_bytes);
        if chunks > room {
            return Some(format!("that {chunks} chunks are in use, where {room} fit"));
        }
        if entries > chunks * CAPACITY as u64 {
            return Some(format!(
                "that there are {entries} entries in {chunks} chunks, which hold {CAPACITY} each at most"
            ));
        }
        if (root == 0) != (entries == 0) {
            return Some(format!(
                "that there are {entries} entries, and that the root is at {root}"
            ));
        }
        None
    }
}

/// The number at `at`; 0 where the bytes end before it does.
pub fn u64_in(bytes: &[u8], at: usize) -> u64 {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.map_or(0, |field| u64::from_le_bytes(*field))
}

//! The chunks of a tree that is read: where they can be, and that no more of them are met than are in use.

use ic_stable_structures::Memory;

use super::error::TreeError;
use super::header::{Header, u64_in};
use super::layout::{CHUNK_HEAD, CHUNK_MARK, CHUNKS_AT, OVERFLOW_HEAD, OVERFLOW_MARK, chunk_bytes};
use crate::bucket_plan::PAGE_BYTES;
use crate::error::Glimpse;

/// Bytes of a chunk's head that tell whether it is in use. The others can be left over from when it was free.
pub const CHUNK_STATE: usize = CHUNK_MARK.len() + 1;
/// Bytes of both heads of an overflow page.
const OVERFLOW_HEADS: usize = CHUNK_HEAD + OVERFLOW_HEAD;

/// Counts what it reads, because that ends the way through a tree that leads back into itself.
pub struct Chunks<'a, M> {
    memory: &'a M,
    header: Header,
    memory_bytes: u64,
    met: u64,
}

impl<'a, M: Memory> Chunks<'a, M> {
    pub fn new(memory: &'a M, header: Header) -> Self {
        Self {
            memory,
            header,
            memory_bytes: memory.size().saturating_mul(PAGE_BYTES),
            met: 0,
        }
    }

    pub fn page_bytes(&self) -> u32 {
        self.header.page_bytes
    }

    /// Reads the chunk of the node at `address`, with its head, in one read.
    ///
    /// # Errors
    /// [`TreeError::Damaged`].
    pub fn read_node(&mut self, address: u64, bytes: &mut Vec<u8>) -> Result<(), TreeError> {
        let chunk = self.meet(address)?;
        let len = self.page_from(address).saturating_add(CHUNK_HEAD);
        // What the buffer has already need not be zeroed.
        bytes.truncate(len);
        extend(bytes, len - bytes.len(), address)?;
        self.memory.read(chunk, bytes);
        check_in_use(bytes, address)
    }

    /// Reads the data of the overflow page at `address` behind `bytes`, and returns where the next one is; 0 for none.
    ///
    /// # Errors
    /// [`TreeError::Damaged`].
    pub fn read_overflow(&mut self, address: u64, bytes: &mut Vec<u8>) -> Result<u64, TreeError> {
        let chunk = self.meet(address)?;
        let mut heads = [0; OVERFLOW_HEADS];
        self.memory.read(chunk, &mut heads);
        check_in_use(&heads, address)?;
        let head = &heads[CHUNK_HEAD..];
        if !head.starts_with(OVERFLOW_MARK) {
            return Err(damaged(
                address,
                format!("stands {}, and no overflow page", Glimpse::of(head)),
            ));
        }
        let from = bytes.len();
        extend(bytes, self.page_from(address) - OVERFLOW_HEAD, address)?;
        self.memory
            .read(chunk + OVERFLOW_HEADS as u64, &mut bytes[from..]);
        Ok(u64_in(head, OVERFLOW_MARK.len()))
    }

    /// Bytes of the page at an address that was checked, as far as the memory goes.
    fn page_from(&self, address: u64) -> usize {
        let page = u64::from(self.header.page_bytes);
        page.min(self.memory_bytes - address) as usize
    }

    /// Where the chunk starts whose page is at `address`.
    fn meet(&mut self, address: u64) -> Result<u64, TreeError> {
        let first = CHUNKS_AT + CHUNK_HEAD as u64;
        let chunk = chunk_bytes(self.header.page_bytes);
        let in_line = address >= first && (address - first).is_multiple_of(chunk);
        let heads_end = address.saturating_add(OVERFLOW_HEAD as u64);
        if !in_line || heads_end > self.memory_bytes {
            return Err(damaged(address, "is no chunk, where an address leads"));
        }
        if self.met == self.header.chunks {
            let chunks = self.header.chunks;
            return Err(damaged(
                address,
                format!("is more than the {chunks} chunks in use: one was reached twice"),
            ));
        }
        self.met += 1;
        Ok(address - CHUNK_HEAD as u64)
    }
}

fn check_in_use(head: &[u8], address: u64) -> Result<(), TreeError> {
    let state = &head[..CHUNK_STATE];
    if state.starts_with(CHUNK_MARK) && state.ends_with(&[1]) {
        return Ok(());
    }
    let found = Glimpse::of(state);
    Err(damaged(
        address,
        format!("is the page of a chunk that starts with {found}, which is none in use"),
    ))
}

/// Appends zeros. The heap can be smaller than a page that the memory has.
fn extend(bytes: &mut Vec<u8>, by: usize, address: u64) -> Result<(), TreeError> {
    if bytes.try_reserve(by).is_err() {
        return Err(damaged(
            address,
            format!("are {by} bytes for which the heap has no room"),
        ));
    }
    bytes.resize(bytes.len() + by, 0);
    Ok(())
}

pub fn damaged(address: u64, what: impl Into<String>) -> TreeError {
    TreeError::Damaged {
        address,
        what: what.into(),
    }
}

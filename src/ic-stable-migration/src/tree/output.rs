//! Where finished nodes go: chunk behind chunk, in a memory that grows as far as is written.

use ic_stable_structures::Memory;

use super::error::TreeError;
use super::header::Header;
use super::layout::{
    CHUNK_HEAD, CHUNKS_AT, OVERFLOW_HEAD, OVERFLOW_MARK, chunk_bytes, chunk_head, overflow_pages,
};
use super::node::Node;
use crate::bucket_plan::PAGE_BYTES;

/// The memory of a tree that is being written, and the buffers of the nodes that it has.
pub struct Output<M> {
    memory: M,
    page_bytes: u32,
    /// Where the next chunk starts.
    next: u64,
    /// Pages of the memory, as far as they are known.
    pages: u64,
    nodes: u64,
    overflow_pages: u64,
    spare: Vec<Node>,
}

impl<M: Memory> Output<M> {
    pub fn new(memory: M, page_bytes: u32) -> Self {
        Self {
            memory,
            page_bytes,
            next: CHUNKS_AT,
            pages: 0,
            nodes: 0,
            overflow_pages: 0,
            spare: Vec::new(),
        }
    }

    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    pub fn overflow_pages(&self) -> u64 {
        self.overflow_pages
    }

    /// A node without entries, in buffers that were used before if there are any.
    pub fn blank(&mut self) -> Node {
        self.spare.pop().unwrap_or_else(Node::new)
    }

    /// Keeps the buffers of a node that is no longer needed.
    pub fn recycle(&mut self, mut node: Node) {
        node.clear();
        self.spare.push(node);
    }

    /// Writes a node and returns its address. One write for the node and one for each of its overflow pages, which come
    /// right behind it.
    ///
    /// # Errors
    /// [`TreeError::OutOfMemory`].
    pub fn write(&mut self, mut node: Node) -> Result<u64, TreeError> {
        if self.next == CHUNKS_AT {
            // What was there before is no map from now on, and what comes is none before the header is written.
            put(&self.memory, &mut self.pages, 0, &[0; CHUNKS_AT as usize])?;
        }
        let chunk = chunk_bytes(self.page_bytes);
        // A page can be longer than the heap of a canister.
        let page = self.page_bytes as usize;
        let overflow_pages = overflow_pages(node.bytes() as u64, self.page_bytes);
        let address = self.next + CHUNK_HEAD as u64;
        let mut at = self.next;
        let image = node.seal(if overflow_pages > 0 {
            address + chunk
        } else {
            0
        });
        let (mut start, mut end) = (0, image.len().min(page.saturating_add(CHUNK_HEAD)));
        loop {
            put(&self.memory, &mut self.pages, at, &image[start..end])?;
            if end == image.len() {
                break;
            }
            // The heads of the overflow page take the place of bytes that have just been written.
            at += chunk;
            start = end - CHUNK_HEAD - OVERFLOW_HEAD;
            let heads = start..end;
            end = image.len().min(end.saturating_add(page - OVERFLOW_HEAD));
            let next = if end == image.len() {
                0
            } else {
                at + chunk + CHUNK_HEAD as u64
            };
            image[heads].copy_from_slice(&overflow_head(next));
        }
        self.nodes += 1;
        self.overflow_pages += overflow_pages;
        self.next += chunk * (1 + overflow_pages);
        self.recycle(node);
        Ok(address)
    }

    /// Writes the free chunk behind the others, which is where the map allocates next, and the header: only now is the
    /// memory a map. Returns the bytes in use and the memory.
    ///
    /// # Errors
    /// [`TreeError::OutOfMemory`].
    pub fn finish(mut self, root: u64, entries: u64) -> Result<(u64, M), TreeError> {
        let header = Header {
            page_bytes: self.page_bytes,
            root,
            entries,
            chunks: self.nodes + self.overflow_pages,
            free: self.next,
        };
        put(&self.memory, &mut self.pages, self.next, &chunk_head(false))?;
        put(&self.memory, &mut self.pages, 0, &header.to_bytes())?;
        Ok((self.next + CHUNK_HEAD as u64, self.memory))
    }
}

/// Writes `bytes` at `at`, and grows the memory to where they end; `pages` is its size as far as it is known.
fn put<M: Memory>(memory: &M, pages: &mut u64, at: u64, bytes: &[u8]) -> Result<(), TreeError> {
    let wanted = (at + bytes.len() as u64).div_ceil(PAGE_BYTES);
    if wanted > *pages {
        *pages = memory.size();
        let missing = wanted.saturating_sub(*pages);
        if missing > 0 && memory.grow(missing) < 0 {
            return Err(TreeError::OutOfMemory {
                pages: *pages,
                wanted,
            });
        }
        *pages = wanted.max(*pages);
    }
    memory.write(at, bytes);
    Ok(())
}

fn overflow_head(next: u64) -> [u8; CHUNK_HEAD + OVERFLOW_HEAD] {
    let mut head = [0; CHUNK_HEAD + OVERFLOW_HEAD];
    head[..CHUNK_HEAD].copy_from_slice(&chunk_head(true));
    head[CHUNK_HEAD..][..3].copy_from_slice(OVERFLOW_MARK);
    head[CHUNK_HEAD + 3..].copy_from_slice(&next.to_le_bytes());
    head
}

//! Stable memory that is cheap to copy, to undo and to lay over a large file.
//!
//! A [`StableMemory`] is a tree of 4 KiB blocks that are shared between copies until one
//! of the copies writes. So a clone costs one reference, undoing a message is dropping the
//! clone it worked on, and the blocks that a message had to make its own are exactly the
//! blocks it dirtied. Under the tree there may be a [`StableSource`], read block by block
//! and only where nothing was written over it: a memory of hundreds of GiB in a sparse
//! file costs no RAM until it is written.

mod tree;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use crate::config::PAGE_SIZE;
use tree::{BLOCK, Block, Tree};

/// Where the bytes of a [`StableMemory`] come from that were never written.
pub trait StableSource: Send + Sync {
    /// The length in bytes. What lies behind it reads as zero.
    fn len(&self) -> u64;

    /// Whether there is nothing in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `target` with the bytes at `offset`. Asked only for ranges inside
    /// [`len`](StableSource::len).
    ///
    /// # Errors
    /// Whatever kept the bytes from being read. A canister that meets it traps.
    fn read_at(&self, offset: u64, target: &mut [u8]) -> io::Result<()>;
}

/// Why bytes of a stable memory could not be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StableError {
    /// The range does not lie inside the memory.
    #[error("stable memory range {offset}+{size} is outside the {pages} pages there are")]
    OutOfRange {
        /// The first byte asked for.
        offset: u64,
        /// The number of bytes asked for.
        size: u64,
        /// The size of the memory, in pages of 64 KiB.
        pages: u64,
    },
    /// The source under the memory failed.
    #[error("stable memory at {offset} could not be read from its source: {error}")]
    Source {
        /// The first byte asked for.
        offset: u64,
        /// What the source said.
        error: Arc<io::Error>,
    },
}

/// A canister's stable memory, or a copy of one. Cloning costs one reference.
#[derive(Clone, Default)]
pub struct StableMemory {
    pages: u64,
    tree: Tree,
    source: Option<Arc<dyn StableSource>>,
}

impl StableMemory {
    /// An empty memory.
    pub fn new() -> Self {
        StableMemory::default()
    }

    /// A memory over a source: as many pages as hold all its bytes.
    pub fn over(source: Arc<dyn StableSource>) -> Self {
        StableMemory {
            pages: source.len().div_ceil(PAGE_SIZE),
            tree: Tree::default(),
            source: Some(source),
        }
    }

    /// The size in pages of 64 KiB.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.pages * PAGE_SIZE
    }

    /// Adds pages of zeros and returns the size there was; `None`, and nothing happens, if
    /// there would be more than `limit` pages.
    pub fn grow(&mut self, delta: u64, limit: u64) -> Option<u64> {
        let before = self.pages;
        let after = before.checked_add(delta).filter(|&n| n <= limit)?;
        self.pages = after;
        Some(before)
    }

    /// Fills `target` with the bytes at `offset`.
    ///
    /// # Errors
    /// The range is not inside the memory, or the source under it failed.
    pub fn read(&self, offset: u64, target: &mut [u8]) -> Result<(), StableError> {
        self.check(offset, target.len() as u64)?;
        for (index, start, part) in blocks(offset, target.len()) {
            let target = &mut target[part.clone()];
            match self.tree.get(index) {
                Some(block) => target.copy_from_slice(&block[start..start + part.len()]),
                None => self.read_source(index * BLOCK as u64 + start as u64, target)?,
            }
        }
        Ok(())
    }

    /// Writes `bytes` at `offset` and returns how many 4 KiB blocks were not its own before,
    /// that is, were still shared with another copy of this memory or not there.
    ///
    /// # Errors
    /// The range is not inside the memory, and nothing was written; or the source under it
    /// failed, and a part may have been.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<u64, StableError> {
        self.check(offset, bytes.len() as u64)?;
        let mut fresh = 0;
        for (index, start, part) in blocks(offset, bytes.len()) {
            if self.tree.get(index).is_none() {
                let mut block: Block = [0; BLOCK];
                if part.len() < BLOCK {
                    self.read_source(index * BLOCK as u64, &mut block)?;
                }
                self.tree.put(index, block);
                fresh += 1;
            }
            let (block, copied) = self.tree.own(index);
            block[start..start + part.len()].copy_from_slice(&bytes[part]);
            fresh += u64::from(copied);
        }
        Ok(fresh)
    }

    /// The whole memory as bytes. Allocates all of it: for small memories.
    ///
    /// # Errors
    /// The source under the memory failed.
    pub fn to_vec(&self) -> Result<Vec<u8>, StableError> {
        let mut bytes = vec![0; self.size() as usize];
        self.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// The offsets of the 4 KiB blocks that were written, ascending. All others are as in the
    /// source the memory lies over, or zero without one.
    pub fn written_blocks(&self) -> impl Iterator<Item = u64> {
        self.tree.indices().map(|index| index * BLOCK as u64)
    }

    /// The offset of the first 4 KiB block in which two memories differ, `None` if they are
    /// the same in size and content. Blocks the two share are not looked at.
    ///
    /// # Errors
    /// A source under one of the memories failed.
    pub fn first_difference(&self, other: &StableMemory) -> Result<Option<u64>, StableError> {
        let same_source = match (&self.source, &other.source) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        let common = self.pages.min(other.pages) * PAGE_SIZE;
        let (mut mine, mut theirs) = ([0; BLOCK], [0; BLOCK]);
        for index in 0..common / BLOCK as u64 {
            let (a, b) = (self.tree.get(index), other.tree.get(index));
            let shared = match (a, b) {
                (None, None) => same_source,
                (Some(a), Some(b)) => std::ptr::eq(a, b),
                _ => false,
            };
            if shared {
                continue;
            }
            let offset = index * BLOCK as u64;
            self.read(offset, &mut mine)?;
            other.read(offset, &mut theirs)?;
            if mine != theirs {
                return Ok(Some(offset));
            }
        }
        Ok((self.pages != other.pages).then_some(common))
    }

    fn check(&self, offset: u64, size: u64) -> Result<(), StableError> {
        match offset.checked_add(size) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(StableError::OutOfRange {
                offset,
                size,
                pages: self.pages,
            }),
        }
    }

    fn read_source(&self, offset: u64, target: &mut [u8]) -> Result<(), StableError> {
        let there = self
            .source
            .as_ref()
            .map_or(0, |s| s.len().saturating_sub(offset));
        let n = usize::try_from(there)
            .unwrap_or(usize::MAX)
            .min(target.len());
        if let (Some(source), true) = (&self.source, n > 0) {
            source
                .read_at(offset, &mut target[..n])
                .map_err(|error| StableError::Source {
                    offset,
                    error: Arc::new(error),
                })?;
        }
        target[n..].fill(0);
        Ok(())
    }
}

impl From<&[u8]> for StableMemory {
    /// A memory that holds `bytes`, filled up with zeros to a whole page.
    fn from(bytes: &[u8]) -> Self {
        let mut memory = StableMemory::new();
        memory.pages = (bytes.len() as u64).div_ceil(PAGE_SIZE);
        for (at, chunk) in bytes.chunks(BLOCK).enumerate() {
            if chunk.iter().any(|&b| b != 0) {
                let mut block: Block = [0; BLOCK];
                block[..chunk.len()].copy_from_slice(chunk);
                memory.tree.put(at as u64, block);
            }
        }
        memory
    }
}

impl From<Vec<u8>> for StableMemory {
    /// A memory that holds `bytes`, filled up with zeros to a whole page.
    fn from(bytes: Vec<u8>) -> Self {
        StableMemory::from(bytes.as_slice())
    }
}

impl std::fmt::Debug for StableMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StableMemory({} pages)", self.pages)
    }
}

/// The blocks a range touches: the block's index, where in it the range starts, and the
/// part of the range that lies in it.
fn blocks(offset: u64, size: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == size {
            return None;
        }
        let at = offset + done as u64;
        let start = (at % BLOCK as u64) as usize;
        let part = done..size.min(done + BLOCK - start);
        done = part.end;
        Some((at / BLOCK as u64, start, part))
    })
}

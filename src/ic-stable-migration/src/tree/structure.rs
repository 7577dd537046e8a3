//! Whether a tree is one that the crate's map can go on with: balanced, filled, and every chunk accounted for.

use std::convert::Infallible;
use std::ops::ControlFlow;

use ic_stable_structures::Memory;

use super::chunks::{CHUNK_STATE, damaged};
use super::error::TreeError;
use super::header::u64_in;
use super::layout::{CHUNK_HEAD, CHUNK_MARK, CHUNKS_AT, MINIMUM, chunk_bytes};
use super::reader::TreeReader;
use crate::bucket_plan::PAGE_BYTES;

/// What was counted in a tree that is as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Entries.
    pub entries: u64,
    /// Levels; 0 for an empty map.
    pub levels: usize,
    /// Nodes.
    pub nodes: u64,
    /// Pages behind nodes that are longer than a page.
    pub overflow_pages: u64,
    /// Chunks that were in use once and are not now.
    pub free_chunks: u64,
}

impl<M: Memory> TreeReader<M> {
    /// Walks the tree and the free list: all leaves are equally deep, every node but the root has 5 entries at least, and
    /// every chunk before the last free one is in use or free, once.
    ///
    /// Takes a bit of heap for each chunk of the memory; meant for tests and tools.
    ///
    /// # Errors
    /// Those of [`walk`](Self::walk), and [`TreeError::Damaged`] for each of the above.
    pub fn check_structure(&self) -> Result<Structure, TreeError> {
        let mut found = Structure::default();
        let mut chunks = Accounted::new(self);
        let ControlFlow::Continue(()) = self.walk_nodes(
            |node, level| {
                if level > 0 && node.entries() < MINIMUM {
                    let entries = node.entries();
                    return Err(damaged(
                        node.address(),
                        format!("stands a node of {entries} entries"),
                    ));
                }
                found.levels = found.levels.max(level + 1);
                found.nodes += 1;
                found.overflow_pages += node.overflow().len() as u64;
                chunks.take(node.address())?;
                node.overflow()
                    .iter()
                    .try_for_each(|&page| chunks.take(page))
            },
            |_, _| ControlFlow::<Infallible>::Continue(()),
        )?;
        let in_use = found.nodes + found.overflow_pages;
        if in_use != self.header().chunks {
            return Err(TreeError::Contradiction {
                what: format!(
                    "that {} chunks are in use, and the tree leads to {in_use}",
                    self.header().chunks
                ),
            });
        }
        found.entries = self.header().entries;
        found.free_chunks = self.free_chunks(&mut chunks, in_use)?;
        Ok(found)
    }

    /// Length of the free list, but for its last chunk, which was never in use and stands behind all that were.
    fn free_chunks(&self, chunks: &mut Accounted, in_use: u64) -> Result<u64, TreeError> {
        let memory_bytes = self.memory().size().saturating_mul(PAGE_BYTES);
        let (mut free, mut chunk) = (0, self.header().free);
        loop {
            let page = chunk.saturating_add(CHUNK_HEAD as u64);
            if chunk < CHUNKS_AT || page > memory_bytes {
                return Err(damaged(chunk, "is no chunk, where the free list leads"));
            }
            let mut head = [0; CHUNK_HEAD];
            self.memory().read(chunk, &mut head);
            if !head.starts_with(CHUNK_MARK) || head[CHUNK_STATE - 1] != 0 {
                return Err(damaged(
                    chunk,
                    "stands no free chunk, where the free list leads",
                ));
            }
            let next = u64_in(&head, CHUNK_HEAD - 8);
            if next == 0 {
                break;
            }
            chunks.take(page)?;
            free += 1;
            chunk = next;
        }
        let before = (chunk - CHUNKS_AT) / chunk_bytes(self.page_size());
        if before != in_use + free || chunks.index(chunk + CHUNK_HEAD as u64).is_none() {
            return Err(damaged(
                chunk,
                format!("stands the last free chunk, behind {in_use} in use and {free} free ones"),
            ));
        }
        Ok(free)
    }
}

/// A bit for each chunk that has room in the memory.
struct Accounted {
    chunk_bytes: u64,
    bits: Vec<u64>,
}

impl Accounted {
    fn new<M: Memory>(reader: &TreeReader<M>) -> Self {
        let chunk_bytes = chunk_bytes(reader.page_size());
        let chunks = reader.memory().size().saturating_mul(PAGE_BYTES) / chunk_bytes;
        Self {
            chunk_bytes,
            bits: vec![0; chunks as usize / 64 + 1],
        }
    }

    /// Which chunk has its page at `address`, counted from 0.
    fn index(&self, address: u64) -> Option<u64> {
        let behind = address.checked_sub(CHUNKS_AT + CHUNK_HEAD as u64)?;
        let aligned = behind.is_multiple_of(self.chunk_bytes);
        aligned.then_some(behind / self.chunk_bytes)
    }

    fn take(&mut self, address: u64) -> Result<(), TreeError> {
        let bit = self
            .index(address)
            .and_then(|index| Some((self.bits.get_mut(index as usize / 64)?, index % 64)));
        match bit {
            Some((word, bit)) if *word >> bit & 1 == 0 => {
                *word |= 1 << bit;
                Ok(())
            }
            Some(_) => Err(damaged(address, "is a chunk that was met before")),
            None => Err(damaged(address, "is no chunk")),
        }
    }
}

//! The buckets of a memory manager in use: where the bytes of each virtual memory are, and how one grows.
//!
//! What it writes is what the crate's `MemoryManager` would write. That one takes a memory and reads its page anew, entry
//! by entry, which is most of what an upgrade with nothing to move would take; this one takes the
//! [table](BucketTable) that was read and checked when the memory was opened.

use std::ops::Range;

use ic_stable_structures::Memory;

use crate::bucket_plan::{BucketPlan, MAX_BUCKETS, PAGE_BYTES};
use crate::error::Error;
use crate::manager::{BucketTable, write_grown};
use crate::stream::grow_to;

/// See the [module](self).
pub struct Buckets {
    bucket_pages: u16,
    /// How many are in use.
    allocated: u64,
    /// The virtual memories by id.
    memories: Vec<Extent>,
}

/// What a virtual memory has.
#[derive(Clone, Default)]
struct Extent {
    pages: u64,
    /// Its buckets in order, by their places in stable memory.
    buckets: Vec<u16>,
}

impl Buckets {
    /// As a table says that was read, or written, and so adds up.
    pub fn of(table: &BucketTable) -> Self {
        let mut memories = vec![Extent::default(); 1 + usize::from(u8::MAX)];
        for (bucket, owner) in table.owners.iter().enumerate() {
            memories[usize::from(*owner)].buckets.push(bucket as u16);
        }
        for (id, pages) in &table.sizes {
            memories[usize::from(*id)].pages = *pages;
        }
        Self {
            bucket_pages: table.bucket_pages,
            allocated: table.owners.len() as u64,
            memories,
        }
    }

    /// Pages of a bucket.
    pub fn bucket_pages(&self) -> u16 {
        self.bucket_pages
    }

    /// Size of memory `id` in pages.
    pub fn size(&self, id: u8) -> u64 {
        self.memories[usize::from(id)].pages
    }

    /// Where memory `id` starts, in bytes from the start of stable memory; none if it has no bucket.
    pub fn start(&self, id: u8) -> Option<u64> {
        let first = self.memories[usize::from(id)].buckets.first()?;
        Some(PAGE_BYTES + u64::from(*first) * self.bucket_bytes())
    }

    /// Makes memory `id` larger by `pages` in `raw`; its size before, in pages.
    ///
    /// # Errors
    /// [`Error::Ceiling`], [`Error::OutOfStableMemory`]; the memory is then as it was.
    pub fn grow(&mut self, raw: &impl Memory, id: u8, pages: u64) -> Result<u64, Error> {
        let bucket_pages = u64::from(self.bucket_pages);
        let memory = &mut self.memories[usize::from(id)];
        let before = memory.pages;
        let size = before.saturating_add(pages);
        let owned = memory.buckets.len() as u64;
        let needed = size.div_ceil(bucket_pages).saturating_sub(owned);
        let allocated = self.allocated.saturating_add(needed);
        if allocated > MAX_BUCKETS {
            return Err(Error::Ceiling {
                buckets: self.allocated,
                bucket_pages: self.bucket_pages,
                ceiling_bytes: BucketPlan::of_pages(self.bucket_pages).ceiling(),
                needed,
            });
        }
        grow_to(raw, 1 + allocated * bucket_pages)?;
        let new = self.allocated..allocated;
        write_grown(raw, id, size, &new);
        memory.buckets.extend(new.map(|bucket| bucket as u16));
        memory.pages = size;
        self.allocated = allocated;
        Ok(before)
    }

    /// Calls `part` with the place in stable memory of each piece of `offset..offset + len` of memory `id`, and the piece.
    ///
    /// # Panics
    /// Beyond the end of the memory, as every [`Memory`] does.
    pub fn pieces(&self, id: u8, offset: u64, len: usize, mut part: impl FnMut(u64, Range<usize>)) {
        let memory = &self.memories[usize::from(id)];
        assert!(
            offset.saturating_add(len as u64) <= memory.pages * PAGE_BYTES,
            "{len} bytes at {offset} of memory {id}, which has {} pages",
            memory.pages
        );
        let bucket_bytes = self.bucket_bytes();
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let within = at % bucket_bytes;
            let piece = (bucket_bytes - within).min((len - done) as u64) as usize;
            let bucket = u64::from(memory.buckets[(at / bucket_bytes) as usize]);
            part(
                PAGE_BYTES + bucket * bucket_bytes + within,
                done..done + piece,
            );
            done += piece;
        }
    }

    fn bucket_bytes(&self) -> u64 {
        u64::from(self.bucket_pages) * PAGE_BYTES
    }
}

#[cfg(test)]
mod tests;

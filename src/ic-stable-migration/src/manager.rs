//! The memory manager's own page, read without trusting it.
//!
//! `MemoryManager::init` takes the three bytes `MGR` for proof. A little-endian u32 length of 22 169 421 in front
//! of a legacy value reads the same, so here the whole header has to add up before it is believed.
//!
//! ```text
//! 0      "MGR"                                  3 bytes
//! 3      layout version, 1                      1 byte
//! 4      buckets allocated                      u16
//! 6      bucket size in pages                   u16
//! 8      reserved                               32 bytes
//! 40     size of memory i in pages              255 × u64
//! 2080   owner of bucket i, 255 = none          32 768 bytes
//! 65536  the buckets
//! ```

use ic_stable_structures::Memory;

use crate::bucket_plan::{MAX_BUCKETS, PAGE_BYTES};

const MAGIC: &[u8; 4] = b"MGR\x01";
const SIZES_AT: usize = 40;
const OWNERS_AT: usize = 2_080;
const HEADER_BYTES: usize = OWNERS_AT + MAX_BUCKETS as usize;
/// Virtual memories that a manager can hold.
const MEMORIES: usize = 255;
const NOBODY: u8 = 255;

/// The bucket table of a memory manager whose header adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketTable {
    /// Size of a bucket in pages of 64 KiB.
    pub bucket_pages: u16,
    /// The virtual memory that owns each allocated bucket, in the order of the buckets.
    pub owners: Vec<u8>,
    /// Sizes in pages of the virtual memories that own a bucket, by id.
    pub sizes: Vec<(u8, u64)>,
}

impl BucketTable {
    /// Reads and checks the table: `Ok(None)` if the memory does not start with a manager's magic and version,
    /// `Err` with the contradiction if it does and the rest does not add up. Reads 34 848 bytes at most.
    pub fn read(memory: &impl Memory) -> Result<Option<Self>, String> {
        let mut magic = [0; 4];
        if memory.size() == 0 {
            return Ok(None);
        }
        memory.read(0, &mut magic);
        if &magic != MAGIC {
            return Ok(None);
        }
        let mut header = vec![0; HEADER_BYTES];
        memory.read(0, &mut header);
        Self::check(&header, memory.size()).map(Some)
    }

    fn check(header: &[u8], memory_pages: u64) -> Result<Self, String> {
        let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let allocated = u64::from(u16_at(4));
        let bucket_pages = u16_at(6);
        if bucket_pages == 0 {
            return Err("a bucket size of 0 pages".into());
        }
        if allocated > MAX_BUCKETS {
            return Err(format!(
                "{allocated} buckets where {MAX_BUCKETS} is the most"
            ));
        }
        let needed = 1 + allocated * u64::from(bucket_pages);
        if needed > memory_pages {
            return Err(format!(
                "{allocated} buckets of {bucket_pages} pages, which need {needed} pages of {memory_pages}"
            ));
        }
        let (owned, free) = header[OWNERS_AT..].split_at(allocated as usize);
        if let Some(bucket) = owned.iter().position(|&owner| owner == NOBODY) {
            return Err(format!("no owner for the allocated bucket {bucket}"));
        }
        if let Some(bucket) = free.iter().position(|&owner| owner != NOBODY) {
            let bucket = allocated as usize + bucket;
            return Err(format!(
                "an owner for bucket {bucket}, which is not allocated"
            ));
        }
        let mut buckets_of = [0u64; MEMORIES];
        for &owner in owned {
            buckets_of[usize::from(owner)] += 1;
        }
        let mut sizes = Vec::new();
        for (id, &buckets) in buckets_of.iter().enumerate() {
            let mut size = [0; 8];
            size.copy_from_slice(&header[SIZES_AT + 8 * id..][..8]);
            let size = u64::from_le_bytes(size);
            if size.div_ceil(u64::from(bucket_pages)) != buckets {
                return Err(format!(
                    "{size} pages for memory {id}, which owns {buckets} buckets of {bucket_pages} pages"
                ));
            }
            if buckets > 0 {
                sizes.push((id as u8, size));
            }
        }
        Ok(Self {
            bucket_pages,
            owners: owned.to_vec(),
            sizes,
        })
    }

    /// Writes the table to the manager's page. What is behind it on that page stays.
    pub(crate) fn write(&self, memory: &impl Memory) {
        let mut header = vec![0; HEADER_BYTES];
        header[..4].copy_from_slice(MAGIC);
        header[4..6].copy_from_slice(&(self.owners.len() as u16).to_le_bytes());
        header[6..8].copy_from_slice(&self.bucket_pages.to_le_bytes());
        for &(id, size) in &self.sizes {
            let at = SIZES_AT + 8 * usize::from(id);
            header[at..at + 8].copy_from_slice(&size.to_le_bytes());
        }
        header[OWNERS_AT..].fill(NOBODY);
        header[OWNERS_AT..OWNERS_AT + self.owners.len()].copy_from_slice(&self.owners);
        memory.write(0, &header);
    }

    /// Pages that the manager's page and all its buckets take.
    pub fn pages(&self) -> u64 {
        1 + self.owners.len() as u64 * u64::from(self.bucket_pages)
    }

    /// Size in pages of virtual memory `id`; 0 if it owns nothing.
    pub fn size_of(&self, id: u8) -> u64 {
        self.sizes
            .iter()
            .find(|(memory, _)| *memory == id)
            .map_or(0, |(_, size)| *size)
    }

    /// Where bucket `index` starts, in bytes from the start of stable memory.
    pub fn bucket_offset(&self, index: usize) -> u64 {
        (1 + index as u64 * u64::from(self.bucket_pages)) * PAGE_BYTES
    }
}

#[cfg(test)]
mod tests;

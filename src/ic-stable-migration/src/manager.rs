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

use std::ops::Range;

use ic_stable_structures::Memory;

use crate::bucket_plan::{BucketPlan, MAX_BUCKETS, PAGE_BYTES};

const MAGIC: &[u8; 4] = b"MGR\x01";
const ALLOCATED_AT: usize = 4;
const SIZES_AT: usize = 40;
const OWNERS_AT: usize = 2_080;
const HEADER_BYTES: usize = OWNERS_AT + MAX_BUCKETS as usize;
const NOBODY: u8 = 255;
/// Owners that are read at a time where none is expected.
const OWNERS_READ: u64 = 4_096;

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
        let mut head = vec![0; OWNERS_AT];
        memory.read(0, &mut head);
        let u16_at = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let allocated = u64::from(u16_at(ALLOCATED_AT));
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
        let memory_pages = memory.size();
        if needed > memory_pages {
            return Err(format!(
                "{allocated} buckets of {bucket_pages} pages, which need {needed} pages of {memory_pages}"
            ));
        }
        let mut owners = vec![0; allocated as usize];
        memory.read(OWNERS_AT as u64, &mut owners);
        let mut buckets_of = [0; 1 + NOBODY as usize];
        for &owner in &owners {
            buckets_of[usize::from(owner)] += 1;
        }
        if buckets_of[usize::from(NOBODY)] > 0 {
            let unowned = owners.iter().position(|&owner| owner == NOBODY);
            let bucket = unowned.unwrap_or_default();
            return Err(format!("no owner for the allocated bucket {bucket}"));
        }
        if let Some(bucket) = owned_from(memory, allocated) {
            return Err(format!(
                "an owner for bucket {bucket}, which is not allocated"
            ));
        }
        let sizes = sizes(&head, &buckets_of, bucket_pages)?;
        Ok(Some(Self {
            bucket_pages,
            owners,
            sizes,
        }))
    }

    /// That of a memory with nothing in it.
    pub(crate) fn empty(buckets: BucketPlan) -> Self {
        Self {
            bucket_pages: buckets.pages(),
            owners: Vec::new(),
            sizes: Vec::new(),
        }
    }

    /// Writes the table to the manager's page. What is behind it on that page stays.
    pub(crate) fn write(&self, memory: &impl Memory) {
        let mut header = vec![0; HEADER_BYTES];
        header[..4].copy_from_slice(MAGIC);
        header[ALLOCATED_AT..ALLOCATED_AT + 2]
            .copy_from_slice(&(self.owners.len() as u16).to_le_bytes());
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

/// Writes to the manager's page that memory `id` has `size` pages now, and the buckets `new`, up to which all are allocated.
pub(crate) fn write_grown(memory: &impl Memory, id: u8, size: u64, new: &Range<u64>) {
    if !new.is_empty() {
        let owners = vec![id; (new.end - new.start) as usize];
        memory.write(OWNERS_AT as u64 + new.start, &owners);
        memory.write(ALLOCATED_AT as u64, &(new.end as u16).to_le_bytes());
    }
    let size_at = SIZES_AT + 8 * usize::from(id);
    memory.write(size_at as u64, &size.to_le_bytes());
}

/// The sizes that the head says, of the memories that own a bucket; each has to have just the buckets that it needs.
fn sizes(head: &[u8], buckets_of: &[u64], bucket_pages: u16) -> Result<Vec<(u8, u64)>, String> {
    let mut sizes = Vec::new();
    let (fields, _) = head[SIZES_AT..].as_chunks();
    for (id, (field, &buckets)) in fields.iter().zip(buckets_of).enumerate() {
        let size = u64::from_le_bytes(*field);
        if size == 0 && buckets == 0 {
            continue;
        }
        if size.div_ceil(u64::from(bucket_pages)) != buckets {
            return Err(format!(
                "{size} pages for memory {id}, which owns {buckets} buckets of {bucket_pages} pages"
            ));
        }
        sizes.push((id as u8, size));
    }
    Ok(sizes)
}

/// The first bucket from `bucket` on that has an owner.
fn owned_from(memory: &impl Memory, mut bucket: u64) -> Option<u64> {
    let mut owners = vec![0; OWNERS_READ.min(MAX_BUCKETS - bucket) as usize];
    while !owners.is_empty() {
        memory.read(OWNERS_AT as u64 + bucket, &mut owners);
        if !nobodys(&owners) {
            let owned = owners.iter().position(|&owner| owner != NOBODY);
            return owned.map(|at| bucket + at as u64);
        }
        bucket += owners.len() as u64;
        owners.truncate((MAX_BUCKETS - bucket) as usize);
    }
    None
}

/// Whether none of these buckets has an owner. Eight at a time, and eight times that for each comparison: this is most of
/// what opening a memory takes.
fn nobodys(owners: &[u8]) -> bool {
    let (words, rest) = owners.as_chunks();
    let all = |words: &[[u8; 8]]| {
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        words.fold(u64::MAX, |all, word| all & word)
    };
    let (runs, last) = words.as_chunks::<8>();
    runs.iter().all(|run| all(run) == u64::MAX)
        && all(last) == u64::MAX
        && rest.iter().all(|&owner| owner == NOBODY)
}

#[cfg(test)]
mod tests;

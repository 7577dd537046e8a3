//! Where a canister's stable pages are, and what they cost.

use ic_stable_structures::Memory;

use crate::bucket_plan::PAGE_BYTES;
use crate::error::Error;
use crate::managed::{Managed, Memory0Content};

/// Cycles for storing one GiB for one second on a subnet of 13 nodes.
pub const CYCLES_PER_GIB_SECOND: u128 = 127_000;

/// Cycles that `bytes` of heap or stable memory cost in a year of 365 days, rounded down.
///
/// ```
/// assert_eq!(ic_stable_migration::cycles_per_year(1 << 30), 4_005_072_000_000);
/// ```
pub const fn cycles_per_year(bytes: u64) -> u128 {
    const SECONDS: u128 = 365 * 24 * 60 * 60;
    bytes as u128 * CYCLES_PER_GIB_SECOND * SECONDS / (1 << 30)
}

/// The pages of one virtual memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualMemoryReport {
    /// Its id.
    pub id: u8,
    /// Buckets it owns.
    pub buckets: u64,
    /// Its size in pages of 64 KiB.
    pub pages: u64,
    /// Bytes that it owns and cannot use yet or does not use: the rest of its last bucket, and for memory 0 what
    /// is left behind the journal. What a stable structure leaves free inside its pages is not counted.
    pub slack_bytes: u64,
}

/// The pages of a whole stable memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StableReport {
    /// Size in pages of 64 KiB: what is paid for.
    pub stable_pages: u64,
    /// Size of a bucket in pages.
    pub bucket_pages: u16,
    /// Pages behind the last bucket, left from an earlier layout; later buckets will use them.
    pub unmanaged_pages: u64,
    /// What memory 0 holds.
    pub content: Memory0Content,
    /// The virtual memories that own a bucket, by id.
    pub memories: Vec<VirtualMemoryReport>,
}

impl<M: Memory> Managed<M> {
    /// Where the pages are. Reads the manager's page and memory 0's header.
    ///
    /// # Errors
    /// Those of [`Managed::content`] and [`Managed::bucket_table`].
    pub fn report(&self) -> Result<StableReport, Error> {
        let table = self.bucket_table()?;
        let content = self.content()?;
        let used_in_memory0 = match content {
            Memory0Content::Unsaved => 0,
            Memory0Content::Saved(header) => header
                .journal_at()
                .saturating_add(header.journal_bytes.into()),
            Memory0Content::Value(forms) => self.memory0().most_used(forms),
        };
        let memories = table
            .sizes
            .iter()
            .map(|&(id, pages)| {
                let buckets = table.owners.iter().filter(|&&owner| owner == id).count() as u64;
                let owned = buckets * u64::from(table.bucket_pages) * PAGE_BYTES;
                let used = match id {
                    _ if id == self.home() => used_in_memory0,
                    _ => pages * PAGE_BYTES,
                };
                VirtualMemoryReport {
                    id,
                    buckets,
                    pages,
                    slack_bytes: owned.saturating_sub(used),
                }
            })
            .collect();
        Ok(StableReport {
            stable_pages: self.stable_pages(),
            bucket_pages: table.bucket_pages,
            unmanaged_pages: self.stable_pages().saturating_sub(table.pages()),
            content,
            memories,
        })
    }
}

//! Giving a memory larger buckets where it lies: its pages change places, one page at a time on the heap.

use std::collections::BTreeMap;
use std::hash::Hasher;

use ic_stable_structures::Memory;
use twox_hash::XxHash64;

use crate::bucket_plan::{BucketPlan, MAX_BUCKETS, PAGE_BYTES};
use crate::error::Error;
use crate::manager::BucketTable;
use crate::stream::grow_to;

/// Most pages that change places in one upgrade, 2 GiB: each is read three times and written once, and a hook may
/// touch 8 GiB.
pub const MAX_RELAYOUT_PAGES: u64 = 32_768;

/// Lays the virtual memories of a manager out in buckets of another size, in the order of their ids. Their contents are
/// compared before and after. Returns the table to be written then.
///
/// # Errors
/// [`Error::CeilingRaised`] for a memory too large for that, [`Error::OutOfStableMemory`]: nothing was written then.
/// [`Error::PayloadDamaged`] if the contents are not the same: trap.
pub fn relayout(
    raw: &impl Memory,
    table: &BucketTable,
    buckets: BucketPlan,
) -> Result<BucketTable, Error> {
    let bucket_pages = u64::from(buckets.pages());
    let pages: u64 = table.sizes.iter().map(|(_, pages)| pages).sum();
    let needed: u64 = table
        .sizes
        .iter()
        .map(|(_, pages)| pages.div_ceil(bucket_pages))
        .sum();
    if pages > MAX_RELAYOUT_PAGES || needed > MAX_BUCKETS {
        let present = BucketPlan::of_pages(table.bucket_pages);
        return Err(Error::CeilingRaised {
            planned: buckets.ceiling(),
            reached: present.ceiling(),
            bucket_pages: table.bucket_pages,
        });
    }
    grow_to(raw, 1 + needed * bucket_pages)?;
    let places = places(table, bucket_pages);
    let before = digest(raw, places.iter().map(|&(from, _)| from));
    change_places(raw, &places);
    let after = digest(raw, places.iter().map(|&(_, to)| to));
    if before != after {
        return Err(Error::PayloadDamaged {
            part: "content",
            expected: before,
            computed: after,
            bytes: pages * PAGE_BYTES,
        });
    }
    let owners = table.sizes.iter().flat_map(|(id, pages)| {
        let owned = pages.div_ceil(bucket_pages) as usize;
        std::iter::repeat_n(*id, owned)
    });
    Ok(BucketTable {
        bucket_pages: buckets.pages(),
        owners: owners.collect(),
        sizes: table.sizes.clone(),
    })
}

/// Where each page of each memory is, and where it goes, counted in pages of the whole memory.
fn places(table: &BucketTable, bucket_pages: u64) -> Vec<(u64, u64)> {
    let present = u64::from(table.bucket_pages);
    let mut places = Vec::new();
    let mut next = 1;
    for &(id, pages) in &table.sizes {
        let owned = table.owners.iter().enumerate();
        let owned = owned.filter(|(_, owner)| **owner == id);
        let from = owned.flat_map(|(bucket, _)| {
            let first = table.bucket_offset(bucket) / PAGE_BYTES;
            first..first + present
        });
        places.extend(from.take(pages as usize).zip(next..));
        next += pages.div_ceil(bucket_pages) * bucket_pages;
    }
    places
}

/// Moves every page to its place. A page that is in the way of another is taken up and moved next.
fn change_places(raw: &impl Memory, places: &[(u64, u64)]) {
    let mut left: BTreeMap<u64, u64> = places.iter().copied().collect();
    while let Some((from, mut to)) = left.pop_first() {
        let mut page = read(raw, from);
        while let Some(next) = left.remove(&to) {
            let in_the_way = read(raw, to);
            raw.write(to * PAGE_BYTES, &page);
            (page, to) = (in_the_way, next);
        }
        raw.write(to * PAGE_BYTES, &page);
    }
}

fn digest(raw: &impl Memory, pages: impl Iterator<Item = u64>) -> u64 {
    let mut hasher = XxHash64::with_seed(0);
    for page in pages {
        hasher.write(&read(raw, page));
    }
    hasher.finish()
}

fn read(raw: &impl Memory, page: u64) -> Vec<u8> {
    let mut bytes = vec![0; PAGE_BYTES as usize];
    raw.read(page * PAGE_BYTES, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use ic_stable_structures::VectorMemory;
    use ic_stable_structures::memory_manager::MemoryManager;
    use proptest::prelude::*;

    use super::*;
    use crate::test_memory::{contents, grow_and_mark};

    proptest! {
        #[test]
        fn every_memory_is_the_same_in_buckets_of_any_size(
            grows in prop::collection::vec((0u8..6, 1u64..4), 1..30),
            present in 1u16..5,
            planned in 1u16..9,
        ) {
            let raw = VectorMemory::default();
            let manager = MemoryManager::init_with_bucket_size(raw.clone(), present);
            grow_and_mark(&manager, &grows);
            let contents = |manager: &MemoryManager<VectorMemory>| contents(manager, 6);
            let before = contents(&manager);
            let table = BucketTable::read(&raw).unwrap().unwrap();
            let laid_out = relayout(&raw, &table, BucketPlan::of_pages(planned)).unwrap();
            laid_out.write(&raw);
            let table = BucketTable::read(&raw).unwrap().unwrap();
            prop_assert_eq!(table.bucket_pages, planned);
            prop_assert_eq!(contents(&MemoryManager::init(raw)), before);
        }
    }
}

//! Giving the buckets that memory 0 no longer needs back to growth: those behind them move down, in their order.
//!
//! ```text
//! 0 0 0 0 0 1 2 1 1 2      memory 0 had the entries, and now the hot state alone
//! 0 1 2 1 1 2 │ · · · ·    the order of each memory's buckets is that of before; four can be had again
//! ```

use ic_stable_structures::Memory;

use crate::bucket_plan::PAGE_BYTES;
use crate::manager::BucketTable;
use crate::stream::BUFFER_BYTES;

/// Most pages that are copied in one upgrade, 2 GiB: each is read once and written once, and a hook may touch 8 GiB.
const MOST_PAGES: u64 = 32_768;

/// Moves the buckets down, if memory `home`, which has the state, has some beyond its first `bytes` bytes and they are not too many to move. Returns
/// the table to be written then. A trap in the hook undoes all of it.
pub fn reclaim<M: Memory>(
    raw: &M,
    table: &BucketTable,
    home: u8,
    bytes: u64,
) -> Option<BucketTable> {
    let bucket_pages = u64::from(table.bucket_pages);
    let needed = bytes.div_ceil(bucket_pages * PAGE_BYTES);
    let mut seen = 0;
    let kept: Vec<usize> = (0..table.owners.len())
        .filter(|&bucket| {
            let spare = table.owners[bucket] == home && seen >= needed;
            seen += u64::from(table.owners[bucket] == home);
            !spare
        })
        .collect();
    let moving = kept.iter().enumerate().filter(|(to, from)| *to != **from);
    let none_gained = kept.len() == table.owners.len();
    if none_gained || moving.clone().count() as u64 * bucket_pages > MOST_PAGES {
        return None;
    }
    let mut buffer = vec![0; BUFFER_BYTES];
    for (to, &from) in moving {
        let (to, from) = (table.bucket_offset(to), table.bucket_offset(from));
        for at in (0..bucket_pages * PAGE_BYTES).step_by(BUFFER_BYTES) {
            raw.read(from + at, &mut buffer);
            raw.write(to + at, &buffer);
        }
    }
    let mut sizes = table.sizes.clone();
    for (_, size) in sizes.iter_mut().filter(|(id, _)| *id == home) {
        *size = (*size).min(needed * bucket_pages);
    }
    Some(BucketTable {
        bucket_pages: table.bucket_pages,
        owners: kept.iter().map(|&bucket| table.owners[bucket]).collect(),
        sizes,
    })
}

#[cfg(test)]
mod tests {
    use ic_stable_structures::VectorMemory;
    use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
    use proptest::prelude::*;

    use super::*;
    use crate::test_memory::{contents, grow_and_mark};

    proptest! {
        #[test]
        fn what_is_needed_is_as_it_was_and_the_rest_can_be_had_again(
            grows in prop::collection::vec((0u8..4, 1u64..4), 1..30),
            bucket_pages in 1u16..5,
            needed in 1u64..10,
        ) {
            let raw = VectorMemory::default();
            let manager = MemoryManager::init_with_bucket_size(raw.clone(), bucket_pages);
            manager.get(MemoryId::new(0)).grow(1);
            grow_and_mark(&manager, &grows);
            let contents = |manager: &MemoryManager<VectorMemory>| contents(manager, 4);
            let before = contents(&manager);
            let table = BucketTable::read(&raw).unwrap().unwrap();
            if let Some(smaller) = reclaim(&raw, &table, 0, needed * PAGE_BYTES) {
                prop_assert!(smaller.pages() < table.pages());
                smaller.write(&raw);
            }
            let smaller = BucketTable::read(&raw).unwrap().unwrap();
            let gained = table.pages() - smaller.pages();
            let had = table.size_of(0).div_ceil(u64::from(bucket_pages));
            let has = smaller.size_of(0).div_ceil(u64::from(bucket_pages));
            prop_assert_eq!(has, had.min(needed.div_ceil(u64::from(bucket_pages))));
            let after = contents(&MemoryManager::init(raw.clone()));
            prop_assert_eq!(&after[1..], &before[1..]);
            prop_assert!(before[0].starts_with(&after[0]));
            // And a memory grows into what was gained, with its order kept.
            let pages = raw.size();
            let manager = MemoryManager::init(raw.clone());
            manager.get(MemoryId::new(1)).grow(gained);
            prop_assert_eq!(raw.size(), pages);
            prop_assert!(contents(&manager)[1].starts_with(&before[1]));
        }
    }
}

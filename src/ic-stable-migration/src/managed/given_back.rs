//! Leaving a value of another program in the memory of the state, and giving back what the collections have taken.
//!
//! ```text
//! 0 1 1 7 2 0 1    0 has the state, 1 and 2 the collections, 7 what the canister keeps there itself
//! 0 0 0 7 │ · ·    7 stays where it is; what lies before it is memory 0's, what lies behind it can be had again
//! ```

use ic_stable_structures::Memory;

use super::Managed;
use crate::bucket_plan::{BucketPlan, MAX_BUCKETS, PAGE_BYTES};
use crate::error::Error;
use crate::manager::BucketTable;
use crate::reverse::clear;
use std::rc::Rc;

impl<M: Memory> Managed<M> {
    /// Gives the buckets of the memories back that `is_given_up` names, and leaves `value` in the memory of the state, with
    /// nothing but zeros behind it there and behind the last bucket. Other memories stay as they are. Whatever was handed
    /// out over this memory must not be used any more.
    ///
    /// # Errors
    /// [`Error::Ceiling`], [`Error::OutOfStableMemory`] before anything is written; those of [`Managed::bucket_table`].
    pub(crate) fn give_back(
        &self,
        is_given_up: impl Fn(u8) -> bool,
        value: &[u8],
    ) -> Result<(), Error> {
        let table = self.bucket_table()?;
        let left = left_over(&table, self.home(), is_given_up, value.len() as u64)?;
        let raw = self.raw();
        let managed = Self::laid_out(Rc::clone(raw), &left, self.home())?;
        let memory = managed.memory0();
        memory.write(0, value);
        clear(&memory, value.len() as u64);
        clear(&**raw, left.pages() * PAGE_BYTES);
        Ok(())
    }
}

/// The table in which memory `home` has `bytes` bytes and whatever lies between the buckets that stay.
fn left_over(
    table: &BucketTable,
    home: u8,
    is_given_up: impl Fn(u8) -> bool,
    bytes: u64,
) -> Result<BucketTable, Error> {
    let bucket_pages = u64::from(table.bucket_pages);
    let needed = bytes.div_ceil(bucket_pages * PAGE_BYTES).max(1);
    let stays = |owner: u8| owner != home && !is_given_up(owner);
    let end = table.owners.iter().rposition(|&owner| stays(owner));
    let kept = &table.owners[..end.map_or(0, |last| last + 1)];
    let mut owners: Vec<u8> = kept
        .iter()
        .map(|&owner| if stays(owner) { owner } else { home })
        .collect();
    let has = owners.iter().filter(|&&owner| owner == home).count() as u64;
    let missing = needed.saturating_sub(has);
    if owners.len() as u64 + missing > MAX_BUCKETS {
        return Err(Error::Ceiling {
            buckets: owners.len() as u64,
            bucket_pages: table.bucket_pages,
            ceiling_bytes: BucketPlan::of_pages(table.bucket_pages).ceiling(),
            needed: missing,
        });
    }
    owners.extend(std::iter::repeat_n(home, missing as usize));
    let others = table.sizes.iter().filter(|(id, _)| stays(*id));
    let mut sizes: Vec<_> = others.copied().collect();
    sizes.push((home, has.max(needed) * bucket_pages));
    sizes.sort_unstable();
    Ok(BucketTable {
        bucket_pages: table.bucket_pages,
        owners,
        sizes,
    })
}

#[cfg(test)]
mod tests {
    use ic_stable_structures::VectorMemory;
    use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
    use proptest::prelude::*;

    use super::*;
    use crate::open::{OpenOptions, Opened};
    use crate::test_memory::{bytes_of, contents, grow_and_mark};

    proptest! {
        #[test]
        fn what_stays_is_as_it_was_and_everything_else_is_zero_or_the_value(
            grows in prop::collection::vec((0u8..6, 1u64..4), 1..30),
            bucket_pages in 1u16..5,
            bytes in 0usize..300_000,
        ) {
            let raw = VectorMemory::default();
            let manager = MemoryManager::init_with_bucket_size(raw.clone(), bucket_pages);
            manager.get(MemoryId::new(0)).grow(1);
            grow_and_mark(&manager, &grows);
            let contents = |manager: &MemoryManager<VectorMemory>| contents(manager, 6);
            let before = contents(&manager);
            let pages = raw.size();
            let value: Vec<u8> = (0..bytes).map(|at| at as u8 | 1).collect();
            let Opened::Managed(managed) = OpenOptions::new().open(raw.clone()) else {
                panic!("a manager");
            };
            let table = managed.bucket_table().unwrap();
            managed.give_back(|id| id == 1 || id == 2, &value).unwrap();
            let left = managed.bucket_table().unwrap();
            let after = contents(&MemoryManager::init(raw.clone()));
            prop_assert_eq!(&after[3..], &before[3..]);
            prop_assert!(after[1].is_empty() && after[2].is_empty());
            prop_assert!(after[0].starts_with(&value));
            prop_assert!(after[0][value.len()..].iter().all(|&byte| byte == 0));
            let all = bytes_of(&raw);
            prop_assert!(all[(left.pages() * PAGE_BYTES) as usize..].iter().all(|&byte| byte == 0));
            // No page more than the value asks for, and none that was there is lost.
            let needed = value.len().div_ceil(PAGE_BYTES as usize) as u64 + u64::from(bucket_pages);
            prop_assert!(raw.size() >= pages && raw.size() <= pages.max(table.pages() + needed));
        }
    }
}

//! The stable memory that is to be laid out anew: what is still to be read of it, and what stays where it is.

use std::rc::Rc;

use ic_stable_structures::Memory;

use super::pages::Pages;
use super::target::Target;
use crate::bucket_plan::{BucketPlan, PAGE_BYTES};
use crate::error::Error;
use crate::managed::Managed;
use crate::manager::BucketTable;
use crate::tracked::Tracked;

/// See the [module](self).
pub(crate) struct Ground<M: Memory> {
    raw: Rc<Tracked<M>>,
    /// The virtual memory of the state.
    home: u8,
    bucket_pages: u16,
    /// Pages of a value that is still to be read, in its order.
    value: Vec<u32>,
    /// Buckets that stay where they are, and whose they are.
    kept: Vec<(u64, u8)>,
    /// Sizes in pages of the memories whose they are.
    kept_sizes: Vec<(u8, u64)>,
}

impl<M: Memory> Ground<M> {
    /// A memory in which nothing is needed any more.
    pub fn free(memory: M, home: u8, buckets: BucketPlan) -> Self {
        Self {
            raw: Rc::new(Tracked::new(memory)),
            home,
            bucket_pages: buckets.pages(),
            value: Vec::new(),
            kept: Vec::new(),
            kept_sizes: Vec::new(),
        }
    }

    /// A memory that has a value of so many bytes at its start, which is still to be read, and nothing else.
    pub fn of_value(memory: M, home: u8, buckets: BucketPlan, bytes: u64) -> Self {
        Self {
            value: (0..bytes.div_ceil(PAGE_BYTES) as u32).collect(),
            ..Self::free(memory, home, buckets)
        }
    }

    /// A memory under a manager: all but memory 0 stays where it is; of memory 0 so many bytes are still to be read.
    ///
    /// # Errors
    /// Those of [`Managed::reaching`].
    pub fn of(managed: Managed<M>, buckets: BucketPlan, bytes: u64) -> Result<Self, Error> {
        let table = managed.bucket_table()?;
        let home = managed.home();
        let alone = table.owners.iter().all(|&owner| owner == home);
        let (managed, table) = if alone {
            (managed, table)
        } else {
            let managed = managed.reaching(buckets)?;
            let table = managed.bucket_table()?;
            (managed, table)
        };
        let first_page = |bucket: usize| (table.bucket_offset(bucket) / PAGE_BYTES) as u32;
        let owned = |by_home: bool| {
            let owners = table.owners.iter().enumerate();
            owners.filter(move |(_, owner)| (**owner == home) == by_home)
        };
        let pages = owned(true).flat_map(|(bucket, _)| {
            let first = first_page(bucket);
            first..first + u32::from(table.bucket_pages)
        });
        let value = pages.take(bytes.div_ceil(PAGE_BYTES) as usize).collect();
        let kept_sizes = table.sizes.iter().filter(|(id, _)| *id != home);
        Ok(Self {
            raw: Rc::clone(managed.raw()),
            home,
            bucket_pages: if alone {
                buckets.pages()
            } else {
                table.bucket_pages
            },
            value,
            kept: owned(false)
                .map(|(bucket, owner)| (bucket as u64, *owner))
                .collect(),
            kept_sizes: kept_sizes.copied().collect(),
        })
    }

    /// Its pages, for whoever reads and writes.
    pub fn pages(&self) -> Rc<Pages<Rc<Tracked<M>>>> {
        let kept: Vec<_> = self.kept.iter().map(|(bucket, _)| *bucket).collect();
        Rc::new(Pages::new(
            Rc::clone(&self.raw),
            self.bucket_pages,
            self.value.clone(),
            &kept,
        ))
    }

    /// Writes the manager's page over these memories and those that stayed.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`].
    pub fn settle(
        self,
        pages: &Pages<Rc<Tracked<M>>>,
        memories: Vec<(u8, Target<Rc<Tracked<M>>>)>,
    ) -> Result<Managed<M>, Error> {
        let last_kept = self.kept.iter().map(|(bucket, _)| bucket + 1).max();
        let allocated = pages.buckets().max(last_kept.unwrap_or(0));
        // Between buckets that stayed there may be some that nobody took: memory 0 gets them.
        let mut owners = vec![self.home; allocated as usize];
        let taken = memories.iter().flat_map(|(id, memory)| {
            let buckets = memory.buckets();
            buckets.into_iter().map(|bucket| (bucket, *id))
        });
        for (bucket, id) in self.kept.iter().copied().chain(taken) {
            if let Some(owner) = owners.get_mut(bucket as usize) {
                *owner = id;
            }
        }
        let spare = owners.iter().filter(|owner| **owner == self.home).count() as u64;
        let mut sizes = self.kept_sizes;
        sizes.extend(memories.iter().map(|(id, memory)| (*id, memory.size())));
        if spare > 0 {
            sizes.push((self.home, spare * u64::from(self.bucket_pages)));
        }
        sizes.sort_unstable();
        let table = BucketTable {
            bucket_pages: self.bucket_pages,
            owners,
            sizes,
        };
        Managed::laid_out(self.raw, &table, self.home)
    }
}

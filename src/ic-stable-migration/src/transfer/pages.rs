//! The pages of a stable memory that is being laid out anew while what it held is still being read.
//!
//! ```text
//!                 written ──→            read ──→
//! page 0 │ memory 1 │ memory 2 │ … free … │ rest of the value │  beyond the end
//!                              └ next                              ↑
//!                                └── a page of the value that lies in the way goes here
//! ```
//!
//! Buckets are given out one after the other, so those of every memory ascend, as the manager reads them, and no gap is
//! left between them. Where the next bucket holds pages of the value that have not been read, these are copied to the
//! end of the memory first: the memory never has to be larger than what has been written and what is left to read.

use std::cell::{Cell, RefCell};

use ic_stable_structures::Memory;

use crate::bucket_plan::{MAX_BUCKETS, PAGE_BYTES};
use crate::error::Error;
use crate::stream::{BUFFER_BYTES, grow_to};

/// Where a page lies that has been read.
const READ: u32 = u32::MAX;

/// Who has a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    /// A page of the value, by its place there.
    Value(u32),
    /// A memory that stays where it is.
    Kept,
}

/// See the [module](self).
pub struct Pages<M: Memory> {
    raw: M,
    bucket_pages: u64,
    /// Where each page lies that is still to be read: those of the value, and what was kept since.
    value: RefCell<Vec<u32>>,
    /// Pages of the value; those behind them were kept.
    value_pages: usize,
    /// Who has each page of the memory.
    holders: RefCell<Vec<Holder>>,
    /// Where to look for the next bucket to give out.
    next: Cell<u64>,
}

impl<M: Memory> Pages<M> {
    /// Of a memory whose pages `value`, in this order, hold a value to be read, and whose buckets `kept` stay as they are.
    pub fn new(raw: M, bucket_pages: u16, value: Vec<u32>, kept: &[u64]) -> Self {
        let bucket_pages = u64::from(bucket_pages);
        let mut holders = vec![Holder::Nobody; raw.size() as usize];
        let mut hold = |page: u64, holder| {
            if let Some(slot) = usize::try_from(page)
                .ok()
                .and_then(|at| holders.get_mut(at))
            {
                *slot = holder;
            }
        };
        for (at, &page) in value.iter().enumerate() {
            hold(page.into(), Holder::Value(at as u32));
        }
        for bucket in kept {
            let first = 1 + bucket * bucket_pages;
            (first..first + bucket_pages).for_each(|page| hold(page, Holder::Kept));
        }
        Self {
            raw,
            bucket_pages,
            value_pages: value.len(),
            value: RefCell::new(value),
            holders: RefCell::new(holders),
            next: Cell::new(0),
        }
    }

    /// The memory.
    pub fn raw(&self) -> &M {
        &self.raw
    }

    /// Pages of a bucket.
    pub fn bucket_pages(&self) -> u64 {
        self.bucket_pages
    }

    /// Reads up to one page of the value from byte `offset` on, and gives the page up where that is its end.
    pub fn read_value(&self, offset: u64, out: &mut [u8]) -> usize {
        let at = (offset / PAGE_BYTES) as usize;
        let within = offset % PAGE_BYTES;
        let len = out.len().min((PAGE_BYTES - within) as usize);
        if !self.read_at(at, within, &mut out[..len]) {
            return 0;
        }
        if within + len as u64 == PAGE_BYTES {
            self.release(at);
        }
        len
    }

    /// Reads bytes of the page at a place; false where it has been given up.
    pub fn read_at(&self, at: usize, within: u64, out: &mut [u8]) -> bool {
        let page = self.value.borrow().get(at).copied().unwrap_or(READ);
        if page != READ {
            self.raw.read(u64::from(page) * PAGE_BYTES + within, out);
        }
        page != READ
    }

    /// Gives up every page of the value.
    pub fn value_is_read(&self) {
        (0..self.value_pages).for_each(|at| self.release(at));
    }

    /// Gives up a page of the value, or one that was kept.
    pub fn release(&self, at: usize) {
        let mut value = self.value.borrow_mut();
        let page = value.get_mut(at).map(|page| std::mem::replace(page, READ));
        let mut holders = self.holders.borrow_mut();
        if let Some(holder) = page.and_then(|page| holders.get_mut(page as usize)) {
            *holder = Holder::Nobody;
        }
    }

    /// Writes a page that is to be read later, as the value is; returns its place there.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`].
    pub fn keep(&self, bytes: &[u8]) -> Result<usize, Error> {
        let page = self.free_page()?;
        self.raw.write(page * PAGE_BYTES, bytes);
        Ok(self.hold(page))
    }

    /// Keeps a page as it is, to be read later; returns its place.
    pub fn hold(&self, page: u64) -> usize {
        let mut value = self.value.borrow_mut();
        let at = value.len();
        value.push(page as u32);
        if let Some(holder) = self.holders.borrow_mut().get_mut(page as usize) {
            *holder = Holder::Value(at as u32);
        }
        at
    }

    /// Gives out all buckets anew; what is still to be read of them has to be [held](Pages::hold).
    pub fn restart(&self) {
        self.next.set(0);
    }

    /// The next bucket, for a memory to write to.
    ///
    /// # Errors
    /// [`Error::Ceiling`] where the manager can have no more, [`Error::OutOfStableMemory`].
    pub fn take_bucket(&self) -> Result<u64, Error> {
        loop {
            let bucket = self.next.get();
            if bucket >= MAX_BUCKETS {
                return Err(Error::Ceiling {
                    buckets: bucket,
                    bucket_pages: self.bucket_pages as u16,
                    ceiling_bytes: MAX_BUCKETS * self.bucket_pages * PAGE_BYTES,
                    needed: 1,
                });
            }
            self.next.set(bucket + 1);
            let first = 1 + bucket * self.bucket_pages;
            self.cover(first + self.bucket_pages)?;
            let pages = first..first + self.bucket_pages;
            if self.holder(first) == Holder::Kept {
                continue;
            }
            for page in pages {
                if let Holder::Value(at) = self.holder(page) {
                    self.put_away(page, at)?;
                }
            }
            return Ok(bucket);
        }
    }

    /// Buckets given out or passed over.
    pub fn buckets(&self) -> u64 {
        self.next.get()
    }

    /// The last page that nobody has, or one behind the end.
    fn free_page(&self) -> Result<u64, Error> {
        let behind = (1 + self.next.get() * self.bucket_pages) as usize;
        let free = {
            let holders = self.holders.borrow();
            let ahead = holders.get(behind..).unwrap_or_default();
            ahead.iter().rposition(|holder| *holder == Holder::Nobody)
        };
        let to = match free {
            Some(free) => (behind + free) as u64,
            None => self.raw.size(),
        };
        self.cover(to + 1)?;
        Ok(to)
    }

    /// Copies an unread page of the value out of the way.
    fn put_away(&self, page: u64, at: u32) -> Result<(), Error> {
        let to = self.free_page()?;
        let mut bytes = vec![0; BUFFER_BYTES];
        for offset in (0..PAGE_BYTES).step_by(BUFFER_BYTES) {
            self.raw.read(page * PAGE_BYTES + offset, &mut bytes);
            self.raw.write(to * PAGE_BYTES + offset, &bytes);
        }
        let mut holders = self.holders.borrow_mut();
        holders[page as usize] = Holder::Nobody;
        holders[to as usize] = Holder::Value(at);
        self.value.borrow_mut()[at as usize] = to as u32;
        Ok(())
    }

    /// Makes the memory at least `pages` pages large.
    fn cover(&self, pages: u64) -> Result<(), Error> {
        grow_to(&self.raw, pages)?;
        let mut holders = self.holders.borrow_mut();
        let size = holders.len().max(self.raw.size() as usize);
        holders.resize(size, Holder::Nobody);
        Ok(())
    }

    fn holder(&self, page: u64) -> Holder {
        let holders = self.holders.borrow();
        holders
            .get(page as usize)
            .copied()
            .unwrap_or(Holder::Nobody)
    }
}

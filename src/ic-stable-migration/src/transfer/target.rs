//! A virtual memory that is being written, before the manager knows of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::pages::Pages;
use crate::bucket_plan::PAGE_BYTES;
use crate::error::Error;

/// A virtual memory over buckets that it takes as it grows. Clones are the same memory.
pub struct Target<M: Memory> {
    pages: Rc<Pages<M>>,
    memory: Rc<Grown>,
}

#[derive(Default)]
struct Grown {
    buckets: RefCell<Vec<u64>>,
    size: Cell<u64>,
    /// Why it could not grow, since a [`Memory`] can only answer −1.
    failure: RefCell<Option<Error>>,
}

impl<M: Memory> Target<M> {
    /// An empty memory.
    pub fn new(pages: Rc<Pages<M>>) -> Self {
        Self {
            pages,
            memory: Rc::default(),
        }
    }

    /// Its buckets, in order.
    pub fn buckets(&self) -> Vec<u64> {
        self.memory.buckets.borrow().clone()
    }

    /// Why it could not grow, if it could not.
    pub fn failure(&self) -> Option<Error> {
        self.memory.failure.borrow_mut().take()
    }

    fn take(&self, pages: u64) -> Result<u64, Error> {
        let before = self.memory.size.get();
        let after = before.saturating_add(pages);
        let needed = after.div_ceil(self.pages.bucket_pages());
        let mut buckets = self.memory.buckets.borrow_mut();
        while (buckets.len() as u64) < needed {
            buckets.push(self.pages.take_bucket()?);
        }
        self.memory.size.set(after);
        Ok(before)
    }

    /// Calls `part` with the place in stable memory of each piece of `offset..offset + len`, and the piece.
    fn pieces(&self, offset: u64, len: usize, mut part: impl FnMut(u64, std::ops::Range<usize>)) {
        assert!(
            offset.saturating_add(len as u64) <= self.memory.size.get() * PAGE_BYTES,
            "out of bounds"
        );
        let bucket_bytes = self.pages.bucket_pages() * PAGE_BYTES;
        let buckets = self.memory.buckets.borrow();
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let within = at % bucket_bytes;
            let piece = (len - done).min((bucket_bytes - within) as usize);
            let bucket = buckets[(at / bucket_bytes) as usize];
            part(
                PAGE_BYTES + bucket * bucket_bytes + within,
                done..done + piece,
            );
            done += piece;
        }
    }
}

impl<M: Memory> Clone for Target<M> {
    fn clone(&self) -> Self {
        Self {
            pages: Rc::clone(&self.pages),
            memory: Rc::clone(&self.memory),
        }
    }
}

impl<M: Memory> Memory for Target<M> {
    fn size(&self) -> u64 {
        self.memory.size.get()
    }

    fn grow(&self, pages: u64) -> i64 {
        match self.take(pages) {
            Ok(before) => before as i64,
            Err(error) => {
                self.memory.failure.replace(Some(error));
                -1
            }
        }
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.pieces(offset, dst.len(), |at, piece| {
            self.pages.raw().read(at, &mut dst[piece]);
        });
    }

    fn write(&self, offset: u64, src: &[u8]) {
        self.pieces(offset, src.len(), |at, piece| {
            self.pages.raw().write(at, &src[piece]);
        });
    }
}

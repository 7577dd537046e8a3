//! A virtual memory as the library hands it out: one that follows its manager, and says why it cannot grow.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::buckets::Buckets;
use crate::error::Error;
use crate::manager::BucketTable;
use crate::tracked::Tracked;

/// The buckets of a stable memory, shared by everything that was handed out over it.
pub struct Shared<M: Memory> {
    pub raw: Rc<Tracked<M>>,
    /// The virtual memory that has the header and the state.
    pub home: u8,
    buckets: RefCell<Buckets>,
}

impl<M: Memory> Shared<M> {
    /// For a memory that has this table.
    pub fn over(raw: Rc<Tracked<M>>, table: &BucketTable, home: u8) -> Self {
        let buckets = RefCell::new(Buckets::of(table));
        Self { raw, home, buckets }
    }

    /// Goes on with another table, as do all handles.
    pub fn reopen(&self, table: &BucketTable) {
        self.buckets.replace(Buckets::of(table));
    }

    /// Size of a bucket in pages.
    pub fn bucket_pages(&self) -> u16 {
        self.buckets.borrow().bucket_pages()
    }

    /// Where memory `id` starts, in bytes from the start of stable memory; none if it has no bucket.
    pub fn start(&self, id: u8) -> Option<u64> {
        self.buckets.borrow().start(id)
    }
}

/// What a handle does where its memory cannot grow.
#[derive(Clone, Copy)]
enum Refusal {
    /// Answers −1, as a [`Memory`] does.
    Answer,
    /// Traps with the sentence of the [`Error`]. For structures that would trap without saying why.
    Trap,
}

/// A virtual memory of a [`Managed`](crate::Managed) memory: the memory type of everything that it hands out.
///
/// It follows where stable memory was rewritten offline: once the store or the mover has read the manager's table
/// anew, so does each handle, at its next use. A memory that cannot grow answers −1, also where the memory beneath
/// the manager is what cannot grow.
pub struct ManagedMemory<M: Memory> {
    shared: Rc<Shared<M>>,
    id: u8,
    refusal: Refusal,
}

impl<M: Memory> ManagedMemory<M> {
    pub(crate) fn new(shared: Rc<Shared<M>>, id: u8) -> Self {
        Self {
            shared,
            id,
            refusal: Refusal::Answer,
        }
    }

    /// One that traps with a sentence where it cannot grow.
    pub(crate) fn trapping(shared: Rc<Shared<M>>, id: u8) -> Self {
        Self {
            shared,
            id,
            refusal: Refusal::Trap,
        }
    }

    /// Grows by `pages`; the size before, in pages.
    ///
    /// # Errors
    /// [`Error::Ceiling`], [`Error::OutOfStableMemory`]; the memory is then as it was.
    pub(crate) fn try_grow(&self, pages: u64) -> Result<u64, Error> {
        let mut buckets = self.shared.buckets.borrow_mut();
        buckets.grow(&self.shared.raw, self.id, pages)
    }

    fn pieces(&self, offset: u64, len: usize, part: impl FnMut(u64, Range<usize>)) {
        let buckets = self.shared.buckets.borrow();
        buckets.pieces(self.id, offset, len, part);
    }
}

impl<M: Memory> Clone for ManagedMemory<M> {
    fn clone(&self) -> Self {
        Self {
            shared: Rc::clone(&self.shared),
            id: self.id,
            refusal: self.refusal,
        }
    }
}

impl<M: Memory> Memory for ManagedMemory<M> {
    fn size(&self) -> u64 {
        self.shared.buckets.borrow().size(self.id)
    }

    fn grow(&self, pages: u64) -> i64 {
        match (self.try_grow(pages), self.refusal) {
            (Ok(before), _) => before as i64,
            (Err(_), Refusal::Answer) => -1,
            (Err(error), Refusal::Trap) => panic!("{error}"),
        }
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.pieces(offset, dst.len(), |at, piece| {
            self.shared.raw.read(at, &mut dst[piece]);
        });
    }

    unsafe fn read_unsafe(&self, offset: u64, dst: *mut u8, count: usize) {
        self.pieces(offset, count, |at, piece| {
            // SAFETY: the caller's promise is for `dst..dst + count`, and a piece lies within it.
            unsafe {
                let part = dst.add(piece.start);
                self.shared.raw.read_unsafe(at, part, piece.len());
            }
        });
    }

    fn write(&self, offset: u64, src: &[u8]) {
        self.pieces(offset, src.len(), |at, piece| {
            self.shared.raw.write(at, &src[piece]);
        });
    }
}

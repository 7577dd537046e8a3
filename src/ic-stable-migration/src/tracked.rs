//! A stable memory that can count what a step dirties.

use std::cell::RefCell;
use std::collections::BTreeSet;

use ic_stable_structures::Memory;

/// Size of the pages in which the replica counts changes to stable memory.
const DIRTY_PAGE_BYTES: u64 = 4_096;

/// The memory beneath the manager. While it is told to, it remembers which 4 KiB pages were written to.
pub struct Tracked<M> {
    memory: M,
    dirty: RefCell<Option<BTreeSet<u64>>>,
}

impl<M> Tracked<M> {
    /// Around `memory`, not counting.
    pub fn new(memory: M) -> Self {
        Self {
            memory,
            dirty: RefCell::new(None),
        }
    }

    /// Starts counting from zero.
    pub fn start(&self) {
        *self.dirty.borrow_mut() = Some(BTreeSet::new());
    }

    /// Bytes in the pages written to since [`Tracked::start`]; 0 if not counting.
    pub fn dirty_bytes(&self) -> u64 {
        let dirty = self.dirty.borrow();
        dirty.as_ref().map_or(0, |pages| pages.len() as u64) * DIRTY_PAGE_BYTES
    }

    /// Stops counting.
    pub fn stop(&self) {
        *self.dirty.borrow_mut() = None;
    }
}

impl<M: Memory> Memory for Tracked<M> {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn grow(&self, pages: u64) -> i64 {
        self.memory.grow(pages)
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.memory.read(offset, dst);
    }

    unsafe fn read_unsafe(&self, offset: u64, dst: *mut u8, count: usize) {
        // SAFETY: the caller's promise for this call is the one the inner call asks for.
        unsafe { self.memory.read_unsafe(offset, dst, count) }
    }

    fn write(&self, offset: u64, src: &[u8]) {
        if let Some(pages) = self.dirty.borrow_mut().as_mut() {
            let first = offset / DIRTY_PAGE_BYTES;
            let last = (offset + src.len().max(1) as u64 - 1) / DIRTY_PAGE_BYTES;
            pages.extend(first..=last);
        }
        self.memory.write(offset, src);
    }
}

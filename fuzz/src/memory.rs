//! A stable memory that knows whether it was changed, and that cannot grow for ever.

use std::cell::Cell;
use std::rc::Rc;

use ic_stable_migration::PAGE_BYTES;
use ic_stable_structures::{Memory, VectorMemory};

/// Pages that a memory can grow by: enough for anything that a small canister does.
const ROOM: u64 = 64;

/// A memory that counts what changes it. A clone is the same memory.
#[derive(Clone)]
pub struct Watched {
    memory: VectorMemory,
    changes: Rc<Cell<u64>>,
    max_pages: u64,
}

impl Watched {
    /// A memory that starts with `bytes`, in whole pages.
    pub fn of(bytes: &[u8]) -> Self {
        let pages = (bytes.len() as u64).div_ceil(PAGE_BYTES);
        let memory = VectorMemory::default();
        memory.grow(pages);
        memory.write(0, bytes);
        Self {
            memory,
            changes: Rc::default(),
            max_pages: pages + ROOM,
        }
    }

    /// Whether anything was written, or the memory has grown, since it was made.
    pub fn was_changed(&self) -> bool {
        self.changes.get() > 0
    }

    /// Everything in it.
    pub fn bytes(&self) -> Vec<u8> {
        self.memory.borrow().clone()
    }

    fn change(&self) {
        self.changes.set(self.changes.get() + 1);
    }
}

impl Memory for Watched {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn grow(&self, pages: u64) -> i64 {
        if self.size().saturating_add(pages) > self.max_pages {
            return -1;
        }
        self.change();
        self.memory.grow(pages)
    }

    fn read(&self, offset: u64, target: &mut [u8]) {
        self.memory.read(offset, target);
    }

    fn write(&self, offset: u64, source: &[u8]) {
        self.change();
        self.memory.write(offset, source);
    }
}

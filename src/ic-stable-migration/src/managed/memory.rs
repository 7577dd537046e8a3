//! A virtual memory as the library hands it out: one that follows its manager, and says why it cannot grow.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ic_stable_structures::Memory;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};

use crate::bucket_plan::{BucketPlan, MAX_BUCKETS};
use crate::error::Error;
use crate::stream::grow_to;
use crate::tracked::Tracked;

/// The manager of a stable memory, shared by everything that was handed out over it.
pub struct Shared<M: Memory> {
    pub raw: Rc<Tracked<M>>,
    manager: RefCell<MemoryManager<Rc<Tracked<M>>>>,
    /// How often the manager's tables were read anew.
    epoch: Cell<u64>,
}

impl<M: Memory> Shared<M> {
    /// For a memory whose manager is known to be in order.
    pub fn over(raw: Rc<Tracked<M>>) -> Self {
        let manager = RefCell::new(MemoryManager::init(Rc::clone(&raw)));
        Self {
            raw,
            manager,
            epoch: Cell::new(0),
        }
    }

    /// Reads the manager's tables anew; every handle follows when it is next used.
    pub fn reopen(&self) {
        self.manager
            .replace(MemoryManager::init(Rc::clone(&self.raw)));
        self.epoch.set(self.epoch.get() + 1);
    }

    fn get(&self, id: MemoryId) -> VirtualMemory<Rc<Tracked<M>>> {
        self.manager.borrow().get(id)
    }

    /// Buckets in use and the size of one in pages, as the manager's page has them.
    fn buckets(&self) -> (u64, u16) {
        let mut fields = [0; 4];
        self.raw.read(4, &mut fields);
        let buckets = u16::from_le_bytes([fields[0], fields[1]]);
        let bucket_pages = u16::from_le_bytes([fields[2], fields[3]]);
        (buckets.into(), bucket_pages)
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
/// It follows where stable memory was rewritten offline: once the store or the mover has read the manager's tables
/// anew, so does each handle, at its next use. A memory that cannot grow answers −1, also where the memory beneath
/// the manager is what cannot grow.
pub struct ManagedMemory<M: Memory> {
    shared: Rc<Shared<M>>,
    id: MemoryId,
    refusal: Refusal,
    epoch: Cell<u64>,
    memory: RefCell<VirtualMemory<Rc<Tracked<M>>>>,
}

impl<M: Memory> ManagedMemory<M> {
    pub(crate) fn new(shared: Rc<Shared<M>>, id: u8) -> Self {
        Self::of(shared, MemoryId::new(id), Refusal::Answer)
    }

    /// One that traps with a sentence where it cannot grow.
    pub(crate) fn trapping(shared: Rc<Shared<M>>, id: u8) -> Self {
        Self::of(shared, MemoryId::new(id), Refusal::Trap)
    }

    fn of(shared: Rc<Shared<M>>, id: MemoryId, refusal: Refusal) -> Self {
        Self {
            epoch: shared.epoch.clone(),
            memory: RefCell::new(shared.get(id)),
            shared,
            id,
            refusal,
        }
    }

    /// Grows by `pages`; the size before, in pages.
    ///
    /// # Errors
    /// [`Error::Ceiling`], [`Error::OutOfStableMemory`]; the memory is then as it was.
    pub(crate) fn try_grow(&self, pages: u64) -> Result<u64, Error> {
        let size = self.size();
        let (buckets, bucket_pages) = self.shared.buckets();
        let in_buckets = |pages: u64| pages.div_ceil(u64::from(bucket_pages));
        let needed = in_buckets(size.saturating_add(pages)) - in_buckets(size);
        let ceiling = Error::Ceiling {
            buckets,
            bucket_pages,
            ceiling_bytes: BucketPlan::of_pages(bucket_pages).ceiling(),
            needed,
        };
        if buckets.saturating_add(needed) > MAX_BUCKETS {
            return Err(ceiling);
        }
        // The manager panics when the memory beneath it cannot grow, so that one is grown first.
        grow_to(
            &self.shared.raw,
            1 + (buckets + needed) * u64::from(bucket_pages),
        )?;
        match self.with(|memory| memory.grow(pages)) {
            -1 => Err(ceiling),
            before => Ok(before as u64),
        }
    }

    fn with<R>(&self, act: impl FnOnce(&VirtualMemory<Rc<Tracked<M>>>) -> R) -> R {
        let epoch = self.shared.epoch.get();
        if self.epoch.replace(epoch) != epoch {
            self.memory.replace(self.shared.get(self.id));
        }
        act(&self.memory.borrow())
    }
}

impl<M: Memory> Clone for ManagedMemory<M> {
    fn clone(&self) -> Self {
        Self::of(Rc::clone(&self.shared), self.id, self.refusal)
    }
}

impl<M: Memory> Memory for ManagedMemory<M> {
    fn size(&self) -> u64 {
        self.with(|memory| memory.size())
    }

    fn grow(&self, pages: u64) -> i64 {
        match (self.try_grow(pages), self.refusal) {
            (Ok(before), _) => before as i64,
            (Err(_), Refusal::Answer) => -1,
            (Err(error), Refusal::Trap) => panic!("{error}"),
        }
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.with(|memory| memory.read(offset, dst));
    }

    unsafe fn read_unsafe(&self, offset: u64, dst: *mut u8, count: usize) {
        // SAFETY: the caller's promise for this call is the one the inner call asks for.
        self.with(|memory| unsafe { memory.read_unsafe(offset, dst, count) });
    }

    fn write(&self, offset: u64, src: &[u8]) {
        self.with(|memory| memory.write(offset, src));
    }
}

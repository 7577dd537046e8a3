//! A heap that is a private mapping of a file in memory.
//!
//! The mapping reserves the whole address range a heap may grow into, and the guard behind
//! it, so that it never moves. Which of its pages are private copies is read from
//! `/proc/self/pagemap`.

use std::cell::RefCell;
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous, munmap};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

use super::BLOCK;
use crate::config::{MAX_WIDE_HEAP_PAGES, PAGE_SIZE};

/// An entry of the page map: the page is there, is swapped out, is a page of a file.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
const OF_FILE: u64 = 1 << 61;

/// How many entries of the page map are read at a time: 16 MiB of heap.
const ENTRIES: usize = 4096;

/// A reserved address range, the first part of which is mapped from a file.
pub(crate) struct Mapping {
    base: *mut c_void,
    reserved: usize,
    state: Mutex<State>,
}

struct State {
    file: Arc<File>,
    /// Bytes that are mapped: the heap.
    size: usize,
    /// Bytes of the file that are the last commit.
    committed: usize,
}

// SAFETY: the address range belongs to the mapping alone, and what is done to it through
// the mapping is done under its lock. The heap's bytes are WebAssembly's, which runs only
// while its store is borrowed mutably; commits and rollbacks want the same borrow.
unsafe impl Send for Mapping {}
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(reserved: usize, size: usize) -> io::Result<Self> {
        let file: OwnedFd = memfd_create("canister-heap", MemfdFlags::CLOEXEC)?;
        // SAFETY: a new anonymous range at an address of the kernel's choice.
        let base = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                reserved,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        let state = State {
            file: Arc::new(file.into()),
            size: 0,
            committed: 0,
        };
        let mapping = Mapping {
            base,
            reserved,
            state: Mutex::new(state),
        };
        mapping.grow_to(size)?;
        Ok(mapping)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grow_to(&self, size: usize) -> io::Result<()> {
        let mut state = self.state();
        if size > self.reserved {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        ftruncate(&*state.file, size as u64)?;
        self.map(&state.file, state.size..size)?;
        state.size = size;
        Ok(())
    }

    /// Maps a range of the file to where it belongs, in place of what is there.
    fn map(&self, file: &File, range: Range<usize>) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        // SAFETY: the range lies inside the one reserved, which nothing else uses.
        unsafe {
            mmap(
                self.base.byte_add(range.start),
                range.len(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
                file,
                range.start as u64,
            )?;
        }
        Ok(())
    }

    pub(super) fn committed(&self) -> usize {
        self.state().committed
    }

    /// How many blocks were written to since the last commit.
    pub(super) fn count_written(&self) -> io::Result<u64> {
        let written = self.written(self.state().size)?;
        Ok(written
            .iter()
            .map(|range| (range.len() / BLOCK) as u64)
            .sum())
    }

    /// Writes what was written to the heap to the file.
    pub(super) fn commit(&self) -> io::Result<()> {
        let mut state = self.state();
        let written = self.written(state.size)?;
        for range in &written {
            // SAFETY: the range is mapped, and the heap's code does not run.
            let bytes = unsafe {
                std::slice::from_raw_parts(self.base.byte_add(range.start).cast(), range.len())
            };
            state.file.write_all_at(bytes, range.start as u64)?;
        }
        self.drop_copies(&written)?;
        state.committed = state.size;
        Ok(())
    }

    /// Makes the heap what the file holds. It did not grow since.
    pub(super) fn rollback(&self) -> io::Result<()> {
        let state = self.state();
        self.drop_copies(&self.written(state.size)?)
    }

    /// Takes over the file of another mapping, whose last commit has this heap's size.
    pub(super) fn adopt(&self, last: &Mapping) -> io::Result<()> {
        let (mut state, last) = (self.state(), last.state());
        ftruncate(&*last.file, last.committed as u64)?;
        self.map(&last.file, 0..state.size)?;
        state.file = last.file.clone();
        state.committed = last.committed;
        Ok(())
    }

    /// Reads the last commit.
    pub(super) fn read(&self, target: &mut [u8]) -> io::Result<()> {
        self.state().file.read_exact_at(target, 0)
    }

    fn drop_copies(&self, ranges: &[Range<usize>]) -> io::Result<()> {
        for range in ranges {
            // SAFETY: the range is mapped from the file, and is read from it again.
            unsafe {
                madvise(
                    self.base.byte_add(range.start),
                    range.len(),
                    Advice::LinuxDontNeed,
                )?;
            }
        }
        Ok(())
    }

    /// The parts of the first `size` bytes that are private copies: that were written to.
    fn written(&self, size: usize) -> io::Result<Vec<Range<usize>>> {
        let page = rustix::param::page_size();
        let map = page_map()?;
        let first = self.base.addr() / page;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut entries = vec![0; ENTRIES * 8];
        for start in (0..size / page).step_by(ENTRIES) {
            let count = ENTRIES.min(size / page - start);
            let entries = &mut entries[..count * 8];
            map.read_exact_at(entries, ((first + start) * 8) as u64)?;
            for (index, entry) in (start..).zip(entries.as_chunks::<8>().0) {
                let entry = u64::from_ne_bytes(*entry);
                if entry & (PRESENT | SWAPPED) == 0 || entry & OF_FILE != 0 {
                    continue;
                }
                let at = index * page;
                match ranges.last_mut() {
                    Some(last) if last.end == at => last.end += page,
                    _ => ranges.push(at..at + page),
                }
            }
        }
        Ok(ranges)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was reserved by `new`, and whoever uses it holds a reference.
        // That it cannot be given back is nothing anybody can do something about.
        let _ = unsafe { munmap(self.base, self.reserved) };
    }
}

fn page_map() -> io::Result<&'static File> {
    static PAGE_MAP: OnceLock<io::Result<File>> = OnceLock::new();
    let opened = PAGE_MAP.get_or_init(|| File::open("/proc/self/pagemap"));
    opened.as_ref().map_err(|error| error.kind().into())
}

/// The heap as the engine knows it.
struct Heap {
    mapping: Arc<Mapping>,
    capacity: usize,
}

// SAFETY: `Mapping::new` reserves capacity and guard in one range, which never moves; what
// is beyond the size cannot be accessed; a new memory is a new file, which reads as zeros.
unsafe impl LinearMemory for Heap {
    fn byte_size(&self) -> usize {
        self.mapping.state().size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        Ok(self.mapping.grow_to(new_size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.mapping.base.cast()
    }
}

struct Creator;

thread_local! {
    /// The mapping of the memory that was created last, on its way to its instance.
    static CREATED: RefCell<Option<Arc<Mapping>>> = const { RefCell::new(None) };
}

pub(super) fn take_created() -> Option<Arc<Mapping>> {
    CREATED.take()
}

// SAFETY: see `Heap`.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        kind: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        // A 64-bit heap that does not say how large it becomes has the network's limit.
        let limit = match kind.is_64() {
            true => (MAX_WIDE_HEAP_PAGES * PAGE_SIZE) as usize,
            false => usize::MAX,
        };
        let most = maximum.unwrap_or(0).min(limit);
        let capacity = reserved.unwrap_or(0).max(most).max(minimum);
        let range = capacity.checked_add(guard).ok_or("the heap is too large")?;
        let mapping = Mapping::new(range, minimum).map_err(|e| e.to_string())?;
        let mapping = Arc::new(mapping);
        CREATED.set(Some(mapping.clone()));
        Ok(Box::new(Heap { mapping, capacity }))
    }
}

/// What creates mapped heaps, if this system tells which pages were written to.
pub(crate) fn memory_creator() -> Option<Arc<dyn MemoryCreator>> {
    works().unwrap_or(false).then(|| Arc::new(Creator) as _)
}

/// Tries it out on two pages, one of which is only read.
fn works() -> io::Result<bool> {
    let page = rustix::param::page_size();
    let mapping = Mapping::new(4 * page, 2 * page)?;
    let first: *mut u8 = mapping.base.cast();
    // SAFETY: two pages are mapped, and nobody else knows of them.
    let (read, write) = unsafe { (first.read_volatile(), first.byte_add(page)) };
    unsafe { write.write_volatile(7) };
    let told = read == 0 && mapping.written(2 * page)?.first() == Some(&(page..2 * page));
    mapping.commit()?;
    let kept = mapping.count_written()? == 0;
    unsafe { write.write_volatile(8) };
    mapping.rollback()?;
    Ok(told && kept && unsafe { write.read_volatile() } == 7)
}

//! Bytes of the heap that a test holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts what each thread has.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    /// Bytes held now, and most bytes since the last look.
    static HELD: Cell<(i64, i64)> = const { Cell::new((0, 0)) };
}

fn note(bytes: i64) {
    // A thread that ends frees what it has after its locals are gone.
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        held.set((now + bytes, most.max(now + bytes)));
    });
}

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as i64);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        note(-(layout.size() as i64));
        // SAFETY: as the caller says.
        unsafe { System.dealloc(place, layout) }
    }
}

/// Most bytes that `run` holds of the heap at any time, beside those that were there before; and what it returns.
pub fn most_held<R>(run: impl FnOnce() -> R) -> (u64, R) {
    let (before, _) = HELD.get();
    HELD.set((before, before));
    let result = run();
    let (_, most) = HELD.get();
    ((most - before) as u64, result)
}

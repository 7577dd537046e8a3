//! Work side by side.

use std::thread::ScopedJoinHandle;

/// What a thread returned, as soon as it has; its panic is ours.
pub fn join<T>(thread: ScopedJoinHandle<T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

//! How many canisters run at a time, by what their heaps take.

use std::fs;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A heap is in RAM as it was read, as it runs, as it is searched for arguments, and as it was before faults.
const COPIES: u64 = 4;

/// RAM that is shared out, in bytes.
pub struct Ram {
    all: u64,
    taken: Mutex<u64>,
    freed: Condvar,
}

/// What one canister has of it, until it is dropped.
pub struct Share<'a> {
    ram: &'a Ram,
    bytes: u64,
}

impl Ram {
    /// Three quarters of what the system has to give; no bound where it does not say.
    pub fn of_machine() -> Self {
        let told = fs::read_to_string("/proc/meminfo").ok();
        let available = told.and_then(|told| available(&told));
        Self::of(available.map_or(u64::MAX, |bytes| bytes / 4 * 3))
    }

    fn of(all: u64) -> Self {
        Self {
            all,
            taken: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    /// Waits until there is room for the canister of a snapshot. One that needs more than all has all of it.
    pub fn take(&self, snapshot: &Path) -> Share<'_> {
        let heap = fs::metadata(snapshot.join("wasm_memory.bin"));
        self.share(heap.map_or(0, |heap| heap.len().saturating_mul(COPIES)))
    }

    fn share(&self, bytes: u64) -> Share<'_> {
        let bytes = bytes.min(self.all);
        let mut taken = self.taken();
        while *taken > self.all - bytes {
            taken = self
                .freed
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        Share { ram: self, bytes }
    }

    fn taken(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.ram.taken() -= self.bytes;
        self.ram.freed.notify_all();
    }
}

/// The bytes that programs can have, as `/proc/meminfo` says.
fn available(told: &str) -> Option<u64> {
    let mut lines = told.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_runs_at_a_time_fits_and_what_is_too_large_runs_alone() {
        let ram = Ram::of(100);
        let running = AtomicU64::new(0);
        thread::scope(|scope| {
            for bytes in [60, 60, 1_000, 40, 0, 30] {
                let (ram, running) = (&ram, &running);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let share = ram.share(bytes);
                        let now = running.fetch_add(share.bytes, Ordering::SeqCst) + share.bytes;
                        assert!(now <= 100, "{now}");
                        running.fetch_sub(share.bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(*ram.taken(), 0);
    }

    #[test]
    fn what_the_system_says_is_read_as_far_as_it_is_understood() {
        let told = "MemTotal:  8000 kB\nMemAvailable:    5000 kB\n";
        assert_eq!(available(told), Some(5_000 * 1_024));
        for none in [
            "",
            "MemAvailable: much",
            "MemAvailable: 99999999999999999999 kB",
        ] {
            assert_eq!(available(none), None);
        }
    }
}

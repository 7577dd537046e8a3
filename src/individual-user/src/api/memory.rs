//! Where the migration stands, and what the canister's memory is used for.

use ic_stable_structures::{DefaultMemoryImpl, Memory};

use crate::domain::memory::{MemoryReport, MigrationStatus};
use crate::logic::memory::{self, Pages};
use crate::stable;
use crate::trap::OrTrap;

#[ic_cdk::query]
fn migration_status() -> MigrationStatus {
    stable::with(memory::status).or_trap()
}

#[ic_cdk::query]
fn memory_report() -> MemoryReport {
    let pages = Pages {
        stable: DefaultMemoryImpl::default().size(),
        heap: heap_pages(),
    };
    stable::with(|stable| memory::report(stable, pages)).or_trap()
}

#[cfg(target_family = "wasm")]
fn heap_pages() -> u64 {
    core::arch::wasm32::memory_size(0) as u64
}

/// Outside of a canister there is no heap to speak of.
#[cfg(not(target_family = "wasm"))]
fn heap_pages() -> u64 {
    0
}

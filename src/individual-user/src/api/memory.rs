//! Where the migration stands, and what the canister's memory is used for.

use ic_stable_structures::{DefaultMemoryImpl, Memory};

use crate::domain::memory::{MemoryReport, MigrationStatus};
use crate::logic::memory::{self, Pages};
use crate::release;
use crate::state;
use ic_stable_migration::cdk::OrTrap;

#[ic_cdk::query]
fn migration_status() -> MigrationStatus {
    let now = ic_cdk::api::time();
    state::with_store(|store| memory::status(release::running(), store, now)).or_trap()
}

#[ic_cdk::query]
fn memory_report() -> MemoryReport {
    state::with_store(|store| memory::report(release::running(), store, pages())).or_trap()
}

/// The sizes of both memories now.
pub fn pages() -> Pages {
    Pages {
        stable: DefaultMemoryImpl::default().size(),
        heap: heap_pages(),
    }
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

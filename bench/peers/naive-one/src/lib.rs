//! Stage one of the migration of 2023: reads the legacy value, and leaves in its `pre_upgrade` the whole state as a
//! frame in memory 0 of a memory manager.
#![cfg(target_family = "wasm")]

use std::cell::{Cell, RefCell};

use bench_peers::{digest, frame, legacy};
use ic_stable_structures::DefaultMemoryImpl;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use individual_user::state::legacy::CanisterData;

/// The virtual memory of the state.
const STATE: MemoryId = MemoryId::new(0);

thread_local! {
    static DATA: RefCell<CanisterData> = RefCell::default();
    static BUCKET_PAGES: Cell<Option<u16>> = const { Cell::new(None) };
}

/// The size of buckets is an argument, so that one module serves with the default and with another.
#[ic_cdk::post_upgrade]
fn post_upgrade(bucket_pages: Option<u16>) {
    BUCKET_PAGES.set(bucket_pages);
    DATA.set(legacy::read());
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    let memory = DefaultMemoryImpl::default();
    let manager = match BUCKET_PAGES.get() {
        Some(pages) => MemoryManager::init_with_bucket_size(memory, pages),
        None => MemoryManager::init(memory),
    };
    DATA.with_borrow(|data| frame::write(&mut manager.get(STATE), data));
}

#[ic_cdk::query(hidden = true)]
fn bench_digests() -> Vec<digest::Content> {
    DATA.with_borrow(|data| digest::of(data.clone()))
}

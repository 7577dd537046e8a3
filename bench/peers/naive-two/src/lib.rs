//! Stage two of the migration of 2023: reads the frame in memory 0, and writes it again in `pre_upgrade`.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;

use bench_peers::{digest, frame};
use ic_stable_structures::DefaultMemoryImpl;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use individual_user::state::legacy::CanisterData;

/// The virtual memory of the state.
const STATE: MemoryId = MemoryId::new(0);

thread_local! {
    static DATA: RefCell<CanisterData> = RefCell::default();
}

/// The size of buckets stands in the manager's header.
fn memory() -> VirtualMemory<DefaultMemoryImpl> {
    MemoryManager::init(DefaultMemoryImpl::default()).get(STATE)
}

#[ic_cdk::post_upgrade]
fn post_upgrade() {
    DATA.set(frame::read(&memory()));
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    DATA.with_borrow(|data| frame::write(&mut memory(), data));
}

#[ic_cdk::query(hidden = true)]
fn bench_digests() -> Vec<digest::Content> {
    DATA.with_borrow(|data| digest::of(data.clone()))
}

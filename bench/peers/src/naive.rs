//! The migration of 2023 in two upgrades. Stage one reads the legacy value and leaves, in its `pre_upgrade`, the whole
//! state as a frame in memory 0 of a memory manager; stage two reads that frame and writes it again.

use std::cell::RefCell;

use ic_stable_structures::DefaultMemoryImpl;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use individual_user::state::legacy::CanisterData;

use crate::{digest, frame};

/// The virtual memory of the state.
const STATE: MemoryId = MemoryId::new(0);

thread_local! {
    static DATA: RefCell<CanisterData> = RefCell::default();
    static BUCKET_PAGES: RefCell<Option<u16>> = const { RefCell::new(None) };
}

fn memory() -> VirtualMemory<DefaultMemoryImpl> {
    let memory = DefaultMemoryImpl::default();
    let manager = match BUCKET_PAGES.take() {
        Some(pages) => MemoryManager::init_with_bucket_size(memory, pages),
        None => MemoryManager::init(memory),
    };
    manager.get(STATE)
}

/// Stage one. The size of buckets is an argument, so that one module serves with the default and with another.
#[cfg(feature = "naive-one")]
#[ic_cdk::post_upgrade]
fn post_upgrade(bucket_pages: Option<u16>) {
    BUCKET_PAGES.set(bucket_pages);
    DATA.set(crate::legacy::read());
}

/// Stage two. The size of buckets stands in the manager's header by now.
#[cfg(feature = "naive-two")]
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

//! A blog in three releases: build it with `--features release-0`, `release-1` or `release-2`.
//!
//! Release 0 has a memory manager already: posts in memory 0, a counter in memory 1, and in memory 9 what is on the heap,
//! written by pre_upgrade as CBOR behind its length. Posts and counter stay where they are, and buckets as large as they
//! are; in release 2 the likes, which grow, leave the heap for memory 2.
#![cfg(target_family = "wasm")]
#![allow(missing_docs)] // for what export_candid makes

use std::{cell::RefCell, collections::BTreeMap};

use ic_stable_migration::{Store, Tier, Tiered, TieredMap, cdk::OrTrap};
use ic_stable_structures::{DefaultMemoryImpl as Stable, StableBTreeMap, StableCell};
use serde::{Deserialize, Serialize};

/// The application's name, for good: a memory that says another is refused.
#[cfg(any(feature = "release-1", feature = "release-2"))]
const APPLICATION: &str = "blog";

/// What release 0 leaves in memory 9.
#[derive(Serialize, Deserialize)]
struct Legacy {
    title: String,
    likes: BTreeMap<u64, u64>,
}

/// What every release works on beside posts and counter. Until release 2 joins them to stable memory, `likes` are a map
/// on the heap.
#[derive(Default, Serialize, Deserialize)]
struct State {
    title: String,
    likes: TieredMap<u64, u64, Stable>,
}

thread_local! {
    static STORE: RefCell<Store<State, Stable>> = RefCell::default();
    static POSTS: RefCell<StableBTreeMap<u64, String, hooks::Memory>> =
        RefCell::new(StableBTreeMap::init(hooks::memory(0)));
    static COUNTER: RefCell<StableCell<u64, hooks::Memory>> =
        RefCell::new(StableCell::init(hooks::memory(1), 0));
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STORE.with_borrow_mut(|store| f(store.state().or_trap()))
}

#[ic_cdk::update]
fn rename(title: String) {
    with(|state| state.title = title);
}

#[ic_cdk::query]
fn title() -> String {
    with(|state| state.title.clone())
}

#[ic_cdk::update]
fn publish(text: String) -> u64 {
    let number = COUNTER.with_borrow(|counter| counter.get() + 1);
    COUNTER.with_borrow_mut(|counter| counter.set(number));
    POSTS.with_borrow_mut(|posts| posts.insert(number, text));
    number
}

/// At most 100 posts from this number on.
#[ic_cdk::query]
fn posts(from: u64) -> Vec<(u64, String)> {
    POSTS.with_borrow(|posts| {
        let entries = posts.range(from..).take(100);
        entries.map(|entry| entry.into_pair()).collect()
    })
}

/// One more likes the post; how many do.
#[ic_cdk::update]
fn like(number: u64) -> u64 {
    with(|state| {
        let likes = state.likes.get(&number).unwrap_or(0) + 1;
        state.likes.insert(number, likes);
        likes
    })
}

#[ic_cdk::query]
fn likes(number: u64) -> u64 {
    with(|state| state.likes.get(&number).unwrap_or(0))
}

impl From<Legacy> for State {
    fn from(Legacy { title, likes }: Legacy) -> Self {
        let likes = likes.into_iter().collect();
        Self { title, likes }
    }
}

impl Tiered<Stable> for State {
    type Hot = String;
    fn hot(&self) -> &String {
        &self.title
    }
    fn set_hot(&mut self, title: String) {
        self.title = title;
    }
    fn collections(&mut self) -> Vec<Tier<'_, Stable>> {
        // A memory that nothing uses yet.
        vec![Tier::new("likes", 2, &mut self.likes)]
    }
}

/// Before: a memory manager, and the heap in a memory of it.
#[cfg(not(any(feature = "release-1", feature = "release-2")))]
mod hooks {
    use super::*;
    use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
    use ic_stable_structures::{Memory as _, writer::Writer};

    pub type Memory = VirtualMemory<Stable>;

    thread_local!(static MANAGER: MemoryManager<Stable> = MemoryManager::init(Stable::default()));

    pub fn memory(id: u8) -> Memory {
        MANAGER.with(|manager| manager.get(MemoryId::new(id)))
    }

    #[ic_cdk::pre_upgrade]
    fn pre_upgrade() {
        let mut bytes = Vec::new();
        with(|state| {
            let (title, likes) = (state.title.clone(), state.likes.iter().collect());
            ciborium::into_writer(&Legacy { title, likes }, &mut bytes).or_trap();
        });
        let mut memory = memory(9);
        let mut writer = Writer::new(&mut memory, 0);
        writer.write(&(bytes.len() as u32).to_le_bytes()).or_trap();
        writer.write(&bytes).or_trap();
    }

    #[ic_cdk::post_upgrade]
    fn post_upgrade() {
        let memory = memory(9);
        let mut length = [0; 4];
        memory.read(0, &mut length);
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        memory.read(4, &mut bytes);
        let legacy: Legacy = ciborium::from_reader(&bytes[..]).or_trap();
        STORE.set(Store::on_heap(legacy.into()));
    }
}

/// Stage one takes the manager over, as it is, and the state in memory 9; stage two moves the likes to memory 2.
#[cfg(any(feature = "release-1", feature = "release-2"))]
mod hooks {
    use super::*;
    use ic_cdk::api::time;
    use ic_stable_migration::{
        Cbor, Declared, LengthU32, ManagedMemory, Plan, Trailing, cdk, declare, manifest,
    };

    pub type Memory = ManagedMemory<Stable>;

    const RELEASE: u32 = if cfg!(feature = "release-2") { 2 } else { 1 };
    // What `State::collections` lists, for the manifest.
    const COLLECTIONS: &[Declared] = &[declare!("likes", 2, u64 => u64)];
    // Nothing else is kept in memory 9, so what stands behind the value is what a longer one left.
    const STAGE_ONE: Plan<Legacy, LengthU32<Cbor>> = Plan::new(RELEASE)
        .application(APPLICATION)
        .memory(9)
        .trailing(Trailing::Discard);
    const PLAN: Plan<Legacy, LengthU32<Cbor>> = match RELEASE {
        2 => STAGE_ONE.collections(COLLECTIONS),
        _ => STAGE_ONE,
    };

    manifest!(PLAN.manifest());

    pub fn memory(id: u8) -> Memory {
        STORE.with_borrow(|store| {
            let managed = store.managed().ok_or("no hook has run").or_trap();
            managed.memory(id).or_trap()
        })
    }

    #[ic_cdk::init]
    fn init() {
        let begun = match RELEASE {
            2 => Store::begin_tiered(&PLAN, Stable::default(), State::default(), time()),
            _ => Store::begin(&PLAN, Stable::default(), State::default()),
        };
        STORE.set(begun.or_trap());
    }

    #[ic_cdk::pre_upgrade]
    fn pre_upgrade() {
        STORE.with_borrow_mut(|store| store.save(&PLAN, time()).or_trap());
    }

    #[ic_cdk::post_upgrade]
    fn post_upgrade() {
        let start = if RELEASE == 2 {
            Store::resume
        } else {
            Store::adopt
        };
        STORE.set(start(&PLAN, Stable::default(), time()).or_trap().0);
        cdk::arm(&STORE, "step");
    }

    #[ic_cdk::update(guard = "cdk::controller_or_self")]
    fn step() {
        cdk::step(&STORE);
    }
}

ic_cdk::export_candid!();

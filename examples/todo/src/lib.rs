//! A to-do list in three releases: build it with `--features release-0`, `release-1` or `release-2`.
#![cfg(target_family = "wasm")]
#![allow(missing_docs)] // for what export_candid makes

use std::{cell::RefCell, collections::BTreeMap};

use ic_stable_migration::{Candid, Store, Tier, Tiered, TieredMap, cdk::OrTrap, manifest};
use ic_stable_structures::DefaultMemoryImpl as Stable;

/// The application's name, for good: a memory that says another is refused.
const APPLICATION: &str = "todo";

/// What release 0 leaves at offset 0 of stable memory: the next number and the open items by number.
type Legacy = (u64, BTreeMap<u64, String>);

/// What every release works on. Until release 2 joins it to stable memory, `items` is a map on the heap.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct State {
    next: u64,
    items: TieredMap<u64, String, Stable>,
}

thread_local!(static STORE: RefCell<Store<State, Stable>> = RefCell::default());

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STORE.with_borrow_mut(|store| f(store.state().or_trap()))
}

#[ic_cdk::update]
fn add(text: String) -> u64 {
    with(|state| {
        state.next += 1;
        state.items.insert(state.next, text);
        state.next
    })
}

#[ic_cdk::update]
fn done(number: u64) -> bool {
    with(|state| state.items.remove(&number).is_some())
}

#[ic_cdk::query]
fn list() -> Vec<(u64, String)> {
    with(|state| state.items.iter().collect())
}

impl From<Legacy> for State {
    fn from((next, legacy): Legacy) -> Self {
        let items = legacy.into_iter().collect();
        Self { next, items }
    }
}

impl Tiered<Stable> for State {
    type Hot = u64;
    fn hot(&self) -> &u64 {
        &self.next
    }
    fn set_hot(&mut self, next: u64) {
        self.next = next;
    }
    fn collections(&mut self) -> Vec<Tier<'_, Stable>> {
        vec![Tier::new("items", 1, &mut self.items)]
    }
}

/// Before: the whole heap as one value at offset 0.
#[cfg(feature = "release-0")]
mod hooks {
    use super::*;
    use ic_stable_migration::ManifestSource;

    manifest!(ManifestSource::of_value::<Legacy, Candid>(0).application(APPLICATION));

    #[ic_cdk::pre_upgrade]
    fn pre_upgrade() {
        let legacy: Legacy = with(|state| (state.next, state.items.iter().collect()));
        ic_cdk::storage::stable_save((legacy,)).or_trap();
    }

    #[ic_cdk::post_upgrade]
    fn post_upgrade() {
        let (legacy,): (Legacy,) = ic_cdk::storage::stable_restore().or_trap();
        STORE.set(Store::on_heap(legacy.into()));
    }
}

/// Stage one writes the state to memory 0 of a memory manager; stage two moves the items to a stable map.
#[cfg(any(feature = "release-1", feature = "release-2"))]
mod hooks {
    use super::*;
    use ic_cdk::api::time;
    use ic_stable_migration::{Declared, MoveBudget, Plan, Trailing, cdk, declare};

    const RELEASE: u32 = if cfg!(feature = "release-2") { 2 } else { 1 };
    const BUDGET: MoveBudget = if cfg!(feature = "in-steps") {
        MoveBudget::STEPS_ONLY
    } else {
        MoveBudget::DEFAULT
    };
    // What `State::collections` lists, for the manifest; release 1 has none in stable maps.
    const COLLECTIONS: &[Declared] = &[declare!("items", 1, u64 => String)];
    // Release 0 keeps nothing else in stable memory, so what stands behind the value is what a longer one left.
    const STAGE_ONE: Plan<Legacy, Candid> = Plan::new(RELEASE)
        .application(APPLICATION)
        .ceiling(2 << 30)
        .trailing(Trailing::Discard)
        .move_budget(BUDGET);
    const PLAN: Plan<Legacy, Candid> = match RELEASE {
        2 => STAGE_ONE.collections(COLLECTIONS),
        _ => STAGE_ONE,
    };

    // What `stable-migrate check` holds against a canister before an upgrade.
    manifest!(PLAN.manifest());

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

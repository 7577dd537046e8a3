//! Best scores of players in three releases: build it with `--features release-0`, `release-1` or `release-2`.
//!
//! Release 0 keeps a map of maps, a set, a list and a counter, each an argument of `stable_save`. In release 2 the first
//! three are stable collections, and what `scores[player][game]` was is the value of a key of two parts.
#![cfg(target_family = "wasm")]
#![allow(missing_docs)] // for what export_candid makes

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use candid::Principal;
use ic_cdk::api::msg_caller;
use ic_stable_migration::cdk::{self, OrTrap};
use ic_stable_migration::{
    Candid, Store, Tier, Tiered, TieredList, TieredMap, TieredSet, key::Key, manifest,
};
use ic_stable_structures::DefaultMemoryImpl as Stable;

/// The application's name, for good: a memory that says another is refused.
const APPLICATION: &str = "scores";

/// What release 0 leaves at offset 0 of stable memory: scores, banned players, records, how many scores were refused.
type Legacy = (Scores, BTreeSet<Principal>, Vec<String>, u64);
type Scores = BTreeMap<Principal, BTreeMap<String, u64>>;

/// What every release works on. Until release 2 joins them to stable memory, the collections are on the heap.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct State {
    scores: TieredMap<Key<(Principal, String)>, u64, Stable>,
    banned: TieredSet<Principal, Stable>,
    records: TieredList<String, Stable>,
    refused: u64,
}

thread_local!(static STORE: RefCell<Store<State, Stable>> = RefCell::default());

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STORE.with_borrow_mut(|store| f(store.state().or_trap()))
}

/// The caller has reached `score`; whether that is its best one.
#[ic_cdk::update]
fn set(game: String, score: u64) -> bool {
    let player = msg_caller();
    with(|state| {
        if state.banned.contains(&player) {
            state.refused += 1;
            return false;
        }
        let best = state.scores.get(&Key((player, game.clone())));
        let is_best = best.is_none_or(|best| score > best);
        if is_best {
            state.records.push(format!("{player}: {score} in {game}"));
            state.scores.insert(Key((player, game)), score);
        }
        is_best
    })
}

/// What `scores[player][game]` was.
#[ic_cdk::query]
fn get(player: Principal, game: String) -> Option<u64> {
    with(|state| state.scores.get(&Key((player, game))))
}

/// What `scores[player]` was: it reads the entries of this player and no others.
#[ic_cdk::query]
fn list(player: Principal) -> Vec<(String, u64)> {
    with(|state| state.scores.inner(&player).collect())
}

/// Removes all scores of the caller; how many there were.
#[ic_cdk::update]
fn leave() -> u64 {
    with(|state| state.scores.remove_inner(&msg_caller()))
}

#[ic_cdk::update(guard = "cdk::controller_or_self")]
fn ban(player: Principal) -> bool {
    with(|state| {
        state.scores.remove_inner(&player);
        state.banned.insert(player)
    })
}

#[ic_cdk::query]
fn banned() -> Vec<Principal> {
    with(|state| state.banned.iter().collect())
}

/// At most 100 records from this place on.
#[ic_cdk::query]
fn records(from: u64) -> Vec<(u64, String)> {
    with(|state| state.records.page(from, 100))
}

#[ic_cdk::query]
fn refused() -> u64 {
    with(|state| state.refused)
}

impl From<Legacy> for State {
    fn from((scores, banned, records, refused): Legacy) -> Self {
        Self {
            scores: TieredMap::from_nested(scores),
            banned: banned.into_iter().collect(),
            records: records.into_iter().collect(),
            refused,
        }
    }
}

impl Tiered<Stable> for State {
    type Hot = u64;
    fn hot(&self) -> &u64 {
        &self.refused
    }
    fn set_hot(&mut self, refused: u64) {
        self.refused = refused;
    }
    fn collections(&mut self) -> Vec<Tier<'_, Stable>> {
        // Names and ids are for good: the canister writes them down.
        vec![
            Tier::new("scores", 1, &mut self.scores),
            Tier::new("banned", 2, self.banned.tier()),
            Tier::new("records", 3, self.records.tier()),
        ]
    }
}

/// Before: the whole heap at offset 0.
#[cfg(feature = "release-0")]
mod hooks {
    use super::*;
    use ic_stable_migration::ManifestSource;

    manifest!(ManifestSource::of_value::<Legacy, Candid>(0).application(APPLICATION));

    #[ic_cdk::pre_upgrade]
    fn pre_upgrade() {
        let legacy = with(|state| {
            let mut scores = Scores::new();
            for (Key((player, game)), score) in state.scores.iter() {
                scores.entry(player).or_default().insert(game, score);
            }
            let banned: BTreeSet<_> = state.banned.iter().collect();
            let records: Vec<_> = state.records.iter().map(|(_, record)| record).collect();
            (scores, banned, records, state.refused)
        });
        ic_cdk::storage::stable_save(legacy).or_trap();
    }

    #[ic_cdk::post_upgrade]
    fn post_upgrade() {
        let legacy: Legacy = ic_cdk::storage::stable_restore().or_trap();
        STORE.set(Store::on_heap(legacy.into()));
    }
}

/// Stage one writes the state to memory 0 of a memory manager; stage two moves the collections to stable maps.
#[cfg(any(feature = "release-1", feature = "release-2"))]
mod hooks {
    use super::*;
    use ic_cdk::api::time;
    use ic_stable_migration::{Declared, Plan, Trailing, declare};

    const RELEASE: u32 = if cfg!(feature = "release-2") { 2 } else { 1 };
    // What `State::collections` lists, for the manifest.
    const COLLECTIONS: &[Declared] = &[
        declare!("scores", 1, Key<(Principal, String)> => u64),
        declare!("banned", 2, Principal => ()),
        declare!("records", 3, u64 => String),
    ];
    // Release 0 keeps nothing else in stable memory, so what stands behind the value is what a longer one left.
    const STAGE_ONE: Plan<Legacy, Candid> = Plan::new(RELEASE)
        .application(APPLICATION)
        .ceiling(2 << 30)
        .trailing(Trailing::Discard);
    const PLAN: Plan<Legacy, Candid> = match RELEASE {
        2 => STAGE_ONE.collections(COLLECTIONS),
        _ => STAGE_ONE,
    };

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

//! Everything the canister remembers.
//!
//! The state is normalized: a small [hot](hot::Hot) part that every upgrade carries as one value, and
//! [collections](bulk::Bulk) of entries that are read and written one by one. A post does not hold its likes and
//! bets; they are entries of their own, found through the post's number, so that no call costs more than
//! logarithmic time in how much there is of anything. The nested value of the [legacy memory](legacy) is
//! converted from once, and in release 0 streamed back to.

use std::cell::RefCell;

#[cfg(feature = "hashtags-index")]
use ic_stable_migration::Job;
use ic_stable_migration::cdk::{LocalStore, OrTrap};
use ic_stable_migration::{SchemaReport, Tier, Tiered, Versioned};
use ic_stable_structures::DefaultMemoryImpl;
use serde::{Deserialize, Serialize};

pub mod bulk;
pub mod cbor;
#[cfg(feature = "hashtags-index")]
pub mod hashtags;
pub mod hot;
pub mod keys;
pub mod legacy;
pub mod records;
pub mod storable;

use bulk::Bulk;
use hot::Hot;

/// The whole state. Its serialized form is the payload of memory 0.
#[derive(Serialize, Deserialize, Default)]
pub struct State {
    /// What every upgrade carries.
    pub hot: Versioned<Hot>,
    /// The entries.
    pub bulk: Bulk,
}

/// A state and the memory it is kept in.
pub type Store = ic_stable_migration::Store<State, DefaultMemoryImpl>;

thread_local! {
    static STORE: RefCell<Store> = RefCell::default();
}

/// Reads the canister's state.
pub fn with<R>(read: impl FnOnce(&State) -> R) -> R {
    with_mut(|state| read(state))
}

/// Reads and changes the canister's state. `change` must not call [`with`] or `with_mut`.
pub fn with_mut<R>(change: impl FnOnce(&mut State) -> R) -> R {
    STORE.with_borrow_mut(|store| change(store.state().or_trap()))
}

/// Uses the state together with the memory it is kept in.
pub fn with_store<R>(act: impl FnOnce(&mut Store) -> R) -> R {
    STORE.with_borrow_mut(act)
}

/// The store, for the timer and the steps that it runs.
pub fn store() -> &'static LocalStore<State> {
    &STORE
}

impl Tiered<DefaultMemoryImpl> for State {
    type Hot = Versioned<Hot>;

    fn hot(&self) -> &Versioned<Hot> {
        &self.hot
    }

    fn set_hot(&mut self, hot: Versioned<Hot>) {
        self.hot = hot;
    }

    fn schema(&self) -> Option<SchemaReport> {
        Some(self.hot.report())
    }

    fn collections(&mut self) -> Vec<Tier<'_, DefaultMemoryImpl>> {
        self.bulk.collections()
    }

    #[cfg(feature = "hashtags-index")]
    fn jobs(&mut self) -> Vec<Job<'_>> {
        vec![hashtags::job(&mut self.bulk)]
    }
}

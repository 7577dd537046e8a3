//! Everything the index remembers: a small [hot](hot::Hot) part, and collections in stable maps.

use std::cell::RefCell;

use fleet::{Found, Member, Record};
use ic_stable_migration::cdk::{LocalStore, OrTrap};
use ic_stable_migration::{
    ByteOrdered, Declared, SchemaReport, Tier, Tiered, TieredMap, Versioned, declare,
};
use ic_stable_structures::{DefaultMemoryImpl, Storable};
use serde::{Deserialize, Serialize};

pub mod hot;
pub mod stored;
mod user;

use hot::Hot;
use stored::Stored;
pub use user::User;

/// Events that are kept; older ones are dropped.
pub const KEPT_EVENTS: u64 = 2_000;
/// Errors that are kept.
pub const KEPT_ERRORS: usize = 50;

/// A collection of this canister.
pub type Collection<K, V> = TieredMap<K, V, DefaultMemoryImpl>;

/// The whole state.
#[derive(Serialize, Deserialize, Default)]
pub struct State {
    /// What every upgrade carries.
    pub hot: Versioned<Hot>,
    /// The canisters of the plan, by place.
    pub members: Collection<u32, Stored<Member>>,
    /// Where each stands.
    pub records: Collection<u32, Stored<Record>>,
    /// The last events by number, as JSON.
    pub events: Collection<u64, String>,
    /// Canisters that were created here, by number.
    pub users: Collection<u32, Stored<User>>,
    /// Canisters that are to be found out about, by place, and what was found.
    pub surveyed: Collection<u32, Stored<Found>>,
}

/// The virtual memory of the map that the smaller collections share.
const SHARED: u8 = 100;

/// The same as [`State::collections`](Tiered::collections) lists, for the manifest.
pub const DECLARED: &[Declared] = &[
    declare!("members", 1, u32 => Stored<Member>),
    declare!("records", 2, u32 => Stored<Record>),
    declare!("events", 3, u64 => String).sharing(SHARED),
    declare!("users", 4, u32 => Stored<User>).sharing(SHARED),
    declare!("surveyed", 5, u32 => Stored<Found>).sharing(SHARED),
];

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
        vec![
            Tier::new("members", 1, &mut self.members),
            Tier::new("records", 2, &mut self.records),
            Tier::new("events", 3, self.events.sharing(SHARED)),
            Tier::new("users", 4, self.users.sharing(SHARED)),
            Tier::new("surveyed", 5, self.surveyed.sharing(SHARED)),
        ]
    }
}

/// This canister never had a legacy value.
impl From<()> for State {
    fn from((): ()) -> Self {
        Self::default()
    }
}

/// A state and the memory it is kept in.
pub type Store = ic_stable_migration::Store<State, DefaultMemoryImpl>;

thread_local! {
    static STORE: RefCell<Store> = RefCell::default();
}

/// Reads or changes the state. `act` must not call this again.
pub fn with<R>(act: impl FnOnce(&mut State) -> R) -> R {
    STORE.with_borrow_mut(|store| act(store.state().or_trap()))
}

/// Uses the state together with the memory it is kept in.
pub fn with_store<R>(act: impl FnOnce(&mut Store) -> R) -> R {
    STORE.with_borrow_mut(act)
}

/// The store, for the timer of the library.
pub fn store() -> &'static LocalStore<State> {
    &STORE
}

/// Empties a collection.
pub fn clear<K, V>(collection: &mut Collection<K, V>)
where
    K: ByteOrdered + Clone,
    V: Storable + Clone,
{
    while let Some((key, _)) = collection.last_key_value() {
        collection.remove(&key);
    }
}

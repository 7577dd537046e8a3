//! Everything the canister remembers.
//!
//! The state is normalized: a small [hot](hot::Hot) part that every upgrade carries as one value, and
//! [collections](bulk::Bulk) of entries that are read and written one by one. A post does not hold its likes and
//! bets; they are entries of their own, found through the post's number, so that no call costs more than
//! logarithmic time in how much there is of anything. The nested value of the [legacy memory](legacy) is
//! converted from once, and in release 0 streamed back to.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

pub mod bulk;
pub mod cbor;
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
    pub hot: Hot,
    /// The entries.
    pub bulk: Bulk,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Reads the canister's state.
pub fn with<R>(read: impl FnOnce(&State) -> R) -> R {
    STATE.with_borrow(read)
}

/// Reads and changes the canister's state. `change` must not call [`with`] or `with_mut`.
pub fn with_mut<R>(change: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(change)
}

/// Puts `state` in the place of the canister's state.
pub fn replace(state: State) {
    STATE.set(state);
}

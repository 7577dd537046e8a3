//! The individual user canister: a user's profile, posts, bets, tokens and follows.
//!
//! As a library it is what all releases of the migration share: the [state], the [logic] and the endpoints. A
//! release is a module of its own that adds the hooks which read and write stable memory; see [lifecycle] for
//! what those have in common. Built as a module, this crate is release 2, the canister as it is today.

mod api;
pub mod args;
pub mod domain;
pub mod lifecycle;
pub mod logic;
pub mod release;
pub mod state;

#[cfg(test)]
mod testing;

// Last, because it collects what the modules before it declare.
mod interface;

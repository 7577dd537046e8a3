//! The individual user canister: a user's profile, posts, bets, tokens and follows.

mod api;
pub mod args;
pub mod domain;
mod interface;
pub mod logic;
pub mod state;

#[cfg(test)]
mod testing;

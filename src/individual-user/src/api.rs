//! The endpoints: they say who calls and when, hand over to the [logic](crate::logic), and tell the feeds.
//!
//! Names, arguments and results are those of the deployed canister. Where its interface has no variant for an
//! error, the call is rejected with a sentence.

mod bets;
mod context;
mod feeds;
mod follows;
pub(crate) mod http;
mod memory;
mod moving;
mod posts;
mod profile;
mod tokens;

#[cfg(all(feature = "hooks", target_family = "wasm"))]
pub use moving::STEP_METHOD;

//! What the peers of this project have in common: other ways to migrate the individual user canister, each a package
//! beside this one, as a careful engineer writes them from the documentation of ic-cdk and ic-stable-structures,
//! without this project's library.
//!
//! They have the hooks alone. The endpoints of the individual user canister are in their modules, because a module is
//! paid for by its size and a canister without a service would seem cheap; but they answer from an empty state. What
//! a peer holds is told by its query `bench_digests`.
#![cfg(target_family = "wasm")]

pub mod digest;
pub mod frame;
pub mod legacy;

/// The value, or a trap that says why there is none: it rolls the upgrade back.
pub fn or_trap<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| ic_cdk::trap(error.to_string()))
}

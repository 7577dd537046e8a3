//! Other ways to migrate the individual user canister, each a module by a feature: what a careful engineer writes from
//! the documentation of ic-cdk and ic-stable-structures, without this project's library.
//!
//! They have the hooks alone. The endpoints of the individual user canister are in the modules, because a module is
//! paid for by its size and a canister without a service would seem cheap; but they answer from an empty state. What
//! a peer holds is told by its query `bench_digests`.
#![cfg(target_family = "wasm")]

mod digest;
mod legacy;

#[cfg(feature = "candid")]
mod candid_value;
#[cfg(any(feature = "naive-one", feature = "naive-two", feature = "maps"))]
mod frame;
#[cfg(feature = "maps")]
mod maps;
#[cfg(any(feature = "naive-one", feature = "naive-two"))]
mod naive;

/// The value, or a trap that says why there is none: it rolls the upgrade back.
fn or_trap<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| ic_cdk::trap(error.to_string()))
}

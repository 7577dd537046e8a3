//! The index canister on the embedded host, with real modules of the individual user canister as `cargo xtask build` writes
//! them.

mod support;
mod whole;

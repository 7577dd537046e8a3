//! The index canister on the embedded host, with real modules of the individual user canister as `cargo xtask build` writes
//! them.

mod back;
mod commands;
mod created;
mod cycles;
mod faults;
mod interrupted;
mod refused;
mod size;
mod support;
mod surveyed;
mod whole;

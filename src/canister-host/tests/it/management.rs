//! The management canister, called by a canister and by a controller.

mod cycles;
mod faults;
mod fleet;
mod installing;
mod settings;
mod snapshots;
mod stopping;
mod support;

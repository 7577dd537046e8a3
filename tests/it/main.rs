//! Scenarios across releases.

mod answers;
mod bad_input;
mod cost;
mod faults;
mod golden;
mod kit;
mod interrupted;
mod model;
mod moving;
mod pages;
#[cfg(feature = "pocket-ic")]
mod pocket_ic;
mod stages;
mod todo;
mod v8;

//! Scenarios across releases.

mod answers;
mod back;
mod bad_input;
mod cost;
mod golden;
mod http;
mod interrupted;
mod kit;
mod model;
mod moving;
mod onward;
mod pace;
mod pages;
#[cfg(feature = "pocket-ic")]
mod pocket_ic;
mod stages;
mod v8;

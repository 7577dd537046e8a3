//! What the scenarios share: the built modules, a canister on the embedded host, the fixtures.

pub mod fixtures;
pub mod modules;
mod subject;

pub use subject::{Subject, sample};

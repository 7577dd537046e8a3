//! What the scenarios share: the built modules, a canister on the embedded host, one on V8, the fixtures.

pub mod fixtures;
pub mod modules;
mod subject;
mod v8;

pub use subject::{Subject, sample};
pub use v8::{Said, V8};

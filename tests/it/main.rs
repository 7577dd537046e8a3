//! Scenarios across releases.

mod answers;
mod bad_input;
mod faults;
mod pages;
mod stages;
mod v8;

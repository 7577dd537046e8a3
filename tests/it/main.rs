//! Scenarios across releases.

mod answers;
mod bad_input;
mod cost;
mod faults;
mod interrupted;
mod model;
mod moving;
mod pages;
mod stages;
mod todo;
mod v8;

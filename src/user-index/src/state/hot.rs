//! The part of the state that stays on the heap and is saved as one value in every upgrade. Its size does not depend on how
//! many canisters there are.
//!
//! Each schema that a release has written is a file here, which is not changed again.

use ic_stable_migration::first_schema;

pub mod v1;

pub use v1::*;

first_schema!(v1::Hot);

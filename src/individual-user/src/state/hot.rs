//! The part of the state that stays on the heap and is saved as one value in every upgrade.
//!
//! Its size does not depend on how many posts, likes, bets, events or followers there are; the one exception is
//! [`ScoreIndexes`].
//!
//! Each schema that a release has written is a file here, which is not changed again: `hot/frozen` has its digest, and a test
//! refuses an edit. `cargo xtask schema new` writes the next one.

use ic_stable_migration::first_schema;

pub mod v1;

pub use v1::*;

first_schema!(v1::Hot);

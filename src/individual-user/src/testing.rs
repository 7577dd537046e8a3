//! What the tests of this crate share: the fixtures and random states.

pub mod fixtures;
pub mod strategies;

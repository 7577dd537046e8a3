//! How to use this library, as pages to be read.

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

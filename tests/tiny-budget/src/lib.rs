//! Release 2, and with the feature `hashtags` release 3, with steps of three entries. Everything it is comes from the crate it links.
#![cfg(target_family = "wasm")]

pub use individual_user;

//! Release 3 of the individual user canister: posts are found by their hashtags, those of before once a job has noted them.
//! Everything it is comes from the crate it links.
#![cfg(target_family = "wasm")]

pub use individual_user;

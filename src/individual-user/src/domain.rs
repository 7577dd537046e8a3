//! What the canister knows: the records and variants of its interface.
//!
//! One type serves three encodings, so that they cannot drift apart: Candid for callers, serde for the legacy
//! memory and for memory 0, and CBOR with numbered fields (`minicbor`) for the values of the bulk collections.
//! Names of fields and variants are therefore fixed by the interface; numbers, once given, are never reused.

pub mod betting;
pub mod follow;
pub mod known_principal;
pub mod memory;
pub mod post;
pub mod profile;
pub mod time;
pub mod token;

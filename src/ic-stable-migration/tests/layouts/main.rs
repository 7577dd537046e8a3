//! Where canisters keep their state: from the bytes of each layout to a state whose collections have moved.

mod canister;
mod fronts;
mod own_codecs;
mod packed;
mod places;

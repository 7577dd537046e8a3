//! The legacy memory: one nested value with everything in it.
//!
//! [`CanisterData`] is that value as the deployed canister wrote it, for reading; [`LegacyView`] is the same
//! layout streamed from the [state](super::State) of today, for the releases that write it: the old one, and the one that
//! goes back. [`Streamed`] is the
//! value as release 2 reads it, entry by entry.

mod back;
mod canister_data;
mod entries;
mod import;
mod parts;
mod view;

#[cfg(test)]
mod tests;

pub use canister_data::{CanisterData, FollowData, FollowList, TokenBalance, VersionDetails};
pub use entries::Streamed;
pub use view::LegacyView;

//! Who follows whom.

use candid::{CandidType, Principal};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::state::cbor;

/// A user and the canister that holds their profile.
#[derive(
    CandidType,
    Serialize,
    Deserialize,
    Encode,
    Decode,
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
)]
#[serde(deny_unknown_fields)]
pub struct FollowEntryDetail {
    /// The user.
    #[cbor(n(0), with = "cbor::principal")]
    pub principal_id: Principal,
    /// The user's canister.
    #[cbor(n(1), with = "cbor::principal")]
    pub canister_id: Principal,
}

/// Who wants to follow this profile, or no longer.
#[derive(CandidType, Deserialize, Clone, Copy, Debug)]
pub struct FollowerArg {
    /// The follower.
    pub follower_principal_id: Principal,
    /// The follower's canister; it must be the caller.
    pub follower_canister_id: Principal,
}

/// Why a follow was not taken.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowAnotherUserProfileError {
    /// The caller is anonymous.
    Unauthenticated,
    /// The caller is not the canister it speaks for.
    Unauthorized,
    /// The follower's list is full.
    UsersICanFollowListIsFull,
    /// The followed user's canister did not answer.
    UserITriedToFollowCrossCanisterCallFailed,
    /// The followed user's list is full.
    UserITriedToFollowHasTheirFollowersListFull,
}

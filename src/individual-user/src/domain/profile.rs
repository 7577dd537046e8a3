//! The owner of the canister.

use candid::{CandidType, Principal};
use serde::{Deserialize, Serialize};

/// Bets received on all posts of this profile.
#[derive(CandidType, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct UserProfileGlobalStats {
    /// Bets on hot.
    pub hot_bets_received: u64,
    /// Bets on not.
    pub not_bets_received: u64,
}

/// The profile as it is stored.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct UserProfile {
    /// The name shown.
    pub display_name: Option<String>,
    /// The name that is theirs alone.
    pub unique_user_name: Option<String>,
    /// The owner; not set until the canister is given to a user.
    pub principal_id: Option<Principal>,
    /// Where the picture is.
    pub profile_picture_url: Option<String>,
    /// Bets received.
    pub profile_stats: UserProfileGlobalStats,
}

/// The profile as callers see it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct UserProfileDetailsForFrontend {
    /// The name shown.
    pub display_name: Option<String>,
    /// How many follow this profile.
    pub followers_count: u64,
    /// How many this profile follows.
    pub following_count: u64,
    /// The owner.
    pub principal_id: Principal,
    /// Where the picture is.
    pub profile_picture_url: Option<String>,
    /// Bets received.
    pub profile_stats: UserProfileGlobalStats,
    /// Tokens earned since the profile began.
    pub lifetime_earnings: u64,
    /// The name that is theirs alone.
    pub unique_user_name: Option<String>,
}

/// What the owner may change about how the profile looks; a field left out is cleared.
#[derive(CandidType, Deserialize, Clone, Debug, Default)]
pub struct UserProfileUpdateDetailsFromFrontend {
    /// The name shown.
    pub display_name: Option<String>,
    /// Where the picture is.
    pub profile_picture_url: Option<String>,
}

/// Why a profile was not changed.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateProfileDetailsError {
    /// The caller is not the owner.
    NotAuthorized,
}

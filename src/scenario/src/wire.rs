//! The arguments of the canister's endpoints as its clients encode them.
//!
//! These are declared here once more, and not taken from the canister, so that a scenario notices
//! when the canister's own types no longer fit the clients that are out there.

use candid::{CandidType, Principal};

#[derive(Debug, CandidType)]
pub struct InitArgs {
    pub known_principal_ids: Option<Vec<(KnownPrincipalType, Principal)>>,
    pub profile_owner: Option<Principal>,
    pub upgrade_version_number: Option<u64>,
    pub url_to_send_canister_metrics_to: Option<String>,
}

#[derive(Debug, Clone, Copy, CandidType)]
pub enum KnownPrincipalType {
    CanisterIdUserIndex,
    CanisterIdPostCache,
    UserIdGlobalSuperAdmin,
}

#[derive(Debug, CandidType)]
pub struct PostDetailsFromFrontend {
    pub description: String,
    pub hashtags: Vec<String>,
    pub video_uid: String,
    pub creator_consent_for_inclusion_in_hot_or_not: bool,
}

#[derive(Debug, CandidType)]
pub enum PostViewDetailsFromFrontend {
    WatchedPartially {
        percentage_watched: u8,
    },
    WatchedMultipleTimes {
        watch_count: u8,
        percentage_watched: u8,
    },
}

#[derive(Debug, CandidType)]
pub enum BetDirection {
    Hot,
    Not,
}

#[derive(Debug, CandidType)]
pub struct PlaceBetArg {
    pub post_canister_id: Principal,
    pub post_id: u64,
    pub bet_amount: u64,
    pub bet_direction: BetDirection,
}

#[derive(Debug, CandidType)]
pub struct FollowerArg {
    pub follower_canister_id: Principal,
    pub follower_principal_id: Principal,
}

#[derive(Debug, CandidType)]
pub struct UserProfileUpdateDetailsFromFrontend {
    pub display_name: Option<String>,
    pub profile_picture_url: Option<String>,
}

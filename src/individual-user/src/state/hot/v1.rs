//! Schema 1.

use std::collections::BTreeMap;

use candid::Principal;
use serde::{Deserialize, Serialize};

use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::profile::UserProfile;

/// See the [module](super).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Hot {
    /// The owner.
    pub profile: UserProfile,
    /// The owner's tokens.
    pub balance: Balance,
    /// Who plays which part in the fleet.
    pub known_principal_ids: BTreeMap<KnownPrincipalType, Principal>,
    /// Settings.
    pub configuration: Configuration,
    /// The version the fleet counts; it has nothing to do with releases of the migration.
    pub version_number: u64,
    /// How long the lists of principals are.
    pub followed_principals: FollowedPrincipals,
    /// Two indexes that an earlier deployed canister kept.
    pub score_indexes: ScoreIndexes,
}

/// Tokens the owner has and had.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Tokens now.
    pub utility_token_balance: u64,
    /// Tokens earned since the profile began.
    pub lifetime_earnings: u64,
}

/// Settings.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where the canister's metrics go.
    pub url_to_send_canister_metrics_to: Option<String>,
}

/// Sizes of the two lists of principals that were before the follow lists. Nothing changes them any more.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowedPrincipals {
    /// Those who followed this profile.
    pub followers: u64,
    /// Those whom this profile followed.
    pub following: u64,
}

/// The scores of posts as a former release kept them, one index for each feed.
///
/// The canister of December 2023 neither fills nor reads them: they are empty, or hold what a release before it
/// last wrote. They cannot be derived from the posts and nothing asks for them, so they are kept as they came
/// and belong to no collection. A canister that still has full ones pays for them in every upgrade, about 60
/// bytes a post and index.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct ScoreIndexes {
    /// For the home feed.
    pub home_feed: PostScoreIndex,
    /// For the feed of posts to bet on.
    pub hot_or_not_feed: PostScoreIndex,
}

/// Posts by their score, and the score of each.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PostScoreIndex {
    /// Posts by score.
    pub items_sorted_by_score: BTreeMap<u64, Vec<PostScoreIndexItem>>,
    /// The score of a post of a canister.
    pub item_presence_index: BTreeMap<(Principal, u64), u64>,
}

/// A post and its score.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PostScoreIndexItem {
    /// The score.
    pub score: u64,
    /// The post.
    pub post_id: u64,
    /// The canister of the post.
    pub publisher_canister_id: Principal,
}

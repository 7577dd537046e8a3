//! The nested value, field by field.
//!
//! Names are those of the deployed canister, because the value is a map of names. A field that is missing is an
//! error, unless there was a release without it, and so is one that is not known: what cannot be kept is not read. Sets and hash maps have no order in
//! the memory and are ordered here.

use std::collections::{BTreeMap, BTreeSet};

use candid::Principal;
use serde::{Deserialize, Serialize};

use crate::domain::betting::PlacedBetDetail;
use crate::domain::follow::FollowEntryDetail;
use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::post::Post;
use crate::domain::profile::UserProfile;
use crate::domain::token::TokenEvent;
use crate::state::hot::v1::{Configuration, PostScoreIndex};

/// The whole value. Its large maps and sets can be of any type that takes their entries: see
/// [`Streamed`](super::Streamed).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CanisterData<
    Posts = BTreeMap<u64, Post>,
    PlacedBets = BTreeMap<(Principal, u64), PlacedBetDetail>,
    TokenEvents = BTreeMap<u64, TokenEvent>,
    Follows = FollowData,
    PrincipalsIFollow = BTreeSet<Principal>,
    PrincipalsThatFollowMe = BTreeSet<Principal>,
> {
    /// Posts by number.
    pub all_created_posts: Posts,
    /// Bets the owner made elsewhere, by the post's canister and number.
    pub all_hot_or_not_bets_placed: PlacedBets,
    /// Settings.
    pub configuration: Configuration,
    /// The follow lists. A canister that missed the release which brought them has none.
    #[serde(default)]
    pub follow_data: Follows,
    /// Who plays which part in the fleet.
    pub known_principal_ids: BTreeMap<KnownPrincipalType, Principal>,
    /// The owner's tokens.
    pub my_token_balance: TokenBalance<TokenEvents>,
    /// An index no release of December 2023 fills or reads.
    pub posts_index_sorted_by_home_feed_score: PostScoreIndex,
    /// An index no release of December 2023 fills or reads.
    pub posts_index_sorted_by_hot_or_not_feed_score: PostScoreIndex,
    /// Those whom this profile follows, before there were follow lists.
    pub principals_i_follow: PrincipalsIFollow,
    /// Those who follow this profile, before there were follow lists.
    pub principals_that_follow_me: PrincipalsThatFollowMe,
    /// The owner.
    pub profile: UserProfile,
    /// The version the fleet counts.
    pub version_details: VersionDetails,
}

/// Both follow lists.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FollowData<Follower = FollowList, Following = FollowList> {
    /// Those who follow this profile.
    pub follower: Follower,
    /// Those whom this profile follows.
    pub following: Following,
}

/// A follow list and where in it an entry is.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FollowList<
    Index = BTreeMap<u64, FollowEntryDetail>,
    Members = BTreeMap<FollowEntryDetail, u64>,
> {
    /// The entries by place.
    pub sorted_index: Index,
    /// The places by entry.
    pub members: Members,
}

/// The owner's tokens.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TokenBalance<TokenEvents = BTreeMap<u64, TokenEvent>> {
    /// Tokens now.
    pub utility_token_balance: u64,
    /// What happened to them, in order.
    pub utility_token_transaction_history: TokenEvents,
    /// Tokens earned since the profile began.
    pub lifetime_earnings: u64,
}

/// The version the fleet counts.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct VersionDetails {
    /// The version.
    pub version_number: u64,
}

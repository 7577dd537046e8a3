//! The nested value with a Candid type. What of the domain has one already is used as it is.

use std::collections::{BTreeMap, BTreeSet};

use candid::{CandidType, Principal};
use individual_user::domain::betting::PlacedBetDetail;
use individual_user::domain::follow::FollowEntryDetail;
use individual_user::domain::known_principal::KnownPrincipalType;
use individual_user::domain::post::Post;
use individual_user::domain::profile::{UserProfile, UserProfileGlobalStats};
use individual_user::domain::token::TokenEvent;
use individual_user::state::hot::{Configuration, PostScoreIndex, PostScoreIndexItem};
use individual_user::state::legacy::{
    CanisterData, FollowData, FollowList, TokenBalance, VersionDetails,
};
use serde::Deserialize;

/// Everything the canister remembers.
#[derive(CandidType, Deserialize, Clone, Default)]
pub struct Value {
    all_created_posts: BTreeMap<u64, Post>,
    all_hot_or_not_bets_placed: BTreeMap<(Principal, u64), PlacedBetDetail>,
    url_to_send_canister_metrics_to: Option<String>,
    followers: Follows,
    following: Follows,
    known_principal_ids: BTreeMap<KnownPrincipalType, Principal>,
    utility_token_balance: u64,
    utility_token_transaction_history: BTreeMap<u64, TokenEvent>,
    lifetime_earnings: u64,
    home_feed: Index,
    hot_or_not_feed: Index,
    principals_i_follow: BTreeSet<Principal>,
    principals_that_follow_me: BTreeSet<Principal>,
    profile: Profile,
    version_number: u64,
}

#[derive(CandidType, Deserialize, Clone, Default)]
struct Follows {
    sorted_index: BTreeMap<u64, FollowEntryDetail>,
    members: BTreeMap<FollowEntryDetail, u64>,
}

#[derive(CandidType, Deserialize, Clone, Default)]
struct Index {
    items_sorted_by_score: BTreeMap<u64, Vec<Item>>,
    item_presence_index: BTreeMap<(Principal, u64), u64>,
}

#[derive(CandidType, Deserialize, Clone)]
struct Item {
    score: u64,
    post_id: u64,
    publisher_canister_id: Principal,
}

#[derive(CandidType, Deserialize, Clone, Default)]
struct Profile {
    display_name: Option<String>,
    unique_user_name: Option<String>,
    principal_id: Option<Principal>,
    profile_picture_url: Option<String>,
    profile_stats: UserProfileGlobalStats,
}

impl From<CanisterData> for Value {
    fn from(data: CanisterData) -> Self {
        Self {
            all_created_posts: data.all_created_posts,
            all_hot_or_not_bets_placed: data.all_hot_or_not_bets_placed,
            url_to_send_canister_metrics_to: data.configuration.url_to_send_canister_metrics_to,
            followers: data.follow_data.follower.into(),
            following: data.follow_data.following.into(),
            known_principal_ids: data.known_principal_ids,
            utility_token_balance: data.my_token_balance.utility_token_balance,
            utility_token_transaction_history: data
                .my_token_balance
                .utility_token_transaction_history,
            lifetime_earnings: data.my_token_balance.lifetime_earnings,
            home_feed: data.posts_index_sorted_by_home_feed_score.into(),
            hot_or_not_feed: data.posts_index_sorted_by_hot_or_not_feed_score.into(),
            principals_i_follow: data.principals_i_follow,
            principals_that_follow_me: data.principals_that_follow_me,
            profile: data.profile.into(),
            version_number: data.version_details.version_number,
        }
    }
}

impl From<Value> for CanisterData {
    fn from(value: Value) -> Self {
        Self {
            all_created_posts: value.all_created_posts,
            all_hot_or_not_bets_placed: value.all_hot_or_not_bets_placed,
            configuration: Configuration {
                url_to_send_canister_metrics_to: value.url_to_send_canister_metrics_to,
            },
            follow_data: FollowData {
                follower: value.followers.into(),
                following: value.following.into(),
            },
            known_principal_ids: value.known_principal_ids,
            my_token_balance: TokenBalance {
                utility_token_balance: value.utility_token_balance,
                utility_token_transaction_history: value.utility_token_transaction_history,
                lifetime_earnings: value.lifetime_earnings,
            },
            posts_index_sorted_by_home_feed_score: value.home_feed.into(),
            posts_index_sorted_by_hot_or_not_feed_score: value.hot_or_not_feed.into(),
            principals_i_follow: value.principals_i_follow,
            principals_that_follow_me: value.principals_that_follow_me,
            profile: value.profile.into(),
            version_details: VersionDetails {
                version_number: value.version_number,
            },
        }
    }
}

/// Both ways between types with the same fields.
macro_rules! same_fields {
    ($($ours:ident = $theirs:ident { $($field:ident),+ };)+) => {$(
        impl From<$theirs> for $ours {
            fn from(from: $theirs) -> Self {
                Self { $($field: from.$field),+ }
            }
        }

        impl From<$ours> for $theirs {
            fn from(from: $ours) -> Self {
                Self { $($field: from.$field),+ }
            }
        }
    )+};
}

same_fields! {
    Follows = FollowList { sorted_index, members };
    Item = PostScoreIndexItem { score, post_id, publisher_canister_id };
    Profile = UserProfile {
        display_name, unique_user_name, principal_id, profile_picture_url, profile_stats
    };
}

impl From<PostScoreIndex> for Index {
    fn from(index: PostScoreIndex) -> Self {
        let items = index.items_sorted_by_score.into_iter();
        Self {
            items_sorted_by_score: items.map(|(score, of)| (score, all(of))).collect(),
            item_presence_index: index.item_presence_index,
        }
    }
}

impl From<Index> for PostScoreIndex {
    fn from(index: Index) -> Self {
        let items = index.items_sorted_by_score.into_iter();
        Self {
            items_sorted_by_score: items.map(|(score, of)| (score, all(of))).collect(),
            item_presence_index: index.item_presence_index,
        }
    }
}

fn all<T: From<S>, S>(of: Vec<S>) -> Vec<T> {
    of.into_iter().map(T::from).collect()
}

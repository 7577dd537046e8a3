//! Posts: short videos with their likes, views and scores.

use std::collections::BTreeSet;

use candid::{CandidType, Principal};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::betting::{BettingStatus, HotOrNotDetails};
use super::time::Timestamp;

/// Where a post stands between upload and removal.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
#[cbor(index_only)]
pub enum PostStatus {
    /// Just made.
    #[n(0)]
    #[default]
    Uploaded,
    /// Its video is being converted.
    #[n(1)]
    Transcoding,
    /// Its video is being checked.
    #[n(2)]
    CheckingExplicitness,
    /// The check failed.
    #[n(3)]
    BannedForExplicitness,
    /// Everyone may see it.
    #[n(4)]
    ReadyToView,
    /// Users objected.
    #[n(5)]
    BannedDueToUserReporting,
    /// The owner took it back.
    #[n(6)]
    Deleted,
}

/// A score in a feed, and the one the feed was last told.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
#[serde(deny_unknown_fields)]
pub struct FeedScore {
    /// The score today.
    #[n(0)]
    pub current_score: u64,
    /// The score the feed was last told.
    #[n(1)]
    pub last_synchronized_score: u64,
    /// When it was told.
    #[n(2)]
    pub last_synchronized_at: Timestamp,
}

/// How a post was watched.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
#[serde(deny_unknown_fields)]
pub struct PostViewStatistics {
    /// Views.
    #[n(0)]
    pub total_view_count: u64,
    /// Views of more than a fifth of the video.
    #[n(1)]
    pub threshold_view_count: u64,
    /// Mean share watched, in percent.
    #[n(2)]
    pub average_watch_percentage: u8,
}

/// A whole post, as callers and the legacy memory see it.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The number of the post in this canister.
    pub id: u64,
    /// What the owner says about it.
    pub description: String,
    /// Words to find it by.
    pub hashtags: Vec<String>,
    /// The video.
    pub video_uid: String,
    /// Where it stands.
    pub status: PostStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who likes it.
    pub likes: BTreeSet<Principal>,
    /// How often it was shared.
    pub share_count: u64,
    /// How it was watched.
    pub view_stats: PostViewStatistics,
    /// Its score in the home feed.
    pub home_feed_score: FeedScore,
    /// Whether it may be bet on.
    pub creator_consent_for_inclusion_in_hot_or_not: bool,
    /// The bets.
    pub hot_or_not_details: Option<HotOrNotDetails>,
}

/// What the owner gives to make a post.
#[derive(CandidType, Deserialize, Clone, Debug)]
pub struct PostDetailsFromFrontend {
    /// What the owner says about it.
    pub description: String,
    /// Words to find it by.
    pub hashtags: Vec<String>,
    /// The video.
    pub video_uid: String,
    /// Whether it may be bet on.
    pub creator_consent_for_inclusion_in_hot_or_not: bool,
}

/// A post as a viewer sees it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct PostDetailsForFrontend {
    /// The number of the post in this canister.
    pub id: u64,
    /// The owner's name shown.
    pub created_by_display_name: Option<String>,
    /// The owner's own name.
    pub created_by_unique_user_name: Option<String>,
    /// The owner.
    pub created_by_user_principal_id: Principal,
    /// Where the owner's picture is.
    pub created_by_profile_photo_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What the owner says about it.
    pub description: String,
    /// Words to find it by.
    pub hashtags: Vec<String>,
    /// The video.
    pub video_uid: String,
    /// Where it stands.
    pub status: PostStatus,
    /// Views.
    pub total_view_count: u64,
    /// Likes.
    pub like_count: u64,
    /// Whether the asker likes it.
    pub liked_by_me: bool,
    /// Its score in the home feed.
    pub home_feed_ranking_score: u64,
    /// Its score in the feed of posts to bet on.
    pub hot_or_not_feed_ranking_score: Option<u64>,
    /// Whether it can be bet on; nothing where the owner did not consent.
    pub hot_or_not_betting_status: Option<BettingStatus>,
}

/// One viewing of a post. Percentages are from 1 to 100.
#[derive(CandidType, Deserialize, Clone, Copy, Debug)]
pub enum PostViewDetailsFromFrontend {
    /// Left before the end.
    WatchedPartially {
        /// The share seen, in percent.
        percentage_watched: u8,
    },
    /// Seen to the end, and begun once more.
    WatchedMultipleTimes {
        /// How often to the end.
        watch_count: u8,
        /// The share of the last time, in percent.
        percentage_watched: u8,
    },
}

/// Why no page of a list came back.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetPostsOfUserProfileError {
    /// The first is not before the last.
    InvalidBoundsPassed,
    /// The first is past the end.
    ReachedEndOfItemsList,
    /// More than a hundred at once.
    ExceededMaxNumberOfItemsAllowedInOneRequest,
}

/// Posts that were found by a hashtag.
#[cfg(feature = "hashtags")]
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct PostsWithHashtag {
    /// The posts.
    pub posts: Vec<PostDetailsForFrontend>,
    /// Whether all posts can be found: those from before release 3 are noted in steps.
    pub complete: bool,
}

//! The collections: everything of which there can be much.
//!
//! Each is an ordered map of small entries. Where an entry lives, on the heap or in stable memory, is the map's
//! business; callers get owned values and write them back.

use ic_stable_migration::TieredMap;
use ic_stable_structures::DefaultMemoryImpl;
use serde::{Deserialize, Serialize};

use super::keys::{BetKey, FollowMemberKey, FollowedPrincipalKey, LikeKey, PlacedBetKey, RoomKey};
use super::records::{PostRecord, RoomRecord};
use crate::domain::betting::{BetDetails, PlacedBetDetail};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::token::TokenEvent;

/// A collection of this canister.
pub type Collection<K, V> = TieredMap<K, V, DefaultMemoryImpl>;

/// See the [module](self).
#[derive(Serialize, Deserialize, Default)]
pub struct Bulk {
    /// Posts by number.
    pub posts: Collection<u64, PostRecord>,
    /// Who likes which post.
    pub likes: Collection<LikeKey, ()>,
    /// Rooms in which posts are bet on.
    pub rooms: Collection<RoomKey, RoomRecord>,
    /// Bets on the posts.
    pub bets: Collection<BetKey, BetDetails>,
    /// Bets the owner made elsewhere.
    pub placed_bets: Collection<PlacedBetKey, PlacedBetDetail>,
    /// What happened to the balance, in order.
    pub token_events: Collection<u64, TokenEvent>,
    /// Those who follow this profile, by place.
    pub followers: Collection<u64, FollowEntryDetail>,
    /// The places by follower. A legacy memory can hold places here that the list disagrees with.
    pub follower_places: Collection<FollowMemberKey, u64>,
    /// Those whom this profile follows, by place.
    pub following: Collection<u64, FollowEntryDetail>,
    /// The places by who is followed; as with followers, not always in agreement.
    pub following_places: Collection<FollowMemberKey, u64>,
    /// The lists of principals that were before the follow lists.
    pub followed_principals: Collection<FollowedPrincipalKey, ()>,
}

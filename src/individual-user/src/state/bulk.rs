//! The collections: everything of which there can be much.
//!
//! They share one stable map: in a fleet of canisters of a few pages, a map of its own for each would take more than
//! what stands in it. Each is an ordered map of small entries. Where an entry lives, on the heap or in stable memory, is the map's
//! business; callers get owned values and write them back.

use ic_stable_migration::{ByteOrdered, Declared, Tier, TieredMap, declare};
use ic_stable_structures::{DefaultMemoryImpl, Storable};
use serde::{Deserialize, Serialize};

#[cfg(feature = "hashtags-index")]
use super::hashtags;
#[cfg(feature = "hashtags-index")]
use super::keys::HashtagKey;
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
    /// Posts by what they are tagged with; since release 3. See [`hashtags`](super::hashtags).
    #[cfg(feature = "hashtags-index")]
    #[serde(default, skip_serializing_if = "is_saved_by_nothing")]
    pub hashtags: Collection<HashtagKey, ()>,
}

/// The virtual memory of the map that all collections share.
const SHARED: u8 = 100;

/// The same collections as [`Bulk::collections`] lists, for the manifest: every hook holds one against the other.
pub const DECLARED: &[Declared] = &[
    declare!("posts", 1, u64 => PostRecord).sharing(SHARED),
    declare!("likes", 2, LikeKey => ()).sharing(SHARED),
    declare!("rooms", 3, RoomKey => RoomRecord).sharing(SHARED),
    declare!("bets", 4, BetKey => BetDetails).sharing(SHARED),
    declare!("placed_bets", 5, PlacedBetKey => PlacedBetDetail).sharing(SHARED),
    declare!("token_events", 6, u64 => TokenEvent).sharing(SHARED),
    declare!("followers", 7, u64 => FollowEntryDetail).sharing(SHARED),
    declare!("follower_places", 8, FollowMemberKey => u64).sharing(SHARED),
    declare!("following", 9, u64 => FollowEntryDetail).sharing(SHARED),
    declare!("following_places", 10, FollowMemberKey => u64).sharing(SHARED),
    declare!("followed_principals", 11, FollowedPrincipalKey => ()).sharing(SHARED),
    #[cfg(feature = "hashtags-index")]
    declare!(hashtags::INDEX, 12, HashtagKey => ()).sharing(SHARED),
];

impl Bulk {
    /// The collections in the order in which they move. A name and an id are for good: an id that was used
    /// once is not used for anything else.
    pub fn collections(&mut self) -> Vec<Tier<'_, DefaultMemoryImpl>> {
        let Self {
            posts,
            likes,
            rooms,
            bets,
            placed_bets,
            token_events,
            followers,
            follower_places,
            following,
            following_places,
            followed_principals,
            #[cfg(feature = "hashtags-index")]
            hashtags,
        } = self;
        vec![
            tier("posts", 1, posts),
            tier("likes", 2, likes),
            tier("rooms", 3, rooms),
            tier("bets", 4, bets),
            tier("placed_bets", 5, placed_bets),
            tier("token_events", 6, token_events),
            tier("followers", 7, followers),
            tier("follower_places", 8, follower_places),
            tier("following", 9, following),
            tier("following_places", 10, following_places),
            tier("followed_principals", 11, followed_principals),
            #[cfg(feature = "hashtags-index")]
            tier(hashtags::INDEX, 12, hashtags),
        ]
    }
}

/// Whether the index has nothing on the heap, as it never has: it begins in stable memory. So a payload is what it was.
#[cfg(feature = "hashtags-index")]
fn is_saved_by_nothing(index: &Collection<HashtagKey, ()>) -> bool {
    ic_stable_migration::Collection::heap_len(index) == 0
}

fn tier<'a, K: ByteOrdered + Clone, V: Storable + Clone>(
    name: &'static str,
    id: u8,
    map: &'a mut Collection<K, V>,
) -> Tier<'a, DefaultMemoryImpl> {
    let map = map.sharing(SHARED);
    Tier::new(name, id, map)
}

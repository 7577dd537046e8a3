//! From the state to the nested value, without building it: maps and lists are streamed from the collections
//! entry by entry. Of one post at a time [all](super::parts) is held.

use candid::Principal;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::VersionDetails;
use super::parts::{PartsOfPost, RoomsOfPost, parts};
use crate::domain::betting::{AggregateStats, RoomBetPossibleOutcomes};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::post::{FeedScore, PostStatus, PostViewStatistics};
use crate::domain::profile::UserProfile;
use crate::domain::time::Timestamp;
use crate::state::State;
use crate::state::bulk::Collection;
use crate::state::hot::v1::{Configuration, PostScoreIndex};
use crate::state::keys::{FollowMemberKey, FollowSide, FollowedPrincipalKey, RoomKey};
use crate::state::records::{PostRecord, RoomRecord};

/// The state, serialized as [`CanisterData`](super::CanisterData) is.
pub struct LegacyView<'a>(pub &'a State);

impl Serialize for LegacyView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let State { hot, bulk } = self.0;
        let state = self.0;
        View {
            all_created_posts: MapOf {
                len: bulk.posts.len(),
                entries: || {
                    let mut parts = parts(bulk);
                    let posts = bulk.posts.iter();
                    posts
                        .map(move |(number, post)| (number, post_view(post, parts.of_post(number))))
                },
            },
            all_hot_or_not_bets_placed: MapOf {
                len: bulk.placed_bets.len(),
                entries: || {
                    let bets = bulk.placed_bets.iter();
                    bets.map(|(key, bet)| ((key.canister, key.post), bet))
                },
            },
            configuration: &hot.configuration,
            follow_data: FollowDataView {
                follower: follow_list_view(&bulk.followers, &bulk.follower_places),
                following: follow_list_view(&bulk.following, &bulk.following_places),
            },
            known_principal_ids: &hot.known_principal_ids,
            my_token_balance: TokenBalanceView {
                utility_token_balance: hot.balance.utility_token_balance,
                utility_token_transaction_history: MapOf {
                    len: bulk.token_events.len(),
                    entries: || bulk.token_events.iter(),
                },
                lifetime_earnings: hot.balance.lifetime_earnings,
            },
            posts_index_sorted_by_home_feed_score: &hot.score_indexes.home_feed,
            posts_index_sorted_by_hot_or_not_feed_score: &hot.score_indexes.hot_or_not_feed,
            principals_i_follow: principals_view(state, FollowSide::Following),
            principals_that_follow_me: principals_view(state, FollowSide::Followers),
            profile: &hot.profile,
            version_details: VersionDetails {
                version_number: hot.version_number,
            },
        }
        .serialize(serializer)
    }
}

#[derive(serde::Serialize)]
struct View<'a, Posts, PlacedBets, Follow, Known, Tokens, Principals> {
    all_created_posts: Posts,
    all_hot_or_not_bets_placed: PlacedBets,
    configuration: &'a Configuration,
    follow_data: Follow,
    known_principal_ids: Known,
    my_token_balance: Tokens,
    posts_index_sorted_by_home_feed_score: &'a PostScoreIndex,
    posts_index_sorted_by_hot_or_not_feed_score: &'a PostScoreIndex,
    principals_i_follow: Principals,
    principals_that_follow_me: Principals,
    profile: &'a UserProfile,
    version_details: VersionDetails,
}

#[derive(serde::Serialize)]
struct FollowDataView<List> {
    follower: List,
    following: List,
}

#[derive(serde::Serialize)]
struct FollowListView<Index, Members> {
    sorted_index: Index,
    members: Members,
}

#[derive(serde::Serialize)]
struct TokenBalanceView<History> {
    utility_token_balance: u64,
    utility_token_transaction_history: History,
    lifetime_earnings: u64,
}

#[derive(serde::Serialize)]
struct PostView<Details> {
    id: u64,
    description: String,
    hashtags: Vec<String>,
    video_uid: String,
    status: PostStatus,
    created_at: Timestamp,
    likes: Vec<Principal>,
    share_count: u64,
    view_stats: PostViewStatistics,
    home_feed_score: FeedScore,
    creator_consent_for_inclusion_in_hot_or_not: bool,
    hot_or_not_details: Option<Details>,
}

#[derive(serde::Serialize)]
struct BettingView<Slots> {
    hot_or_not_feed_score: FeedScore,
    aggregate_stats: AggregateStats,
    slot_history: Slots,
}

#[derive(serde::Serialize)]
struct SlotView<Rooms> {
    room_details: Rooms,
}

#[derive(serde::Serialize)]
struct RoomView<'a, Bets> {
    bets_made: Bets,
    bet_outcome: &'a RoomBetPossibleOutcomes,
    room_bets_total_pot: u64,
    total_hot_bets: u64,
    total_not_bets: u64,
}

fn follow_list_view(
    entries: &Collection<u64, FollowEntryDetail>,
    places: &Collection<FollowMemberKey, u64>,
) -> impl Serialize {
    FollowListView {
        sorted_index: MapOf {
            len: entries.len(),
            entries: || entries.iter(),
        },
        members: MapOf {
            len: places.len(),
            entries: || {
                let places = places.iter();
                places.map(|(key, place)| (FollowEntryDetail::from(key), place))
            },
        },
    }
}

fn principals_view(state: &State, side: FollowSide) -> impl Serialize {
    let users = FollowedPrincipalKey::of_side(side);
    let users = state.bulk.followed_principals.keys(users);
    users.map(|key| key.user).collect::<Vec<_>>()
}

fn post_view(post: PostRecord, parts: PartsOfPost) -> impl Serialize {
    PostView {
        id: post.id,
        description: post.description,
        hashtags: post.hashtags,
        video_uid: post.video_uid,
        status: post.status,
        created_at: post.created_at,
        share_count: post.share_count,
        view_stats: post.view_stats,
        home_feed_score: post.home_feed_score,
        creator_consent_for_inclusion_in_hot_or_not: post.consent,
        hot_or_not_details: post.betting.map(|betting| BettingView {
            hot_or_not_feed_score: betting.feed_score,
            aggregate_stats: betting.totals,
            slot_history: SlotHistory {
                slots: betting.slots,
                rooms: parts.rooms,
            },
        }),
        likes: parts.likers,
    }
}

/// The slots of one post, with what is in their rooms.
struct SlotHistory {
    slots: Vec<u8>,
    rooms: RoomsOfPost,
}

impl Serialize for SlotHistory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = |slot: &u8| (*slot, slot_view(&self.rooms, *slot));
        MapOf {
            len: self.slots.len() as u64,
            entries: || self.slots.iter().map(view),
        }
        .serialize(serializer)
    }
}

fn slot_view(rooms: &RoomsOfPost, slot: u8) -> impl Serialize + '_ {
    let of_slot = rooms.of_slot(slot);
    SlotView {
        room_details: MapOf {
            len: of_slot.len() as u64,
            entries: move || {
                let views = of_slot.iter();
                views.map(move |(key, room)| (key.room, room_view(rooms, key, room)))
            },
        },
    }
}

fn room_view<'a>(
    rooms: &'a RoomsOfPost,
    key: &RoomKey,
    room: &'a RoomRecord,
) -> impl Serialize + 'a {
    let bets = rooms.bets(key.slot, key.room);
    RoomView {
        bets_made: MapOf {
            len: bets.len() as u64,
            entries: move || bets.iter().map(|(key, bet)| (key.bettor, bet)),
        },
        bet_outcome: &room.outcome,
        room_bets_total_pot: room.pot,
        total_hot_bets: room.hot_bets,
        total_not_bets: room.not_bets,
    }
}

/// A map streamed from an iterator that has so many entries. Where it has not, the value cannot be read, which the release
/// that goes back finds out before it writes.
struct MapOf<F> {
    len: u64,
    entries: F,
}

impl<F, I, K, V> Serialize for MapOf<F>
where
    F: Fn() -> I,
    I: Iterator<Item = (K, V)>,
    K: Serialize,
    V: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len as usize))?;
        for (key, value) in (self.entries)() {
            map.serialize_entry(&key, &value)?;
        }
        map.end()
    }
}

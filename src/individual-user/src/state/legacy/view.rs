//! From the state to the nested value, without building it: maps and lists are streamed from the collections
//! entry by entry. Of one post at a time the keys of its bets are held, to bring them into the order of rooms.

use candid::Principal;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::VersionDetails;
use crate::domain::betting::{AggregateStats, RoomBetPossibleOutcomes};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::post::{FeedScore, PostStatus, PostViewStatistics};
use crate::domain::profile::UserProfile;
use crate::domain::time::Timestamp;
use crate::state::State;
use crate::state::bulk::Collection;
use crate::state::hot::{Configuration, PostScoreIndex};
use crate::state::keys::{
    BetKey, FollowMemberKey, FollowSide, FollowedPrincipalKey, LikeKey, RoomKey,
};
use crate::state::records::{BettingRecord, PostRecord, RoomRecord};

/// The state, serialized as [`CanisterData`](super::CanisterData) is.
pub struct LegacyView<'a>(pub &'a State);

impl Serialize for LegacyView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let State { hot, bulk } = self.0;
        let state = self.0;
        View {
            all_created_posts: MapOf {
                len: bulk.posts.iter().count(),
                entries: || {
                    let posts = bulk.posts.iter();
                    posts.map(|(number, post)| (number, post_view(state, number, post)))
                },
            },
            all_hot_or_not_bets_placed: MapOf {
                len: bulk.placed_bets.iter().count(),
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
                    len: bulk.token_events.iter().count(),
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
struct PostView<Likes, Details> {
    id: u64,
    description: String,
    hashtags: Vec<String>,
    video_uid: String,
    status: PostStatus,
    created_at: Timestamp,
    likes: Likes,
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
struct RoomView<Bets> {
    bets_made: Bets,
    bet_outcome: RoomBetPossibleOutcomes,
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
            len: entries.iter().count(),
            entries: || entries.iter(),
        },
        members: MapOf {
            len: places.iter().count(),
            entries: || {
                let places = places.iter();
                places.map(|(key, place)| (FollowEntryDetail::from(key), place))
            },
        },
    }
}

fn principals_view(state: &State, side: FollowSide) -> impl Serialize {
    let users = FollowedPrincipalKey::of_side(side);
    let users = move || state.bulk.followed_principals.range(users.clone());
    SeqOf {
        len: users().count(),
        elements: move || users().map(|(key, ())| key.user),
    }
}

fn post_view(state: &State, number: u64, post: PostRecord) -> impl Serialize {
    let likes = move || state.bulk.likes.range(LikeKey::of_post(number));
    PostView {
        id: post.id,
        description: post.description,
        hashtags: post.hashtags,
        video_uid: post.video_uid,
        status: post.status,
        created_at: post.created_at,
        likes: SeqOf {
            len: likes().count(),
            elements: move || likes().map(|(key, ())| key.liker),
        },
        share_count: post.share_count,
        view_stats: post.view_stats,
        home_feed_score: post.home_feed_score,
        creator_consent_for_inclusion_in_hot_or_not: post.consent,
        hot_or_not_details: post
            .betting
            .map(|betting| betting_view(state, number, betting)),
    }
}

fn betting_view(state: &State, post: u64, betting: BettingRecord) -> impl Serialize {
    BettingView {
        hot_or_not_feed_score: betting.feed_score,
        aggregate_stats: betting.totals,
        slot_history: SlotHistory {
            state,
            post,
            slots: betting.slots,
            seats: Seats::of_post(state, post),
        },
    }
}

/// The slots of one post, with the order of its bets that their rooms are written by.
struct SlotHistory<'a> {
    state: &'a State,
    post: u64,
    slots: Vec<u8>,
    seats: Seats,
}

impl Serialize for SlotHistory<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = |slot: &u8| (*slot, slot_view(self.state, &self.seats, self.post, *slot));
        MapOf {
            len: self.slots.len(),
            entries: || self.slots.iter().map(view),
        }
        .serialize(serializer)
    }
}

fn slot_view<'a>(state: &'a State, seats: &'a Seats, post: u64, slot: u8) -> impl Serialize {
    let rooms = move || state.bulk.rooms.range(RoomKey::of_slot(post, slot));
    SlotView {
        room_details: MapOf {
            len: rooms().count(),
            entries: move || {
                rooms().map(move |(key, room)| (key.room, room_view(state, seats, key, room)))
            },
        },
    }
}

fn room_view<'a>(
    state: &'a State,
    seats: &'a Seats,
    key: RoomKey,
    room: RoomRecord,
) -> impl Serialize {
    let RoomKey {
        post,
        slot,
        room: number,
    } = key;
    let bet = move |seat: &Seat| {
        let key = BetKey {
            post,
            bettor: seat.bettor,
            slot,
            room: number,
        };
        Some((seat.bettor, state.bulk.bets.get(&key)?))
    };
    let bets = move || seats.of_room(slot, number).iter().filter_map(bet);
    RoomView {
        bets_made: MapOf {
            len: bets().count(),
            entries: bets,
        },
        bet_outcome: room.outcome,
        room_bets_total_pot: room.pot,
        total_hot_bets: room.hot_bets,
        total_not_bets: room.not_bets,
    }
}

/// The bets of one post in the order of slots, rooms and bettors.
struct Seats(Vec<Seat>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seat {
    slot: u8,
    room: u64,
    bettor: Principal,
}

impl Seats {
    fn of_post(state: &State, post: u64) -> Self {
        let bets = state.bulk.bets.range(BetKey::of_post(post));
        let mut seats: Vec<Seat> = bets
            .map(|(key, _)| Seat {
                slot: key.slot,
                room: key.room,
                bettor: key.bettor,
            })
            .collect();
        seats.sort_unstable();
        Self(seats)
    }

    fn of_room(&self, slot: u8, room: u64) -> &[Seat] {
        let start = self.0.partition_point(|s| (s.slot, s.room) < (slot, room));
        let rest = self.0.get(start..).unwrap_or_default();
        let len = rest.partition_point(|s| (s.slot, s.room) == (slot, room));
        rest.get(..len).unwrap_or_default()
    }
}

/// A map streamed from an iterator, whose entries are counted where the view is made: the count in the encoding
/// is that of the entries, whatever else the state believes.
struct MapOf<F> {
    len: usize,
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
        let mut map = serializer.serialize_map(Some(self.len))?;
        for (key, value) in (self.entries)() {
            map.serialize_entry(&key, &value)?;
        }
        map.end()
    }
}

/// A list streamed from an iterator; counted as a [`MapOf`] is.
struct SeqOf<F> {
    len: usize,
    elements: F,
}

impl<F, I> Serialize for SeqOf<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len))?;
        for element in (self.elements)() {
            seq.serialize_element(&element)?;
        }
        seq.end()
    }
}

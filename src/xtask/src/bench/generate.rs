//! A legacy value made of numbers alone: what would take too long through a canister's endpoints.
//!
//! It is streamed, post by post, in the encoding of release 0, so that a gigabyte needs no more than that.

use std::collections::{BTreeMap, BTreeSet};

use candid::Principal;
use canister_scenario::{Random, people};
use individual_user::domain::betting::{
    AggregateStats, BetDetails, BetDirection, BetPayout, HotOrNotDetails, RoomDetails, SlotDetails,
};
use individual_user::domain::follow::FollowEntryDetail;
use individual_user::domain::known_principal::KnownPrincipalType;
use individual_user::domain::post::{FeedScore, Post, PostStatus, PostViewStatistics};
use individual_user::domain::profile::UserProfile;
use individual_user::domain::time::Timestamp;
use individual_user::domain::token::{MintEvent, TokenEvent};
use individual_user::state::hot::{Configuration, PostScoreIndex};
use individual_user::state::legacy::{FollowData, FollowList, TokenBalance, VersionDetails};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::size::Shape;

/// When everything happened, in seconds since 1970.
const NOW: Timestamp = Timestamp {
    secs_since_epoch: 1_700_000_000,
    nanos_since_epoch: 0,
};

/// Bets in a room, as the canister fills them.
const ROOM: usize = 100;

const WORDS: &[&str] = &[
    "dance", "music", "comedy", "sport", "food", "travel", "été", "猫",
];

/// The value of this shape, as release 0 leaves it at offset 0.
///
/// # Errors
/// What the encoder says.
pub fn value(shape: &Shape, progress: &dyn Fn(u64)) -> Result<Vec<u8>, rmp_serde::encode::Error> {
    let mut bytes = Vec::new();
    let mut serializer = rmp_serde::Serializer::new(&mut bytes).with_struct_map();
    view(shape, progress).serialize(&mut serializer)?;
    Ok(bytes)
}

/// `CanisterData` with its posts still to be made.
#[derive(serde::Serialize)]
struct View<Posts> {
    all_created_posts: Posts,
    all_hot_or_not_bets_placed: BTreeMap<(Principal, u64), ()>,
    configuration: Configuration,
    follow_data: FollowData,
    known_principal_ids: BTreeMap<KnownPrincipalType, Principal>,
    my_token_balance: TokenBalance,
    posts_index_sorted_by_home_feed_score: PostScoreIndex,
    posts_index_sorted_by_hot_or_not_feed_score: PostScoreIndex,
    principals_i_follow: BTreeSet<Principal>,
    principals_that_follow_me: BTreeSet<Principal>,
    profile: UserProfile,
    version_details: VersionDetails,
}

fn view<'a>(shape: &'a Shape, progress: &'a dyn Fn(u64)) -> impl Serialize + 'a {
    View {
        all_created_posts: Posts { shape, progress },
        all_hot_or_not_bets_placed: BTreeMap::new(),
        configuration: Configuration {
            url_to_send_canister_metrics_to: Some("https://metrics.example.org".to_owned()),
        },
        follow_data: FollowData {
            follower: followers(shape.followers),
            following: FollowList::default(),
        },
        known_principal_ids: BTreeMap::from([(
            KnownPrincipalType::CanisterIdUserIndex,
            people::user_index(),
        )]),
        my_token_balance: TokenBalance {
            utility_token_balance: 1_000 * shape.events,
            utility_token_transaction_history: (0..shape.events).map(|n| (n, reward())).collect(),
            lifetime_earnings: 0,
        },
        posts_index_sorted_by_home_feed_score: PostScoreIndex::default(),
        posts_index_sorted_by_hot_or_not_feed_score: PostScoreIndex::default(),
        principals_i_follow: BTreeSet::new(),
        principals_that_follow_me: BTreeSet::new(),
        profile: UserProfile {
            display_name: Some("Ada Lovelace".to_owned()),
            principal_id: Some(people::owner()),
            ..UserProfile::default()
        },
        version_details: VersionDetails { version_number: 1 },
    }
}

struct Posts<'a> {
    shape: &'a Shape,
    progress: &'a dyn Fn(u64),
}

impl Serialize for Posts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let posts = self.shape.posts;
        let mut map = serializer.serialize_map(usize::try_from(posts).ok())?;
        for number in 0..posts {
            map.serialize_entry(&number, &post(self.shape, number))?;
            (self.progress)(number + 1);
        }
        map.end()
    }
}

fn post(shape: &Shape, number: u64) -> Post {
    let mut random = Random::new(number);
    let description: Vec<&str> = (0..shape.words).map(|_| *random.pick(WORDS)).collect();
    let rest = if number == 0 {
        shape.likes % shape.posts
    } else {
        0
    };
    let likes = shape.likes / shape.posts + rest;
    let score = FeedScore {
        current_score: random.below(10_000),
        last_synchronized_score: random.below(10_000),
        last_synchronized_at: NOW,
    };
    Post {
        id: number,
        description: description.join(" "),
        hashtags: (0..random.below(4))
            .map(|_| (*random.pick(WORDS)).to_owned())
            .collect(),
        video_uid: format!("{:016x}{:016x}", random.number(), random.number()),
        status: PostStatus::ReadyToView,
        created_at: NOW,
        likes: crowd(number, likes).collect(),
        share_count: random.below(20),
        view_stats: PostViewStatistics {
            total_view_count: likes * 3,
            threshold_view_count: likes * 2,
            average_watch_percentage: 60,
        },
        home_feed_score: score,
        creator_consent_for_inclusion_in_hot_or_not: true,
        hot_or_not_details: Some(betting(shape, number, score)),
    }
}

/// People who are different on every post: any of a population that no one has to list.
fn crowd(post: u64, count: u64) -> impl Iterator<Item = Principal> {
    (0..count).map(move |nth| people::visitor((post << 24) + nth + 1))
}

fn betting(shape: &Shape, post: u64, score: FeedScore) -> HotOrNotDetails {
    let bets: Vec<(Principal, BetDetails)> = crowd(post, shape.bets_a_post)
        .enumerate()
        .map(|(nth, bettor)| (bettor, bet(nth as u64)))
        .collect();
    let hot = |bets: &[(Principal, BetDetails)]| {
        let is_hot = |bet: &&(Principal, BetDetails)| bet.1.bet_direction == BetDirection::Hot;
        bets.iter().filter(is_hot).count() as u64
    };
    let pot = |bets: &[(Principal, BetDetails)]| bets.iter().map(|(_, bet)| bet.amount).sum();
    let rooms = bets.chunks(ROOM).zip(1..).map(|(bets, room)| {
        let details = RoomDetails {
            bets_made: bets.iter().copied().collect(),
            room_bets_total_pot: pot(bets),
            total_hot_bets: hot(bets),
            total_not_bets: bets.len() as u64 - hot(bets),
            ..RoomDetails::default()
        };
        (room, details)
    });
    let slot = SlotDetails {
        room_details: rooms.collect(),
    };
    HotOrNotDetails {
        hot_or_not_feed_score: score,
        aggregate_stats: AggregateStats {
            total_number_of_hot_bets: hot(&bets),
            total_number_of_not_bets: bets.len() as u64 - hot(&bets),
            total_amount_bet: pot(&bets),
        },
        slot_history: BTreeMap::from([(1, slot)]),
    }
}

fn bet(nth: u64) -> BetDetails {
    BetDetails {
        amount: 10 + nth % 3 * 40,
        bet_direction: match nth % 5 {
            0 | 1 => BetDirection::Not,
            _ => BetDirection::Hot,
        },
        payout: BetPayout::NotCalculatedYet,
        bet_maker_canister_id: people::canister(nth),
    }
}

fn followers(count: u64) -> FollowList {
    let entry = |number| FollowEntryDetail {
        principal_id: people::visitor(number),
        canister_id: people::canister(number),
    };
    FollowList {
        sorted_index: (1..=count).map(|n| (n, entry(n))).collect(),
        members: (1..=count).map(|n| (entry(n), n)).collect(),
    }
}

fn reward() -> TokenEvent {
    TokenEvent::Mint {
        amount: 1_000,
        details: MintEvent::NewUserSignup {
            new_user_principal_id: people::owner(),
        },
        timestamp: NOW,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::size::{SIZES, Source};
    use individual_user::state::legacy::CanisterData;

    #[test]
    fn a_size_that_is_named_by_its_pages_has_them() {
        let pages = |name: &str| -> Option<u64> { name.strip_suffix("-pages")?.parse().ok() };
        for size in SIZES {
            let (Source::Value(shape), Some(pages)) = (size.source, pages(size.name)) else {
                continue;
            };
            let value = value(&shape, &|_| ()).unwrap();
            assert_eq!(
                (value.len() as u64).div_ceil(65_536),
                pages,
                "{}: {} bytes",
                size.name,
                value.len()
            );
        }
    }

    #[test]
    fn the_value_is_what_release_0_reads_and_has_what_was_asked_for() {
        let shape = Shape {
            posts: 3,
            likes: 7,
            bets_a_post: 150,
            followers: 2,
            events: 4,
            words: 5,
        };
        let bytes = value(&shape, &|_| ()).unwrap();
        assert_eq!(bytes, value(&shape, &|_| ()).unwrap());

        let data: CanisterData = rmp_serde::from_slice(&bytes).unwrap();
        let likes: Vec<usize> = data
            .all_created_posts
            .values()
            .map(|p| p.likes.len())
            .collect();
        assert_eq!(likes, [3, 2, 2]);
        let details = data.all_created_posts[&2]
            .hot_or_not_details
            .clone()
            .unwrap();
        let rooms = &details.slot_history[&1].room_details;
        assert_eq!(rooms[&1].bets_made.len(), 100);
        assert_eq!(rooms[&2].bets_made.len(), 50);
        assert_eq!(data.follow_data.follower.sorted_index.len(), 2);
        assert_eq!(
            data.my_token_balance
                .utility_token_transaction_history
                .len(),
            4
        );
    }
}

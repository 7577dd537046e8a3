//! From the nested value to the state: every entry is moved, none is copied, and what was moved is freed as the
//! conversion goes.

use std::collections::BTreeSet;

use candid::Principal;
use ic_stable_migration::{Each, Entries, FromEntries};

use super::{CanisterData, FollowData, FollowList};
use crate::domain::betting::{HotOrNotDetails, PlacedBetDetail, SlotDetails};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::post::Post;
use crate::domain::token::TokenEvent;
use crate::state::State;
use crate::state::bulk::{Bulk, Collection};
use crate::state::hot::{Balance, FollowedPrincipals, Hot, ScoreIndexes};
use crate::state::keys::{
    BetKey, FollowMemberKey, FollowSide, FollowedPrincipalKey, LikeKey, PlacedBetKey, RoomKey,
};
use crate::state::records::{BettingRecord, PostRecord, RoomRecord};

/// The nested value whose large maps go into the state entry by entry, while the value is decoded.
pub type Streamed = CanisterData<Each<Posts>, Each<PlacedBets>, Each<TokenEvents>>;

/// See [`Bulk::posts`].
pub struct Posts;

impl Entries for Posts {
    type Key = u64;
    type Value = Post;
    type State = State;

    fn take(number: u64, post: Post, state: &mut State) {
        state.bulk.import_post(number, post);
    }
}

/// See [`Bulk::placed_bets`].
pub struct PlacedBets;

impl Entries for PlacedBets {
    type Key = (Principal, u64);
    type Value = PlacedBetDetail;
    type State = State;

    fn take((canister, post): (Principal, u64), bet: PlacedBetDetail, state: &mut State) {
        let key = PlacedBetKey { canister, post };
        state.bulk.placed_bets.insert(key, bet);
    }
}

/// See [`Bulk::token_events`].
pub struct TokenEvents;

impl Entries for TokenEvents {
    type Key = u64;
    type Value = TokenEvent;
    type State = State;

    fn take(number: u64, event: TokenEvent, state: &mut State) {
        state.bulk.token_events.insert(number, event);
    }
}

impl<P, B, T> FromEntries<CanisterData<P, B, T>> for State
where
    P: IntoIterator<Item = (u64, Post)>,
    B: IntoIterator<Item = ((Principal, u64), PlacedBetDetail)>,
    T: IntoIterator<Item = (u64, TokenEvent)>,
{
    fn take_rest(&mut self, data: CanisterData<P, B, T>) {
        for (number, post) in data.all_created_posts {
            Posts::take(number, post, self);
        }
        for (place, bet) in data.all_hot_or_not_bets_placed {
            PlacedBets::take(place, bet, self);
        }
        let tokens = data.my_token_balance;
        for (number, event) in tokens.utility_token_transaction_history {
            TokenEvents::take(number, event, self);
        }
        let bulk = &mut self.bulk;
        let FollowData {
            follower,
            following,
        } = data.follow_data;
        import_list(follower, &mut bulk.followers, &mut bulk.follower_places);
        import_list(following, &mut bulk.following, &mut bulk.following_places);
        let followed_principals = FollowedPrincipals {
            followers: bulk.import_users(FollowSide::Followers, data.principals_that_follow_me),
            following: bulk.import_users(FollowSide::Following, data.principals_i_follow),
        };
        self.hot = Hot {
            profile: data.profile,
            balance: Balance {
                utility_token_balance: tokens.utility_token_balance,
                lifetime_earnings: tokens.lifetime_earnings,
            },
            known_principal_ids: data.known_principal_ids,
            configuration: data.configuration,
            version_number: data.version_details.version_number,
            followed_principals,
            score_indexes: ScoreIndexes {
                home_feed: data.posts_index_sorted_by_home_feed_score,
                hot_or_not_feed: data.posts_index_sorted_by_hot_or_not_feed_score,
            },
        };
    }
}

impl<P, B, T> From<CanisterData<P, B, T>> for State
where
    State: FromEntries<CanisterData<P, B, T>>,
{
    fn from(data: CanisterData<P, B, T>) -> Self {
        let mut state = Self::default();
        state.take_rest(data);
        state
    }
}

impl Bulk {
    fn import_post(&mut self, number: u64, post: Post) {
        let like_count = post.likes.len() as u64;
        for liker in post.likes {
            let key = LikeKey {
                post: number,
                liker,
            };
            self.likes.insert(key, ());
        }
        let record = PostRecord {
            id: post.id,
            description: post.description,
            hashtags: post.hashtags,
            video_uid: post.video_uid,
            status: post.status,
            created_at: post.created_at,
            share_count: post.share_count,
            view_stats: post.view_stats,
            home_feed_score: post.home_feed_score,
            consent: post.creator_consent_for_inclusion_in_hot_or_not,
            like_count,
            betting: post
                .hot_or_not_details
                .map(|details| self.import_betting(number, details)),
        };
        self.posts.insert(number, record);
    }

    fn import_betting(&mut self, post: u64, details: HotOrNotDetails) -> BettingRecord {
        let slots = details.slot_history.keys().copied().collect();
        for (slot, rooms) in details.slot_history {
            self.import_slot(post, slot, rooms);
        }
        BettingRecord {
            feed_score: details.hot_or_not_feed_score,
            totals: details.aggregate_stats,
            slots,
        }
    }

    fn import_slot(&mut self, post: u64, slot: u8, rooms: SlotDetails) {
        for (room, details) in rooms.room_details {
            let record = RoomRecord {
                outcome: details.bet_outcome,
                pot: details.room_bets_total_pot,
                hot_bets: details.total_hot_bets,
                not_bets: details.total_not_bets,
                participants: details.bets_made.len() as u64,
            };
            self.rooms.insert(RoomKey { post, slot, room }, record);
            for (bettor, bet) in details.bets_made {
                let key = BetKey {
                    post,
                    bettor,
                    slot,
                    room,
                };
                self.bets.insert(key, bet);
            }
        }
    }

    /// Moves a list of principals in and says how many there are.
    fn import_users(&mut self, side: FollowSide, users: BTreeSet<Principal>) -> u64 {
        let count = users.len() as u64;
        for user in users {
            let key = FollowedPrincipalKey { side, user };
            self.followed_principals.insert(key, ());
        }
        count
    }
}

fn import_list(
    list: FollowList,
    entries: &mut Collection<u64, FollowEntryDetail>,
    places: &mut Collection<FollowMemberKey, u64>,
) {
    for (place, entry) in list.sorted_index {
        entries.insert(place, entry);
    }
    for (entry, place) in list.members {
        places.insert(FollowMemberKey::from(&entry), place);
    }
}

//! From the nested value to the state: every entry is moved, none is copied, and what was moved is freed as the
//! conversion goes.

use candid::Principal;
use ic_stable_migration::{Elements, Entries, FromEntries, Versioned};

use super::entries::{
    FollowerPlaces, Followers, Following, FollowingPlaces, PlacedBets, Posts, PrincipalsIFollow,
    PrincipalsThatFollowMe, TokenEvents,
};
use super::{CanisterData, FollowData, FollowList};
use crate::domain::betting::{HotOrNotDetails, PlacedBetDetail, SlotDetails};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::post::Post;
use crate::domain::token::TokenEvent;
use crate::state::State;
use crate::state::bulk::Bulk;
use crate::state::hot::{Balance, Hot, ScoreIndexes};
use crate::state::keys::{BetKey, LikeKey, RoomKey};
use crate::state::records::{BettingRecord, PostRecord, RoomRecord};

/// A value whose maps and sets are of these types.
type Data<P, B, T, FI, FM, GI, GM, I, M> =
    CanisterData<P, B, T, FollowData<FollowList<FI, FM>, FollowList<GI, GM>>, I, M>;

impl<P, B, T, FI, FM, GI, GM, I, M> FromEntries<Data<P, B, T, FI, FM, GI, GM, I, M>> for State
where
    P: IntoIterator<Item = (u64, Post)>,
    B: IntoIterator<Item = ((Principal, u64), PlacedBetDetail)>,
    T: IntoIterator<Item = (u64, TokenEvent)>,
    FI: IntoIterator<Item = (u64, FollowEntryDetail)>,
    FM: IntoIterator<Item = (FollowEntryDetail, u64)>,
    GI: IntoIterator<Item = (u64, FollowEntryDetail)>,
    GM: IntoIterator<Item = (FollowEntryDetail, u64)>,
    I: IntoIterator<Item = Principal>,
    M: IntoIterator<Item = Principal>,
{
    fn take_rest(&mut self, data: Data<P, B, T, FI, FM, GI, GM, I, M>) {
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
        let follows = data.follow_data;
        for (place, entry) in follows.follower.sorted_index {
            Followers::take(place, entry, self);
        }
        for (entry, place) in follows.follower.members {
            FollowerPlaces::take(entry, place, self);
        }
        for (place, entry) in follows.following.sorted_index {
            Following::take(place, entry, self);
        }
        for (entry, place) in follows.following.members {
            FollowingPlaces::take(entry, place, self);
        }
        for user in data.principals_i_follow {
            PrincipalsIFollow::take(user, self);
        }
        for user in data.principals_that_follow_me {
            PrincipalsThatFollowMe::take(user, self);
        }
        let hot = Hot {
            profile: data.profile,
            balance: Balance {
                utility_token_balance: tokens.utility_token_balance,
                lifetime_earnings: tokens.lifetime_earnings,
            },
            known_principal_ids: data.known_principal_ids,
            configuration: data.configuration,
            version_number: data.version_details.version_number,
            // Counted when they were taken.
            followed_principals: self.hot.followed_principals,
            score_indexes: ScoreIndexes {
                home_feed: data.posts_index_sorted_by_home_feed_score,
                hot_or_not_feed: data.posts_index_sorted_by_hot_or_not_feed_score,
            },
        };
        self.hot = Versioned::new(hot);
    }
}

impl<P, B, T, F, I, M> From<CanisterData<P, B, T, F, I, M>> for State
where
    State: FromEntries<CanisterData<P, B, T, F, I, M>>,
{
    fn from(data: CanisterData<P, B, T, F, I, M>) -> Self {
        let mut state = Self::default();
        state.take_rest(data);
        state
    }
}

impl Bulk {
    pub(super) fn import_post(&mut self, number: u64, post: Post) {
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
}

//! From the nested value to the maps, every collection in the order of its keys.

use std::collections::BTreeSet;

use candid::Principal;
use individual_user::domain::betting::{BetDetails, HotOrNotDetails};
use individual_user::domain::post::Post;
use individual_user::state::hot::{Balance, FollowedPrincipals, Hot, ScoreIndexes};
use individual_user::state::keys::{
    BetKey, FollowMemberKey, FollowSide, FollowedPrincipalKey, LikeKey, PlacedBetKey, RoomKey,
};
use individual_user::state::legacy::{CanisterData, FollowList};
use individual_user::state::records::{BettingRecord, PostRecord, RoomRecord};

use super::{Bulk, Map};
use individual_user::domain::follow::FollowEntryDetail;

impl Bulk {
    /// Inserts all entries and returns what stays on the heap.
    pub fn insert(&mut self, data: CanisterData) -> Hot {
        for (number, post) in data.all_created_posts {
            self.insert_post(number, post);
        }
        for ((canister, post), bet) in data.all_hot_or_not_bets_placed {
            self.placed_bets
                .insert(PlacedBetKey { canister, post }, bet);
        }
        let tokens = data.my_token_balance;
        for (number, event) in tokens.utility_token_transaction_history {
            self.token_events.insert(number, event);
        }
        let follows = data.follow_data;
        insert_list(
            follows.follower,
            &mut self.followers,
            &mut self.follower_places,
        );
        insert_list(
            follows.following,
            &mut self.following,
            &mut self.following_places,
        );
        let followed_principals = FollowedPrincipals {
            followers: self.insert_users(FollowSide::Followers, data.principals_that_follow_me),
            following: self.insert_users(FollowSide::Following, data.principals_i_follow),
        };
        Hot {
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
        }
    }

    fn insert_post(&mut self, number: u64, post: Post) {
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
                .map(|details| self.insert_betting(number, details)),
        };
        self.posts.insert(number, record);
    }

    fn insert_betting(&mut self, post: u64, details: HotOrNotDetails) -> BettingRecord {
        let slots = details.slot_history.keys().copied().collect();
        // The nested value has them by room, their keys by who bet.
        let mut bets: Vec<(BetKey, BetDetails)> = Vec::new();
        for (slot, rooms) in details.slot_history {
            for (room, details) in rooms.room_details {
                let record = RoomRecord {
                    outcome: details.bet_outcome,
                    pot: details.room_bets_total_pot,
                    hot_bets: details.total_hot_bets,
                    not_bets: details.total_not_bets,
                    participants: details.bets_made.len() as u64,
                };
                self.rooms.insert(RoomKey { post, slot, room }, record);
                bets.extend(details.bets_made.into_iter().map(|(bettor, bet)| {
                    let key = BetKey {
                        post,
                        bettor,
                        slot,
                        room,
                    };
                    (key, bet)
                }));
            }
        }
        bets.sort_unstable_by_key(|(key, _)| *key);
        for (key, bet) in bets {
            self.bets.insert(key, bet);
        }
        BettingRecord {
            feed_score: details.hot_or_not_feed_score,
            totals: details.aggregate_stats,
            slots,
        }
    }

    fn insert_users(&mut self, side: FollowSide, users: BTreeSet<Principal>) -> u64 {
        let count = users.len() as u64;
        for user in users {
            self.followed_principals
                .insert(FollowedPrincipalKey { side, user }, ());
        }
        count
    }
}

fn insert_list(
    list: FollowList,
    entries: &mut Map<u64, FollowEntryDetail>,
    places: &mut Map<FollowMemberKey, u64>,
) {
    for (place, entry) in list.sorted_index {
        entries.insert(place, entry);
    }
    for (entry, place) in list.members {
        places.insert(FollowMemberKey::from(&entry), place);
    }
}

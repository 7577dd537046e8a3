//! Random values of everything that is stored, odd ones included: numbers that do not match, slots without
//! rooms, lists that disagree, the empty principal.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use candid::Principal;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use crate::domain::betting::{
    AggregateStats, BetDetails, BetDirection, BetOutcomeForBetMaker, BetPayout, HotOrNotDetails,
    PlacedBetDetail, RoomBetPossibleOutcomes, RoomDetails, SlotDetails,
};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::post::{FeedScore, Post, PostStatus, PostViewStatistics};
use crate::domain::profile::{UserProfile, UserProfileGlobalStats};
use crate::domain::time::Timestamp;
use crate::domain::token::{HotOrNotOutcomePayoutEvent, MintEvent, StakeEvent, TokenEvent};
use crate::state::hot::{Configuration, PostScoreIndex, PostScoreIndexItem};
use crate::state::legacy::{CanisterData, FollowData, FollowList, TokenBalance, VersionDetails};

/// How many entries a random collection has.
const FEW: Range<usize> = 0..4;

/// Any principal, the empty one and the longest included.
pub fn principal() -> impl Strategy<Value = Principal> {
    vec(any::<u8>(), 0..=Principal::MAX_LENGTH_IN_BYTES)
        .prop_map(|bytes| Principal::from_slice(&bytes))
}

/// Any number, small ones often.
pub fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..8_u64, any::<u64>()]
}

/// Any time, also one that is not normalized.
pub fn time() -> impl Strategy<Value = Timestamp> {
    any::<(u64, u32)>().prop_map(|(secs_since_epoch, nanos_since_epoch)| Timestamp {
        secs_since_epoch,
        nanos_since_epoch,
    })
}

fn direction() -> impl Strategy<Value = BetDirection> {
    prop_oneof![Just(BetDirection::Hot), Just(BetDirection::Not)]
}

fn outcome() -> impl Strategy<Value = BetOutcomeForBetMaker> {
    prop_oneof![
        Just(BetOutcomeForBetMaker::AwaitingResult),
        number().prop_map(BetOutcomeForBetMaker::Won),
        Just(BetOutcomeForBetMaker::Lost),
        number().prop_map(BetOutcomeForBetMaker::Draw),
    ]
}

/// Any bet.
pub fn bet() -> impl Strategy<Value = BetDetails> {
    let payout = prop_oneof![
        Just(BetPayout::NotCalculatedYet),
        number().prop_map(BetPayout::Calculated),
    ];
    (number(), direction(), payout, principal()).prop_map(
        |(amount, bet_direction, payout, bet_maker_canister_id)| BetDetails {
            amount,
            bet_direction,
            payout,
            bet_maker_canister_id,
        },
    )
}

fn room() -> impl Strategy<Value = RoomDetails> {
    let bet_outcome = prop_oneof![
        Just(RoomBetPossibleOutcomes::BetOngoing),
        Just(RoomBetPossibleOutcomes::HotWon),
        Just(RoomBetPossibleOutcomes::NotWon),
        Just(RoomBetPossibleOutcomes::Draw),
    ];
    let bets = btree_map(principal(), bet(), FEW);
    (bets, bet_outcome, number(), number(), number()).prop_map(
        |(bets_made, bet_outcome, room_bets_total_pot, total_hot_bets, total_not_bets)| {
            RoomDetails {
                bets_made,
                bet_outcome,
                room_bets_total_pot,
                total_hot_bets,
                total_not_bets,
            }
        },
    )
}

fn details() -> impl Strategy<Value = HotOrNotDetails> {
    let slot =
        btree_map(number(), room(), FEW).prop_map(|room_details| SlotDetails { room_details });
    let stats = any::<(u64, u64, u64)>().prop_map(|(hot, not, amount)| AggregateStats {
        total_number_of_hot_bets: hot,
        total_number_of_not_bets: not,
        total_amount_bet: amount,
    });
    (score(), stats, btree_map(any::<u8>(), slot, FEW)).prop_map(
        |(hot_or_not_feed_score, aggregate_stats, slot_history)| HotOrNotDetails {
            hot_or_not_feed_score,
            aggregate_stats,
            slot_history,
        },
    )
}

fn score() -> impl Strategy<Value = FeedScore> {
    (number(), number(), time()).prop_map(
        |(current_score, last_synchronized_score, last_synchronized_at)| FeedScore {
            current_score,
            last_synchronized_score,
            last_synchronized_at,
        },
    )
}

fn status() -> impl Strategy<Value = PostStatus> {
    use PostStatus::*;
    proptest::sample::select(vec![
        Uploaded,
        Transcoding,
        CheckingExplicitness,
        BannedForExplicitness,
        ReadyToView,
        BannedDueToUserReporting,
        Deleted,
    ])
}

/// Any post.
pub fn post() -> impl Strategy<Value = Post> {
    let text = (".{0,12}", vec(".{0,6}", FEW), ".{0,12}");
    let views =
        any::<(u64, u64, u8)>().prop_map(|(total, threshold, average)| PostViewStatistics {
            total_view_count: total,
            threshold_view_count: threshold,
            average_watch_percentage: average,
        });
    let rest = (
        status(),
        time(),
        score(),
        any::<bool>(),
        option::of(details()),
    );
    let likes = btree_set(principal(), FEW);
    (number(), text, likes, number(), views, rest).prop_map(
        |(id, (description, hashtags, video_uid), likes, share_count, view_stats, rest)| {
            let (status, created_at, home_feed_score, consent, hot_or_not_details) = rest;
            Post {
                id,
                description,
                hashtags,
                video_uid,
                status,
                created_at,
                likes,
                share_count,
                view_stats,
                home_feed_score,
                creator_consent_for_inclusion_in_hot_or_not: consent,
                hot_or_not_details,
            }
        },
    )
}

/// Any bet made elsewhere.
pub fn placed_bet() -> impl Strategy<Value = PlacedBetDetail> {
    let place = (principal(), number(), any::<u8>(), number());
    (place, number(), direction(), time(), outcome()).prop_map(
        |((canister_id, post_id, slot_id, room_id), amount_bet, bet_direction, time, outcome)| {
            PlacedBetDetail {
                canister_id,
                post_id,
                slot_id,
                room_id,
                amount_bet,
                bet_direction,
                bet_placed_at: time,
                outcome_received: outcome,
            }
        },
    )
}

fn mint() -> impl Strategy<Value = MintEvent> {
    prop_oneof![
        principal().prop_map(|new_user_principal_id| MintEvent::NewUserSignup {
            new_user_principal_id
        }),
        (principal(), principal()).prop_map(|(referee, referrer)| MintEvent::Referral {
            referee_user_principal_id: referee,
            referrer_user_principal_id: referrer,
        }),
    ]
}

fn stake() -> impl Strategy<Value = StakeEvent> {
    (principal(), number(), number(), direction()).prop_map(
        |(post_canister_id, post_id, bet_amount, bet_direction)| StakeEvent::BetOnHotOrNotPost {
            post_canister_id,
            post_id,
            bet_amount,
            bet_direction,
        },
    )
}

fn payout() -> impl Strategy<Value = HotOrNotOutcomePayoutEvent> {
    let place = (principal(), number(), any::<u8>(), number());
    (place, option::of(outcome()), number()).prop_map(
        |((post_canister_id, post_id, slot_id, room_id), outcome, amount)| match outcome {
            None => HotOrNotOutcomePayoutEvent::CommissionFromHotOrNotBet {
                post_canister_id,
                post_id,
                slot_id,
                room_id,
                room_pot_total_amount: amount,
            },
            Some(event_outcome) => HotOrNotOutcomePayoutEvent::WinningsEarnedFromBet {
                post_canister_id,
                post_id,
                slot_id,
                room_id,
                event_outcome,
                winnings_amount: amount,
            },
        },
    )
}

/// Any token event.
pub fn token_event() -> impl Strategy<Value = TokenEvent> {
    prop_oneof![
        (number(), mint(), time()).prop_map(|(amount, details, timestamp)| TokenEvent::Mint {
            amount,
            details,
            timestamp
        }),
        Just(TokenEvent::Burn),
        Just(TokenEvent::Transfer),
        (number(), stake(), time()).prop_map(|(amount, details, timestamp)| TokenEvent::Stake {
            amount,
            details,
            timestamp
        }),
        (number(), payout(), time()).prop_map(|(amount, details, timestamp)| {
            TokenEvent::HotOrNotOutcomePayout {
                amount,
                details,
                timestamp,
            }
        }),
    ]
}

/// Any entry of a follow list.
pub fn follow_entry() -> impl Strategy<Value = FollowEntryDetail> {
    (principal(), principal()).prop_map(|(principal_id, canister_id)| FollowEntryDetail {
        principal_id,
        canister_id,
    })
}

fn follow_list() -> impl Strategy<Value = FollowList> {
    let index = btree_map(number(), follow_entry(), FEW);
    let members = btree_map(follow_entry(), number(), FEW);
    (index, members).prop_map(|(sorted_index, members)| FollowList {
        sorted_index,
        members,
    })
}

fn known_principals() -> impl Strategy<Value = BTreeMap<KnownPrincipalType, Principal>> {
    use KnownPrincipalType::*;
    let parts = proptest::sample::select(vec![
        UserIdGlobalSuperAdmin,
        CanisterIdConfiguration,
        CanisterIdDataBackup,
        CanisterIdPostCache,
        CanisterIdProjectMemberIndex,
        CanisterIdRootCanister,
        CanisterIdSNSController,
        CanisterIdTopicCacheIndex,
        CanisterIdUserIndex,
    ]);
    btree_map(parts, principal(), FEW)
}

fn score_index() -> impl Strategy<Value = PostScoreIndex> {
    let item = (number(), number(), principal()).prop_map(|(score, post_id, publisher)| {
        PostScoreIndexItem {
            score,
            post_id,
            publisher_canister_id: publisher,
        }
    });
    let sorted = btree_map(number(), vec(item, FEW), FEW);
    let presence = btree_map((principal(), number()), number(), FEW);
    (sorted, presence).prop_map(
        |(items_sorted_by_score, item_presence_index)| PostScoreIndex {
            items_sorted_by_score,
            item_presence_index,
        },
    )
}

fn profile() -> impl Strategy<Value = UserProfile> {
    let text = || option::of(".{0,12}");
    let stats = any::<(u64, u64)>();
    (text(), text(), option::of(principal()), text(), stats).prop_map(
        |(display_name, unique_user_name, principal_id, profile_picture_url, (hot, not))| {
            UserProfile {
                display_name,
                unique_user_name,
                principal_id,
                profile_picture_url,
                profile_stats: UserProfileGlobalStats {
                    hot_bets_received: hot,
                    not_bets_received: not,
                },
            }
        },
    )
}

fn tokens() -> impl Strategy<Value = TokenBalance> {
    let history = btree_map(number(), token_event(), FEW);
    (number(), history, number()).prop_map(|(balance, history, earnings)| TokenBalance {
        utility_token_balance: balance,
        utility_token_transaction_history: history,
        lifetime_earnings: earnings,
    })
}

fn principals() -> impl Strategy<Value = BTreeSet<Principal>> {
    btree_set(principal(), FEW)
}

/// Any legacy value.
pub fn canister_data() -> impl Strategy<Value = CanisterData> {
    let entries = (
        btree_map(number(), post(), FEW),
        btree_map((principal(), number()), placed_bet(), FEW),
        (follow_list(), follow_list()),
        tokens(),
        (principals(), principals()),
    );
    let url = option::of(".{0,20}");
    let rest = (known_principals(), profile(), url, any::<u64>());
    (entries, rest, score_index(), score_index()).prop_map(|(entries, rest, home, hot_or_not)| {
        let (posts, placed, (follower, following), tokens, (i_follow, follow_me)) = entries;
        let (known_principal_ids, profile, url, version_number) = rest;
        CanisterData {
            all_created_posts: posts,
            all_hot_or_not_bets_placed: placed,
            configuration: Configuration {
                url_to_send_canister_metrics_to: url,
            },
            follow_data: FollowData {
                follower,
                following,
            },
            known_principal_ids,
            my_token_balance: tokens,
            posts_index_sorted_by_home_feed_score: home,
            posts_index_sorted_by_hot_or_not_feed_score: hot_or_not,
            principals_i_follow: i_follow,
            principals_that_follow_me: follow_me,
            profile,
            version_details: VersionDetails { version_number },
        }
    })
}

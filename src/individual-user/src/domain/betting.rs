//! Bets on whether a post is hot or not.
//!
//! A post is bet on in hourly slots; each slot has rooms of a hundred bets. The room decides by majority.

use std::collections::BTreeMap;

use candid::{CandidType, Principal};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::post::FeedScore;
use super::time::Timestamp;
use crate::state::cbor;

/// A side of a bet.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq)]
#[cbor(index_only)]
pub enum BetDirection {
    /// The post is hot.
    #[n(0)]
    Hot,
    /// It is not.
    #[n(1)]
    Not,
}

/// How a room was decided.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
#[cbor(index_only)]
pub enum RoomBetPossibleOutcomes {
    /// Not yet.
    #[n(0)]
    #[default]
    BetOngoing,
    /// Most said hot.
    #[n(1)]
    HotWon,
    /// Most said not.
    #[n(2)]
    NotWon,
    /// As many said hot as not.
    #[n(3)]
    Draw,
}

/// What a bet pays.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
pub enum BetPayout {
    /// The room is open.
    #[n(0)]
    #[default]
    NotCalculatedYet,
    /// So many tokens.
    #[n(1)]
    Calculated(#[n(0)] u64),
}

/// One bet in a room.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct BetDetails {
    /// How many tokens.
    #[n(0)]
    pub amount: u64,
    /// On which side.
    #[n(1)]
    pub bet_direction: BetDirection,
    /// What it pays.
    #[n(2)]
    pub payout: BetPayout,
    /// The canister of who bet.
    #[cbor(n(3), with = "cbor::principal")]
    pub bet_maker_canister_id: Principal,
}

/// A room with its bets, as callers and the legacy memory see it.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RoomDetails {
    /// The bets, by who made them.
    pub bets_made: BTreeMap<Principal, BetDetails>,
    /// How the room was decided.
    pub bet_outcome: RoomBetPossibleOutcomes,
    /// All tokens bet in the room.
    pub room_bets_total_pot: u64,
    /// Bets on hot.
    pub total_hot_bets: u64,
    /// Bets on not.
    pub total_not_bets: u64,
}

/// The rooms of one slot.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SlotDetails {
    /// The rooms, by number.
    pub room_details: BTreeMap<u64, RoomDetails>,
}

/// All bets on one post, summed.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
#[serde(deny_unknown_fields)]
pub struct AggregateStats {
    /// Bets on hot.
    #[n(0)]
    pub total_number_of_hot_bets: u64,
    /// Bets on not.
    #[n(1)]
    pub total_number_of_not_bets: u64,
    /// Tokens bet.
    #[n(2)]
    pub total_amount_bet: u64,
}

/// Everything about the bets on one post, as callers and the legacy memory see it.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct HotOrNotDetails {
    /// The post's score in the feed of posts to bet on.
    pub hot_or_not_feed_score: FeedScore,
    /// All bets, summed.
    pub aggregate_stats: AggregateStats,
    /// The slots, by number.
    pub slot_history: BTreeMap<u8, SlotDetails>,
}

/// Whether a post can be bet on.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum BettingStatus {
    /// It can.
    BettingOpen {
        /// When betting began.
        started_at: Timestamp,
        /// Bets in the room a next bet goes to.
        number_of_participants: u8,
        /// The slot of this hour, from 1.
        ongoing_slot: u8,
        /// The room a next bet goes to, from 1.
        ongoing_room: u64,
        /// Whether the asker has bet on the post; not told to the anonymous.
        has_this_user_participated_in_this_post: Option<bool>,
    },
    /// It can no longer.
    BettingClosed,
}

/// A bet to be placed.
#[derive(CandidType, Deserialize, Clone, Copy, Debug)]
pub struct PlaceBetArg {
    /// The canister of the post.
    pub post_canister_id: Principal,
    /// The post.
    pub post_id: u64,
    /// How many tokens.
    pub bet_amount: u64,
    /// On which side.
    pub bet_direction: BetDirection,
}

/// Why a bet was not taken.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BetOnCurrentlyViewingPostError {
    /// The post can no longer be bet on.
    BettingClosed,
    /// Too few tokens.
    InsufficientBalance,
    /// The caller may not.
    Unauthorized,
    /// One bet a user and post.
    UserAlreadyParticipatedInThisPost,
    /// The bettor is anonymous.
    UserNotLoggedIn,
    /// The canister has no owner yet.
    UserPrincipalNotSet,
    /// The post's canister did not answer.
    PostCreatorCanisterCallFailed,
}

/// How a bet went for who made it.
#[derive(
    CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
pub enum BetOutcomeForBetMaker {
    /// Not known yet.
    #[n(0)]
    #[default]
    AwaitingResult,
    /// Won so many tokens.
    #[n(1)]
    Won(#[n(0)] u64),
    /// Lost.
    #[n(2)]
    Lost,
    /// Undecided; so many tokens came back.
    #[n(3)]
    Draw(#[n(0)] u64),
}

/// A bet the owner made on a post of someone else.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PlacedBetDetail {
    /// The canister of the post.
    #[cbor(n(0), with = "cbor::principal")]
    pub canister_id: Principal,
    /// The post.
    #[n(1)]
    pub post_id: u64,
    /// The slot.
    #[n(2)]
    pub slot_id: u8,
    /// The room.
    #[n(3)]
    pub room_id: u64,
    /// How many tokens.
    #[n(4)]
    pub amount_bet: u64,
    /// On which side.
    #[n(5)]
    pub bet_direction: BetDirection,
    /// When.
    #[n(6)]
    pub bet_placed_at: Timestamp,
    /// How it went.
    #[n(7)]
    pub outcome_received: BetOutcomeForBetMaker,
}

//! Utility tokens: what happened to the balance.

use candid::{CandidType, Principal};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::betting::{BetDirection, BetOutcomeForBetMaker};
use super::time::Timestamp;
use crate::state::cbor;

/// One change of the balance.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub enum TokenEvent {
    /// Tokens made for the owner.
    #[n(0)]
    Mint {
        /// How many.
        #[n(0)]
        amount: u64,
        /// What for.
        #[n(1)]
        details: MintEvent,
        /// When.
        #[n(2)]
        timestamp: Timestamp,
    },
    /// Tokens destroyed.
    #[n(1)]
    Burn,
    /// Tokens moved.
    #[n(2)]
    Transfer,
    /// Tokens put on a bet.
    #[n(3)]
    Stake {
        /// How many.
        #[n(0)]
        amount: u64,
        /// On what.
        #[n(1)]
        details: StakeEvent,
        /// When.
        #[n(2)]
        timestamp: Timestamp,
    },
    /// Tokens from a bet that was decided.
    #[n(4)]
    HotOrNotOutcomePayout {
        /// How many.
        #[n(0)]
        amount: u64,
        /// For what.
        #[n(1)]
        details: HotOrNotOutcomePayoutEvent,
        /// When.
        #[n(2)]
        timestamp: Timestamp,
    },
}

/// Why tokens were made.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub enum MintEvent {
    /// The owner joined.
    #[n(0)]
    NewUserSignup {
        /// Who joined.
        #[cbor(n(0), with = "cbor::principal")]
        new_user_principal_id: Principal,
    },
    /// One user brought another.
    #[n(1)]
    Referral {
        /// Who came.
        #[cbor(n(0), with = "cbor::principal")]
        referee_user_principal_id: Principal,
        /// Who brought them.
        #[cbor(n(1), with = "cbor::principal")]
        referrer_user_principal_id: Principal,
    },
}

/// What tokens were staked on.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub enum StakeEvent {
    /// A bet on a post.
    #[n(0)]
    BetOnHotOrNotPost {
        /// The canister of the post.
        #[cbor(n(0), with = "cbor::principal")]
        post_canister_id: Principal,
        /// The post.
        #[n(1)]
        post_id: u64,
        /// How many tokens.
        #[n(2)]
        bet_amount: u64,
        /// On which side.
        #[n(3)]
        bet_direction: BetDirection,
    },
}

/// What a decided bet brought.
#[derive(CandidType, Serialize, Deserialize, Encode, Decode, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub enum HotOrNotOutcomePayoutEvent {
    /// The creator's share of a room on their own post.
    #[n(0)]
    CommissionFromHotOrNotBet {
        /// The canister of the post.
        #[cbor(n(0), with = "cbor::principal")]
        post_canister_id: Principal,
        /// The post.
        #[n(1)]
        post_id: u64,
        /// The slot.
        #[n(2)]
        slot_id: u8,
        /// The room.
        #[n(3)]
        room_id: u64,
        /// All tokens bet in the room.
        #[n(4)]
        room_pot_total_amount: u64,
    },
    /// The result of a bet the owner made.
    #[n(1)]
    WinningsEarnedFromBet {
        /// The canister of the post.
        #[cbor(n(0), with = "cbor::principal")]
        post_canister_id: Principal,
        /// The post.
        #[n(1)]
        post_id: u64,
        /// The slot.
        #[n(2)]
        slot_id: u8,
        /// The room.
        #[n(3)]
        room_id: u64,
        /// How it went.
        #[n(4)]
        event_outcome: BetOutcomeForBetMaker,
        /// What came back.
        #[n(5)]
        winnings_amount: u64,
    },
}

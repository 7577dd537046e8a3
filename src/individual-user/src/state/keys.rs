//! The keys of the collections.
//!
//! The order of their bytes is the order of their fields: see [`ic_stable_migration::key`]. A field of a key can never
//! be added or changed: that is a new collection.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use candid::Principal;
use ic_stable_migration::composite_key;
use ic_stable_migration::key::{KeyError, KeyPart, KeyReader, KeyWriter};

use crate::domain::follow::FollowEntryDetail;

/// The principal before all others: the management canister.
const FIRST_PRINCIPAL: Principal = Principal::management_canister();

/// The principal after all others.
const LAST_PRINCIPAL: Principal = Principal::from_slice(&[0xff; Principal::MAX_LENGTH_IN_BYTES]);

composite_key! {
    /// Someone likes a post.
    #[derive(Copy, Debug)]
    pub struct LikeKey {
        /// The post.
        pub post: u64,
        /// Who likes it.
        pub liker: Principal,
    }
}

impl LikeKey {
    /// All likes of `post`.
    pub fn of_post(post: u64) -> RangeInclusive<Self> {
        let key = |liker| Self { post, liker };
        key(FIRST_PRINCIPAL)..=key(LAST_PRINCIPAL)
    }
}

#[cfg(feature = "hashtags-index")]
composite_key! {
    /// A post is tagged.
    #[derive(Debug)]
    pub struct HashtagKey {
        /// The tag, as [`hashtags::normal`](super::hashtags::normal) writes it.
        pub tag: String,
        /// The post.
        pub post: u64,
    }
}

composite_key! {
    /// A room in which a post is bet on.
    #[derive(Copy, Debug)]
    pub struct RoomKey {
        /// The post.
        pub post: u64,
        /// The slot.
        pub slot: u8,
        /// The room.
        pub room: u64,
    }
}

impl RoomKey {
    /// All rooms of one slot of `post`.
    pub fn of_slot(post: u64, slot: u8) -> RangeInclusive<Self> {
        let key = |room| Self { post, slot, room };
        key(0)..=key(u64::MAX)
    }
}

composite_key! {
    /// A bet on a post of this canister.
    ///
    /// The bettor stands before slot and room, so that "has this user bet on this post" is one search and needs no
    /// index of its own; which bets are in a room is asked only together with all others of the post.
    #[derive(Copy, Debug)]
    pub struct BetKey {
        /// The post.
        pub post: u64,
        /// Who bet.
        pub bettor: Principal,
        /// The slot.
        pub slot: u8,
        /// The room.
        pub room: u64,
    }
}

impl BetKey {
    /// All bets on `post`.
    pub fn of_post(post: u64) -> RangeInclusive<Self> {
        Self::first_of(post, FIRST_PRINCIPAL)..=Self::last_of(post, LAST_PRINCIPAL)
    }

    /// All bets of `bettor` on `post`; one, unless a legacy memory holds more.
    pub fn of_bettor(post: u64, bettor: Principal) -> RangeInclusive<Self> {
        Self::first_of(post, bettor)..=Self::last_of(post, bettor)
    }

    fn first_of(post: u64, bettor: Principal) -> Self {
        Self {
            post,
            bettor,
            slot: 0,
            room: 0,
        }
    }

    fn last_of(post: u64, bettor: Principal) -> Self {
        Self {
            post,
            bettor,
            slot: u8::MAX,
            room: u64::MAX,
        }
    }
}

composite_key! {
    /// A bet the owner made on a post of another canister.
    #[derive(Copy, Debug)]
    pub struct PlacedBetKey {
        /// The canister of the post.
        pub canister: Principal,
        /// The post.
        pub post: u64,
    }
}

composite_key! {
    /// An entry of a follow list, to find its place by.
    #[derive(Copy, Debug)]
    pub struct FollowMemberKey {
        /// The user.
        pub user: Principal,
        /// The user's canister.
        pub canister: Principal,
    }
}

impl From<&FollowEntryDetail> for FollowMemberKey {
    fn from(entry: &FollowEntryDetail) -> Self {
        Self {
            user: entry.principal_id,
            canister: entry.canister_id,
        }
    }
}

impl From<FollowMemberKey> for FollowEntryDetail {
    fn from(key: FollowMemberKey) -> Self {
        Self {
            principal_id: key.user,
            canister_id: key.canister,
        }
    }
}

/// Which way a follow goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FollowSide {
    /// Someone follows this profile.
    Followers = 0,
    /// This profile follows someone.
    Following = 1,
}

impl KeyPart for FollowSide {
    const MAX_BYTES: Option<u32> = Some(1);
    const IS_FIXED_SIZE: bool = true;

    fn write(&self, to: &mut KeyWriter) {
        to.byte(*self as u8);
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        match from.byte()? {
            0 => Ok(Self::Followers),
            1 => Ok(Self::Following),
            other => Err(from.wrong(format!("{other} for a side, which is 0 or 1"))),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn least() -> Self {
        Self::Followers
    }
}

composite_key! {
    /// A principal in one of the two lists that were before the follow lists. Both share a collection, because each
    /// collection that is not empty takes pages of its own and nothing adds to these.
    #[derive(Copy, Debug)]
    pub struct FollowedPrincipalKey {
        /// The list.
        pub side: FollowSide,
        /// The user.
        pub user: Principal,
    }
}

impl FollowedPrincipalKey {
    /// All principals of one list.
    pub fn of_side(side: FollowSide) -> RangeInclusive<Self> {
        let key = |user| Self { side, user };
        key(FIRST_PRINCIPAL)..=key(LAST_PRINCIPAL)
    }
}

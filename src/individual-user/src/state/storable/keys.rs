//! The bytes of keys.

use std::borrow::Cow;

use candid::Principal;
use ic_stable_migration::ByteOrdered;
use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;

use super::DecodeError;
use crate::state::keys::{
    BetKey, FollowMemberKey, FollowSide, FollowedPrincipalKey, LikeKey, PlacedBetKey, RoomKey,
};

/// Bytes of a principal at most: its length and 29 bytes.
const PRINCIPAL: u32 = 1 + Principal::MAX_LENGTH_IN_BYTES as u32;

/// Bytes of a number of 64 bits.
const U64: u32 = 8;

/// A key with an encoding that keeps its order.
pub trait Key: Sized {
    /// What it is called in errors.
    const KIND: &'static str;

    /// Writes the fields in their order.
    fn write(&self, to: &mut Vec<u8>);

    /// Reads the fields in their order.
    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError>;
}

/// Reads a key; never panics.
pub fn decode_key<K: Key>(bytes: &[u8]) -> Result<K, DecodeError> {
    let mut fields = Fields {
        kind: K::KIND,
        bytes,
        at: 0,
    };
    let key = K::read(&mut fields)?;
    if fields.at == bytes.len() {
        Ok(key)
    } else {
        Err(DecodeError::Trailing {
            kind: K::KIND,
            taken: fields.at,
            len: bytes.len(),
        })
    }
}

/// The fields of a key that is being read.
pub struct Fields<'a> {
    kind: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn missing(&self, field: &'static str) -> DecodeError {
        DecodeError::Key {
            kind: self.kind,
            len: self.bytes.len(),
            field,
            at: self.at,
        }
    }

    fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..count).ok_or_else(|| self.missing(field))?;
        self.at += count;
        Ok(taken)
    }

    fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        Ok(self.take(1, field)?[0])
    }

    fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        let bytes = self.take(8, field)?;
        let bytes = bytes.first_chunk().ok_or_else(|| self.missing(field))?;
        Ok(u64::from_be_bytes(*bytes))
    }

    fn principal(&mut self, field: &'static str) -> Result<Principal, DecodeError> {
        let at = self.at;
        let len = self.u8(field)?;
        let bytes = self.take(len.into(), field)?;
        Principal::try_from_slice(bytes).map_err(|_| {
            self.at = at;
            self.missing(field)
        })
    }

    fn side(&mut self) -> Result<FollowSide, DecodeError> {
        let missing = self.missing("side (0 or 1)");
        match self.u8("side (0 or 1)")? {
            0 => Ok(FollowSide::Followers),
            1 => Ok(FollowSide::Following),
            _ => Err(missing),
        }
    }
}

fn put_u64(to: &mut Vec<u8>, number: u64) {
    to.extend_from_slice(&number.to_be_bytes());
}

fn put_principal(to: &mut Vec<u8>, principal: &Principal) {
    let bytes = principal.as_slice();
    to.push(bytes.len() as u8);
    // The usual lengths are those of people and of canisters, and to copy a known length costs a third.
    if let Some((bytes, [])) = bytes.split_first_chunk::<{ Principal::MAX_LENGTH_IN_BYTES }>() {
        to.extend_from_slice(bytes);
    } else if let Some((bytes, [])) = bytes.split_first_chunk::<10>() {
        to.extend_from_slice(bytes);
    } else {
        to.extend_from_slice(bytes);
    }
}

impl Key for LikeKey {
    const KIND: &'static str = "key of a like";

    fn write(&self, to: &mut Vec<u8>) {
        put_u64(to, self.post);
        put_principal(to, &self.liker);
    }

    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            post: from.u64("post")?,
            liker: from.principal("liker")?,
        })
    }
}

impl Key for RoomKey {
    const KIND: &'static str = "key of a room";

    fn write(&self, to: &mut Vec<u8>) {
        put_u64(to, self.post);
        to.push(self.slot);
        put_u64(to, self.room);
    }

    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            post: from.u64("post")?,
            slot: from.u8("slot")?,
            room: from.u64("room")?,
        })
    }
}

impl Key for BetKey {
    const KIND: &'static str = "key of a bet";

    fn write(&self, to: &mut Vec<u8>) {
        put_u64(to, self.post);
        put_principal(to, &self.bettor);
        to.push(self.slot);
        put_u64(to, self.room);
    }

    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            post: from.u64("post")?,
            bettor: from.principal("bettor")?,
            slot: from.u8("slot")?,
            room: from.u64("room")?,
        })
    }
}

impl Key for PlacedBetKey {
    const KIND: &'static str = "key of a placed bet";

    fn write(&self, to: &mut Vec<u8>) {
        put_principal(to, &self.canister);
        put_u64(to, self.post);
    }

    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            canister: from.principal("canister")?,
            post: from.u64("post")?,
        })
    }
}

impl Key for FollowMemberKey {
    const KIND: &'static str = "key of a follow member";

    fn write(&self, to: &mut Vec<u8>) {
        put_principal(to, &self.user);
        put_principal(to, &self.canister);
    }

    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            user: from.principal("user")?,
            canister: from.principal("canister")?,
        })
    }
}

impl Key for FollowedPrincipalKey {
    const KIND: &'static str = "key of a followed principal";

    fn write(&self, to: &mut Vec<u8>) {
        to.push(self.side as u8);
        put_principal(to, &self.user);
    }

    fn read(from: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            side: from.side()?,
            user: from.principal("user")?,
        })
    }
}

macro_rules! storable_keys {
    ($($key:ty => $max_size:expr, $is_fixed_size:literal);* $(;)?) => {$(
        // The order is that of the fields, and so is that of the bytes.
        impl ByteOrdered for $key {}

        impl Storable for $key {
            fn to_bytes(&self) -> Cow<'_, [u8]> {
                Cow::Owned(self.into_bytes())
            }

            fn into_bytes(self) -> Vec<u8> {
                let mut bytes = Vec::with_capacity($max_size as usize);
                self.write(&mut bytes);
                bytes
            }

            fn from_bytes(bytes: Cow<[u8]>) -> Self {
                decode_key(&bytes).unwrap_or_else(|e| panic!("{e}"))
            }

            const BOUND: Bound = Bound::Bounded {
                max_size: $max_size,
                is_fixed_size: $is_fixed_size,
            };
        }
    )*};
}

storable_keys! {
    LikeKey => U64 + PRINCIPAL, false;
    RoomKey => U64 + 1 + U64, true;
    BetKey => U64 + PRINCIPAL + 1 + U64, false;
    PlacedBetKey => PRINCIPAL + U64, false;
    FollowMemberKey => PRINCIPAL + PRINCIPAL, false;
    FollowedPrincipalKey => 1 + PRINCIPAL, false;
}

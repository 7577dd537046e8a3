//! How values of collections are written as bytes: one byte of version, then the fields in order, by
//! [postcard](https://postcard.jamesmunns.com/wire-format): numbers of as many bytes as they need, no names.
//!
//! Fields have no numbers there, so any change of a type is a new version; the tests hold the bytes of today's.
//!
//! `Storable::from_bytes` has no channel for errors. [`decode`] has, and never panics; `from_bytes` panics with its words, which
//! in a canister is a trap: the message is undone, and nothing is skipped in silence.

use std::borrow::Cow;

use fleet::{Found, Member, Record};
use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::User;

#[cfg(test)]
mod tests;

/// A value in a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stored<T>(pub T);

/// What can be [`Stored`].
pub trait Kept: Serialize + DeserializeOwned {
    /// What it is called in errors.
    const KIND: &'static str;
    /// The version that is written.
    const VERSION: u8 = 1;
}

impl Kept for Member {
    const KIND: &'static str = "member";
}

impl Kept for Record {
    const KIND: &'static str = "record";
}

impl Kept for User {
    const KIND: &'static str = "user";
}

impl Kept for Found {
    const KIND: &'static str = "find of a survey";
}

/// Why stored bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a release that knows more, or not at all.
    #[error("a stored {kind} has version {found:?}, and this release reads {expected}")]
    Version {
        /// What was read.
        kind: &'static str,
        /// The version byte, if there is one.
        found: Option<u8>,
        /// The one that is read.
        expected: u8,
    },
    /// Not the bytes of such a value.
    #[error("a stored {kind} of {len} bytes cannot be read: {reason}")]
    Bytes {
        /// What was read.
        kind: &'static str,
        /// How many bytes there are.
        len: usize,
        /// What is wrong.
        reason: postcard::Error,
    },
    /// More bytes than the value has.
    #[error("a stored {kind} has {left} bytes behind it")]
    Trailing {
        /// What was read.
        kind: &'static str,
        /// Bytes behind it.
        left: usize,
    },
}

/// Reads a value; never panics.
///
/// # Errors
/// What does not fit.
pub fn decode<T: Kept>(bytes: &[u8]) -> Result<T, DecodeError> {
    let kind = T::KIND;
    let (found, rest) = match bytes.split_first() {
        Some((found, rest)) if *found == T::VERSION => (found, rest),
        other => {
            return Err(DecodeError::Version {
                kind,
                found: other.map(|(found, _)| *found),
                expected: T::VERSION,
            });
        }
    };
    debug_assert_eq!(*found, T::VERSION);
    let (value, left) = postcard::take_from_bytes(rest).map_err(|reason| DecodeError::Bytes {
        kind,
        len: bytes.len(),
        reason,
    })?;
    match left.len() {
        0 => Ok(value),
        left => Err(DecodeError::Trailing { kind, left }),
    }
}

/// Writes a value.
pub fn encode<T: Kept>(value: &T) -> Vec<u8> {
    let bytes = vec![T::VERSION];
    postcard::to_extend(value, bytes)
        .unwrap_or_else(|reason| panic!("a {} cannot be written: {reason}", T::KIND))
}

impl<T: Kept> Storable for Stored<T> {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(encode(&self.0))
    }

    fn into_bytes(self) -> Vec<u8> {
        encode(&self.0)
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        Self(decode(&bytes).unwrap_or_else(|error| panic!("{error}")))
    }

    const BOUND: Bound = Bound::Unbounded;
}

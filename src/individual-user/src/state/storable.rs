//! How keys and values are written as bytes: the one place that fixes it.
//!
//! - **Keys** have an upper bound in bytes, and the order of their bytes is their order (see [`keys`](super::keys)).
//! - **Values** are one byte of version and then CBOR with numbered fields: an array in the order of the numbers,
//!   without names. A field added at the end as an `Option` reads as `None` from what was written before it; a
//!   change that numbers cannot express is a new version. They are unbounded, because a bound is frozen into a
//!   map when it is made and would be in the way of the next field. Entries that are only a key have the empty
//!   value `()`, and places in a list are a `u64` of 8 bytes.
//!
//! `Storable::from_bytes` has no channel for errors. [`ic_stable_migration::key::decode`] and [`decode_record`] have, and never panic;
//! `from_bytes` panics with their message. In a canister that is a trap: the message or the upgrade in which it
//! happens is rolled back, and nothing is skipped or replaced in silence.

use std::borrow::Cow;
use std::convert::Infallible;

use ic_stable_migration::key::append;
use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;
use thiserror::Error;

use super::records::{PostRecord, RoomRecord};
use crate::domain::betting::{BetDetails, PlacedBetDetail};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::token::TokenEvent;

#[cfg(test)]
mod tests;

/// The version byte in front of every value written today.
const RECORD_VERSION: u8 = 1;

/// Why stored bytes could not be read.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// No version byte.
    #[error("a stored {kind} is empty: expected at least its version byte")]
    Empty {
        /// What was read.
        kind: &'static str,
    },
    /// Written by a release that knows more.
    #[error(
        "a stored {kind} has version {found}, and this release reads version {RECORD_VERSION}: \
         install the release that wrote it, or a later one"
    )]
    Version {
        /// What was read.
        kind: &'static str,
        /// The version byte.
        found: u8,
    },
    /// Not the CBOR of the record.
    #[error("a stored {kind} of {len} bytes cannot be read: {source}")]
    Record {
        /// What was read.
        kind: &'static str,
        /// How many bytes there are.
        len: usize,
        /// What is wrong, and where.
        source: minicbor::decode::Error,
    },
    /// More bytes than the value has.
    #[error(
        "a stored {kind} takes {taken} of {len} bytes: what follows was written by something else"
    )]
    Trailing {
        /// What was read.
        kind: &'static str,
        /// Bytes the value takes.
        taken: usize,
        /// How many bytes there are.
        len: usize,
    },
}

/// A value with a numbered encoding.
pub trait Record: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> {
    /// What it is called in errors.
    const KIND: &'static str;
}

/// Reads a value; never panics.
pub fn decode_record<R: Record>(bytes: &[u8]) -> Result<R, DecodeError> {
    let kind = R::KIND;
    let len = bytes.len();
    let (&found, cbor) = bytes.split_first().ok_or(DecodeError::Empty { kind })?;
    if found != RECORD_VERSION {
        return Err(DecodeError::Version { kind, found });
    }
    let mut decoder = minicbor::Decoder::new(cbor);
    let record = decoder
        .decode()
        .map_err(|source| DecodeError::Record { kind, len, source })?;
    match 1 + decoder.position() {
        taken if taken == len => Ok(record),
        taken => Err(DecodeError::Trailing { kind, taken, len }),
    }
}

/// Most records take no more, with what [`append`] wants behind them.
const USUAL_BYTES: usize = 256;

fn encode_record<R: Record>(record: &R) -> Vec<u8> {
    let mut bytes = Bytes(Vec::with_capacity(USUAL_BYTES));
    bytes.0.push(RECORD_VERSION);
    minicbor::encode(record, &mut bytes)
        .unwrap_or_else(|e| panic!("a {} cannot be written: {e}", R::KIND));
    bytes.0
}

/// Bytes to which a record is appended a few at a time.
struct Bytes(Vec<u8>);

impl minicbor::encode::Write for Bytes {
    type Error = Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        append(&mut self.0, bytes);
        Ok(())
    }
}

macro_rules! storable_records {
    ($($record:ty => $kind:literal),* $(,)?) => {$(
        impl Record for $record {
            const KIND: &'static str = $kind;
        }

        impl Storable for $record {
            fn to_bytes(&self) -> Cow<'_, [u8]> {
                Cow::Owned(encode_record(self))
            }

            fn into_bytes(self) -> Vec<u8> {
                encode_record(&self)
            }

            fn from_bytes(bytes: Cow<[u8]>) -> Self {
                decode_record(&bytes).unwrap_or_else(|e| panic!("{e}"))
            }

            const BOUND: Bound = Bound::Unbounded;
        }
    )*};
}

storable_records! {
    PostRecord => "post",
    RoomRecord => "room",
    BetDetails => "bet",
    PlacedBetDetail => "placed bet",
    TokenEvent => "token event",
    FollowEntryDetail => "follow entry",
}

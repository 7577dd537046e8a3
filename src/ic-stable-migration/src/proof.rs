//! The proof that the next upgrade will find what this one has saved: it is loaded again, and held against what was
//! there before.
//!
//! A codec may refuse a value when it reads it that it took when it wrote it, or give back another: an empty option
//! inside an option, a number too large. So a [`Content`] is taken of the state, which goes through the value as
//! serde sees it and not through its encoding; the state is given up, so that there are never two on the heap; and
//! the content of what was loaded has to be the same.

use ic_stable_structures::Memory;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{Cbor, Format};
use crate::error::Error;
use crate::journal::{decode, encode};
use crate::managed::Managed;

mod content;

pub(crate) use content::Content;

/// Loads what was saved of `state` and returns it in its place.
///
/// # Errors
/// [`Error::NotReadBack`].
pub(crate) fn read_back<T, M>(managed: &Managed<M>, state: T) -> Result<T, Error>
where
    T: Serialize + DeserializeOwned,
    M: Memory,
{
    let saved = Content::of(&state)?;
    drop(state);
    let loaded = managed.load::<T, Cbor>().map_err(undecoded)?;
    saved.same_as(&Content::of(&loaded)?)?;
    Ok(loaded)
}

/// Checks that what is in memory 0 is what `state` is. For a moment there are two of it on the heap.
///
/// # Errors
/// [`Error::NotReadBack`].
pub(crate) fn holds<T, M>(managed: &Managed<M>, state: &T) -> Result<(), Error>
where
    T: Serialize + DeserializeOwned,
    M: Memory,
{
    let loaded = managed.load::<T, Cbor>().map_err(undecoded)?;
    Content::of(state)?.same_as(&Content::of(&loaded)?)
}

/// Checks that a value comes back from its encoding in the journal.
///
/// # Errors
/// [`Error::NotReadBack`].
pub(crate) fn comes_back<T: Serialize + DeserializeOwned>(value: &T) -> Result<(), Error> {
    let loaded: T = decode(&encode(value)?).map_err(undecoded)?;
    Content::of(value)?.same_as(&Content::of(&loaded)?)
}

fn undecoded(error: Error) -> Error {
    match error {
        Error::Decode { reason, .. } => not_read_back(reason),
        other => other,
    }
}

fn not_read_back(what: String) -> Error {
    Error::NotReadBack {
        format: Format::Cbor,
        what,
    }
}

#[cfg(test)]
mod tests;

//! A legacy memory: one value from offset 0, to be read in full before a byte of it is overwritten.

use std::fmt;

use ic_stable_structures::Memory;

use crate::bucket_plan::BucketPlan;
use crate::codec::{Census, Codec, Format, StreamCodec};
use crate::error::{Error, Place};
use crate::managed::{Managed, Stamp};
use crate::stream::MemoryReader;

mod behind;
pub(crate) mod each;

pub use behind::Trailing;
pub(crate) use behind::{Behind, behind, chunks};
pub use each::{Each, EachOf, Elements, Entries};

/// A memory that can be a legacy value. All it allows is to read that value.
pub struct Legacy<M> {
    memory: M,
    /// The virtual memory that the state is to go to.
    home: u8,
}

impl<M: Memory> Legacy<M> {
    pub(crate) fn of(memory: M, home: u8) -> Self {
        Self { memory, home }
    }

    /// The memory, to be looked at.
    pub(crate) fn raw(&self) -> &M {
        &self.memory
    }

    /// The memory, for whoever lays it out anew while it is read.
    pub(crate) fn into_memory(self) -> M {
        self.memory
    }

    /// Reads the value from offset 0 with codec `C`, through a small buffer, and yields the capability to
    /// adopt the memory. What follows the value in memory is not part of it.
    ///
    /// # Errors
    /// [`Error::Decode`] if no whole value of `C` stands there, [`Error::DuplicateKeys`] if it has entries of which
    /// decoding would keep one.
    pub fn read<T, C: Codec<T>>(self) -> Result<(T, Adoptable<M>), Error> {
        let mut reader = MemoryReader::new(&self.memory, 0, u64::MAX);
        let (value, counted) = C::decode_counted(&mut reader).map_err(|reason| {
            Error::decode(C::FORMAT, Place::StableMemory, reader.taken(), reason)
        })?;
        let value_bytes = reader.taken();
        // After decoding: what is no such value may hold the same key twice and more.
        let census = match counted {
            Some(_) => unique(counted, C::FORMAT, Place::StableMemory, 0)?,
            None => census::<T, C>(&self.memory, Place::StableMemory)?,
        };
        let adoptable = Adoptable {
            value_bytes,
            repeated_pairs: census.map_or(0, |census| census.duplicate_keys),
            memory: self.memory,
            home: self.home,
            trailing_bytes: None,
        };
        Ok((value, adoptable))
    }
}

/// Counts what stands at the start of a memory, where the codec can tell, and refuses keys that stand twice in a map.
///
/// # Errors
/// [`Error::DuplicateKeys`], [`Error::Decode`].
pub(crate) fn census<T, C: Codec<T>>(
    memory: &impl Memory,
    place: Place,
) -> Result<Option<Census>, Error> {
    let mut reader = MemoryReader::new(memory, 0, u64::MAX);
    let census = C::census(&mut reader)
        .map_err(|reason| Error::decode(C::FORMAT, place, reader.taken(), reason))?;
    unique(census, C::FORMAT, place, 0)
}

/// Refuses a value, so many bytes from the start of its memory, that has keys twice in a map.
///
/// # Errors
/// [`Error::DuplicateKeys`].
pub(crate) fn unique(
    census: Option<Census>,
    format: Format,
    place: Place,
    start: u64,
) -> Result<Option<Census>, Error> {
    match census {
        Some(Census {
            has_maps: true,
            duplicate_keys: count,
            first_duplicate: Some(first),
            ..
        }) => Err(Error::DuplicateKeys {
            format,
            place,
            count,
            offset: start + first.offset,
            key: first.key,
        }),
        census => Ok(census),
    }
}

impl<M> fmt::Debug for Legacy<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Legacy")
    }
}

/// A legacy memory whose value has been read, and which may now be overwritten.
pub struct Adoptable<M> {
    memory: M,
    home: u8,
    value_bytes: u64,
    repeated_pairs: u64,
    /// Bytes behind the value that may be overwritten; none before they were looked at.
    trailing_bytes: Option<u64>,
}

impl<M: Memory> Adoptable<M> {
    /// Pairs in lists whose first member another pair of the list has, too. Candid writes a map as a list of pairs: if
    /// the value was one, decoding it has kept one of each. Always 0 in a format that has maps.
    pub fn repeated_pairs(&self) -> u64 {
        self.repeated_pairs
    }

    /// Looks at what stands behind the value, which adopting overwrites: zeros, and what is the end of an older value
    /// of the same kind, may go; anything else as `trailing` says. Reads the rest of the memory.
    ///
    /// # Errors
    /// [`Error::Trailing`].
    pub fn trailing(mut self, trailing: Trailing) -> Result<Self, Error> {
        let found = behind(&self.memory, self.value_bytes);
        self.trailing_bytes = Some(found.accepted(trailing, Place::StableMemory)?);
        Ok(self)
    }

    /// Bytes behind the value up to the last that is not zero, as far as [`Adoptable::trailing`] has found any.
    pub fn trailing_bytes(&self) -> u64 {
        self.trailing_bytes.unwrap_or(0)
    }

    /// The memory, for whoever lays it out anew.
    pub(crate) fn into_memory(self) -> M {
        self.memory
    }

    /// How many bytes the legacy value took, a length in front included.
    pub fn value_bytes(&self) -> u64 {
        self.value_bytes
    }

    /// Formats a memory manager over the legacy value and saves `state` in its memory 0. Where
    /// [`Adoptable::trailing`] was not asked, what stands behind the value is looked at first, and refused.
    ///
    /// Takes 1 page for the manager and whole buckets for the header (128 bytes) and the payload, which is encoded once,
    /// while it is written.
    ///
    /// # Errors
    /// [`Error::Trailing`] before anything was written. [`Error::OutOfStableMemory`] and [`Error::Encode`] when the value
    /// is overwritten in part: trap, which undoes that.
    pub fn adopt<T, C: StreamCodec<T>>(
        self,
        buckets: BucketPlan,
        state: &T,
        stamp: Stamp,
    ) -> Result<Managed<M>, Error> {
        if self.trailing_bytes.is_none() {
            return self
                .trailing(Trailing::Refuse)?
                .adopt::<T, C>(buckets, state, stamp);
        }
        let managed = Managed::create(self.memory, buckets, self.home)?;
        managed.save::<T, C>(state, stamp)?;
        Ok(managed)
    }
}

impl<M> fmt::Debug for Adoptable<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Adoptable {{ value_bytes: {} }}", self.value_bytes)
    }
}

#[cfg(test)]
mod tests;

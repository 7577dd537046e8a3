//! Entries of a stable map as they stand there, before a type has been asked to read them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::marker::PhantomData;

use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;

use super::collection::decoded;
use crate::registry::Size;

/// A key or a value as its bytes, under the bound of the type it is to be: a type that does not fit may trap on what
/// it reads.
pub struct Raw<T> {
    pub bytes: Vec<u8>,
    of: PhantomData<T>,
}

impl<T: Storable> Raw<T> {
    pub fn of(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            of: PhantomData,
        }
    }

    /// Reads the bytes as a `T`.
    ///
    /// # Errors
    /// Their number, where it is none that the type has.
    pub fn is_read(&self, part: &str) -> Result<T, String> {
        let size = Size::of::<T>();
        if !size.admits(self.bytes.len()) {
            let found = self.bytes.len();
            return Err(format!(
                "its {part} has {found} bytes, and the type is {size}"
            ));
        }
        Ok(decoded(&self.bytes))
    }

    /// Checks that the bytes are those of a `T`.
    ///
    /// # Errors
    /// In what they are not.
    pub fn fits(&self, part: &str) -> Result<(), String> {
        match *self.is_read(part)?.to_bytes() == *self.bytes {
            true => Ok(()),
            false => Err(format!("its {part} encodes to other bytes")),
        }
    }
}

impl<T: Storable> Storable for Raw<T> {
    const BOUND: Bound = T::BOUND;

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        Self::of(bytes.into_owned())
    }
}

impl<T> PartialEq for Raw<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Raw<T> {}

impl<T> PartialOrd for Raw<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Raw<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<T> Clone for Raw<T> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            of: PhantomData,
        }
    }
}

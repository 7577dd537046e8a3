//! A value of a collection that says in its first byte which version it is.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;

use super::{Oldest, Schema, assert_follows, unread};

/// A value of a collection, of the last version of a chain, which is read from any version of it. Derefs to the value.
///
/// ```text
/// 0    number of the version     u8
/// 1    the value, as the version's `Storable` writes it
/// ```
///
/// An old value is converted whenever it is read, and written in the new form when it is written. A collection of records
/// is listed with [`Tier::of_records`](crate::Tier::of_records), and the mover then writes all that are old anew: until it
/// has, and the status says so, no release may drop a version.
///
/// No bound is declared: a map would keep it for good, and the next version could not be longer.
///
/// ```
/// use ic_stable_migration::{Record, Schema, first_schema};
/// use ic_stable_structures::Storable;
/// # use serde::{Deserialize, Serialize};
/// # macro_rules! stored { ($($t:ty),*) => { $(impl Storable for $t {
/// #     const BOUND: ic_stable_structures::storable::Bound = ic_stable_structures::storable::Bound::Unbounded;
/// #     fn to_bytes(&self) -> std::borrow::Cow<'_, [u8]> { serde_json::to_vec(self).unwrap().into() }
/// #     fn into_bytes(self) -> Vec<u8> { serde_json::to_vec(&self).unwrap() }
/// #     fn from_bytes(bytes: std::borrow::Cow<[u8]>) -> Self { serde_json::from_slice(&bytes).unwrap() }
/// # })* } }
/// # stored!(OldTitle, Title);
///
/// // Titles were texts, and have a number of readers now. Both types are `Storable`.
/// # #[derive(Serialize, Deserialize)]
/// struct OldTitle(String);
/// # #[derive(Serialize, Deserialize)]
/// struct Title {
///     text: String,
///     readers: u64,
/// }
///
/// first_schema!(OldTitle);
///
/// impl Schema for Title {
///     const NUMBER: u32 = 2;
///     type Before = OldTitle;
///
///     fn step(OldTitle(text): OldTitle) -> Result<Self, String> {
///         Ok(Self { text, readers: 0 })
///     }
/// }
///
/// let old = Record::new(OldTitle("On maps".into())).into_bytes();
/// assert_eq!(old[0], 1);
/// let read: Record<Title> = Record::from_bytes(old.into());
/// assert_eq!((&*read.text, read.readers), ("On maps", 0));
/// assert_eq!(read.into_bytes()[0], 2);
/// ```
///
/// # Panics
/// `from_bytes` has no way to say that bytes are not what they should be: it panics, which in a canister is a trap that rolls
/// the message back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record<T>(T);

impl<T> Record<T> {
    /// A value that was made by this release.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Record<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Record<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Record<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// The last version of a chain in which every version can be stored. Implemented for all such types.
pub trait RecordChain: Schema {
    /// Reads a value of version `number` from its bytes, and takes it through the steps that are missing.
    ///
    /// # Errors
    /// For a number that the chain does not have; that of a step.
    fn read_record(number: u8, bytes: &[u8]) -> Result<Self, String>;
}

impl RecordChain for Oldest {
    fn read_record(number: u8, _: &[u8]) -> Result<Self, String> {
        Err(format!("there is no schema {number}"))
    }
}

impl<T> RecordChain for T
where
    T: Schema + Storable,
    T::Before: RecordChain,
{
    fn read_record(number: u8, bytes: &[u8]) -> Result<Self, String> {
        const {
            assert_follows::<T>();
            assert!(
                T::NUMBER <= u8::MAX as u32,
                "Schema::NUMBER is at most 255 for a record"
            );
        }
        let found = u32::from(number);
        if found == T::NUMBER {
            return Ok(T::from_bytes(Cow::Borrowed(bytes)));
        }
        if found > T::NUMBER || found < T::OLDEST {
            return Err(unread::<T>(found));
        }
        T::step(T::Before::read_record(number, bytes)?)
    }
}

impl<T: Schema + Storable> Record<T> {
    fn encoded(value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + value.len());
        // At most 255: a chain with more does not compile.
        bytes.push(T::NUMBER as u8);
        bytes.extend_from_slice(value);
        bytes
    }
}

impl<T: RecordChain + Storable> Storable for Record<T> {
    const BOUND: Bound = Bound::Unbounded;

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(Self::encoded(&self.0.to_bytes()))
    }

    fn into_bytes(self) -> Vec<u8> {
        Self::encoded(&self.0.into_bytes())
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        let read = match bytes.split_first() {
            Some((number, value)) => T::read_record(*number, value),
            None => Err("it has no byte, and its first says its schema".into()),
        };
        match read {
            Ok(value) => Self(value),
            Err(reason) => panic!("a record of {} bytes cannot be read: {reason}", bytes.len()),
        }
    }
}

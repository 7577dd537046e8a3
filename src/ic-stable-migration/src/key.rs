//! Keys of several parts, in bytes that are ordered as the keys are.
//!
//! A map orders its entries by the type of its key, a shared map by the bytes. [`composite_key!`](crate::composite_key)
//! writes a struct so that both are the same order, that of its fields; [`Key`] does so for tuples and single parts:
//!
//! ```
//! use ic_stable_migration::composite_key;
//! use ic_stable_structures::Storable;
//!
//! composite_key! {
//!     /// A comment on a post.
//!     #[derive(Copy, Debug)]
//!     pub struct CommentKey {
//!         /// The post.
//!         pub post: u64,
//!         /// The comment's number.
//!         pub comment: u32,
//!     }
//! }
//!
//! let (early, late) = (CommentKey { post: 1, comment: 900 }, CommentKey { post: 2, comment: 3 });
//! assert!(early < late && early.to_bytes() < late.to_bytes());
//! assert_eq!(early.to_bytes().len(), 12);
//! ```
//!
//! # Bytes
//! | part | bytes |
//! |---|---|
//! | unsigned integer, `bool` | big-endian |
//! | signed integer | the same, its first bit flipped |
//! | `[u8; N]` | as they are |
//! | `Principal` | one byte of length, then its bytes: shorter ones first, as its type orders them |
//! | `String`, `Vec<u8>` | a zero as `00 ff`, the others as they are, then `00 00` |
//! | `Option` | `00`, or `01` and the value |
//! | tuple, composite key | its parts one after the other |
//!
//! No value's bytes are the start of another's, so any part may follow any other. The parts of a key can never be added
//! to or changed: that is a new collection.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use crate::tiered::ByteOrdered;

mod bytes;
mod nested;
mod part;
#[cfg(test)]
mod tests;

pub use bytes::{KeyReader, KeyWriter, append};
/// For the macro, which finds them here whatever the crate depends on.
#[doc(hidden)]
pub use ic_stable_structures::storable::{Bound, Storable};

/// What a key can be made of; a key, be it a [`Key`] or a [`composite_key!`](crate::composite_key), is such a part itself.
pub trait KeyPart: Sized {
    /// Bytes at most, or none where there is no bound.
    const MAX_BYTES: Option<u32>;

    /// Whether every value has so many bytes.
    const IS_FIXED_SIZE: bool;

    /// Appends the value's bytes.
    fn write(&self, to: &mut KeyWriter);

    /// Takes as many bytes as belong to the value.
    ///
    /// # Errors
    /// [`KeyError`], if they are none that [`write`](Self::write) writes.
    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError>;

    /// The order, which is that of the bytes.
    fn compare(&self, other: &Self) -> Ordering;

    /// The value that stands before all others.
    fn least() -> Self;
}

/// Bytes that are no key of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("E801: a stored {kind} of {len} bytes cannot be read: {problem} at byte {at}")]
pub struct KeyError {
    /// The type that was asked for.
    pub kind: &'static str,
    /// Bytes that there are.
    pub len: usize,
    /// Where it went wrong.
    pub at: usize,
    /// What is wrong there.
    pub problem: String,
}

/// Reads a key from all of `bytes`. Never panics, which [`Storable::from_bytes`] has to where the bytes are no key.
///
/// # Errors
/// [`KeyError`].
pub fn decode<K: KeyPart>(bytes: &[u8]) -> Result<K, KeyError> {
    let mut reader = KeyReader::new(std::any::type_name::<K>(), bytes);
    let key = K::read(&mut reader)?;
    reader.finish()?;
    Ok(key)
}

/// The bytes of a key.
pub fn encode<K: KeyPart>(key: &K) -> Vec<u8> {
    let mut writer = KeyWriter::with_capacity(K::MAX_BYTES);
    key.write(&mut writer);
    writer.into_bytes()
}

/// The bound by which a map sizes its nodes.
pub const fn bound<K: KeyPart>() -> Bound {
    match K::MAX_BYTES {
        Some(max_size) => Bound::Bounded {
            max_size,
            is_fixed_size: K::IS_FIXED_SIZE,
        },
        None => Bound::Unbounded,
    }
}

/// The sum of two bounds, where both are bounds.
pub const fn sum(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    match (one, other) {
        (Some(one), Some(other)) => one.checked_add(other),
        _ => None,
    }
}

/// A part, or a tuple of parts, as the key of a map.
///
/// ```
/// use ic_stable_migration::TieredMap;
/// use ic_stable_migration::key::Key;
///
/// let mut names: TieredMap<Key<(u64, String)>, u32, ic_stable_structures::VectorMemory> = TieredMap::default();
/// names.insert(Key((7, "b".into())), 1);
/// names.insert(Key((7, "a".into())), 2);
/// let order: Vec<u32> = names.iter().map(|(_, number)| number).collect();
/// assert_eq!(order, [2, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<T>(pub T);

impl<T: KeyPart + Eq> Ord for Key<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}

impl<T: KeyPart + Eq> PartialOrd for Key<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: fmt::Display> fmt::Display for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: KeyPart + Eq> ByteOrdered for Key<T> {}

impl<T: KeyPart> Storable for Key<T> {
    const BOUND: Bound = bound::<T>();

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(encode(&self.0))
    }

    fn into_bytes(self) -> Vec<u8> {
        encode(&self.0)
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        match decode(&bytes) {
            Ok(key) => Self(key),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Defines a struct of [`KeyPart`]s that is a key itself: with its order, that of the fields, and its bytes, that keep
/// the order. See [`key`](crate::key) for the bytes and an example.
///
/// The struct gets `Clone`, `PartialEq`, `Eq`, `PartialOrd`, `Ord`, [`KeyPart`], [`Storable`] and [`ByteOrdered`]; what
/// else it is to be, it derives.
#[macro_export]
macro_rules! composite_key {
    (
        $(#[$about:meta])*
        $visible:vis struct $key:ident {
            $($(#[$field_about:meta])* $field_visible:vis $field:ident: $part:ty),+ $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq)]
        $visible struct $key {
            $($(#[$field_about])* $field_visible $field: $part),+
        }

        impl $crate::key::KeyPart for $key {
            const MAX_BYTES: ::core::option::Option<u32> = {
                let bytes = ::core::option::Option::Some(0);
                $(let bytes = $crate::key::sum(bytes, <$part as $crate::key::KeyPart>::MAX_BYTES);)+
                bytes
            };
            const IS_FIXED_SIZE: bool = true $(&& <$part as $crate::key::KeyPart>::IS_FIXED_SIZE)+;

            fn write(&self, to: &mut $crate::key::KeyWriter) {
                $($crate::key::KeyPart::write(&self.$field, to);)+
            }

            fn read(from: &mut $crate::key::KeyReader<'_>)
                -> ::core::result::Result<Self, $crate::key::KeyError>
            {
                ::core::result::Result::Ok(Self {
                    $($field: from.part(stringify!($field))?),+
                })
            }

            fn compare(&self, other: &Self) -> ::core::cmp::Ordering {
                ::core::cmp::Ordering::Equal
                    $(.then_with(|| $crate::key::KeyPart::compare(&self.$field, &other.$field)))+
            }

            fn least() -> Self {
                Self {
                    $($field: <$part as $crate::key::KeyPart>::least()),+
                }
            }
        }

        impl ::core::cmp::Ord for $key {
            fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
                $crate::key::KeyPart::compare(self, other)
            }
        }

        impl ::core::cmp::PartialOrd for $key {
            fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
                ::core::option::Option::Some(::core::cmp::Ord::cmp(self, other))
            }
        }

        impl $crate::ByteOrdered for $key {}

        impl $crate::key::Storable for $key {
            const BOUND: $crate::key::Bound = $crate::key::bound::<Self>();

            fn to_bytes(&self) -> ::std::borrow::Cow<'_, [u8]> {
                ::std::borrow::Cow::Owned($crate::key::encode(self))
            }

            fn into_bytes(self) -> ::std::vec::Vec<u8> {
                $crate::key::encode(&self)
            }

            fn from_bytes(bytes: ::std::borrow::Cow<[u8]>) -> Self {
                match $crate::key::decode(&bytes) {
                    ::core::result::Result::Ok(key) => key,
                    ::core::result::Result::Err(error) => panic!("{error}"),
                }
            }
        }
    };
}

//! The types that a key can be made of.
//!
//! What is not inlined is compiled with this crate: a canister that is built for size may build this one for speed.

use std::cmp::Ordering;

use ic_principal::Principal;

use super::bytes::compare;
use super::{Key, KeyError, KeyPart, KeyReader, KeyWriter, sum};

macro_rules! integers {
    ($($unsigned:ty, $signed:ty);* $(;)?) => {$(
        impl KeyPart for $unsigned {
            const MAX_BYTES: Option<u32> = Some(Self::BITS / 8);
            const IS_FIXED_SIZE: bool = true;

            #[inline(never)]
            fn write(&self, to: &mut KeyWriter) {
                to.fixed(&self.to_be_bytes());
            }

            #[inline(never)]
            fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
                from.fixed().map(Self::from_be_bytes)
            }

            #[inline(never)]
            fn compare(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }

            fn least() -> Self {
                Self::MIN
            }
        }

        impl KeyPart for $signed {
            const MAX_BYTES: Option<u32> = Some(Self::BITS / 8);
            const IS_FIXED_SIZE: bool = true;

            #[inline(never)]
            fn write(&self, to: &mut KeyWriter) {
                ((*self ^ Self::MIN) as $unsigned).write(to);
            }

            #[inline(never)]
            fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
                Ok(<$unsigned>::read(from)? as Self ^ Self::MIN)
            }

            #[inline(never)]
            fn compare(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }

            fn least() -> Self {
                Self::MIN
            }
        }
    )*};
}

integers! { u8, i8; u16, i16; u32, i32; u64, i64; u128, i128; }

impl KeyPart for bool {
    const MAX_BYTES: Option<u32> = Some(1);
    const IS_FIXED_SIZE: bool = true;

    fn write(&self, to: &mut KeyWriter) {
        to.byte((*self).into());
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(from.wrong(format!("{other} for true or false"))),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn least() -> Self {
        false
    }
}

impl<const N: usize> KeyPart for [u8; N] {
    const MAX_BYTES: Option<u32> = Some(N as u32);
    const IS_FIXED_SIZE: bool = true;

    fn write(&self, to: &mut KeyWriter) {
        to.fixed(self);
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        from.fixed()
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare(self, other)
    }

    fn least() -> Self {
        [0; N]
    }
}

impl KeyPart for Principal {
    const MAX_BYTES: Option<u32> = Some(1 + Self::MAX_LENGTH_IN_BYTES as u32);
    const IS_FIXED_SIZE: bool = false;

    #[inline(never)]
    fn write(&self, to: &mut KeyWriter) {
        to.short(self.as_slice());
    }

    #[inline(never)]
    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        let bytes = from.short()?;
        Self::try_from_slice(bytes)
            .map_err(|_| from.wrong(format!("a principal of {} bytes", bytes.len())))
    }

    #[inline(never)]
    fn compare(&self, other: &Self) -> Ordering {
        let (one, other) = (self.as_slice(), other.as_slice());
        match one.len().cmp(&other.len()) {
            Ordering::Equal => compare(one, other),
            order => order,
        }
    }

    fn least() -> Self {
        Self::from_slice(&[])
    }
}

impl KeyPart for Vec<u8> {
    const MAX_BYTES: Option<u32> = None;
    const IS_FIXED_SIZE: bool = false;

    fn write(&self, to: &mut KeyWriter) {
        to.ended(self);
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        from.ended()
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare(self, other)
    }

    fn least() -> Self {
        Self::new()
    }
}

impl KeyPart for String {
    const MAX_BYTES: Option<u32> = None;
    const IS_FIXED_SIZE: bool = false;

    fn write(&self, to: &mut KeyWriter) {
        to.ended(self.as_bytes());
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        let bytes = from.ended()?;
        Self::from_utf8(bytes)
            .map_err(|error| from.wrong(format!("a text that is not UTF-8 ({error})")))
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare(self.as_bytes(), other.as_bytes())
    }

    fn least() -> Self {
        Self::new()
    }
}

/// The bytes of what it holds.
impl<P: KeyPart> KeyPart for Key<P> {
    const MAX_BYTES: Option<u32> = P::MAX_BYTES;
    const IS_FIXED_SIZE: bool = P::IS_FIXED_SIZE;

    fn write(&self, to: &mut KeyWriter) {
        self.0.write(to);
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        P::read(from).map(Self)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }

    fn least() -> Self {
        Self(P::least())
    }
}

impl<P: KeyPart> KeyPart for Option<P> {
    const MAX_BYTES: Option<u32> = sum(Some(1), P::MAX_BYTES);
    const IS_FIXED_SIZE: bool = false;

    fn write(&self, to: &mut KeyWriter) {
        to.byte(self.is_some().into());
        if let Some(part) = self {
            part.write(to);
        }
    }

    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
        match bool::read(from)? {
            true => P::read(from).map(Some),
            false => Ok(None),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Some(one), Some(other)) => one.compare(other),
            _ => self.is_some().cmp(&other.is_some()),
        }
    }

    fn least() -> Self {
        None
    }
}

macro_rules! tuples {
    ($($($part:ident $at:tt),+);* $(;)?) => {$(
        impl<$($part: KeyPart),+> KeyPart for ($($part,)+) {
            const MAX_BYTES: Option<u32> = {
                let bytes = Some(0);
                $(let bytes = sum(bytes, $part::MAX_BYTES);)+
                bytes
            };
            const IS_FIXED_SIZE: bool = true $(&& $part::IS_FIXED_SIZE)+;

            fn write(&self, to: &mut KeyWriter) {
                $(self.$at.write(to);)+
            }

            fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError> {
                Ok(($($part::read(from)?,)+))
            }

            fn compare(&self, other: &Self) -> Ordering {
                Ordering::Equal $(.then_with(|| self.$at.compare(&other.$at)))+
            }

            fn least() -> Self {
                ($($part::least(),)+)
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}

//! What hand-written hooks put in front of a value: its length, or a header of the canister's own.

use std::io::{Read, Take};
use std::marker::PhantomData;

use super::{Census, Codec, Format};
use crate::form::{Form, Frame};

/// What stands in front of a value: so many bytes, which may say how long the value is.
///
/// The usual ones are here: [`U32Le`], [`U64Le`], [`U32Be`], [`U64Be`] for a length, [`Skip`] for a header that says nothing
/// of the value. One of a canister's own takes a few lines; here eight bytes of magic, then the length.
///
/// ```
/// use ic_stable_migration::{Cbor, Codec, Framed, Front};
///
/// struct Ledger;
///
/// impl Front for Ledger {
///     const BYTES: usize = 12;
///
///     fn value_bytes(front: &[u8]) -> Result<Option<u64>, String> {
///         let length = front.strip_prefix(b"LEDGER01").and_then(|rest| rest.first_chunk());
///         let length = length.ok_or("no LEDGER01")?;
///         Ok(Some(u32::from_be_bytes(*length).into()))
///     }
/// }
///
/// // A plan with this codec starts from such a memory: `Plan<Vec<String>, Framed<Ledger, Cbor>>`.
/// let memory = b"LEDGER01\0\0\0\x04\x81\x62hi";
/// let value: Vec<String> = Framed::<Ledger, Cbor>::decode(&memory[..])?;
/// assert_eq!(value, ["hi"]);
/// # Ok::<(), String>(())
/// ```
pub trait Front {
    /// How many bytes it has.
    const BYTES: usize;

    /// Where it is one of this library's, which.
    const FRAME: Option<Frame> = None;

    /// The length of the value in bytes, where `front`, its [`Front::BYTES`] bytes, says it. The value then takes exactly
    /// that many.
    ///
    /// # Errors
    /// A sentence, if these bytes are no such front.
    fn value_bytes(front: &[u8]) -> Result<Option<u64>, String>;
}

/// A value of codec `C` behind a [`Front`].
pub struct Framed<F, C>(PhantomData<(F, C)>);

/// A little-endian u32 length in bytes, then a value of `C` that takes exactly that many.
pub type LengthU32<C> = Framed<U32Le, C>;

/// A little-endian u64 length in bytes, then a value of `C` that takes exactly that many.
pub type LengthU64<C> = Framed<U64Le, C>;

macro_rules! lengths {
    ($($name:ident: $integer:ty, $read:ident, $frame:expr, $what:literal;)+) => {$(
        #[doc = concat!("The length of the value in bytes, ", $what, ".")]
        pub struct $name;

        impl Front for $name {
            const BYTES: usize = size_of::<$integer>();
            const FRAME: Option<Frame> = $frame;

            fn value_bytes(front: &[u8]) -> Result<Option<u64>, String> {
                let length = front.first_chunk().ok_or("it has no length in front")?;
                Ok(Some(<$integer>::$read(*length).into()))
            }
        }
    )+};
}

lengths! {
    U32Le: u32, from_le_bytes, Some(Frame::LengthU32), "u32, little-endian";
    U64Le: u64, from_le_bytes, Some(Frame::LengthU64), "u64, little-endian";
    U32Be: u32, from_be_bytes, None, "u32, big-endian";
    U64Be: u64, from_be_bytes, None, "u64, big-endian";
}

/// `N` bytes that are passed over, whatever they are. Adopting overwrites them: what the canister needs of them has to be in
/// its state by then.
pub struct Skip<const N: usize>;

impl<const N: usize> Front for Skip<N> {
    const BYTES: usize = N;

    fn value_bytes(_front: &[u8]) -> Result<Option<u64>, String> {
        Ok(None)
    }
}

impl<T, F: Front, C: Codec<T>> Codec<T> for Framed<F, C> {
    const FORMAT: Format = C::FORMAT;
    const FORM: Option<Form> = match F::FRAME {
        Some(frame) => Form::framed(C::FORM, frame),
        None => None,
    };
    const PROBE_BYTES: usize = F::BYTES + C::PROBE_BYTES;

    fn can_start(first: &[u8], memory_bytes: u64) -> bool {
        let behind = memory_bytes.saturating_sub(F::BYTES as u64);
        let Some((front, rest)) = first.split_at_checked(F::BYTES) else {
            return false;
        };
        match F::value_bytes(front) {
            Ok(Some(length)) => {
                length <= behind && length >= C::PROBE_BYTES as u64 && C::can_start(rest, length)
            }
            Ok(None) => C::can_start(rest, behind),
            Err(_) => false,
        }
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        Self::decode_counted(reader).map(|(value, _)| value)
    }

    fn decode_counted<R: Read>(mut reader: R) -> Result<(T, Option<Census>), String> {
        let (value, census) = match front::<F>(&mut reader)? {
            None => C::decode_counted(reader)?,
            Some(length) => {
                let mut reader = reader.take(length);
                let counted = C::decode_counted(&mut reader)?;
                ended(length, &reader)?;
                counted
            }
        };
        Ok((value, census.map(|census| census.behind(F::BYTES as u64))))
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        let census = match front::<F>(&mut reader)? {
            None => C::census(reader)?,
            Some(length) => {
                let mut reader = reader.take(length);
                let census = C::census(&mut reader)?;
                // Where there is none, nothing was read.
                if census.is_some() {
                    ended(length, &reader)?;
                }
                census
            }
        };
        Ok(census.map(|census| census.behind(F::BYTES as u64)))
    }
}

/// Reads the front; the length that it announces.
fn front<F: Front>(reader: &mut impl Read) -> Result<Option<u64>, String> {
    let mut front = vec![0; F::BYTES];
    reader.read_exact(&mut front).map_err(super::io_reason)?;
    F::value_bytes(&front)
}

/// Refuses a value that does not take all of the length in front.
fn ended<R>(length: u64, value: &Take<R>) -> Result<(), String> {
    match value.limit() {
        0 => Ok(()),
        left => Err(format!(
            "the length in front says {length} bytes, and the value ends {left} bytes before that"
        )),
    }
}

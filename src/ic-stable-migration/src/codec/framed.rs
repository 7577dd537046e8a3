//! A little-endian length in front of a value, as hand-written hooks put it there.

use std::io::{Read, Take};
use std::marker::PhantomData;

use super::{Census, Codec, Format};
use crate::form::{Form, Frame};

/// A u32 length in bytes, then a value of `C` that takes exactly that many.
pub struct LengthU32<C>(PhantomData<C>);

/// A u64 length in bytes, then a value of `C` that takes exactly that many.
pub struct LengthU64<C>(PhantomData<C>);

impl<T, C: Codec<T>> Codec<T> for LengthU32<C> {
    const FORMAT: Format = C::FORMAT;
    const FORM: Option<Form> = Form::framed(C::FORM, Frame::LengthU32);
    const PROBE_BYTES: usize = 4 + C::PROBE_BYTES;

    fn can_start(first: &[u8], memory_bytes: u64) -> bool {
        first.split_first_chunk().is_some_and(|(length, rest)| {
            fits::<T, C>(4, u32::from_le_bytes(*length).into(), rest, memory_bytes)
        })
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        let length = length::<4>(&mut reader)?;
        exactly(reader.take(u32::from_le_bytes(length).into()), |framed| {
            C::decode(framed)
        })
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        let length = length::<4>(&mut reader)?;
        let census = exactly(reader.take(u32::from_le_bytes(length).into()), |framed| {
            C::census(framed)
        })?;
        Ok(census.map(|census| census.behind(4)))
    }
}

impl<T, C: Codec<T>> Codec<T> for LengthU64<C> {
    const FORMAT: Format = C::FORMAT;
    const FORM: Option<Form> = Form::framed(C::FORM, Frame::LengthU64);
    const PROBE_BYTES: usize = 8 + C::PROBE_BYTES;

    fn can_start(first: &[u8], memory_bytes: u64) -> bool {
        first.split_first_chunk().is_some_and(|(length, rest)| {
            fits::<T, C>(8, u64::from_le_bytes(*length), rest, memory_bytes)
        })
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        let length = length::<8>(&mut reader)?;
        exactly(reader.take(u64::from_le_bytes(length)), |framed| {
            C::decode(framed)
        })
    }

    fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
        let length = length::<8>(&mut reader)?;
        let census = exactly(reader.take(u64::from_le_bytes(length)), |framed| {
            C::census(framed)
        })?;
        Ok(census.map(|census| census.behind(8)))
    }
}

fn fits<T, C: Codec<T>>(prefix: u64, length: u64, rest: &[u8], memory_bytes: u64) -> bool {
    length <= memory_bytes.saturating_sub(prefix)
        && length >= C::PROBE_BYTES as u64
        && C::can_start(rest, length)
}

fn length<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], String> {
    let mut length = [0; N];
    reader.read_exact(&mut length).map_err(super::io_reason)?;
    Ok(length)
}

/// What `read` makes of the value, if it takes all that the length in front announces.
fn exactly<R: Read, V>(
    mut framed: Take<R>,
    read: impl FnOnce(&mut Take<R>) -> Result<V, String>,
) -> Result<V, String> {
    let length = framed.limit();
    let value = read(&mut framed)?;
    match framed.limit() {
        0 => Ok(value),
        left => Err(format!(
            "the length in front says {length} bytes, and the value ends {left} bytes before that"
        )),
    }
}

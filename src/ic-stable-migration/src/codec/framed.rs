//! A little-endian length in front of a value, as hand-written hooks put it there.

use std::io::{Read, Take};
use std::marker::PhantomData;

use super::{Codec, Format};

/// A u32 length in bytes, then a value of `C` that takes exactly that many.
pub struct LengthU32<C>(PhantomData<C>);

/// A u64 length in bytes, then a value of `C` that takes exactly that many.
pub struct LengthU64<C>(PhantomData<C>);

impl<T, C: Codec<T>> Codec<T> for LengthU32<C> {
    const FORMAT: Format = C::FORMAT;
    const PROBE_BYTES: usize = 4 + C::PROBE_BYTES;

    fn can_start(first: &[u8], memory_bytes: u64) -> bool {
        first.split_first_chunk().is_some_and(|(length, rest)| {
            fits::<T, C>(4, u32::from_le_bytes(*length).into(), rest, memory_bytes)
        })
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        let mut length = [0; 4];
        reader.read_exact(&mut length).map_err(super::io_reason)?;
        exactly::<T, C, R>(reader.take(u32::from_le_bytes(length).into()))
    }
}

impl<T, C: Codec<T>> Codec<T> for LengthU64<C> {
    const FORMAT: Format = C::FORMAT;
    const PROBE_BYTES: usize = 8 + C::PROBE_BYTES;

    fn can_start(first: &[u8], memory_bytes: u64) -> bool {
        first.split_first_chunk().is_some_and(|(length, rest)| {
            fits::<T, C>(8, u64::from_le_bytes(*length), rest, memory_bytes)
        })
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        let mut length = [0; 8];
        reader.read_exact(&mut length).map_err(super::io_reason)?;
        exactly::<T, C, R>(reader.take(u64::from_le_bytes(length)))
    }
}

fn fits<T, C: Codec<T>>(prefix: u64, length: u64, rest: &[u8], memory_bytes: u64) -> bool {
    length <= memory_bytes.saturating_sub(prefix)
        && length >= C::PROBE_BYTES as u64
        && C::can_start(rest, length)
}

fn exactly<T, C: Codec<T>, R: Read>(mut framed: Take<R>) -> Result<T, String> {
    let length = framed.limit();
    let value = C::decode(&mut framed)?;
    match framed.limit() {
        0 => Ok(value),
        left => Err(format!(
            "the length in front says {length} bytes, and the value ends {left} bytes before that"
        )),
    }
}

//! Heads and bytes, gathered for the writer.

use super::{Encoder, Failure, tags};
use crate::codec::short;

/// Bytes gathered before the writer is called, and what a head takes at most beyond them.
const BUFFER_BYTES: usize = 1_024;
const HEAD_BYTES: usize = 9;

/// Major types of RFC 8949.
pub const UNSIGNED: u8 = 0;
pub const NEGATIVE: u8 = 1;
pub const BYTES: u8 = 2;
pub const TEXT: u8 = 3;
pub const ARRAY: u8 = 4;
pub const MAP: u8 = 5;
pub const TAG: u8 = 6;

pub const FALSE: u8 = 0xf4;
pub const NULL: u8 = 0xf6;
pub const HALF: u8 = 0xf9;
pub const SINGLE: u8 = 0xfa;
pub const DOUBLE: u8 = 0xfb;
pub const BREAK: u8 = 0xff;
/// In place of a length: a [`BREAK`] will come.
pub const NO_LENGTH: u8 = 31;

/// Room for what is gathered.
pub fn buffer() -> Box<[u8]> {
    vec![0; BUFFER_BYTES + HEAD_BYTES].into()
}

impl Encoder<'_> {
    /// Writes the head of an item that is not null.
    pub(super) fn head(&mut self, major: u8, number: u64) -> Result<(), Failure> {
        self.somes = 0;
        self.put_head(major, number)
    }

    pub(super) fn put_head(&mut self, major: u8, number: u64) -> Result<(), Failure> {
        let major = major << 5;
        match number {
            0..24 => self.put([major | number as u8]),
            24..=0xff => self.put([major | 24, number as u8]),
            0x100..=0xffff => {
                self.put([major | 25]);
                self.put((number as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.put([major | 26]);
                self.put((number as u32).to_be_bytes());
            }
            _ => {
                self.put([major | 27]);
                self.put(number.to_be_bytes());
            }
        }
        if self.filled > BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds bytes of a head. There is room for one whenever one begins.
    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        let end = self.filled + N;
        self.buffer[self.filled..end].copy_from_slice(&bytes);
        self.filled = end;
    }

    /// Writes a byte that is an item, or the start or end of one.
    pub(super) fn simple(&mut self, byte: u8) -> Result<(), Failure> {
        self.somes = 0;
        self.put([byte]);
        if self.filled > BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn null(&mut self) -> Result<(), Failure> {
        if self.somes > 0 && !self.tags {
            return Err(Failure::new(
                "the value has a Some(None) or Some(()), which would be read as None",
            ));
        }
        for _ in 0..std::mem::take(&mut self.somes) {
            self.put_head(TAG, tags::SOME)?;
        }
        self.simple(NULL)
    }

    /// Writes bytes behind a head.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.filled + bytes.len() > BUFFER_BYTES {
            self.flush()?;
            if bytes.len() > BUFFER_BYTES {
                self.writer.write_all(bytes)?;
                return Ok(());
            }
        }
        let end = self.filled + bytes.len();
        short::copy(bytes, &mut self.buffer[self.filled..end]);
        self.filled = end;
        Ok(())
    }

    pub(super) fn string(&mut self, major: u8, bytes: &[u8]) -> Result<(), Failure> {
        self.head(major, bytes.len() as u64)?;
        self.bytes(bytes)
    }

    /// Opens an array or a map, of `length` items or pairs if that is known.
    pub(super) fn open(&mut self, major: u8, length: Option<u64>) -> Result<(), Failure> {
        match length {
            Some(length) => self.head(major, length),
            None => self.simple(major << 5 | NO_LENGTH),
        }
    }

    pub(super) fn wide(&mut self, tag: u64, number: u128) -> Result<(), Failure> {
        let bytes = number.to_be_bytes();
        self.head(TAG, tag)?;
        self.string(BYTES, &bytes[number.leading_zeros() as usize / 8..])
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.writer.write_all(&self.buffer[..self.filled])?;
        self.filled = 0;
        Ok(())
    }
}

/// The number in half precision, if that holds it with an exponent of its own.
pub fn half(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = bits >> 23 & 0xff;
    match (exponent, bits & 0x7f_ffff) {
        (0, 0) => Some(sign),
        (0xff, 0) => Some(sign | 0x7c00),
        (113..=142, fraction) if fraction & 0x1fff == 0 => {
            Some(sign | ((exponent - 112) << 10) as u16 | (fraction >> 13) as u16)
        }
        _ => None,
    }
}

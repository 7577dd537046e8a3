//! The first bytes of an item.

use super::{Failure, Head, Input, Length};

impl Input<'_> {
    /// RFC 8949.
    #[inline]
    pub(super) fn cbor(&mut self, first: u8) -> Result<Head, Failure> {
        let low = first & 0x1f;
        let number = match low {
            0..=23 => u64::from(low),
            24 => self.big_endian::<1>()?,
            25 => self.big_endian::<2>()?,
            26 => self.big_endian::<4>()?,
            27 => self.big_endian::<8>()?,
            31 if matches!(first >> 5, 2..=5 | 7) => u64::MAX,
            _ => return Err(unknown(first)),
        };
        let length = Length::of(number);
        Ok(match first >> 5 {
            0 => Head::Unsigned(number),
            1 => Head::Negative(number),
            2 => Head::Bytes(length),
            3 => Head::Text(length),
            4 => Head::Array(length),
            5 => Head::Map(length),
            6 => Head::Tag(number),
            _ => match low {
                20 | 21 => Head::Bool(low == 21),
                22 | 23 => Head::Null,
                25 => Head::Single(half(number as u16)),
                26 => Head::Single(f32::from_bits(number as u32)),
                27 => Head::Double(f64::from_bits(number)),
                31 => Head::Break,
                _ => return Err(unknown(first)),
            },
        })
    }

    /// The specification of 2013, with `bin` and `ext`.
    #[inline]
    pub(super) fn messagepack(&mut self, first: u8) -> Result<Head, Failure> {
        Ok(match first {
            0x00..=0x7f => Head::Unsigned(first.into()),
            0x80..=0x8f => Head::Map(Length::of(u64::from(first & 0x0f))),
            0x90..=0x9f => Head::Array(Length::of(u64::from(first & 0x0f))),
            0xa0..=0xbf => Head::Text(Length::of(u64::from(first & 0x1f))),
            0xc0 => Head::Null,
            0xc1 => return Err(unknown(first)),
            0xc2 | 0xc3 => Head::Bool(first == 0xc3),
            0xc4 => Head::Bytes(Length::of(self.big_endian::<1>()?)),
            0xc5 => Head::Bytes(Length::of(self.big_endian::<2>()?)),
            0xc6 => Head::Bytes(Length::of(self.big_endian::<4>()?)),
            0xc7 => {
                let length = self.big_endian::<1>()?;
                self.extension(length)?
            }
            0xc8 => {
                let length = self.big_endian::<2>()?;
                self.extension(length)?
            }
            0xc9 => {
                let length = self.big_endian::<4>()?;
                self.extension(length)?
            }
            0xca => Head::Single(f32::from_bits(self.big_endian::<4>()? as u32)),
            0xcb => Head::Double(f64::from_bits(self.big_endian::<8>()?)),
            0xcc => Head::Unsigned(self.big_endian::<1>()?),
            0xcd => Head::Unsigned(self.big_endian::<2>()?),
            0xce => Head::Unsigned(self.big_endian::<4>()?),
            0xcf => Head::Unsigned(self.big_endian::<8>()?),
            0xd0 => signed(self.big_endian::<1>()? as i8),
            0xd1 => signed(self.big_endian::<2>()? as i16),
            0xd2 => signed(self.big_endian::<4>()? as i32),
            0xd3 => signed(self.big_endian::<8>()? as i64),
            0xd4..=0xd8 => self.extension(1 << (first - 0xd4))?,
            0xd9 => Head::Text(Length::of(self.big_endian::<1>()?)),
            0xda => Head::Text(Length::of(self.big_endian::<2>()?)),
            0xdb => Head::Text(Length::of(self.big_endian::<4>()?)),
            0xdc => Head::Array(Length::of(self.big_endian::<2>()?)),
            0xdd => Head::Array(Length::of(self.big_endian::<4>()?)),
            0xde => Head::Map(Length::of(self.big_endian::<2>()?)),
            0xdf => Head::Map(Length::of(self.big_endian::<4>()?)),
            0xe0..=0xff => signed(first as i8),
        })
    }

    fn extension(&mut self, length: u64) -> Result<Head, Failure> {
        self.big_endian::<1>()?;
        Ok(Head::Extension(length))
    }
}

fn signed(number: impl Into<i64>) -> Head {
    match number.into() {
        number @ 0.. => Head::Unsigned(number as u64),
        number => Head::Negative(!number as u64),
    }
}

/// A number of half precision, every bit of which single precision can hold.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x3ff);
    match exponent {
        // 2^-24 times an integer, exactly.
        0 => f32::from_bits(sign | (fraction as f32 * 2.0f32.powi(-24)).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cold]
fn unknown(first: u8) -> Failure {
    Failure::new(format!("no item starts with the byte {first:02x}"))
}

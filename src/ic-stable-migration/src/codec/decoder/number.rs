//! Numbers: of 64 bits in heads, wider ones in byte strings.

use serde::de::Expected;

use super::{Decoder, Failure, Head, Length, mismatch, tags};

/// A number in the narrowest of these that holds it.
pub enum Number {
    Unsigned(u64),
    Signed(i64),
    Wide(u128),
    WideSigned(i128),
    Single(f32),
    Double(f64),
}

impl Decoder<'_> {
    pub fn number(&mut self, mut head: Head, expected: &dyn Expected) -> Result<Number, Failure> {
        let mut tag = None;
        loop {
            return Ok(match head {
                Head::Unsigned(number) => Number::Unsigned(number),
                Head::Negative(number) => negative(number.into())?,
                Head::Single(number) => Number::Single(number),
                Head::Double(number) => Number::Double(number),
                Head::Tag(found) => {
                    tag = Some(found);
                    head = self.head()?;
                    continue;
                }
                head @ Head::Bytes(_) => {
                    let bytes = self.owned_bytes(head, expected)?;
                    match tag {
                        Some(tags::NATURAL) => unsigned(magnitude(&bytes)?),
                        Some(tags::NEGATIVE) => negative(magnitude(&bytes)?)?,
                        _ => return Err(mismatch(head, expected)),
                    }
                }
                head => return Err(mismatch(head, expected)),
            });
        }
    }

    /// The 16 bytes that rmp-serde makes of an integer of 128 bits.
    pub fn sixteen_bytes(&mut self) -> Result<Option<[u8; 16]>, Failure> {
        let head = self.head()?;
        if head != Head::Bytes(Length::of(16)) {
            self.ahead = Some(head);
            return Ok(None);
        }
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            *byte = self.input.byte()?;
        }
        Ok(Some(bytes))
    }

    /// The bytes that `candid::Int` takes from its own decoder: 1 and the number if it is natural, 0 and its two's
    /// complement if not, the lowest byte first.
    pub fn candid_int(&mut self) -> Result<Vec<u8>, Failure> {
        const PAIR: Length = Length::of(2);
        let expected = &"the sign and the digits of an integer";
        let negative = match (self.head()?, self.head()?) {
            (Head::Array(PAIR), Head::Unsigned(_)) => false,
            (Head::Array(PAIR), Head::Negative(_)) => true,
            (head, _) => return Err(mismatch(head, expected)),
        };
        let head = self.head()?;
        let digits = match head {
            Head::Array(digits) => digits.known(),
            _ => None,
        };
        let digits = digits.ok_or_else(|| mismatch(head, expected))?;
        let mut bytes = vec![u8::from(!negative)];
        let mut carry = true;
        for _ in 0..digits {
            let digit = match self.head()? {
                Head::Unsigned(digit) => {
                    u32::try_from(digit).map_err(|_| mismatch(Head::Unsigned(digit), expected))?
                }
                head => return Err(mismatch(head, expected)),
            };
            let digit = if negative {
                let (digit, overflow) = (!digit).overflowing_add(carry.into());
                carry = overflow;
                digit
            } else {
                digit
            };
            bytes.extend_from_slice(&digit.to_le_bytes());
        }
        if negative {
            bytes.push(0xff);
        }
        Ok(bytes)
    }
}

fn unsigned(number: u128) -> Number {
    match u64::try_from(number) {
        Ok(number) => Number::Unsigned(number),
        Err(_) => Number::Wide(number),
    }
}

/// -1 - `number`.
fn negative(number: u128) -> Result<Number, Failure> {
    match (i64::try_from(number), i128::try_from(number)) {
        (Ok(number), _) => Ok(Number::Signed(!number)),
        (_, Ok(number)) => Ok(Number::WideSigned(!number)),
        _ => Err(Failure::new("a negative integer of more than 128 bits")),
    }
}

fn magnitude(bytes: &[u8]) -> Result<u128, Failure> {
    let start = bytes.iter().take_while(|&&byte| byte == 0).count();
    match &bytes[start..] {
        digits if digits.len() <= 16 => Ok(digits
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u128::from(byte))),
        digits => Err(Failure::new(format!(
            "an integer of {} bytes, where 16 are the most",
            digits.len()
        ))),
    }
}

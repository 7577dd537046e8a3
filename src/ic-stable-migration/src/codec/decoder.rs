//! Reads a value of any type from CBOR or MessagePack.
//!
//! It follows the conventions of `ciborium` and `rmp-serde`, and is wider where they are narrow: texts and byte
//! strings of any length for whoever asks, byte strings where a sequence is asked for and the other way round,
//! structs as maps or arrays. It is one type for both notations and every reader, so that a module holds the
//! decoder of a Rust type once.

use std::io::Read;

use serde::Deserializer;
use serde::de::{DeserializeOwned, Error as _, Expected, Unexpected, Visitor};

use super::census::{self, Keys};
use super::failure::Failure;
use super::item::{Head, Input, Length, Notation};
use super::stack::Stack;
use super::tags;

mod access;
mod number;
mod strings;

use access::{Case, Entries, Items};
use number::Number;

/// Reads one value, and no byte past its end.
pub fn read<T: DeserializeOwned>(notation: Notation, reader: &mut dyn Read) -> Result<T, String> {
    let mut decoder = Decoder {
        input: Input::new(notation, reader),
        ahead: None,
        stack: Stack::left(),
        text: Vec::new(),
    };
    Ok(T::deserialize(&mut decoder)?)
}

const EMPTY: Length = Length::of(0);
const ONE: Length = Length::of(1);

/// The decoder.
pub struct Decoder<'r> {
    input: Input<'r>,
    /// A head that was looked at and is still to be taken.
    ahead: Option<Head>,
    stack: Stack,
    /// Where texts lie while a visitor looks at them.
    text: Vec<u8>,
}

impl<'r> Decoder<'r> {
    /// The next head.
    #[inline]
    fn head(&mut self) -> Result<Head, Failure> {
        match self.ahead.take() {
            Some(head) => Ok(head),
            None => self.read_head(),
        }
    }

    #[inline(never)]
    fn read_head(&mut self) -> Result<Head, Failure> {
        self.input.head()
    }

    /// The next head behind the tags in front of it, which say nothing to one who knows what to expect.
    fn item(&mut self) -> Result<Head, Failure> {
        loop {
            match self.head()? {
                Head::Tag(_) => {}
                head => return Ok(head),
            }
        }
    }

    /// Whether what has no length ends here; takes the end if so.
    fn at_break(&mut self) -> Result<bool, Failure> {
        match self.head()? {
            Head::Break => Ok(true),
            head => {
                // The end is still to come.
                self.input.owe(1);
                self.ahead = Some(head);
                Ok(false)
            }
        }
    }

    fn items<'de, V: Visitor<'de>>(
        &mut self,
        length: Length,
        bytes: bool,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.stack.enter()?;
        let mut items = match bytes {
            false => Items::of_array(self, length),
            true => Items::of_bytes(self, length),
        };
        let value = visitor.visit_seq(&mut items)?;
        items.finish()?;
        self.stack.leave();
        Ok(value)
    }

    fn map<'de, V: Visitor<'de>>(
        &mut self,
        length: Length,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.stack.enter()?;
        let mut entries = Entries::new(self, length);
        let value = visitor.visit_map(&mut entries)?;
        entries.finish()?;
        self.stack.leave();
        Ok(value)
    }

    fn some<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Failure> {
        self.stack.enter()?;
        let value = visitor.visit_some(&mut *self)?;
        self.stack.leave();
        Ok(value)
    }

    fn numeric<'de, V: Visitor<'de>>(
        &mut self,
        visitor: V,
        signed: bool,
    ) -> Result<V::Value, Failure> {
        let number = match self.head()? {
            // Most by far.
            Head::Unsigned(number) => Number::Unsigned(number),
            head => self.number(head, &visitor)?,
        };
        match number {
            Number::Unsigned(number) if signed && number <= i64::MAX as u64 => {
                visitor.visit_i64(number as i64)
            }
            Number::Unsigned(number) => visitor.visit_u64(number),
            Number::Signed(number) => visitor.visit_i64(number),
            Number::Wide(number) => visitor.visit_u128(number),
            Number::WideSigned(number) => visitor.visit_i128(number),
            Number::Single(number) => visitor.visit_f32(number),
            Number::Double(number) => visitor.visit_f64(number),
        }
    }
}

#[cold]
fn mismatch(found: Head, expected: &dyn Expected) -> Failure {
    Failure::invalid_type(Unexpected::Other(found.name()), expected)
}

macro_rules! numbers {
    ($($method:ident $signed:literal)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.numeric(visitor, $signed)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Decoder<'_> {
    type Error = Failure;

    numbers! {
        deserialize_i8 true deserialize_i16 true deserialize_i32 true deserialize_i64 true
        deserialize_u8 false deserialize_u16 false deserialize_u32 false deserialize_u64 false
        deserialize_f32 false deserialize_f64 false
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.sixteen_bytes()? {
            Some(bytes) => visitor.visit_i128(i128::from_be_bytes(bytes)),
            None => self.numeric(visitor, true),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.sixteen_bytes()? {
            Some(bytes) => visitor.visit_u128(u128::from_be_bytes(bytes)),
            None => self.numeric(visitor, false),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.head()? {
            Head::Bool(value) => visitor.visit_bool(value),
            // Not as none: what was read without knowing the type is a unit to some and none to others, and serde's
            // buffer gives a unit to both.
            Head::Null => visitor.visit_unit(),
            Head::Bytes(length) => {
                let bytes = self.owned_bytes(Head::Bytes(length), &visitor)?;
                visitor.visit_byte_buf(bytes)
            }
            Head::Text(length) => visitor.visit_string(self.owned_text(length)?),
            Head::Array(length) => self.items(length, false, visitor),
            Head::Map(length) => self.map(length, visitor),
            Head::Tag(tags::SOME) => self.some(visitor),
            Head::Tag(tags::INT) => visitor.visit_byte_buf(self.candid_int()?),
            Head::Tag(tags::BYTES_OF_SEQUENCE) => match self.head()? {
                Head::Bytes(length) => self.items(length, true, visitor),
                head => Err(mismatch(head, &"the bytes of a sequence")),
            },
            Head::Tag(tag) if tag != tags::NATURAL && tag != tags::NEGATIVE => Err(Failure::new(
                format!("the CBOR tag {tag} where no type says what to make of it"),
            )),
            head => {
                self.ahead = Some(head);
                self.numeric(visitor, false)
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let head = self.head()?;
        census::walk(&mut self.input, head, &mut Keys::uncounted())?;
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Bool(value) => visitor.visit_bool(value),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Text(length) => {
                let text = self.passing_text(length)?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(only), None) => visitor.visit_char(only),
                    _ => visitor.visit_str(text),
                }
            }
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Text(length) => visitor.visit_str(self.passing_text(length)?),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Text(length) => visitor.visit_string(self.owned_text(length)?),
            head => Err(mismatch(head, &visitor)),
        }
    }

    // Lent, as was asked: a `Principal` takes bytes that it is given for keeps for those of Candid's own decoder.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let head = self.item()?;
        if let Head::Bytes(length) = head
            && let Some(length) = length.known()
            && self.input.has(length)
        {
            return visitor.visit_bytes(self.input.lying(length));
        }
        let bytes = self.owned_bytes(head, &visitor)?;
        visitor.visit_bytes(&bytes)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let head = self.item()?;
        let bytes = self.owned_bytes(head, &visitor)?;
        visitor.visit_byte_buf(bytes)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Text(length) => visitor.visit_str(self.passing_text(length)?),
            head @ Head::Bytes(_) => {
                let bytes = self.owned_bytes(head, &visitor)?;
                visitor.visit_byte_buf(bytes)
            }
            head => {
                self.ahead = Some(head);
                self.numeric(visitor, false)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.head()? {
            Head::Null => visitor.visit_none(),
            Head::Tag(tags::SOME) => self.some(visitor),
            head => {
                self.ahead = Some(head);
                self.some(visitor)
            }
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Null => visitor.visit_unit(),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.item()? {
            // rmp-serde writes an empty array.
            Head::Null | Head::Array(EMPTY) => visitor.visit_unit(),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Array(length) => self.items(length, false, visitor),
            Head::Bytes(length) => self.items(length, true, visitor),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Map(length) => self.map(length, visitor),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.item()? {
            Head::Map(length) => self.map(length, visitor),
            Head::Array(length) => self.items(length, false, visitor),
            head => Err(mismatch(head, &visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.item()? {
            head @ (Head::Text(_) | Head::Unsigned(_)) => {
                self.ahead = Some(head);
                visitor.visit_enum(Case::bare(self))
            }
            Head::Map(ONE) => {
                self.stack.enter()?;
                let value = visitor.visit_enum(Case::with_content(self))?;
                self.stack.leave();
                Ok(value)
            }
            head => Err(mismatch(head, &visitor)),
        }
    }
}

#[cfg(test)]
mod tests;

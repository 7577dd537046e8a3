//! What a visitor sees of arrays, maps and enums.

use serde::Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Decoder, Failure, Head, Length, mismatch};

/// Elements that a container may announce to a visitor, which may make room for them before they have come.
const MAX_HINT: u64 = 64 << 10;

/// The elements of an array, or the bytes of a byte string as if they were.
pub struct Items<'a, 'r> {
    decoder: &'a mut Decoder<'r>,
    /// Elements to come, or bytes of this piece.
    left: Length,
    bytes: bool,
    /// Whether further pieces of the byte string follow.
    pieces: bool,
}

impl<'a, 'r> Items<'a, 'r> {
    pub fn of_array(decoder: &'a mut Decoder<'r>, length: Length) -> Self {
        Self {
            decoder,
            left: length,
            bytes: false,
            pieces: false,
        }
    }

    pub fn of_bytes(decoder: &'a mut Decoder<'r>, length: Length) -> Self {
        Self {
            decoder,
            left: Length::of(length.known().unwrap_or(0)),
            bytes: true,
            pieces: length == Length::NONE,
        }
    }

    /// Whether there is another element; it is the decoder's next item then.
    #[inline]
    fn advance(&mut self) -> Result<bool, Failure> {
        if self.bytes {
            let byte = self.byte()?;
            self.decoder.ahead = byte.map(|byte| Head::Unsigned(byte.into()));
            return Ok(byte.is_some());
        }
        match self.left.known() {
            Some(0) => Ok(false),
            Some(_) => {
                self.left = self.left.less_one();
                Ok(true)
            }
            None => {
                let ends = self.decoder.at_break()?;
                if ends {
                    self.left = Length::of(0);
                }
                Ok(!ends)
            }
        }
    }

    /// The next byte of a byte string.
    #[inline]
    fn byte(&mut self) -> Result<Option<u8>, Failure> {
        if self.left == Length::of(0) && !self.next_piece()? {
            return Ok(None);
        }
        self.left = self.left.less_one();
        self.decoder.input.byte().map(Some)
    }

    /// Goes to the next piece that is not empty; false at the end of the string.
    #[cold]
    fn next_piece(&mut self) -> Result<bool, Failure> {
        while self.pieces && self.left == Length::of(0) {
            if self.decoder.at_break()? {
                self.pieces = false;
                break;
            }
            match self.decoder.head()? {
                Head::Bytes(length) if length != Length::NONE => self.left = length,
                head => return Err(mismatch(head, &"a piece of a byte string")),
            }
        }
        Ok(self.left != Length::of(0))
    }

    /// Nothing may be left when the visitor has what it wants.
    pub fn finish(mut self) -> Result<(), Failure> {
        if self.advance()? {
            return Err(surplus("array", self.left));
        }
        Ok(())
    }
}

/// How many elements are still to come after one that was not wanted.
#[cold]
fn surplus(what: &str, left: Length) -> Failure {
    Failure::new(match left.known() {
        Some(left) => format!(
            "the {what} has {} elements more than its type",
            left.saturating_add(1)
        ),
        None => format!("the {what} has more elements than its type"),
    })
}

fn hint(left: Length) -> Option<usize> {
    left.known().map(|left| left.min(MAX_HINT) as usize)
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Failure;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure> {
        // A byte of a byte string needs no decoder. Types of another size are not bytes, and have no code for it.
        if size_of::<S::Value>() == 1 && self.bytes {
            return match self.byte()? {
                Some(byte) => seed.deserialize(byte.into_deserializer()).map(Some),
                None => Ok(None),
            };
        }
        if self.advance()? {
            seed.deserialize(&mut *self.decoder).map(Some)
        } else {
            Ok(None)
        }
    }

    fn size_hint(&self) -> Option<usize> {
        hint(self.left)
    }
}

/// The entries of a map.
pub struct Entries<'a, 'r> {
    decoder: &'a mut Decoder<'r>,
    left: Length,
}

impl<'a, 'r> Entries<'a, 'r> {
    pub fn new(decoder: &'a mut Decoder<'r>, left: Length) -> Self {
        Self { decoder, left }
    }

    fn advance(&mut self) -> Result<bool, Failure> {
        match self.left.known() {
            Some(0) => return Ok(false),
            Some(_) => self.left = self.left.less_one(),
            None if self.decoder.at_break()? => {
                self.left = Length::of(0);
                return Ok(false);
            }
            None => {}
        }
        Ok(true)
    }

    /// Nothing may be left when the visitor has what it wants.
    pub fn finish(mut self) -> Result<(), Failure> {
        if self.advance()? {
            return Err(surplus("map", self.left));
        }
        Ok(())
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure> {
        if self.advance()? {
            seed.deserialize(&mut *self.decoder).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        seed.deserialize(&mut *self.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        hint(self.left)
    }
}

/// A case of an enum: its name alone, or a map from its name to its content.
pub struct Case<'a, 'r> {
    decoder: &'a mut Decoder<'r>,
    bare: bool,
}

impl<'a, 'r> Case<'a, 'r> {
    pub fn bare(decoder: &'a mut Decoder<'r>) -> Self {
        Self {
            decoder,
            bare: true,
        }
    }

    pub fn with_content(decoder: &'a mut Decoder<'r>) -> Self {
        Self {
            decoder,
            bare: false,
        }
    }

    fn content(self) -> Result<&'a mut Decoder<'r>, Failure> {
        if self.bare {
            return Err(Failure::new(
                "a case of an enum has no content where its type has some",
            ));
        }
        Ok(self.decoder)
    }
}

impl<'de> EnumAccess<'de> for Case<'_, '_> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Failure> {
        let case = seed.deserialize(&mut *self.decoder)?;
        Ok((case, self))
    }
}

impl<'de> VariantAccess<'de> for Case<'_, '_> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        if !self.bare {
            match self.decoder.item()? {
                Head::Null => {}
                head => return Err(mismatch(head, &"a case without content")),
            }
        }
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.content()?.deserialize_struct("", fields, visitor)
    }
}

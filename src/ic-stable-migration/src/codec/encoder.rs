//! Writes a value of any type as CBOR that the [decoder](super::decoder) reads back as the same value.

use std::any::type_name;
use std::io::Write;

use serde::ser::{Serialize, Serializer};

use super::failure::Failure;
use super::stack::Stack;
use super::tags;

mod byte;
mod compound;
mod output;
mod run;

pub use byte::Byte;
use compound::{Entries, Sequence};
use output::{
    ARRAY, BREAK, BYTES, DOUBLE, FALSE, HALF, MAP, NEGATIVE, SINGLE, TAG, TEXT, UNSIGNED, half,
};

pub use run::is_byte;

/// Stack that reading takes, in bytes: for a `Some`, a sequence, a map or struct, and a case of an enum, and for each byte of the
/// values in it: a decoder holds the fields of a struct, then the struct, and hands it up. Measured on WebAssembly,
/// rounded up for the types that were tried; what is too optimistic here is a sentence when it is read.
const READING_SOME: usize = 60;
const READING_SEQUENCE: usize = 100;
const READING_MAP: usize = 200;
const READING_CASE: usize = 330;
const READING_TIMES_SIZE: usize = 5;

/// Writes one value.
pub fn write<T: Serialize>(value: &T, writer: &mut dyn Write) -> Result<(), String> {
    encode(value, writer, true)
}

/// Writes one value as `ciborium` and other programs do, without a tag that only this library reads. What would be lost
/// without one is refused.
pub fn write_plain<T: Serialize>(value: &T, writer: &mut dyn Write) -> Result<(), String> {
    encode(value, writer, false)
}

/// Whether a value can be written with the conventions of `rmp-serde`, which have no tags.
#[cfg(feature = "messagepack")]
pub fn check_plain<T: Serialize>(value: &T) -> Result<(), String> {
    encode(value, &mut std::io::sink(), false)
}

fn encode<T: Serialize>(value: &T, writer: &mut dyn Write, tags: bool) -> Result<(), String> {
    let stack = Stack::left();
    let mut encoder = Encoder {
        writer,
        tags,
        buffer: output::buffer(),
        filled: 0,
        somes: 0,
        run: Vec::new(),
        readable: stack.bytes(),
        reading: 0,
        size: size_of::<T>(),
        stack,
    };
    value.serialize(&mut encoder)?;
    Ok(encoder.flush()?)
}

/// The encoder.
pub struct Encoder<'w> {
    writer: &'w mut dyn Write,
    /// Whether tags may say what else would be lost.
    tags: bool,
    buffer: Box<[u8]>,
    filled: usize,
    /// How many `Some`s are around the item that comes next.
    somes: u64,
    /// Elements of a sequence of `u8` that are not written yet.
    run: Vec<u8>,
    stack: Stack,
    /// Stack that a reader has, and what it will have used where the writer is now. Reading takes more than
    /// writing, and a value that could only be written would be a trap in the next `post_upgrade`.
    readable: usize,
    reading: usize,
    /// Size of the type of the item that comes next.
    size: usize,
}

impl Encoder<'_> {
    /// One level deeper, where reading takes `frame` bytes of stack and some for what is in it; returns what
    /// [`Encoder::leave`] wants back.
    fn enter(&mut self, frame: usize) -> Result<usize, Failure> {
        let above = self.reading;
        self.stack.enter()?;
        self.reading += frame + READING_TIMES_SIZE * self.size;
        if self.reading > self.readable && self.stack.is_deep() {
            return Err(self.stack.too_deep());
        }
        Ok(above)
    }

    fn leave(&mut self, above: usize) {
        self.reading = above;
        self.stack.leave();
    }

    /// Writes `value`, which is part of another.
    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.size = size_of_val(value);
        value.serialize(self)
    }

    /// The start of a case of an enum that has content.
    fn case(&mut self, name: &'static str, case: &'static str) -> Result<usize, Failure> {
        if name == "@@TAG@@" {
            return Err(Failure::new(
                "the value has a CBOR tag of its own (ciborium::tag), which memory 0 does not carry",
            ));
        }
        let above = self.enter(READING_CASE)?;
        self.head(MAP, 1)?;
        self.string(TEXT, case.as_bytes())?;
        Ok(above)
    }
}

impl<'a, 'w> Serializer for &'a mut Encoder<'w> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Sequence<'a, 'w>;
    type SerializeTuple = Sequence<'a, 'w>;
    type SerializeTupleStruct = Sequence<'a, 'w>;
    type SerializeTupleVariant = Sequence<'a, 'w>;
    type SerializeMap = Entries<'a, 'w>;
    type SerializeStruct = Entries<'a, 'w>;
    type SerializeStructVariant = Entries<'a, 'w>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), Failure> {
        self.simple(FALSE + u8::from(value))
    }

    fn serialize_i8(self, value: i8) -> Result<(), Failure> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Failure> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Failure> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Failure> {
        match value {
            0.. => self.head(UNSIGNED, value as u64),
            _ => self.head(NEGATIVE, !value as u64),
        }
    }

    fn serialize_i128(self, value: i128) -> Result<(), Failure> {
        match (u128::try_from(value), u64::try_from(!value)) {
            (Ok(value), _) => self.serialize_u128(value),
            (_, Ok(number)) => self.head(NEGATIVE, number),
            _ => self.wide(tags::NEGATIVE, !value as u128),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failure> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Failure> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Failure> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Failure> {
        self.head(UNSIGNED, value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), Failure> {
        match u64::try_from(value) {
            Ok(value) => self.head(UNSIGNED, value),
            Err(_) => self.wide(tags::NATURAL, value),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failure> {
        match half(value) {
            Some(half) => {
                self.simple(HALF)?;
                self.bytes(&half.to_be_bytes())
            }
            None => {
                self.simple(SINGLE)?;
                self.bytes(&value.to_bits().to_be_bytes())
            }
        }
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failure> {
        let single = value as f32;
        // Not for what is not a number, whose bits a conversion may change.
        if f64::from(single).to_bits() == value.to_bits() && !value.is_nan() {
            return self.serialize_f32(single);
        }
        self.simple(DOUBLE)?;
        self.bytes(&value.to_bits().to_be_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), Failure> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        self.string(TEXT, value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failure> {
        self.string(BYTES, value)
    }

    fn serialize_none(self) -> Result<(), Failure> {
        self.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.somes += 1;
        self.size = 0;
        let above = self.enter(READING_SOME)?;
        self.part(value)?;
        self.leave(above);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        self.null()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failure> {
        self.null()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        case: &'static str,
    ) -> Result<(), Failure> {
        self.serialize_str(case)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        if name == "Int" && type_name::<T>().ends_with("::BigInt") {
            if !self.tags {
                return Err(Failure::new(
                    "the value has a candid::Int, which cannot be read back as other programs write it",
                ));
            }
            self.head(TAG, tags::INT)?;
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        case: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let above = self.case(name, case)?;
        self.part(value)?;
        self.leave(above);
        Ok(())
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'a, 'w>, Failure> {
        let above = self.enter(READING_SEQUENCE)?;
        Ok(Sequence::new(self, length, above))
    }

    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, items: I) -> Result<(), Failure> {
        let items = items.into_iter();
        let length = match items.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        let mut sequence = self.serialize_seq(length)?;
        sequence.extend(items)?;
        sequence.ended()
    }

    fn serialize_tuple(self, length: usize) -> Result<Sequence<'a, 'w>, Failure> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<Sequence<'a, 'w>, Failure> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        case: &'static str,
        length: usize,
    ) -> Result<Sequence<'a, 'w>, Failure> {
        let above = self.case(name, case)?;
        let mut content = self.serialize_seq(Some(length))?;
        content.ends_case(above);
        Ok(content)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries<'a, 'w>, Failure> {
        let above = self.enter(READING_MAP)?;
        Entries::open(self, length, above)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries<'a, 'w>, Failure> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        case: &'static str,
        length: usize,
    ) -> Result<Entries<'a, 'w>, Failure> {
        let above = self.case(name, case)?;
        let mut content = self.serialize_map(Some(length))?;
        content.ends_case(above);
        Ok(content)
    }
}

#[cfg(test)]
mod tests;

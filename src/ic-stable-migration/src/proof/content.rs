//! What a value contains, whatever it is encoded in: a digest of it, and one of every field of every type in it.

use std::fmt;
use std::hash::Hasher;

use serde::ser::{self, Serialize, Serializer};
use twox_hash::XxHash64;

use super::not_read_back;
use crate::codec::is_byte;
use crate::error::Error;

mod compound;

use compound::All;

/// The content of a value. Entries of maps, lists and sets count whatever their order, because hash maps have none.
pub struct Content {
    whole: u64,
    fields: Vec<Field>,
}

/// All values that a field of a type has anywhere in the value.
struct Field {
    of: &'static str,
    name: &'static str,
    /// The digest of the name.
    named: u64,
    /// How deep the field was found first.
    depth: usize,
    sum: u64,
}

impl Content {
    /// Walks the value. O(n), and a few bytes for each field of each type.
    ///
    /// # Errors
    /// [`Error::NotReadBack`] if the value does not serialize.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, Error> {
        let mut fields = Vec::new();
        let walk = Walk {
            fields: &mut fields,
            next: &mut 0,
            depth: 0,
        };
        let whole = value
            .serialize(walk)
            .map_err(|Failure(text)| not_read_back(text))?;
        Ok(Self { whole, fields })
    }

    /// Whether both are the same.
    ///
    /// # Errors
    /// [`Error::NotReadBack`] with the innermost field that is not.
    pub fn same_as(&self, loaded: &Self) -> Result<(), Error> {
        if self.whole == loaded.whole {
            return Ok(());
        }
        let sum_of = |field: &Field| {
            let found = loaded.fields.iter();
            let mut found = found.filter(|other| (other.of, other.name) == (field.of, field.name));
            found.next().map(|other| other.sum)
        };
        let differing = self
            .fields
            .iter()
            .filter(|field| sum_of(field) != Some(field.sum))
            .max_by_key(|field| field.depth);
        Err(not_read_back(match differing {
            Some(field) => format!("field `{}` of `{}` has another value", field.name, field.of),
            None => "the value is another".into(),
        }))
    }
}

/// One step of the walk.
pub struct Walk<'a> {
    fields: &'a mut Vec<Field>,
    /// Where the next field is looked for first.
    next: &'a mut usize,
    depth: usize,
}

/// Why a value does not serialize.
#[derive(Debug)]
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Failure(text.to_string())
    }
}

/// What kind of value a digest is of, so that no two kinds are alike.
#[derive(Clone, Copy)]
pub enum Tag {
    Bool = 1,
    Unsigned,
    Signed,
    Float,
    Char,
    Text,
    Bytes,
    None,
    Some,
    Unit,
    Variant,
    List,
    Map,
    Entry,
    Field,
}

/// Mixes two numbers so that every bit of both counts.
fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn scalar(tag: Tag, value: u64) -> Result<u64, Failure> {
    Ok(mix(tag as u64, value))
}

fn bytes(tag: Tag, bytes: &[u8]) -> u64 {
    // Most are short, and a hasher takes many times what it hashes then.
    let (words, rest) = bytes.as_chunks();
    if words.len() > WORDS {
        let mut hasher = XxHash64::with_seed(tag as u64);
        hasher.write(bytes);
        return hasher.finish();
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let digest = mix(tag as u64, bytes.len() as u64);
    let digest = words.iter().fold(digest, |digest, word| {
        mix(digest, u64::from_le_bytes(*word))
    });
    mix(digest, u64::from_le_bytes(last))
}

/// Words of eight bytes that are mixed one by one.
const WORDS: usize = 8;

impl<'a> Walk<'a> {
    fn inner<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<u64, Failure> {
        value.serialize(Walk {
            fields: self.fields,
            next: self.next,
            depth: self.depth + 1,
        })
    }

    fn all(self, tag: u64) -> All<'a> {
        All {
            walk: self,
            of: "",
            key: 0,
            sum: 0,
            count: 0,
            tag,
        }
    }

    /// Takes up what a field holds. Returns the digest of its name.
    fn note(&mut self, of: &'static str, name: &'static str, value: u64) -> u64 {
        let known = self.fields.len();
        // Fields come in the same order again and again, so the next is most often behind the last.
        let places = (self.fields.iter().enumerate().skip(*self.next))
            .chain(self.fields.iter().enumerate().take(*self.next));
        let place = places
            .into_iter()
            .find(|(_, field)| same(field.name, name) && same(field.of, of))
            .map_or(known, |(place, _)| place);
        *self.next = place + 1;
        if place == known {
            self.fields.push(Field {
                of,
                name,
                named: bytes(Tag::Field, name.as_bytes()),
                depth: self.depth,
                sum: 0,
            });
        }
        let field = &mut self.fields[place];
        field.sum = field.sum.wrapping_add(value);
        field.named
    }
}

#[inline]
fn same(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b) || a == b
}

impl<'a> Serializer for Walk<'a> {
    type Ok = u64;
    type Error = Failure;
    type SerializeSeq = All<'a>;
    type SerializeTuple = All<'a>;
    type SerializeTupleStruct = All<'a>;
    type SerializeTupleVariant = All<'a>;
    type SerializeMap = All<'a>;
    type SerializeStruct = All<'a>;
    type SerializeStructVariant = All<'a>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, v: bool) -> Result<u64, Failure> {
        scalar(Tag::Bool, v.into())
    }
    fn serialize_i8(self, v: i8) -> Result<u64, Failure> {
        self.serialize_i64(v.into())
    }
    fn serialize_i16(self, v: i16) -> Result<u64, Failure> {
        self.serialize_i64(v.into())
    }
    fn serialize_i32(self, v: i32) -> Result<u64, Failure> {
        self.serialize_i64(v.into())
    }
    fn serialize_i64(self, v: i64) -> Result<u64, Failure> {
        scalar(Tag::Signed, v as u64)
    }
    fn serialize_i128(self, v: i128) -> Result<u64, Failure> {
        Ok(bytes(Tag::Signed, &v.to_le_bytes()))
    }
    fn serialize_u8(self, v: u8) -> Result<u64, Failure> {
        self.serialize_u64(v.into())
    }
    fn serialize_u16(self, v: u16) -> Result<u64, Failure> {
        self.serialize_u64(v.into())
    }
    fn serialize_u32(self, v: u32) -> Result<u64, Failure> {
        self.serialize_u64(v.into())
    }
    fn serialize_u64(self, v: u64) -> Result<u64, Failure> {
        scalar(Tag::Unsigned, v)
    }
    fn serialize_u128(self, v: u128) -> Result<u64, Failure> {
        Ok(bytes(Tag::Unsigned, &v.to_le_bytes()))
    }
    fn serialize_f32(self, v: f32) -> Result<u64, Failure> {
        scalar(Tag::Float, v.to_bits().into())
    }
    fn serialize_f64(self, v: f64) -> Result<u64, Failure> {
        scalar(Tag::Float, v.to_bits())
    }
    fn serialize_char(self, v: char) -> Result<u64, Failure> {
        scalar(Tag::Char, u32::from(v).into())
    }
    fn serialize_str(self, v: &str) -> Result<u64, Failure> {
        Ok(bytes(Tag::Text, v.as_bytes()))
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<u64, Failure> {
        Ok(bytes(Tag::Bytes, v))
    }
    fn serialize_none(self) -> Result<u64, Failure> {
        scalar(Tag::None, 0)
    }
    fn serialize_some<T: Serialize + ?Sized>(mut self, v: &T) -> Result<u64, Failure> {
        let value = self.inner(v)?;
        scalar(Tag::Some, value)
    }
    fn serialize_unit(self) -> Result<u64, Failure> {
        scalar(Tag::Unit, 0)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<u64, Failure> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        at: u32,
        _: &'static str,
    ) -> Result<u64, Failure> {
        scalar(Tag::Variant, at.into())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        v: &T,
    ) -> Result<u64, Failure> {
        self.inner(v)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        of: &'static str,
        at: u32,
        name: &'static str,
        v: &T,
    ) -> Result<u64, Failure> {
        let value = self.inner(v)?;
        self.note(of, name, value);
        Ok(mix(mix(Tag::Variant as u64, at.into()), value))
    }
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, items: I) -> Result<u64, Failure> {
        let mut all = self.all(Tag::List as u64);
        match is_byte::<I::Item>() {
            true => all.each_byte(items.into_iter())?,
            false => {
                let mut items = items.into_iter();
                items.try_for_each(|item| ser::SerializeSeq::serialize_element(&mut all, &item))?;
            }
        }
        ser::SerializeSeq::end(all)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<All<'a>, Failure> {
        Ok(self.all(Tag::List as u64))
    }
    fn serialize_tuple(self, _: usize) -> Result<All<'a>, Failure> {
        Ok(self.all(Tag::List as u64))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<All<'a>, Failure> {
        Ok(self.all(Tag::List as u64))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        at: u32,
        _: &'static str,
        _: usize,
    ) -> Result<All<'a>, Failure> {
        Ok(self.all(mix(Tag::Variant as u64, at.into())))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<All<'a>, Failure> {
        Ok(self.all(Tag::Map as u64))
    }
    fn serialize_struct(self, of: &'static str, _: usize) -> Result<All<'a>, Failure> {
        let mut all = self.all(Tag::Map as u64);
        all.of = of;
        Ok(all)
    }
    fn serialize_struct_variant(
        self,
        of: &'static str,
        at: u32,
        _: &'static str,
        _: usize,
    ) -> Result<All<'a>, Failure> {
        let mut all = self.all(mix(Tag::Variant as u64, at.into()));
        all.of = of;
        Ok(all)
    }
}

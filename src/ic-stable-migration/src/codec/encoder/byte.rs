//! The value of a type that serializes as a `u8` and nothing else.

use serde::ser::{Impossible, Serialize, Serializer};

use super::Failure;

/// Gives the byte back. Compiles to a load for a `u8`.
pub struct Byte;

#[cold]
fn other() -> Failure {
    Failure::new("a type of the name u8 serializes as something else")
}

macro_rules! others {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method(self $(, _: $argument)*) -> Result<u8, Failure> {
            Err(other())
        }
    )*};
}

macro_rules! compounds {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method(self $(, _: $argument)*) -> Result<Impossible<u8, Failure>, Failure> {
            Err(other())
        }
    )*};
}

type Name = &'static str;

impl Serializer for Byte {
    type Ok = u8;
    type Error = Failure;
    type SerializeSeq = Impossible<u8, Failure>;
    type SerializeTuple = Impossible<u8, Failure>;
    type SerializeTupleStruct = Impossible<u8, Failure>;
    type SerializeTupleVariant = Impossible<u8, Failure>;
    type SerializeMap = Impossible<u8, Failure>;
    type SerializeStruct = Impossible<u8, Failure>;
    type SerializeStructVariant = Impossible<u8, Failure>;

    #[inline]
    fn serialize_u8(self, byte: u8) -> Result<u8, Failure> {
        Ok(byte)
    }

    others! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_f32(f32) serialize_f64(f64)
        serialize_none() serialize_unit() serialize_unit_struct(Name) serialize_unit_variant(Name, u32, Name)
    }

    compounds! {
        serialize_seq(Option<usize>) serialize_map(Option<usize>) serialize_tuple(usize)
        serialize_tuple_struct(Name, usize) serialize_tuple_variant(Name, u32, Name, usize)
        serialize_struct(Name, usize) serialize_struct_variant(Name, u32, Name, usize)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<u8, Failure> {
        Err(other())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: Name,
        _: &T,
    ) -> Result<u8, Failure> {
        Err(other())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: Name,
        _: u32,
        _: Name,
        _: &T,
    ) -> Result<u8, Failure> {
        Err(other())
    }
}

//! Values of several parts: lists, maps, structs and cases of enums.

use serde::ser::{self, Serialize};

use super::{Failure, Tag, Walk, mix};
use crate::codec::Byte;

/// A value of several parts.
pub struct All<'a> {
    pub walk: Walk<'a>,
    /// The type, where the parts are fields of one.
    pub of: &'static str,
    pub key: u64,
    pub sum: u64,
    pub count: u64,
    pub tag: u64,
}

impl All<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let value = self.walk.inner(value)?;
        self.add(value);
        Ok(())
    }

    /// A part that counts for its place.
    fn placed<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let value = self.walk.inner(value)?;
        self.add(mix(self.count, value));
        Ok(())
    }

    fn named<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let value = self.walk.inner(value)?;
        let named = self.walk.note(self.of, name, value);
        self.add(mix(named, value));
        Ok(())
    }

    /// Elements of the type `u8`: counted by their value, which comes to the same as adding them one by one.
    pub fn each_byte<I: Iterator<Item: Serialize>>(&mut self, items: I) -> Result<(), Failure> {
        let mut counts = [0u64; 256];
        for item in items {
            let byte = item
                .serialize(Byte)
                .map_err(|failure| Failure(failure.to_string()))?;
            counts[usize::from(byte)] += 1;
        }
        for (byte, count) in (0u64..).zip(counts) {
            let part = mix(Tag::Unsigned as u64, byte);
            self.sum = self.sum.wrapping_add(part.wrapping_mul(count));
            self.count += count;
        }
        Ok(())
    }

    fn add(&mut self, part: u64) {
        self.sum = self.sum.wrapping_add(part);
        self.count += 1;
    }

    fn digest(self) -> Result<u64, Failure> {
        Ok(mix(mix(self.tag, self.count), self.sum))
    }
}

impl ser::SerializeSeq for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Failure> {
        self.part(v)
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

impl ser::SerializeTuple for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Failure> {
        self.placed(v)
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

impl ser::SerializeTupleStruct for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Failure> {
        self.placed(v)
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

impl ser::SerializeTupleVariant for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Failure> {
        self.placed(v)
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

impl ser::SerializeMap for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Failure> {
        self.key = self.walk.inner(v)?;
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Failure> {
        let value = self.walk.inner(v)?;
        self.add(mix(mix(Tag::Entry as u64, self.key), value));
        Ok(())
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

impl ser::SerializeStruct for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        v: &T,
    ) -> Result<(), Failure> {
        self.named(name, v)
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

impl ser::SerializeStructVariant for All<'_> {
    type Ok = u64;
    type Error = Failure;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        v: &T,
    ) -> Result<(), Failure> {
        self.named(name, v)
    }
    fn end(self) -> Result<u64, Failure> {
        self.digest()
    }
}

//! Sequences and maps while they are written.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::byte::Byte;
use super::run::is_byte;
use super::{ARRAY, BREAK, Encoder, Failure, MAP, READING_TIMES_SIZE, TEXT};

/// What a container has to give back when it ends.
struct Level {
    above: usize,
    levels: u32,
    length: Option<u64>,
    count: u64,
    /// Bytes of the values in it, and how many of them reading was said to need stack for: a struct behind a `Box` is
    /// larger than the pointer to it.
    size: usize,
    reckoned: usize,
}

impl Level {
    fn new(encoder: &Encoder, length: Option<usize>, above: usize) -> Self {
        Self {
            size: 0,
            reckoned: encoder.size,
            above,
            levels: 1,
            length: length.map(|length| length as u64),
            count: 0,
        }
    }

    /// Reckons with a value of `size` bytes.
    #[inline]
    fn holds(&mut self, size: usize, encoder: &mut Encoder) {
        self.size += size;
        if self.size > self.reckoned {
            encoder.reading += READING_TIMES_SIZE * (self.size - self.reckoned);
            self.reckoned = self.size;
        }
    }

    /// Refuses what could not be read back: another number of items than was announced.
    fn checked(&self) -> Result<(), Failure> {
        match self.length {
            Some(length) if length != self.count => Err(Failure::new(format!(
                "a type announces {length} elements and serializes {}",
                self.count
            ))),
            _ => Ok(()),
        }
    }

    fn leave(self, encoder: &mut Encoder) {
        for _ in 0..self.levels {
            encoder.leave(self.above);
        }
    }
}

/// How a sequence is written.
enum Form {
    /// Nothing of it yet.
    Unknown,
    /// As an array.
    Items,
    /// Elements of the type `u8` are gathered.
    Gathered,
    /// As a byte string that has begun.
    Bytes,
}

impl Form {
    /// An element of the type `u8` has come where none of another type has.
    #[inline]
    fn gathers(&mut self) {
        if matches!(self, Form::Unknown) {
            *self = Form::Gathered;
        }
    }
}

/// A sequence or tuple.
pub struct Sequence<'a, 'w> {
    encoder: &'a mut Encoder<'w>,
    level: Level,
    form: Form,
}

impl<'a, 'w> Sequence<'a, 'w> {
    pub fn new(encoder: &'a mut Encoder<'w>, length: Option<usize>, above: usize) -> Self {
        let level = Level::new(encoder, length, above);
        Self {
            encoder,
            level,
            form: Form::Unknown,
        }
    }

    /// Says that the case around it, entered at `above`, ends with it.
    pub fn ends_case(&mut self, above: usize) {
        self.level.above = above;
        self.level.levels += 1;
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.level.count += 1;
        if !matches!(self.form, Form::Items) {
            if self.encoder.tags && is_byte::<T>() {
                self.form.gathers();
                self.encoder.run.push(value.serialize(Byte)?);
                return self.write_if_full();
            }
            self.becomes_array()?;
        }
        self.encoder.part(value)
    }

    /// Writes all elements that an iterator has.
    #[inline]
    pub fn extend<I: Iterator<Item: Serialize>>(&mut self, mut items: I) -> Result<(), Failure> {
        if !self.encoder.tags || !is_byte::<I::Item>() {
            return items.try_for_each(|item| self.element(&item));
        }
        let mut bytes = [0; 64];
        loop {
            let mut filled = 0;
            for (place, item) in bytes.iter_mut().zip(items.by_ref()) {
                *place = item.serialize(Byte)?;
                filled += 1;
            }
            self.gather(&bytes[..filled])?;
            if filled < bytes.len() {
                return Ok(());
            }
        }
    }

    #[inline(never)]
    fn gather(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.form.gathers();
        self.level.count += bytes.len() as u64;
        self.encoder.run.extend_from_slice(bytes);
        self.write_if_full()
    }

    #[inline]
    fn write_if_full(&mut self) -> Result<(), Failure> {
        if self.encoder.run_is_full() {
            self.write_gathered()?;
        }
        Ok(())
    }

    #[inline(never)]
    fn write_gathered(&mut self) -> Result<(), Failure> {
        let length = self.level.length;
        if matches!(self.form, Form::Gathered) {
            self.encoder.start_of_run(length)?;
            self.form = Form::Bytes;
        }
        self.encoder.more_of_run(length)
    }

    #[inline(never)]
    fn becomes_array(&mut self) -> Result<(), Failure> {
        match self.form {
            Form::Unknown => self.encoder.open(ARRAY, self.level.length)?,
            Form::Gathered => self.encoder.run_into_array(self.level.length)?,
            Form::Items => {}
            Form::Bytes => {
                return Err(Failure::new(
                    "a type serializes a sequence of thousands of bytes that goes on with something else",
                ));
            }
        }
        self.form = Form::Items;
        Ok(())
    }

    #[inline(never)]
    pub fn ended(self) -> Result<(), Failure> {
        let Self {
            encoder,
            level,
            form,
        } = self;
        level.checked()?;
        match (form, level.length) {
            (Form::Unknown, _) => encoder.open(ARRAY, Some(0))?,
            (Form::Items, Some(_)) => {}
            (Form::Items, None) => encoder.simple(BREAK)?,
            (Form::Gathered, _) => encoder.whole_run()?,
            (Form::Bytes, length) => encoder.end_of_run(length)?,
        }
        level.leave(encoder);
        Ok(())
    }
}

/// A map or struct.
pub struct Entries<'a, 'w> {
    encoder: &'a mut Encoder<'w>,
    level: Level,
}

impl<'a, 'w> Entries<'a, 'w> {
    pub fn open(
        encoder: &'a mut Encoder<'w>,
        length: Option<usize>,
        above: usize,
    ) -> Result<Self, Failure> {
        let level = Level::new(encoder, length, above);
        encoder.open(MAP, level.length)?;
        Ok(Self { encoder, level })
    }

    /// Says that the case around it, entered at `above`, ends with it.
    pub fn ends_case(&mut self, above: usize) {
        self.level.above = above;
        self.level.levels += 1;
    }

    #[inline(never)]
    fn name(&mut self, name: &'static str) -> Result<(), Failure> {
        self.level.count += 1;
        self.encoder.string(TEXT, name.as_bytes())
    }

    #[inline(never)]
    fn ended(self) -> Result<(), Failure> {
        let Self { encoder, level } = self;
        level.checked()?;
        if level.length.is_none() {
            encoder.simple(BREAK)?;
        }
        level.leave(encoder);
        Ok(())
    }
}

macro_rules! sequences {
    ($($role:ident $method:ident)*) => {$(
        impl $role for Sequence<'_, '_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.element(value)
            }

            fn end(self) -> Result<(), Failure> {
                self.ended()
            }
        }
    )*};
}

sequences! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.level.count += 1;
        self.encoder.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.encoder.part(value)
    }

    fn end(self) -> Result<(), Failure> {
        self.ended()
    }
}

macro_rules! structs {
    ($($role:ident)*) => {$(
        impl $role for Entries<'_, '_> {
            type Ok = ();
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                self.name(name)?;
                self.level.holds(size_of_val(value), self.encoder);
                self.encoder.part(value)
            }

            fn end(self) -> Result<(), Failure> {
                self.ended()
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

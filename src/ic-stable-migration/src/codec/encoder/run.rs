//! Sequences of `u8`.
//!
//! Serde knows no byte strings unless a type asks for them: a `Vec<u8>`, a `[u8; N]`, a `VecDeque<u8>` is a sequence
//! whose elements happen to be `u8`, and an array of integers takes nearly two bytes for each and many times the
//! instructions. So a sequence whose elements are of the type `u8` is gathered and written as a byte string, with the
//! tag of RFC 8746 that says it is an array of `uint8`.
//!
//! It goes by the type, not by what is written: a list of an untagged enum may start with a thousand small integers
//! and go on with a text. The name of the type decides what is cheap, never what is right: under another name the
//! sequence would be an array.

use std::any::type_name;

use super::{ARRAY, BREAK, BYTES, Encoder, Failure, TAG, UNSIGNED, tags};

/// Bytes gathered before a sequence is taken for one of `u8` to its end, and those written at a time afterwards.
const GATHERED_BYTES: usize = 4_096;

/// Fewer than these take no less space as a byte string, for its tag.
const FEWEST: usize = 8;

/// Whether `T` is `u8`, or a reference to one.
#[inline]
pub fn is_byte<T: ?Sized>() -> bool {
    matches!(type_name::<T>(), "u8" | "&u8" | "&mut u8")
}

impl Encoder<'_> {
    /// Whether it is time to write what was gathered.
    #[inline]
    pub(super) fn run_is_full(&self) -> bool {
        self.run.len() >= GATHERED_BYTES
    }

    /// Writes the run as the start of an array of `length`, because it goes on with something else.
    pub(super) fn run_into_array(&mut self, length: Option<u64>) -> Result<(), Failure> {
        self.open(ARRAY, length)?;
        self.with_run(|encoder, bytes| {
            bytes
                .iter()
                .try_for_each(|&byte| encoder.head(UNSIGNED, byte.into()))
        })
    }

    /// Writes the whole of a sequence.
    pub(super) fn whole_run(&mut self) -> Result<(), Failure> {
        if self.run.len() < FEWEST {
            let length = self.run.len() as u64;
            return self.run_into_array(Some(length));
        }
        self.head(TAG, tags::BYTES_OF_SEQUENCE)?;
        self.with_run(|encoder, bytes| encoder.string(BYTES, bytes))
    }

    /// Writes the head of a byte string for a sequence of `length`.
    pub(super) fn start_of_run(&mut self, length: Option<u64>) -> Result<(), Failure> {
        self.head(TAG, tags::BYTES_OF_SEQUENCE)?;
        self.open(BYTES, length)
    }

    /// Writes what was gathered of a byte string that has begun: a piece of it, if it has no length.
    pub(super) fn more_of_run(&mut self, length: Option<u64>) -> Result<(), Failure> {
        self.with_run(|encoder, bytes| match length {
            Some(_) => encoder.bytes(bytes),
            None => encoder.string(BYTES, bytes),
        })
    }

    /// Writes the end of such a byte string.
    pub(super) fn end_of_run(&mut self, length: Option<u64>) -> Result<(), Failure> {
        self.more_of_run(length)?;
        match length {
            Some(_) => Ok(()),
            None => self.simple(BREAK),
        }
    }

    /// Writes what was gathered, and forgets it.
    fn with_run(
        &mut self,
        write: impl FnOnce(&mut Self, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut bytes = std::mem::take(&mut self.run);
        write(self, &bytes)?;
        bytes.clear();
        self.run = bytes;
        Ok(())
    }
}

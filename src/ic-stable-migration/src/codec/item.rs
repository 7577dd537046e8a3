//! The items of CBOR and MessagePack: heads, and the bytes behind them.
//!
//! The two notations differ in the first bytes of an item and in nothing else that a decoder has to know, so one
//! decoder reads both.

use std::io::{self, Read};

use super::failure::Failure;
use super::short;

mod notation;

/// How the heads of items are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    Cbor,
    MessagePack,
}

/// A number of bytes or items, or none where a [`Head::Break`] ends them. One word, for heads to be short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(u64);

impl Length {
    pub const NONE: Self = Self(u64::MAX);

    /// A length. The greatest number cannot be told from none; no memory is that large.
    pub const fn of(length: u64) -> Self {
        Self(length)
    }

    /// One less of a length that is known and not 0.
    #[inline]
    pub fn less_one(self) -> Self {
        Self(self.0 - 1)
    }

    #[inline]
    pub fn known(self) -> Option<u64> {
        (self != Self::NONE).then_some(self.0)
    }
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    Unsigned(u64),
    /// The number -1 - n.
    Negative(u64),
    Single(f32),
    Double(f64),
    Bool(bool),
    /// CBOR's null and undefined, MessagePack's nil.
    Null,
    Bytes(Length),
    Text(Length),
    Array(Length),
    /// A length in pairs.
    Map(Length),
    /// A number that says something of the item that follows. CBOR has these.
    Tag(u64),
    /// A type of an application's own; MessagePack has these. The length is that of the data, the type read.
    Extension(u64),
    /// The end of what began without a length. CBOR has these.
    Break,
}

impl Head {
    /// What it is, for a sentence that says what was found.
    pub fn name(self) -> &'static str {
        match self {
            Head::Unsigned(_) | Head::Negative(_) => "an integer",
            Head::Single(_) | Head::Double(_) => "a floating-point number",
            Head::Bool(_) => "a boolean",
            Head::Null => "null",
            Head::Bytes(_) => "a byte string",
            Head::Text(_) => "a text",
            Head::Array(_) => "an array",
            Head::Map(_) => "a map",
            Head::Tag(_) => "a tag",
            Head::Extension(_) => "an extension type",
            Head::Break => "the end of an array or map",
        }
    }
}

/// Bytes read ahead at most.
const WINDOW_BYTES: usize = 1_024;

/// Bytes that a growing buffer asks for before the first of them has arrived.
const FIRST_STEP_BYTES: u64 = 64 << 10;

/// The items of a stream.
///
/// Reads ahead, and never past the value: every item that was announced and has not come takes a byte at least, so
/// the value goes on to `sure` at least.
pub struct Input<'r> {
    reader: &'r mut dyn Read,
    notation: Notation,
    window: Box<[u8]>,
    at: usize,
    end: usize,
    /// How far the value is sure to go, in bytes from its start.
    sure: u64,
    read: u64,
}

impl<'r> Input<'r> {
    /// One item of `reader`, with all that it contains.
    pub fn new(notation: Notation, reader: &'r mut dyn Read) -> Self {
        Self {
            reader,
            notation,
            window: vec![0; WINDOW_BYTES + short::MAX].into(),
            at: 0,
            end: 0,
            sure: 1,
            read: 0,
        }
    }

    /// Bytes taken so far.
    pub fn position(&self) -> u64 {
        self.read - (self.end - self.at) as u64
    }

    /// Says that `items` more are to come.
    #[inline]
    pub fn owe(&mut self, items: u64) {
        self.sure = self.sure.saturating_add(items);
    }

    /// The next head. What it announces is sure to come from then on.
    #[inline]
    pub fn head(&mut self) -> Result<Head, Failure> {
        let first = self.byte()?;
        let head = match self.notation {
            Notation::Cbor => self.cbor(first)?,
            Notation::MessagePack => self.messagepack(first)?,
        };
        match head {
            Head::Bytes(length) | Head::Text(length) | Head::Array(length) => {
                self.owe(length.known().unwrap_or(1));
            }
            Head::Map(length) => {
                self.owe(length.known().map_or(1, |pairs| pairs.saturating_mul(2)));
            }
            Head::Tag(_) => self.owe(1),
            Head::Extension(length) => self.owe(length),
            _ => {}
        }
        Ok(head)
    }

    /// Whether the next `length` bytes have been read ahead.
    #[inline]
    pub fn has(&self, length: u64) -> bool {
        length <= (self.end - self.at) as u64
    }

    /// The next `length` bytes where they lie, which the input [has](Input::has).
    #[inline]
    pub fn lying(&mut self, length: u64) -> &[u8] {
        let start = self.at;
        self.at = self.end.min(start + length as usize);
        &self.window[start..self.at]
    }

    /// The next `length` bytes, if they are few and have been read ahead.
    #[inline]
    pub fn few(&mut self, length: u64) -> Option<Vec<u8>> {
        if !self.has(length) {
            return None;
        }
        let taken = short::take(&self.window, self.at, length as usize)?;
        self.at += length as usize;
        Some(taken)
    }

    /// Appends the next `length` bytes; the buffer grows as they arrive, so a false length cannot make it large.
    pub fn append(&mut self, length: u64, to: &mut Vec<u8>) -> Result<(), Failure> {
        let mut left = length;
        // At once what is small or here.
        to.reserve_exact(left.min((self.end - self.at).max(64) as u64) as usize);
        while left > 0 {
            if self.at < self.end {
                let bytes = self.ready(left);
                let taken = bytes.len();
                to.extend_from_slice(bytes);
                self.at += taken;
                left -= taken as u64;
                continue;
            }
            // Past the window the bytes go where they belong without a detour.
            let step = left.min(FIRST_STEP_BYTES.max(to.len() as u64));
            to.reserve_exact(step as usize);
            let arrived = (&mut *self.reader).take(step).read_to_end(to)?;
            if (arrived as u64) < step {
                return Err(ended());
            }
            self.read += step;
            left -= step;
        }
        Ok(())
    }

    /// Skips the next `length` bytes.
    pub fn skip(&mut self, length: u64) -> Result<(), Failure> {
        if self.has(length) {
            self.at += length as usize;
            return Ok(());
        }
        let mut left = length;
        while left > 0 {
            if self.at == self.end {
                self.refill()?;
            }
            let taken = self.ready(left).len();
            self.at += taken;
            left -= taken as u64;
        }
        Ok(())
    }

    /// Skips a text of `length` bytes, which has to be one.
    pub fn skip_text(&mut self, length: u64) -> Result<(), Failure> {
        if self.has(length) {
            return std::str::from_utf8(self.lying(length))
                .map(drop)
                .map_err(not_utf8);
        }
        // What has not been looked at yet: the start of a character that goes on.
        let mut rest = Vec::new();
        let mut left = length;
        while left > 0 {
            if self.at == self.end {
                self.refill()?;
            }
            let ready = self.ready(left);
            let taken = ready.len();
            rest.extend_from_slice(ready);
            self.at += taken;
            left -= taken as u64;
            match std::str::from_utf8(&rest) {
                Ok(_) => rest.clear(),
                Err(error) if error.error_len().is_none() && left > 0 => {
                    rest.drain(..error.valid_up_to());
                }
                Err(error) => return Err(not_utf8(error)),
            }
        }
        Ok(())
    }

    /// The next byte.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Failure> {
        if self.at == self.end {
            self.refill()?;
        }
        let byte = self.window[self.at];
        self.at += 1;
        Ok(byte)
    }

    /// At most `length` of the bytes that have been read ahead.
    fn ready(&self, length: u64) -> &[u8] {
        let ready = &self.window[self.at..self.end];
        &ready[..length.min(ready.len() as u64) as usize]
    }

    /// A big-endian number of `N` bytes.
    #[inline]
    fn big_endian<const N: usize>(&mut self) -> Result<u64, Failure> {
        self.owe(N as u64);
        let mut number = 0;
        for _ in 0..N {
            number = number << 8 | u64::from(self.byte()?);
        }
        Ok(number)
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> Result<(), Failure> {
        let want = self
            .sure
            .saturating_sub(self.read)
            .clamp(1, WINDOW_BYTES as u64) as usize;
        let arrived = loop {
            match self.reader.read(&mut self.window[..want]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if arrived == 0 {
            return Err(ended());
        }
        self.at = 0;
        self.end = arrived;
        self.read += arrived as u64;
        Ok(())
    }
}

#[cold]
pub fn not_utf8(error: std::str::Utf8Error) -> Failure {
    Failure::new(format!("a text is not UTF-8: {error}"))
}

#[cold]
fn ended() -> Failure {
    Failure::new("the memory ends inside the value")
}

//! Writing and reading the bytes of a key.

use std::cmp::Ordering;

use super::{KeyError, KeyPart};
use crate::codec::short;

/// Bytes that a key without a bound is reckoned to have.
const UNBOUNDED: u32 = 32;

/// Bytes that are copied without `memory.copy` at most; so much room is left behind a key that is written.
const SHORT: usize = 64;

/// A zero inside a text is followed by this, its end by another zero.
const ESCAPED: u8 = 0xff;

/// The bytes of a key that is being written.
#[derive(Debug)]
pub struct KeyWriter {
    bytes: Vec<u8>,
}

impl KeyWriter {
    pub(super) fn with_capacity(most: Option<u32>) -> Self {
        let most = most.unwrap_or(UNBOUNDED);
        Self {
            bytes: Vec::with_capacity((most as usize) + SHORT),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends a byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Appends bytes of a fixed number.
    pub fn fixed<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a byte of length and at most 255 bytes; what is more is left out.
    pub fn short(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(u8::MAX.into())];
        self.bytes.push(bytes.len() as u8);
        append(&mut self.bytes, bytes);
    }

    /// Appends bytes of any number and what ends them.
    pub fn ended(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.bytes.push(byte);
            if byte == 0 {
                self.bytes.push(ESCAPED);
            }
        }
        self.bytes.extend_from_slice(&[0, 0]);
    }
}

/// Appends bytes as `extend_from_slice` does, for those who append few at a time: on chain, to copy an unknown length
/// costs a hundred instructions, however few the bytes are. Here room of a known length is made, and its rest given back:
/// without an allocation where the vector has room for 64 bytes more.
pub fn append(to: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        0 => {}
        1 => to.push(bytes[0]),
        2..=8 => append_to_room::<8>(to, bytes),
        9..=16 => append_to_room::<16>(to, bytes),
        17..=32 => append_to_room::<32>(to, bytes),
        33..=SHORT => append_to_room::<SHORT>(to, bytes),
        _ => to.extend_from_slice(bytes),
    }
}

#[inline]
fn append_to_room<const ROOM: usize>(to: &mut Vec<u8>, bytes: &[u8]) {
    let start = to.len();
    to.extend_from_slice(&[0; ROOM]);
    let end = start + bytes.len();
    short::copy(bytes, &mut to[start..end]);
    to.truncate(end);
}

/// Compares as slices compare, eight bytes at a time.
pub fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let ((left, _), (right, _)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    for (a, b) in left.iter().zip(right) {
        if a != b {
            return first_difference(a, b);
        }
    }
    // What is left is less than eight bytes, and what is before it is the same: it may be looked at again.
    match (one.last_chunk(), other.last_chunk()) {
        (Some(a), Some(b)) if one.len() == other.len() => first_difference(a, b),
        _ => one.cmp(other),
    }
}

/// The order of eight bytes. WebAssembly has no instruction that reverses bytes, and finding the first that differ
/// takes fewer than it takes to reverse both.
#[inline]
fn first_difference(one: &[u8; 8], other: &[u8; 8]) -> Ordering {
    let (one, other) = (u64::from_le_bytes(*one), u64::from_le_bytes(*other));
    // Whole bytes that are the same, in bits; 64 where all are, which shifts by none.
    let before = (one ^ other).trailing_zeros() & 0x38;
    let byte = |bytes: u64| (bytes >> before) as u8;
    byte(one).cmp(&byte(other))
}

/// The bytes of a key that is being read.
#[derive(Debug)]
pub struct KeyReader<'a> {
    kind: &'static str,
    field: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> KeyReader<'a> {
    pub(super) fn new(kind: &'static str, bytes: &'a [u8]) -> Self {
        Self {
            kind,
            field: "",
            bytes,
            at: 0,
        }
    }

    /// The next part; errors call it `field`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn part<P: KeyPart>(&mut self, field: &'static str) -> Result<P, KeyError> {
        self.field = field;
        P::read(self)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`KeyError`] at the end.
    pub fn byte(&mut self) -> Result<u8, KeyError> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    /// The next bytes of a fixed number.
    ///
    /// # Errors
    /// [`KeyError`] if there are fewer.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.first_chunk() else {
            return Err(self.missing(N));
        };
        self.at += N;
        Ok(*bytes)
    }

    /// The bytes behind a byte of length.
    ///
    /// # Errors
    /// [`KeyError`] if there are fewer.
    pub fn short(&mut self) -> Result<&'a [u8], KeyError> {
        let length = usize::from(self.byte()?);
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.get(..length) else {
            return Err(self.missing(length));
        };
        self.at += length;
        Ok(bytes)
    }

    /// The bytes before what ends them.
    ///
    /// # Errors
    /// [`KeyError`] if they do not end.
    pub fn ended(&mut self) -> Result<Vec<u8>, KeyError> {
        let mut bytes = Vec::new();
        loop {
            match self.byte()? {
                0 => match self.byte()? {
                    0 => return Ok(bytes),
                    ESCAPED => bytes.push(0),
                    other => {
                        self.at -= 1;
                        return Err(self.wrong(format!("{other:#04x} behind a zero")));
                    }
                },
                byte => bytes.push(byte),
            }
        }
    }

    /// An error that says what is wrong where the reader is.
    #[cold]
    pub fn wrong(&self, problem: impl Into<String>) -> KeyError {
        let problem = problem.into();
        KeyError {
            kind: without_path(self.kind),
            len: self.bytes.len(),
            at: self.at,
            problem: match self.field {
                "" => problem,
                field => format!("{problem} in `{field}`"),
            },
        }
    }

    #[cold]
    fn missing(&self, bytes: usize) -> KeyError {
        self.wrong(format!("no {bytes} bytes more"))
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), KeyError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            left => {
                let at_end = Self { field: "", ..self };
                Err(at_end.wrong(format!("{left} bytes more than the key has")))
            }
        }
    }
}

/// A type's name without its path, where it has one.
fn without_path(name: &'static str) -> &'static str {
    match name.contains('<') {
        false => name.rsplit("::").next().unwrap_or(name),
        true => name,
    }
}

//! Bytes to be recognized: a whole stable memory, a virtual memory, or a part of one, read through a small buffer.
//!
//! Whoever looks at bytes gets an end where the file cannot be read; the failure is kept and told once, when all
//! have looked ([`Source::finish`]).

use std::cell::RefCell;
use std::io;

use crate::virtual_memory::Flaw;

/// Zeros behind a value that show that it ends there.
const GAP: usize = 64;

/// More zeros than that are not read as numbers.
const MOST_ZEROS: u64 = 16 << 20;

/// Less than that repeats by chance.
const LEAST_REST: u64 = 4;

/// More than that is not compared.
const MOST_REST: u64 = 16 << 20;

/// Something with bytes at offsets.
pub trait Bytes {
    /// How many there are.
    fn bytes(&self) -> u64;

    /// Fills `target` with the bytes at `at`.
    ///
    /// # Errors
    /// [`Flaw`], also for a range that is not inside.
    fn fill(&self, at: u64, target: &mut [u8]) -> Result<(), Flaw>;

    /// How many bytes there are up to the last one that is not zero.
    ///
    /// # Errors
    /// [`Flaw::Unreadable`].
    fn used(&self) -> Result<u64, Flaw>;
}

/// Bytes under examination.
pub struct Source<'a> {
    bytes: &'a dyn Bytes,
    used: u64,
    failure: RefCell<Option<Flaw>>,
}

impl<'a> Source<'a> {
    /// Finds out how many bytes are in use.
    ///
    /// # Errors
    /// [`Flaw::Unreadable`].
    pub fn of(bytes: &'a dyn Bytes) -> Result<Self, Flaw> {
        Ok(Self {
            used: bytes.used()?,
            bytes,
            failure: RefCell::new(None),
        })
    }

    /// All of it.
    pub fn whole(&self) -> Span<'_> {
        Span {
            source: self,
            start: 0,
            end: self.bytes.bytes(),
        }
    }

    /// Whether every read has succeeded.
    ///
    /// # Errors
    /// The first failure.
    pub fn finish(self) -> Result<(), Flaw> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }
}

/// A stretch of a source.
#[derive(Clone, Copy)]
pub struct Span<'a> {
    source: &'a Source<'a>,
    start: u64,
    end: u64,
}

impl<'a> Span<'a> {
    /// Its length.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Its length up to the last byte that is not zero; all of it where the source goes on behind it.
    pub fn used(self) -> u64 {
        self.source.used.clamp(self.start, self.end) - self.start
    }

    /// The `len` bytes at `start`; less where it ends before.
    pub fn part(self, start: u64, len: u64) -> Self {
        let start = self.start.saturating_add(start).min(self.end);
        Self {
            start,
            end: start.saturating_add(len).min(self.end),
            ..self
        }
    }

    /// The `N` bytes at `at`, zeros where it has ended.
    pub fn array<const N: usize>(self, at: u64) -> [u8; N] {
        let mut bytes = [0; N];
        let found = self.copy(at, N);
        bytes[..found.len()].copy_from_slice(&found);
        bytes
    }

    /// At most `most` bytes from `at` on.
    pub fn copy(self, at: u64, most: usize) -> Vec<u8> {
        let part = self.part(at, most as u64);
        let mut bytes = vec![0; part.len() as usize];
        match self.source.bytes.fill(part.start, &mut bytes) {
            Ok(()) => bytes,
            Err(flaw) => {
                self.source.failure.borrow_mut().get_or_insert(flaw);
                Vec::new()
            }
        }
    }

    /// Where reading values ends that go on in zeros: a state may end in many, but a file with holes has no end of
    /// them.
    pub fn most_read(self) -> u64 {
        self.used().saturating_add(MOST_ZEROS)
    }

    /// How many bytes that are not zero, or have one behind them, follow `at` in the source, also behind this span.
    pub fn data_behind(self, at: u64) -> u64 {
        self.source
            .used
            .saturating_sub(self.start.saturating_add(at))
    }

    /// Whether `at` is where the source's data ends, or ends for a while.
    pub fn has_gap_at(self, at: u64) -> bool {
        let whole = self.source.whole();
        let at = self.start.saturating_add(at);
        self.source.used <= at || whole.copy(at, GAP).iter().all(|&byte| byte == 0)
    }

    /// Whether the data behind `at` is as what stands before it ends: then a longer value before it ended so.
    pub fn repeats_its_end(self, at: u64) -> bool {
        let length = self.data_behind(at);
        if !(LEAST_REST..=MOST_REST.min(at)).contains(&length) {
            return false;
        }
        let before = self.copy(at - length, length as usize);
        let behind = self.part(at, length).copy(0, length as usize);
        !before.is_empty() && before == behind
    }

    /// The little-endian u32 at `at`, zeros where it has ended.
    pub fn u32(self, at: u64) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    /// Reads on from `at`.
    pub fn reader(self, at: u64) -> Reader<'a> {
        Reader {
            span: self,
            at: at.min(self.len()),
            buffer: Vec::new(),
            taken: 0,
        }
    }
}

/// Reads a span byte by byte.
pub struct Reader<'a> {
    span: Span<'a>,
    /// Where the buffer starts.
    at: u64,
    buffer: Vec<u8>,
    taken: usize,
}

impl Reader<'_> {
    const BUFFER: usize = 16 << 10;

    /// Bytes from the span's start to here.
    pub fn position(&self) -> u64 {
        self.at + self.taken as u64
    }

    /// Bytes from here to the span's end.
    pub fn left(&self) -> u64 {
        self.span.len() - self.position()
    }

    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> Option<u8> {
        if let Some(&byte) = self.buffer.get(self.taken) {
            self.taken += 1;
            return Some(byte);
        }
        let [byte] = self.array()?;
        Some(byte)
    }

    /// The next `N` bytes; `None` if there are less.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        io::Read::read_exact(self, &mut bytes).ok()?;
        Some(bytes)
    }

    /// Leaves out `len` bytes; `None` if there are less.
    pub fn skip(&mut self, len: u64) -> Option<()> {
        if len > self.left() {
            return None;
        }
        let here = self.position() + len;
        let buffered = (self.buffer.len() - self.taken) as u64;
        if len <= buffered {
            self.taken += len as usize;
        } else {
            *self = self.span.reader(here);
        }
        Some(())
    }

    /// A number of seven bits a byte, least first, at most ten bytes; `None` where there is none.
    pub fn leb(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

impl io::Read for Reader<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.buffer.len() {
            self.at = self.position();
            self.taken = 0;
            self.buffer = self.span.copy(self.at, Self::BUFFER);
        }
        let len = target.len().min(self.buffer.len() - self.taken);
        target[..len].copy_from_slice(&self.buffer[self.taken..][..len]);
        self.taken += len;
        Ok(len)
    }
}

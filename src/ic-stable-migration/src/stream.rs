//! Bounded buffers between a codec and a memory: a value is never on the heap in its encoded form as a whole.

use std::hash::Hasher;
use std::io::{self, Read, Write};

use ic_stable_structures::Memory;
use twox_hash::XxHash64;

use crate::bucket_plan::PAGE_BYTES;
use crate::codec::short;
use crate::error::Error;

/// Size of a read or write buffer. A larger one saves few calls and keeps a canister's heap larger for good, since a heap
/// never shrinks.
pub const BUFFER_BYTES: usize = 8 << 10;

/// The checksum of headers and payloads: XXH64 with seed 0.
pub fn checksum(bytes: &[u8]) -> u64 {
    XxHash64::oneshot(0, bytes)
}

/// Reads `start..end` of a memory through one buffer and counts what was taken.
pub struct MemoryReader<'a, M> {
    memory: &'a M,
    /// Where the next refill starts.
    offset: u64,
    end: u64,
    buffer: Vec<u8>,
    at: usize,
    taken: u64,
}

impl<'a, M: Memory> MemoryReader<'a, M> {
    /// A reader from `start` to `end`, or to the end of the memory if that comes first.
    pub fn new(memory: &'a M, start: u64, end: u64) -> Self {
        let end = end.min(memory.size().saturating_mul(PAGE_BYTES));
        Self {
            memory,
            offset: start.min(end),
            end,
            buffer: Vec::new(),
            at: 0,
            taken: 0,
        }
    }

    /// Bytes taken so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes between the reader and its end.
    pub fn left(&self) -> u64 {
        self.end - self.offset + (self.buffer.len() - self.at) as u64
    }

    /// Replaces the buffer by the next bytes; false at the end.
    fn refill(&mut self) -> bool {
        let len = (self.end - self.offset).min(BUFFER_BYTES as u64) as usize;
        self.at = 0;
        self.buffer.resize(len, 0);
        if len == 0 {
            return false;
        }
        self.memory.read(self.offset, &mut self.buffer);
        self.offset += len as u64;
        true
    }
}

/// The checksum of `start..end` of a memory, or of what there is of it.
pub fn checksum_of(memory: &impl Memory, start: u64, end: u64) -> u64 {
    let mut reader = MemoryReader::new(memory, start, end);
    let mut hasher = XxHash64::with_seed(0);
    while reader.refill() {
        hasher.write(&reader.buffer);
    }
    hasher.finish()
}

/// Whether a memory has nothing but zeros, if it has a page at all. Reads up to the first byte that is none.
pub fn is_zeroed(memory: &impl Memory) -> bool {
    let mut reader = MemoryReader::new(memory, 0, u64::MAX);
    let mut chunk = [0; 1_024];
    // Reading a memory into a buffer has no I/O error.
    while let Ok(len) = reader.read(&mut chunk) {
        if len == 0 {
            return true;
        }
        if chunk[..len].iter().any(|&byte| byte != 0) {
            return false;
        }
    }
    false
}

impl<M: Memory> Read for MemoryReader<'_, M> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() && !self.refill() {
            return Ok(0);
        }
        let len = out.len().min(self.buffer.len() - self.at);
        out[..len].copy_from_slice(&self.buffer[self.at..self.at + len]);
        self.at += len;
        self.taken += len as u64;
        Ok(len)
    }

    // Decoders ask for a few bytes at a time; the general loop costs them several times the copy.
    #[inline]
    fn read_exact(&mut self, mut out: &mut [u8]) -> io::Result<()> {
        if let Some(bytes) = self.buffer.get(self.at..self.at + out.len()) {
            short::copy(bytes, out);
            self.at += out.len();
            self.taken += out.len() as u64;
            return Ok(());
        }
        while !out.is_empty() {
            match self.read(out)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => out = &mut out[len..],
            }
        }
        Ok(())
    }
}

/// A memory that can be made larger, or say why not.
pub trait Reserve: Memory {
    /// Makes the memory at least `bytes` long.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`] or [`Error::Ceiling`]; the memory is then as it was.
    fn reserve(&self, bytes: u64) -> Result<(), Error>;
}

/// Makes a whole stable memory at least `pages` pages large.
///
/// # Errors
/// [`Error::OutOfStableMemory`]; the memory is then as it was.
pub fn grow_to(memory: &impl Memory, pages: u64) -> Result<(), Error> {
    let size = memory.size();
    if pages > size && memory.grow(pages - size) == -1 {
        return Err(Error::OutOfStableMemory {
            pages: size,
            needed: pages,
        });
    }
    Ok(())
}

/// Writes to a memory from an offset on through one buffer, growing it as needed.
///
/// What is still in the buffer when the writer is dropped is not written: call [`MemoryWriter::finish`].
pub struct MemoryWriter<'a, M> {
    memory: &'a M,
    /// Where the buffer's first byte goes.
    offset: u64,
    buffer: Vec<u8>,
    hasher: XxHash64,
    written: u64,
    /// Why the memory did not grow, kept because `io::Error` cannot carry it through a codec unchanged.
    failure: Option<Error>,
}

impl<'a, M: Reserve> MemoryWriter<'a, M> {
    /// A writer that starts at `offset`.
    pub fn new(memory: &'a M, offset: u64) -> Self {
        Self {
            memory,
            offset,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            hasher: XxHash64::with_seed(0),
            written: 0,
            failure: None,
        }
    }

    /// Writes what is buffered; returns the number of bytes written in all and their checksum.
    pub fn finish(mut self) -> Result<(u64, u64), Error> {
        self.drain()?;
        Ok((self.written, self.hasher.finish()))
    }

    /// Why a write failed, if it failed because the memory could not grow.
    pub fn into_failure(self) -> Option<Error> {
        self.failure
    }

    fn drain(&mut self) -> Result<(), Error> {
        let len = self.buffer.len() as u64;
        self.memory.reserve(self.offset + len)?;
        self.memory.write(self.offset, &self.buffer);
        self.hasher.write(&self.buffer);
        self.offset += len;
        self.written += len;
        self.buffer.clear();
        Ok(())
    }
}

impl<M: Reserve> Write for MemoryWriter<'_, M> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(BUFFER_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..len]);
        if self.buffer.len() == BUFFER_BYTES {
            self.flush()?;
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain().map_err(|error| {
            let text = error.to_string();
            self.failure = Some(error);
            io::Error::other(text)
        })
    }
}

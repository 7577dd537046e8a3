//! Reads a value whose pages are taken while it is read.

use std::io::{self, Read};
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::pages::Pages;
use crate::bucket_plan::PAGE_BYTES;
use crate::stream::BUFFER_BYTES;

/// Reads `start..end` of the value that [`Pages`] hold, through one buffer.
pub struct ValueReader<M: Memory> {
    pages: Rc<Pages<M>>,
    /// Where the next refill starts.
    offset: u64,
    end: u64,
    buffer: Vec<u8>,
    buffer_bytes: usize,
    at: usize,
}

impl<M: Memory> ValueReader<M> {
    pub fn new(pages: Rc<Pages<M>>, start: u64, end: u64) -> Self {
        Self::buffered(pages, start, end, BUFFER_BYTES)
    }

    /// With a buffer of so many bytes.
    pub fn buffered(pages: Rc<Pages<M>>, start: u64, end: u64, buffer_bytes: usize) -> Self {
        Self {
            pages,
            offset: start,
            end,
            buffer: Vec::new(),
            buffer_bytes,
            at: 0,
        }
    }

    /// Replaces the buffer by what is left of a page, and gives the last page up with its end; false behind it.
    fn refill(&mut self) -> bool {
        let len = self.end.saturating_sub(self.offset);
        let len = len.min(self.buffer_bytes as u64) as usize;
        self.at = 0;
        self.buffer.resize(len, 0);
        let read = self.pages.read_value(self.offset, &mut self.buffer);
        self.buffer.truncate(read);
        self.offset += read as u64;
        if self.offset >= self.end {
            self.pages
                .release((self.end.saturating_sub(1) / PAGE_BYTES) as usize);
        }
        read > 0
    }
}

impl<M: Memory> Read for ValueReader<M> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() && !self.refill() {
            return Ok(0);
        }
        let len = out.len().min(self.buffer.len() - self.at);
        out[..len].copy_from_slice(&self.buffer[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

//! Virtual memory 0: what it holds, and its journal. It says why it cannot grow instead of panicking.

use ic_stable_structures::Memory;

use super::ManagedMemory;
use crate::bucket_plan::PAGE_BYTES;
use crate::error::{Error, Place};
use crate::form::{Form, Forms};
use crate::header::{HEADER_BYTES, Header, MAGIC};
use crate::stream::Reserve;

/// What memory 0 holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory0Content {
    /// Nothing was saved yet.
    Unsaved,
    /// This library's header and a payload.
    Saved(Header),
    /// What can be a value of another program: the forms that its first bytes fit. [`Managed::load_value`](
    /// super::Managed::load_value) reads it.
    Value(Forms),
}

impl Memory0Content {
    /// Refuses a payload that is not all of the state, because a move has begun.
    ///
    /// # Errors
    /// [`Error::MoveBegun`].
    pub(crate) fn refuse_move(self) -> Result<Self, Error> {
        match self {
            Memory0Content::Saved(header) if header.journal_bytes > 0 => Err(Error::MoveBegun {
                release: header.release,
            }),
            content => Ok(content),
        }
    }
}

/// Virtual memory 0.
pub struct Memory0<M: Memory>(ManagedMemory<M>);

impl<M: Memory> Memory0<M> {
    pub fn new(memory: ManagedMemory<M>) -> Self {
        Self(memory)
    }

    /// What memory 0 holds. Reads its first 128 bytes.
    ///
    /// # Errors
    /// [`Error::HeaderDamaged`], [`Error::HeaderField`], [`Error::UnknownMemory0`], and [`Error::Length`] for a
    /// header whose payload is longer than the memory.
    pub fn content(&self) -> Result<Memory0Content, Error> {
        if self.size() == 0 {
            return Ok(Memory0Content::Unsaved);
        }
        let mut first = [0; HEADER_BYTES as usize];
        self.read(0, &mut first);
        match Header::from_bytes(&first)? {
            Some(header) => {
                let length = header
                    .payload_bytes
                    .saturating_add(header.journal_bytes.into());
                let available = self.bytes() - HEADER_BYTES;
                if length > available {
                    return Err(Error::Length {
                        place: Place::Memory0,
                        length,
                        available: format!("only {available} bytes follow the header"),
                    });
                }
                Ok(Memory0Content::Saved(header))
            }
            None if first.iter().all(|&byte| byte == 0) => Ok(Memory0Content::Unsaved),
            None => match Forms::fitting(&first, self.bytes()) {
                Some(forms) => Ok(Memory0Content::Value(forms)),
                None => Err(Error::unknown_memory0(self.size(), &first)),
            },
        }
    }

    /// Its first bytes, so many or as many as there are.
    pub fn first(&self, bytes: usize) -> Vec<u8> {
        let mut first = vec![0; self.bytes().min(bytes as u64) as usize];
        self.read(0, &mut first);
        first
    }

    /// Bytes that a value in one of these forms uses at most: all, unless each has a length.
    pub fn most_used(&self, forms: Forms) -> u64 {
        let (first, all) = (self.first(Form::PROBE_BYTES), self.bytes());
        let ends = forms.iter().map(|form| {
            let extent = form.frame.extent(&first, all);
            let end = extent.and_then(|extent| extent.length?.checked_add(extent.start));
            end.unwrap_or(all)
        });
        ends.max().unwrap_or(all)
    }

    /// Whether it starts like one that this library has written.
    pub fn is_ours(&self) -> bool {
        self.first(MAGIC.len()) == MAGIC
    }

    /// The header of what was saved.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] where nothing was, and those of [`Memory0::content`].
    pub fn header(&self) -> Result<Header, Error> {
        match self.content()? {
            Memory0Content::Saved(header) => Ok(header),
            _ => Err(Error::NothingSaved),
        }
    }

    /// The journal behind the payload of `header`, which [`Memory0::content`] has found here: so it lies inside the memory.
    pub fn journal(&self, header: &Header) -> Vec<u8> {
        let mut bytes = vec![0; header.journal_bytes as usize];
        self.read(header.journal_at(), &mut bytes);
        bytes
    }

    /// Writes a whole journal behind the payload; returns its offset.
    pub fn write_journal(&self, bytes: &[u8]) -> Result<u64, Error> {
        self.put_journal(self.header()?, 0, bytes)
    }

    /// Appends a record to the journal.
    pub fn append_journal(&self, record: &[u8]) -> Result<(), Error> {
        let header = self.header()?;
        self.put_journal(header, header.journal_bytes, record)
            .map(drop)
    }

    /// Replaces what follows the first `keep` bytes of the journal of `header`. The header is written last: without it, what was
    /// written before is not part of the journal.
    fn put_journal(&self, mut header: Header, keep: u32, bytes: &[u8]) -> Result<u64, Error> {
        let at = header.journal_at() + u64::from(keep);
        let length = u64::from(keep) + bytes.len() as u64;
        header.journal_bytes = u32::try_from(length).map_err(|_| Error::HeaderField {
            field: "journal length",
            found: length,
            known: "at most 4 GiB",
        })?;
        self.reserve(at + bytes.len() as u64)?;
        self.write(at, bytes);
        self.write(0, &header.to_bytes());
        Ok(header.journal_at())
    }

    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        self.size().saturating_mul(PAGE_BYTES)
    }
}

impl<M: Memory> Memory for Memory0<M> {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn grow(&self, pages: u64) -> i64 {
        self.0.grow(pages)
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.0.read(offset, dst);
    }

    fn write(&self, offset: u64, src: &[u8]) {
        self.0.write(offset, src);
    }
}

impl<M: Memory> Reserve for Memory0<M> {
    fn reserve(&self, bytes: u64) -> Result<(), Error> {
        let pages = bytes.div_ceil(PAGE_BYTES);
        match pages.checked_sub(self.size()) {
            None | Some(0) => Ok(()),
            Some(missing) => self.0.try_grow(missing).map(drop),
        }
    }
}

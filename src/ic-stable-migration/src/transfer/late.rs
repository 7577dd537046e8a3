//! Entries that come too late for the maps that are being written: they are sorted in memory, so many at a time, and kept
//! in stable memory as sorted lists until everything has been read.
//!
//! ```text
//! entry of a list   collection u64 │ bytes of the key u64 │ bytes of the value u64 │ key │ value
//! ```

use std::io::Read;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::merged::Merged;
use super::order::Order;
use super::pages::Pages;
use super::value::ValueReader;
use crate::bucket_plan::PAGE_BYTES;
use crate::error::Error;

/// Bytes sorted at a time, with what is noted of each entry: just short of the megabyte to which a buffer grows by
/// doubling.
const SORTED_BYTES: usize = 960 << 10;
/// Bytes of the buffers through which all lists are read together, and of each of them at least and at most.
const READ_BYTES: usize = 1 << 20;
const LEAST_READ: usize = 256;
const MOST_READ: usize = 8 << 10;

/// See the [module](self).
pub struct Late<M: Memory> {
    pages: Rc<Pages<M>>,
    bytes: Vec<u8>,
    entries: Vec<Noted>,
    lists: Vec<List>,
}

/// An entry among [`Late::bytes`].
#[derive(Clone, Copy)]
struct Noted {
    collection: usize,
    key: usize,
    value: usize,
    end: usize,
}

/// A list that was kept in [`Pages`]: the place of its first page, which the others follow, and its bytes.
struct List {
    first: usize,
    bytes: u64,
}

impl<M: Memory> Late<M> {
    pub fn new(pages: Rc<Pages<M>>) -> Self {
        Self {
            pages,
            bytes: Vec::new(),
            entries: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Whether nothing was late.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.lists.is_empty()
    }

    /// Whether it is time to [write](Late::write) what is on the heap.
    pub fn is_full(&self) -> bool {
        self.bytes.len() + size_of_val(self.entries.as_slice()) >= SORTED_BYTES
    }

    /// Takes an entry.
    pub fn push(&mut self, collection: usize, key: &[u8], value: &[u8]) {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        self.entries.push(Noted {
            collection,
            key: at,
            value: at + key.len(),
            end: self.bytes.len(),
        });
    }

    /// Writes what is on the heap as a list, sorted by collection and key.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`].
    pub fn write(&mut self, order: &Order) -> Result<(), Error> {
        let Self {
            pages,
            bytes,
            entries,
            lists,
        } = self;
        let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        sort(entries, bytes, order);
        let mut list = Writer::new(pages);
        for &Noted {
            collection,
            key,
            value,
            end,
        } in &*entries
        {
            for number in [collection, value - key, end - value] {
                list.write(&(number as u64).to_le_bytes())?;
            }
            list.write(part(key, end))?;
        }
        lists.extend(list.finish()?);
        entries.clear();
        bytes.clear();
        Ok(())
    }

    /// Everything that was late, in the order of collections and keys.
    ///
    /// # Errors
    /// Those of [`Late::write`].
    pub fn merged<'a>(mut self, order: &'a Order<'a>) -> Result<Merged<'a>, Error>
    where
        M: 'a,
    {
        self.write(order)?;
        let Self { pages, lists, .. } = self;
        let buffer = (READ_BYTES / lists.len().max(1)).clamp(LEAST_READ, MOST_READ);
        let reader = |List { first, bytes }: List| {
            let start = first as u64 * PAGE_BYTES;
            let pages = Rc::clone(&pages);
            let reader = ValueReader::buffered(pages, start, start + bytes, buffer);
            Box::new(reader) as Box<dyn Read + 'a>
        };
        Ok(Merged::of(lists.into_iter().map(reader), order))
    }
}

/// What comes from the heap of a state is sorted already, some hundred entries at a time: a stable sort makes use of it.
fn sort(entries: &mut [Noted], bytes: &[u8], order: &Order) {
    let key = |of: &Noted| {
        let key = bytes.get(of.key..of.value).unwrap_or_default();
        (of.collection, key)
    };
    entries.sort_by(|one, other| order.cmp(key(one), key(other)));
}

/// Writes a list page by page.
struct Writer<'a, M: Memory> {
    pages: &'a Pages<M>,
    page: Vec<u8>,
    first: Option<usize>,
    bytes: u64,
}

impl<'a, M: Memory> Writer<'a, M> {
    fn new(pages: &'a Pages<M>) -> Self {
        Self {
            pages,
            page: Vec::with_capacity(PAGE_BYTES as usize),
            first: None,
            bytes: 0,
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = PAGE_BYTES as usize - self.page.len();
            let (now, rest) = bytes.split_at(bytes.len().min(room));
            self.page.extend_from_slice(now);
            bytes = rest;
            if self.page.len() == PAGE_BYTES as usize {
                self.keep()?;
            }
        }
        Ok(())
    }

    /// Pages that are kept one after the other have places one after the other.
    fn keep(&mut self) -> Result<(), Error> {
        let at = self.pages.keep(&self.page)?;
        self.first.get_or_insert(at);
        self.bytes += self.page.len() as u64;
        self.page.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Option<List>, Error> {
        if !self.page.is_empty() {
            self.keep()?;
        }
        let bytes = self.bytes;
        Ok(self.first.map(|first| List { first, bytes }))
    }
}

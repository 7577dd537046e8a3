//! Sorted lists of entries, read together as one.

use std::cmp::Ordering;
use std::io::{self, Read};
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::late::{Key, List, Order};
use super::pages::Pages;
use super::value::ValueReader;
use crate::bucket_plan::PAGE_BYTES;

/// An encoded entry of the collection at a place.
#[derive(Default)]
pub struct Entry {
    pub collection: usize,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Entry {
    pub fn key(&self) -> Key<'_> {
        (self.collection, &self.key)
    }
}

/// The entries of all lists, by collection and key. A heap: no list stands at an entry that comes before the one at which
/// its parent stands.
pub struct Merged<'a, M: Memory> {
    lists: Vec<Reader<M>>,
    order: &'a Order<'a>,
}

/// A list that is read, and the entry at which it stands.
struct Reader<M: Memory> {
    list: ValueReader<M>,
    at: Entry,
}

impl<'a, M: Memory> Merged<'a, M> {
    /// Reads these lists through buffers of so many bytes.
    pub fn of(
        pages: &Rc<Pages<M>>,
        lists: &[List],
        buffer_bytes: usize,
        order: &'a Order<'a>,
    ) -> Self {
        let mut merged = Self {
            lists: Vec::with_capacity(lists.len()),
            order,
        };
        for List { first, bytes } in lists {
            let start = *first as u64 * PAGE_BYTES;
            let end = start + bytes;
            let mut reader = Reader {
                list: ValueReader::buffered(Rc::clone(pages), start, end, buffer_bytes),
                at: Entry::default(),
            };
            if reader.next() {
                merged.lists.push(reader);
            }
        }
        for at in (0..merged.lists.len() / 2).rev() {
            merged.sift_down(at);
        }
        merged
    }

    /// The first entry that is left.
    pub fn first(&self) -> Option<&Entry> {
        Some(&self.lists.first()?.at)
    }

    /// Goes on to the next entry.
    pub fn next(&mut self) {
        if let Some(first) = self.lists.first_mut()
            && !first.next()
        {
            self.lists.swap_remove(0);
        }
        self.sift_down(0);
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.lists.len() && self.comes_before(child, least) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.lists.swap(at, least);
            at = least;
        }
    }

    fn comes_before(&self, one: usize, other: usize) -> bool {
        let key = |at: usize| self.lists[at].at.key();
        (self.order)(key(one), key(other)) == Ordering::Less
    }
}

impl<M: Memory> Reader<M> {
    /// Reads the next entry; false at the end. What cannot be read ends the list: that something is missing is found when
    /// the maps are held against what was to be written.
    fn next(&mut self) -> bool {
        let more = !self.list.is_at_end() && self.read().is_ok();
        if !more {
            self.list.release_last_page();
        }
        more
    }

    fn read(&mut self) -> io::Result<()> {
        let Self { list, at } = self;
        let mut number = || {
            let mut bytes = [0; 8];
            list.read_exact(&mut bytes)?;
            Ok::<_, io::Error>(u64::from_le_bytes(bytes) as usize)
        };
        at.collection = number()?;
        let (key_bytes, value_bytes) = (number()?, number()?);
        at.key.resize(key_bytes, 0);
        list.read_exact(&mut at.key)?;
        at.value.resize(value_bytes, 0);
        list.read_exact(&mut at.value)
    }
}

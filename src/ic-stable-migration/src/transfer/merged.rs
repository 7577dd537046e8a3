//! Sorted lists of entries, read together as one. Not generic, for the reason that [`Order`] is not.

use std::cmp::Ordering;
use std::io::{self, Read};

use super::order::{Key, Order};

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
pub struct Merged<'a> {
    lists: Vec<Reader<'a>>,
    order: &'a Order<'a>,
}

/// A list that is read, and the entry at which it stands.
struct Reader<'a> {
    list: Box<dyn Read + 'a>,
    at: Entry,
}

impl<'a> Merged<'a> {
    /// Of these lists.
    pub fn of(lists: impl Iterator<Item = Box<dyn Read + 'a>>, order: &'a Order<'a>) -> Self {
        let mut merged = Self {
            lists: Vec::new(),
            order,
        };
        for list in lists {
            let at = Entry::default();
            let mut reader = Reader { list, at };
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
        self.order.cmp(key(one), key(other)) == Ordering::Less
    }
}

impl Reader<'_> {
    /// Reads the next entry; false at the end. What breaks off before that ends the list, too: that something is missing
    /// is found when the maps are held against what was to be written.
    fn next(&mut self) -> bool {
        self.read().is_ok()
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

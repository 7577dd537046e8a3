//! Keys and values as they follow one another in a node, over its own page and its overflow pages.

use super::readings::KeyField;
use super::{CAPACITY, Entry, Map, Node, OVERFLOW_HEAD, damaged, u64_in};
use crate::virtual_memory::Flaw;

/// Longest value that is taken up: longer than any that a message could have written.
const MOST_VALUE: u64 = 256 << 20;
/// Longest key that is taken up, and the longest value of layout 1: of these all that a node has are taken at once.
const MOST_AT_ONCE: u64 = 4 << 20;
/// How much is read at a time.
const WINDOW: u64 = 4_096;
/// Bytes of a length before a key or a value.
const LENGTH: u64 = 4;

/// A node's bytes in sequence, from behind its children on.
pub struct Fields<'a> {
    map: &'a Map<'a>,
    /// The page that is read.
    page: u64,
    /// Where the next page is; 0 for none.
    next: u64,
    /// Bytes of the node before this page.
    before: u64,
    /// Bytes of the page that are not the node's.
    head: u64,
    /// Where it is read, counted from the page's start.
    at: u64,
    /// Pages behind the first that were read.
    followed: u64,
    window: Vec<u8>,
    /// Where the window starts in the page.
    window_at: u64,
}

impl<'a> Fields<'a> {
    /// Of a node whose lengths differ.
    pub fn of(map: &'a Map<'a>, node: &Node) -> Self {
        Self {
            map,
            page: node.address,
            next: node.overflow,
            before: 0,
            head: 0,
            at: 15 + 8 * node.children.len() as u64,
            followed: 0,
            window: Vec::new(),
            window_at: 0,
        }
    }

    /// Bytes of the node that were passed.
    pub fn position(&self) -> u64 {
        self.before + self.at - self.head
    }

    /// Goes on to the next page, if this one is at its end.
    fn turn(&mut self) -> Result<(), Flaw> {
        if self.at < self.map.node_bytes {
            return Ok(());
        }
        let page = self.next;
        if page == 0 || self.followed == self.map.chunks {
            return Err(damaged(format!(
                "has a node whose entries end behind its pages at {}",
                self.page
            )));
        }
        self.before += self.map.node_bytes - self.head;
        self.next = self.map.next_overflow(page)?;
        self.page = page;
        self.head = OVERFLOW_HEAD;
        self.at = OVERFLOW_HEAD;
        self.followed += 1;
        self.window.clear();
        Ok(())
    }

    fn skip(&mut self, mut bytes: u64) -> Result<(), Flaw> {
        while bytes > 0 {
            self.turn()?;
            let here = (self.map.node_bytes - self.at).min(bytes);
            self.at += here;
            bytes -= here;
        }
        Ok(())
    }

    fn read(&mut self, mut target: &mut [u8]) -> Result<(), Flaw> {
        while !target.is_empty() {
            self.turn()?;
            let in_window = self.at.checked_sub(self.window_at);
            let rest = in_window.and_then(|at| self.window.get(at as usize..));
            let rest = match rest {
                Some(rest) if !rest.is_empty() => rest,
                _ => self.fill()?,
            };
            let here = rest.len().min(target.len());
            let (part, behind) = target.split_at_mut(here);
            part.copy_from_slice(&rest[..here]);
            self.at += here as u64;
            target = behind;
        }
        Ok(())
    }

    /// Reads the window anew, from here on. The last page of a memory can end before the chunk does.
    fn fill(&mut self) -> Result<&[u8], Flaw> {
        let start = self.page + self.at;
        let in_memory = self.map.memory.bytes().saturating_sub(start);
        let length = WINDOW.min(self.map.node_bytes - self.at).min(in_memory);
        if length == 0 {
            return Err(damaged(format!("has a node that ends outside at {start}")));
        }
        self.window.resize(length as usize, 0);
        self.window_at = self.at;
        self.map.memory.read(start, &mut self.window)?;
        Ok(&self.window)
    }

    /// Passes a value.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] where the node ends before it does.
    pub fn skip_value(&mut self) -> Result<(), Flaw> {
        let length = self.length()?;
        self.skip(length)
    }

    fn length(&mut self) -> Result<u64, Flaw> {
        let mut length = [0; LENGTH as usize];
        self.read(&mut length)?;
        Ok(u32::from_le_bytes(length).into())
    }

    /// Passes a key.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] where the node ends before it does.
    pub fn skip_key(&mut self, keys: KeyField) -> Result<(), Flaw> {
        let length = self.key_length(keys)?;
        self.skip(length)
    }

    fn key_length(&mut self, keys: KeyField) -> Result<u64, Flaw> {
        match keys {
            KeyField::Prefixed => self.length(),
            KeyField::Fixed(bytes) => Ok(bytes.into()),
        }
    }

    /// The next key.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] where the node ends before it does, or it is longer than any.
    pub fn key(&mut self, keys: KeyField) -> Result<Vec<u8>, Flaw> {
        self.key_of(keys, MOST_AT_ONCE)
    }

    /// The next key, of at most `most` bytes.
    ///
    /// # Errors
    /// Those of [`Fields::key`].
    pub fn key_of(&mut self, keys: KeyField, most: u64) -> Result<Vec<u8>, Flaw> {
        let length = self.key_length(keys)?;
        self.taken(length, most)
    }

    /// The next value, behind all keys.
    ///
    /// # Errors
    /// Those of [`Fields::key`].
    pub fn value(&mut self) -> Result<Vec<u8>, Flaw> {
        let length = self.length()?;
        self.taken(length, MOST_VALUE)
    }

    fn taken(&mut self, length: u64, most: u64) -> Result<Vec<u8>, Flaw> {
        if length > most.min(self.map.memory.bytes()) {
            return Err(damaged(format!(
                "has a key or value of {length} bytes in the node at {}",
                self.page
            )));
        }
        let mut bytes = vec![0; length as usize];
        self.read(&mut bytes)?;
        Ok(bytes)
    }
}

/// The entries of a node whose fields have one size each, as layout 1 has them.
pub fn fixed_entries(map: &Map, node: &Node, (key, value): (u64, u64)) -> Result<Vec<Entry>, Flaw> {
    let field = |at: u64, most: u64| {
        let length = u64::from(map.memory.u32_at(at)?);
        if length > most.min(MOST_AT_ONCE) {
            return Err(damaged(format!("has a field of {length} bytes at {at}")));
        }
        let mut bytes = vec![0; length as usize];
        map.memory.read(at + LENGTH, &mut bytes)?;
        Ok(bytes)
    };
    (0..node.entries.min(CAPACITY))
        .map(|entry| {
            let at = node.address + 7 + entry * (8 + key + value);
            Ok((field(at, key)?, field(at + LENGTH + key, value)?))
        })
        .collect()
}

impl Map<'_> {
    /// Overflow pages of a node of `bytes`.
    pub(super) fn overflow_pages(&self, bytes: u64) -> u64 {
        let behind = bytes.saturating_sub(self.node_bytes);
        behind.div_ceil(self.node_bytes - OVERFLOW_HEAD)
    }

    /// The overflow page behind the one at `address`; 0 for none.
    pub(super) fn next_overflow(&self, address: u64) -> Result<u64, Flaw> {
        self.check_address(address, "overflow page")?;
        let head = self
            .memory
            .bytes_at::<{ OVERFLOW_HEAD as usize }>(address)?;
        match head.starts_with(b"NOF") {
            true => Ok(u64_in(&head, 3)),
            false => Err(damaged(format!("has no overflow page at {address}"))),
        }
    }
}

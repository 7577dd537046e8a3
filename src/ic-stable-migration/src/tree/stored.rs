//! A node as it stands in a memory, checked before any of it is handed out.

use ic_stable_structures::Memory;

use super::chunks::{Chunks, damaged};
use super::error::TreeError;
use super::header::u64_in;
use super::layout::{
    ADDRESS, CAPACITY, CHUNK_HEAD, Field, LENGTH, NODE_HEAD, NODE_MARK, overflow_pages,
};
use crate::error::Glimpse;
use crate::registry::Size;

const KIND_AT: usize = CHUNK_HEAD + NODE_MARK.len();
const ENTRIES_AT: usize = KIND_AT + 1;
const OVERFLOW_AT: usize = ENTRIES_AT + 2;
const CHILDREN_AT: usize = CHUNK_HEAD + NODE_HEAD;

/// One node at a time, in buffers that are used again for the next.
#[derive(Default)]
pub struct Stored {
    address: u64,
    is_inner: bool,
    entries: usize,
    overflow: Vec<u64>,
    /// The first chunk with its head, then the data of the overflow pages.
    bytes: Vec<u8>,
    /// Where the content of each key starts and ends.
    keys: [(usize, usize); CAPACITY],
    /// Where the next value starts.
    next_value: usize,
    /// Children and entries that were handed out.
    steps: usize,
}

/// What comes next in a node, in key order.
pub enum Step<'a> {
    Child(u64),
    Entry(&'a [u8], &'a [u8]),
    End,
}

impl Stored {
    /// Reads the node at `address`, in one read and two for each overflow page.
    ///
    /// # Errors
    /// [`TreeError::Damaged`].
    pub fn read<M: Memory>(
        &mut self,
        chunks: &mut Chunks<M>,
        key: Size,
        address: u64,
    ) -> Result<(), TreeError> {
        self.address = address;
        self.overflow.clear();
        self.steps = 0;
        chunks.read_node(address, &mut self.bytes)?;
        let head = self.bytes.get(CHUNK_HEAD..CHILDREN_AT).unwrap_or(&[]);
        let found = Glimpse::of(head);
        self.entries = (u64_in(&self.bytes, ENTRIES_AT) & 0xffff) as usize;
        self.is_inner = self.bytes.get(KIND_AT) == Some(&1);
        let known = head.starts_with(NODE_MARK) && matches!(self.bytes.get(KIND_AT), Some(0 | 1));
        if !known || !(1..=CAPACITY).contains(&self.entries) {
            return Err(damaged(
                address,
                format!("stands {found}, and no node of layout 2"),
            ));
        }
        let mut next = u64_in(&self.bytes, OVERFLOW_AT);
        while next != 0 {
            self.overflow.push(next);
            next = chunks.read_overflow(next, &mut self.bytes)?;
        }
        self.find_keys(key)
    }

    pub fn address(&self) -> u64 {
        self.address
    }

    pub fn is_inner(&self) -> bool {
        self.is_inner
    }

    pub fn entries(&self) -> usize {
        self.entries
    }

    /// Addresses of its overflow pages.
    pub fn overflow(&self) -> &[u64] {
        &self.overflow
    }

    /// The next child or entry.
    ///
    /// # Errors
    /// [`TreeError::Damaged`].
    pub fn step(&mut self, value: Size, page_bytes: u32) -> Result<Step<'_>, TreeError> {
        let step = self.steps;
        self.steps += 1;
        let entry = match self.is_inner {
            true if step.is_multiple_of(2) && step / 2 <= self.entries => {
                return Ok(Step::Child(self.child(step / 2)));
            }
            true => step / 2,
            false => step,
        };
        if entry >= self.entries {
            return self.end(page_bytes).map(|()| Step::End);
        }
        let mut rest = self.bytes.get(self.next_value..).unwrap_or(&[]);
        let field = Field::Prefixed.cut(&mut rest);
        let (field, content) = field
            .and_then(|field| Some((field, field.get(LENGTH..)?)))
            .ok_or_else(|| self.cut_off("value", entry))?;
        if !value.admits(content.len()) {
            return Err(self.wrong_size("value", entry, content.len(), value));
        }
        self.next_value += field.len();
        let (start, end) = self.keys[entry];
        let content_start = self.next_value - content.len();
        Ok(Step::Entry(
            &self.bytes[start..end],
            &self.bytes[content_start..self.next_value],
        ))
    }

    /// The key of an entry.
    pub fn key(&self, entry: usize) -> &[u8] {
        let (start, end) = self.keys[entry];
        &self.bytes[start..end]
    }

    /// The value of an entry of a node that was not stepped through.
    ///
    /// # Errors
    /// [`TreeError::Damaged`].
    pub fn value(&self, entry: usize, size: Size) -> Result<&[u8], TreeError> {
        let mut rest = self.bytes.get(self.next_value..).unwrap_or(&[]);
        let field = (0..=entry)
            .map_while(|_| Field::Prefixed.cut(&mut rest))
            .nth(entry);
        let content = field
            .and_then(|field| field.get(LENGTH..))
            .ok_or_else(|| self.cut_off("value", entry))?;
        if !size.admits(content.len()) {
            return Err(self.wrong_size("value", entry, content.len(), size));
        }
        Ok(content)
    }

    /// The address of a child.
    pub fn child(&self, index: usize) -> u64 {
        u64_in(&self.bytes, CHILDREN_AT + ADDRESS * index)
    }

    fn find_keys(&mut self, size: Size) -> Result<(), TreeError> {
        let children = if self.is_inner { self.entries + 1 } else { 0 };
        let mut at = CHILDREN_AT + ADDRESS * children;
        let keys = Field::of_keys(size);
        for entry in 0..self.entries {
            let mut rest = self.bytes.get(at..).unwrap_or(&[]);
            let field = keys.cut(&mut rest);
            let len = field.ok_or_else(|| self.cut_off("key", entry))?.len();
            let start = at + keys.prefix().min(len);
            at += len;
            if !size.admits(at - start) {
                return Err(self.wrong_size("key", entry, at - start, size));
            }
            self.keys[entry] = (start, at);
        }
        self.next_value = at;
        Ok(())
    }

    /// Whether the node has the overflow pages that it needs, and no more.
    fn end(&self, page_bytes: u32) -> Result<(), TreeError> {
        let node_bytes = self.next_value.saturating_sub(CHUNK_HEAD);
        let needed = overflow_pages(node_bytes as u64, page_bytes);
        let found = self.overflow.len() as u64;
        if found == needed {
            return Ok(());
        }
        Err(damaged(
            self.address,
            format!(
                "stands a node of {node_bytes} bytes with {found} overflow pages, where it needs {needed}"
            ),
        ))
    }

    fn cut_off(&self, part: &str, entry: usize) -> TreeError {
        damaged(
            self.address,
            format!("stands a node that ends before the {part} of its entry {entry} does"),
        )
    }

    fn wrong_size(&self, part: &str, entry: usize, bytes: usize, size: Size) -> TreeError {
        damaged(
            self.address,
            format!(
                "stands a node in which the {part} of entry {entry} has {bytes} bytes, and the type is {size}"
            ),
        )
    }
}

//! A node on the heap, in the form in which it is written: entries are copied once, when they come, and a node is one
//! slice when it goes.

use super::layout::{
    ADDRESS, CAPACITY, CHUNK_HEAD, Encoded, Field, NODE_HEAD, NODE_MARK, chunk_head,
};

/// Bytes before the keys that a chunk's head, a node's head and all children take. What a node with fewer children does
/// not need stays unused at the start, so that the number of children need not be known before.
const ROOM: usize = CHUNK_HEAD + NODE_HEAD + ADDRESS * (CAPACITY + 1);

/// At most 11 entries, and their children where the node is not a leaf. A pointer, because a node changes places more
/// often than it gets an entry.
pub struct Node(Box<Buffers>);

struct Buffers {
    entries: usize,
    children: Vec<u64>,
    /// [`ROOM`] bytes, then the keys.
    front: Vec<u8>,
    values: Vec<u8>,
}

impl Node {
    pub fn new() -> Self {
        Self(Box::new(Buffers {
            entries: 0,
            children: Vec::new(),
            front: vec![0; ROOM],
            values: Vec::new(),
        }))
    }

    /// Forgets everything but the buffers.
    pub fn clear(&mut self) {
        self.0.entries = 0;
        self.0.children.clear();
        self.0.front.truncate(ROOM);
        self.0.values.clear();
    }

    pub fn entries(&self) -> usize {
        self.0.entries
    }

    pub fn children(&self) -> &[u64] {
        &self.0.children
    }

    /// Bytes of the node in memory, without chunks' and overflow pages' heads.
    pub fn bytes(&self) -> usize {
        let keys = self.0.front.len() - ROOM;
        NODE_HEAD + ADDRESS * self.0.children.len() + keys + self.0.values.len()
    }

    pub fn push_child(&mut self, address: u64) {
        self.0.children.push(address);
    }

    /// Appends an entry. A length that does not fit four bytes was refused before.
    pub fn push(&mut self, keys: Field, key: &[u8], value: &[u8]) {
        let Buffers { front, values, .. } = &mut *self.0;
        if keys == Field::Prefixed {
            front.extend_from_slice(&(key.len() as u32).to_le_bytes());
        }
        front.extend_from_slice(key);
        values.extend_from_slice(&(value.len() as u32).to_le_bytes());
        values.extend_from_slice(value);
        self.0.entries += 1;
    }

    pub fn push_encoded(&mut self, entry: Encoded) {
        self.0.front.extend_from_slice(entry.key);
        self.0.values.extend_from_slice(entry.value);
        self.0.entries += 1;
    }

    /// Appends all entries of `other`.
    pub fn push_all(&mut self, other: &Node) {
        self.0.front.extend_from_slice(&other.0.front[ROOM..]);
        self.0.values.extend_from_slice(&other.0.values);
        self.0.entries += other.0.entries;
    }

    /// The entries, in order.
    pub fn encoded(&self, keys: Field) -> impl Iterator<Item = Encoded<'_>> {
        let mut left = (&self.0.front[ROOM..], &self.0.values[..]);
        (0..self.0.entries).map_while(move |_| {
            Some(Encoded {
                key: keys.cut(&mut left.0)?,
                value: Field::Prefixed.cut(&mut left.1)?,
            })
        })
    }

    /// The head of the chunk and the node, which goes on at `overflow` unless that is 0. The node can only be cleared
    /// after that.
    pub fn seal(&mut self, overflow: u64) -> &mut [u8] {
        self.0.front.extend_from_slice(&self.0.values);
        let start = ROOM - CHUNK_HEAD - NODE_HEAD - ADDRESS * self.0.children.len();
        let image = &mut self.0.front[start..];
        let mut head = [0; CHUNK_HEAD + NODE_HEAD];
        head[..CHUNK_HEAD].copy_from_slice(&chunk_head(true));
        let (_, node) = head.split_at_mut(CHUNK_HEAD);
        node[..4].copy_from_slice(NODE_MARK);
        node[4] = (!self.0.children.is_empty()).into();
        node[5..7].copy_from_slice(&(self.0.entries as u16).to_le_bytes());
        node[7..].copy_from_slice(&overflow.to_le_bytes());
        let (to_head, behind) = image.split_at_mut(head.len());
        to_head.copy_from_slice(&head);
        for (place, child) in behind.chunks_exact_mut(ADDRESS).zip(&self.0.children) {
            place.copy_from_slice(&child.to_le_bytes());
        }
        image
    }
}

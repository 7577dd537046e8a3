//! `StableBTreeMap`, layouts 1 and 2: its header, its allocator, and a walk over its nodes.
//!
//! All numbers are little-endian; addresses count from the start of the virtual memory, 0 is none.
//!
//! ```text
//! map         "BTR" layout u8  page size: two u32 @4  root @12  entries u64 @20
//! allocator   @52 "BTA" 1  chunk payload u64 @60  chunks in use u64 @68  free list @76
//! chunks      from 100: "CHK" 1  in use u8 @4  next free @8  payload @16
//! node        "BTN" layout u8  internal u8 @4  entries u16 @5
//!             layout 1: entries from 7, each two u32 lengths and two fixed fields; then the children
//!             layout 2: overflow @7, children @15, then keys and values
//! overflow    "NOF" next @3
//! ```
//!
//! The page size is a number and `0xffff_ffff`, or the largest key and value, from which layout 1's node follows.
//! A node is a chunk's payload. The walk counts what it visits, and stops as soon as that is more than the
//! allocator has given out: so a tree that leads back into itself ends the walk, without a set of visited nodes.

use serde::Serialize;

use super::{Depth, Recognized, Structure};
use crate::virtual_memory::{Flaw, VirtualMemory};

mod entries;
mod fields;
mod readings;

pub use entries::{Entries, Entry};
use readings::Readings;
pub use readings::{KeyField, KeyOrder};

/// Most entries of a node.
const CAPACITY: u64 = 11;
const ALLOCATOR_AT: u64 = 52;
const CHUNKS_AT: u64 = 100;
const CHUNK_HEADER: u64 = 16;
/// Bytes of an overflow page before the node goes on.
const OVERFLOW_HEAD: u64 = 11;
/// Bytes of a layout 2 node up to the end of a full list of children; no node is smaller.
const NODE_HEAD: usize = 15 + 8 * (CAPACITY as usize + 1);
/// Deeper than any tree of 2^64 entries with at least six children a node.
const MAX_DEPTH: usize = 32;
const PAGE_SIZE_IS_A_VALUE: u32 = u32::MAX;

/// What a map says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct BTree {
    /// Layout version of the map, 1 or 2.
    pub layout: u8,
    /// Entries, by the header.
    pub entries: u64,
    /// Bytes of a node, and of an overflow page.
    pub node_bytes: u64,
    /// Chunks that the allocator has given out: nodes and overflow pages.
    pub chunks: u64,
    /// What a walk over the nodes found; absent where none was asked for.
    pub walk: Option<Walk>,
}

/// What was found in the nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Walk {
    /// Nodes.
    pub nodes: u64,
    /// Pages behind nodes that are longer than one page.
    pub overflow_pages: u64,
    /// Levels of the tree; 0 for an empty map.
    pub levels: u64,
    /// How full the nodes are: entries against 11 for each node, in percent.
    pub node_use_percent: f64,
    /// Chunks that were given back and wait for use.
    pub free_chunks: u64,
    /// Chunks given out that no node leads to: lost until the map is rebuilt.
    pub unreachable_chunks: u64,
    /// Bytes of nodes and overflow pages that no head, child, key or value takes. Where nobody has written down how large
    /// keys are, by the reading of the nodes that leaves the least; absent where none leads to their ends.
    pub unfilled_bytes: Option<u64>,
    /// How keys stand in the nodes; absent where that is not written down and several readings are left, or none.
    pub keys: Option<KeyField>,
}

impl BTree {
    /// Bytes of a chunk: what a node or an overflow page takes with its head.
    pub fn chunk_bytes(&self) -> u64 {
        CHUNK_HEADER + self.node_bytes
    }
}

/// Reads the map at the start of a memory. `keys` is what is known of the form of its keys.
///
/// # Errors
/// [`Flaw::Damaged`] where it contradicts itself.
pub fn read(
    memory: &VirtualMemory,
    depth: Depth,
    keys: Option<KeyField>,
    progress: &mut dyn FnMut(u64),
) -> Result<Recognized, Flaw> {
    let map = Map::read(memory)?;
    let mut btree = BTree {
        layout: map.layout,
        entries: map.entries,
        node_bytes: map.node_bytes,
        chunks: map.chunks,
        walk: None,
    };
    let mut ever_used = map.chunks;
    if depth == Depth::Everything {
        let walk = map.walk(keys, progress)?;
        ever_used += walk.free_chunks;
        btree.walk = Some(walk);
    }
    // Behind them stands the header of the chunk that will be given out next.
    let used = CHUNKS_AT + ever_used * map.chunk_bytes() + CHUNK_HEADER;
    let used = used.min(memory.bytes());
    Ok((Structure::StableBTreeMap(btree), used))
}

/// A map whose header adds up.
pub struct Map<'a> {
    memory: &'a VirtualMemory<'a>,
    layout: u8,
    entries: u64,
    root: u64,
    node_bytes: u64,
    /// Largest key and value, where the header has them: the only maps that can hold nodes of layout 1.
    bounds: Option<(u64, u64)>,
    chunks: u64,
    free_list: u64,
}

impl<'a> Map<'a> {
    fn read(memory: &'a VirtualMemory<'a>) -> Result<Self, Flaw> {
        let [layout] = memory.bytes_at(3)?;
        let (first, second) = (memory.u32_at(4)?, memory.u32_at(8)?);
        let (node_bytes, bounds) = match (layout, second) {
            (2, PAGE_SIZE_IS_A_VALUE) => (u64::from(first), None),
            _ => {
                let (key, value) = (u64::from(first), u64::from(second));
                let bytes = 7 + CAPACITY * (8 + key + value) + 8 * (CAPACITY + 1);
                (bytes, Some((key, value)))
            }
        };
        if node_bytes < NODE_HEAD as u64 {
            return Err(damaged(format!("has nodes of {node_bytes} bytes")));
        }
        if &memory.bytes_at::<4>(ALLOCATOR_AT)? != b"BTA\x01" {
            return Err(damaged(format!("has no allocator at {ALLOCATOR_AT}")));
        }
        let chunk_payload = memory.u64_at(ALLOCATOR_AT + 8)?;
        if chunk_payload != node_bytes {
            return Err(damaged(format!(
                "has nodes of {node_bytes} bytes and an allocator for {chunk_payload}"
            )));
        }
        let map = Self {
            memory,
            layout,
            entries: memory.u64_at(20)?,
            root: memory.u64_at(12)?,
            node_bytes,
            bounds,
            chunks: memory.u64_at(ALLOCATOR_AT + 16)?,
            free_list: memory.u64_at(ALLOCATOR_AT + 24)?,
        };
        let room = (memory.bytes() - CHUNKS_AT) / map.chunk_bytes();
        if map.chunks > room {
            return Err(damaged(format!(
                "has {} chunks in use where {room} fit",
                map.chunks
            )));
        }
        if map.entries > map.chunks * CAPACITY {
            return Err(damaged(format!(
                "has {} entries in {} chunks, which hold {CAPACITY} each at most",
                map.entries, map.chunks
            )));
        }
        Ok(map)
    }

    fn chunk_bytes(&self) -> u64 {
        CHUNK_HEADER + self.node_bytes
    }

    fn walk(&self, keys: Option<KeyField>, progress: &mut dyn FnMut(u64)) -> Result<Walk, Flaw> {
        let mut walk = Walk::default();
        let mut readings = Readings::of(self, keys);
        let mut entries = 0;
        // For each level the children still to be visited.
        let mut open: Vec<Vec<u64>> = Vec::new();
        if self.root != 0 {
            open.push(vec![self.root]);
        }
        while let Some(level) = open.last_mut() {
            let Some(address) = level.pop() else {
                open.pop();
                continue;
            };
            walk.levels = walk.levels.max(open.len() as u64);
            walk.nodes += 1;
            self.count(&walk)?;
            let node = self.node(address)?;
            let overflow_pages = self.overflows(node.overflow, &walk)?;
            walk.overflow_pages += overflow_pages;
            readings.take(self, &node, overflow_pages)?;
            entries += node.entries;
            progress(self.chunk_bytes());
            if !node.children.is_empty() {
                if open.len() == MAX_DEPTH {
                    return Err(damaged(format!(
                        "is more than {MAX_DEPTH} levels deep at node {address}"
                    )));
                }
                open.push(node.children);
            }
        }
        if entries != self.entries {
            return Err(damaged(format!(
                "says it has {} entries and its nodes hold {entries}",
                self.entries
            )));
        }
        if walk.nodes > 0 {
            let filled = entries as f64 * 100.0 / (walk.nodes * CAPACITY) as f64;
            walk.node_use_percent = (filled * 10.0).round() / 10.0;
        }
        walk.unreachable_chunks = self.chunks - walk.nodes - walk.overflow_pages;
        walk.free_chunks = self.free_chunks()?;
        let pages = (walk.nodes + walk.overflow_pages) * self.node_bytes;
        let heads = walk.overflow_pages * OVERFLOW_HEAD;
        walk.keys = readings.only();
        walk.unfilled_bytes = readings
            .filled()
            .and_then(|filled| pages.checked_sub(heads + filled));
        Ok(walk)
    }

    /// More nodes than chunks means that one was reached twice.
    fn count(&self, walk: &Walk) -> Result<(), Flaw> {
        if walk.nodes + walk.overflow_pages > self.chunks {
            return Err(damaged(format!(
                "leads to more nodes than its {} chunks: a node is reached twice",
                self.chunks
            )));
        }
        Ok(())
    }

    fn node(&self, address: u64) -> Result<Node, Flaw> {
        self.check_address(address, "node")?;
        let mut head = [0; NODE_HEAD];
        self.memory.read(address, &mut head)?;
        let [b'B', b'T', b'N', layout, kind, low, high, ..] = head else {
            return Err(damaged(format!("has no node at {address}")));
        };
        let entries = u64::from(u16::from_le_bytes([low, high]));
        if entries == 0 || entries > CAPACITY {
            return Err(damaged(format!(
                "has a node of {entries} entries at {address}"
            )));
        }
        let overflow = match (layout, self.bounds) {
            (2, _) => u64_in(&head, 7),
            (1, Some(_)) => 0,
            _ => {
                return Err(damaged(format!(
                    "has a node of layout {layout} at {address}"
                )));
            }
        };
        let children = match (kind, layout, self.bounds) {
            (0, _, _) => Vec::new(),
            (1, 1, Some((key, value))) => {
                let mut bytes = [0; 8 * (CAPACITY as usize + 1)];
                let children = &mut bytes[..8 * (entries as usize + 1)];
                let behind_entries = address + 7 + entries * (8 + key + value);
                self.memory.read(behind_entries, children)?;
                children.chunks_exact(8).map(|at| u64_in(at, 0)).collect()
            }
            (1, _, _) => (0..=entries as usize)
                .map(|i| u64_in(&head, 15 + 8 * i))
                .collect(),
            _ => {
                return Err(damaged(format!("has a node of type {kind} at {address}")));
            }
        };
        Ok(Node {
            address,
            layout,
            entries,
            overflow,
            children,
        })
    }

    fn overflows(&self, first: u64, walk: &Walk) -> Result<u64, Flaw> {
        let (mut pages, mut address) = (0, first);
        while address != 0 {
            address = self.next_overflow(address)?;
            pages += 1;
            if walk.nodes + walk.overflow_pages + pages > self.chunks {
                return Err(damaged(format!(
                    "leads to more overflow pages than its {} chunks: one is reached twice",
                    self.chunks
                )));
            }
        }
        Ok(pages)
    }

    /// Length of the free list without its last chunk, which was never in use.
    fn free_chunks(&self) -> Result<u64, Flaw> {
        let room = (self.memory.bytes() - CHUNKS_AT) / self.chunk_bytes();
        let (mut free, mut address) = (0, self.free_list);
        loop {
            self.check_address(address.saturating_add(CHUNK_HEADER), "free chunk")?;
            let header = self.memory.bytes_at::<16>(address)?;
            if &header[..5] != b"CHK\x01\x00" {
                return Err(damaged(format!("has no free chunk at {address}")));
            }
            address = u64_in(&header, 8);
            if address == 0 {
                return Ok(free);
            }
            free += 1;
            if free + self.chunks > room {
                return Err(damaged(format!(
                    "has more free chunks than the {} that fit: the list leads back into itself",
                    room - self.chunks
                )));
            }
        }
    }

    /// A node or overflow page is the payload of a chunk.
    fn check_address(&self, address: u64, what: &str) -> Result<(), Flaw> {
        let first = CHUNKS_AT + CHUNK_HEADER;
        let aligned = address >= first && (address - first).is_multiple_of(self.chunk_bytes());
        if !aligned {
            return Err(damaged(format!(
                "points to a {what} at {address}, where no chunk starts"
            )));
        }
        Ok(())
    }
}

struct Node {
    address: u64,
    layout: u8,
    entries: u64,
    overflow: u64,
    children: Vec<u64>,
}

impl Node {
    /// Bytes of the fields for a key and for a value, where all have the same: in layout 1.
    fn fixed_fields(&self, map: &Map) -> Option<(u64, u64)> {
        map.bounds.filter(|_| self.layout == 1)
    }
}

fn damaged(what: String) -> Flaw {
    Flaw::Damaged(format!("its StableBTreeMap {what}"))
}

fn u64_in(bytes: &[u8], at: usize) -> u64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(field)
}

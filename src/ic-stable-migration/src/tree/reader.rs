//! Reading a tree in key order, without trusting it.

use std::ops::ControlFlow;

use ic_stable_structures::Memory;

use super::chunks::{Chunks, damaged};
use super::error::TreeError;
use super::header::Header;
use super::stored::{Step, Stored};
use crate::registry::Size;

/// Deeper than any tree of 2^64 entries with at least six children a node.
pub(super) const MAX_LEVELS: usize = 32;

/// Reads the map at the start of a memory, whoever wrote it.
///
/// Every address, length and number is checked before it is followed, and the nodes and overflow pages are counted
/// against the chunks in use: so a tree that leads back into itself ends the walk. What is not checked is the order of
/// keys, which is the type's.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use ic_stable_migration::Size;
/// use ic_stable_migration::tree::TreeReader;
/// use ic_stable_structures::{StableBTreeMap, VectorMemory};
///
/// let mut map = StableBTreeMap::<u64, String, _>::init(VectorMemory::default());
/// map.insert(7, "seven".into());
/// let reader = TreeReader::open(map.into_memory(), Size::Exactly(8), Size::Unbounded)?;
/// let mut values = Vec::new();
/// let all = reader.walk(|_key, value| {
///     values.push(value.to_vec());
///     ControlFlow::<()>::Continue(())
/// })?;
/// assert!(all.is_continue() && values == [b"seven"]);
/// # Ok::<(), ic_stable_migration::tree::TreeError>(())
/// ```
pub struct TreeReader<M: Memory> {
    memory: M,
    header: Header,
    key: Size,
    value: Size,
}

impl<M: Memory> TreeReader<M> {
    /// Reads the header of a map with keys and values of these sizes; 100 bytes.
    ///
    /// # Errors
    /// [`TreeError::Header`] where no map is, or one whose page size follows from the bounds of its types, as that of a map
    /// that began in layout 1; [`TreeError::Contradiction`].
    pub fn open(memory: M, key: Size, value: Size) -> Result<Self, TreeError> {
        let header = Header::read(&memory)?;
        Ok(Self {
            memory,
            header,
            key,
            value,
        })
    }

    /// Entries, by the header.
    pub fn entries(&self) -> u64 {
        self.header.entries
    }

    /// Bytes of a page, by the header.
    pub fn page_size(&self) -> u32 {
        self.header.page_bytes
    }

    /// Hands each entry's key and value to `entry`, in the order of the tree, until that breaks. Reads each node at once,
    /// and has one node a level on the heap.
    ///
    /// # Errors
    /// [`TreeError::Damaged`] for anything that a map would not have written, and [`TreeError::Contradiction`] where all is
    /// well but the number of entries. The entries before it have been handed out by then.
    pub fn walk<B>(
        &self,
        entry: impl FnMut(&[u8], &[u8]) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, TreeError> {
        self.walk_nodes(|_, _| Ok(()), entry)
    }

    /// As [`walk`](Self::walk), and hands each node with its level, of which the root's is 0, to `node` before its
    /// entries.
    pub(super) fn walk_nodes<B>(
        &self,
        mut node: impl FnMut(&Stored, usize) -> Result<(), TreeError>,
        mut entry: impl FnMut(&[u8], &[u8]) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, TreeError> {
        let mut chunks = Chunks::new(&self.memory, self.header);
        // Nodes of the way down to the one being read, and behind them buffers that were used before.
        let mut way: Vec<Stored> = Vec::new();
        let mut depth = 0;
        let mut down = Some(self.header.root).filter(|&root| root != 0);
        let mut leaf_depth = None;
        let mut entries = 0;
        loop {
            if let Some(address) = down.take() {
                if depth == MAX_LEVELS {
                    return Err(damaged(
                        address,
                        format!("stands a node more than {MAX_LEVELS} levels below the root"),
                    ));
                }
                if depth == way.len() {
                    way.push(Stored::default());
                }
                let here = &mut way[depth];
                here.read(&mut chunks, self.key, address)?;
                node(here, depth)?;
                if !here.is_inner() && *leaf_depth.get_or_insert(depth) != depth {
                    return Err(damaged(
                        address,
                        "stands a leaf that is not as deep as the others",
                    ));
                }
                depth += 1;
            }
            let Some(here) = depth.checked_sub(1).and_then(|top| way.get_mut(top)) else {
                break;
            };
            match here.step(self.value, chunks.page_bytes())? {
                Step::Child(address) => down = Some(address),
                Step::Entry(key, value) => {
                    entries += 1;
                    if let ControlFlow::Break(with) = entry(key, value) {
                        return Ok(ControlFlow::Break(with));
                    }
                }
                Step::End => depth -= 1,
            }
        }
        if entries != self.header.entries {
            return Err(TreeError::Contradiction {
                what: format!(
                    "that there are {} entries, and the nodes hold {entries}",
                    self.header.entries
                ),
            });
        }
        Ok(ControlFlow::Continue(()))
    }

    pub(super) fn key_size(&self) -> Size {
        self.key
    }

    pub(super) fn value_size(&self) -> Size {
        self.value
    }

    pub(super) fn memory(&self) -> &M {
        &self.memory
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }
}

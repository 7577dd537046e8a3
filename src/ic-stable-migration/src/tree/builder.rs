//! Entries in, a finished map out.

use std::rc::Rc;

use ic_stable_structures::Memory;

use super::error::TreeError;
use super::layout::{Field, MIN_PAGE_BYTES};
use super::node::Node;
use super::output::Output;
use super::spine::Spine;
use crate::bucket_plan::PAGE_BYTES;
use crate::registry::Size;

/// Writes one map into a memory, from entries in key order.
///
/// The entries come in one [`Run`] or in several. See the [module](super) for an example, the layout and what it costs.
pub struct TreeBuilder<M: Memory> {
    output: Output<M>,
    key: Size,
    value: Size,
    keys: Field,
    /// Entries pushed, of all runs.
    entries: u64,
    /// What all its runs have in common, and no other's.
    token: Rc<()>,
    /// What has failed: nodes are lost, so nothing can follow.
    failed: Option<TreeError>,
}

/// Consecutive entries of a map that is being built.
///
/// It has its first nodes and its last ones on the heap, at most three a level; and a level for each factor of 12.
pub struct Run {
    spine: Spine,
    entries: u64,
    token: Rc<()>,
}

impl Run {
    /// Entries pushed so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }
}

/// A finished map.
#[derive(Debug)]
pub struct Built<M> {
    /// Entries in the map.
    pub entries: u64,
    /// Nodes, each written once.
    pub nodes: u64,
    /// Pages behind nodes that are longer than a page, each written once.
    pub overflow_pages: u64,
    /// Bytes from the start of the memory to the end of what was written.
    pub bytes: u64,
    /// The memory: `StableBTreeMap::init` takes it.
    pub memory: M,
}

impl<M> Built<M> {
    /// Pages of 64 KiB that the map takes.
    pub fn pages(&self) -> u64 {
        self.bytes.div_ceil(PAGE_BYTES)
    }
}

impl<M: Memory> TreeBuilder<M> {
    /// A builder of a map with keys and values of these sizes, in nodes of `page_size` bytes: see
    /// [`page_size::choose`](super::page_size::choose). Writes nothing yet; `memory` may hold anything, which is
    /// overwritten from offset 0 when the first node is.
    ///
    /// # Errors
    /// [`TreeError::SmallPage`] for less than 128 bytes.
    pub fn new(memory: M, key: Size, value: Size, page_size: u32) -> Result<Self, TreeError> {
        if page_size < MIN_PAGE_BYTES {
            return Err(TreeError::SmallPage {
                page_bytes: page_size,
            });
        }
        Ok(Self {
            output: Output::new(memory, page_size),
            key,
            value,
            keys: Field::of_keys(key),
            entries: 0,
            token: Rc::new(()),
            failed: None,
        })
    }

    /// Opens a run. Any number can be open at the same time.
    pub fn run(&mut self) -> Run {
        Run {
            spine: Spine::new(true),
            entries: 0,
            token: self.token.clone(),
        }
    }

    /// Appends an entry to a run; its key must come after those that the run has, in the order of the map's type. That
    /// order is not the bytes', so it is not checked here.
    ///
    /// Copies key and value once, and once more when their node is written: one write for 12 entries that fit a page.
    ///
    /// # Errors
    /// [`TreeError::WrongSize`], [`TreeError::TooLong`]: the entry was not taken, others can follow.
    /// [`TreeError::OutOfMemory`]: from now on every call fails so.
    pub fn push(&mut self, run: &mut Run, key: &[u8], value: &[u8]) -> Result<(), TreeError> {
        if self.failed.is_some() || !fits(key, self.key) || !fits(value, self.value) {
            return Err(self.refusal(key, value));
        }
        let keys = self.keys;
        let put = |open: &mut Node| open.push(keys, key, value);
        if let Err(error) = run.spine.append(&mut self.output, 0, 0, put) {
            self.failed = Some(error.clone());
            return Err(error);
        }
        run.entries += 1;
        self.entries += 1;
        Ok(())
    }

    /// Joins the runs in the order given, in which all keys of a run come before those of the next; writes the nodes that
    /// are left, and the header last. Costs a dozen entries for each level of each run.
    ///
    /// # Errors
    /// [`TreeError::ForeignRun`], [`TreeError::MissingEntries`], [`TreeError::OutOfMemory`]. If a node was written by then,
    /// what the memory holds is no map any more.
    pub fn finish(mut self, runs: impl IntoIterator<Item = Run>) -> Result<Built<M>, TreeError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let mut joined = 0;
        let mut tree = Spine::new(false);
        for (index, run) in runs.into_iter().enumerate() {
            if !Rc::ptr_eq(&run.token, &self.token) {
                return Err(TreeError::ForeignRun { index });
            }
            joined += run.entries;
            tree.join(&mut self.output, self.keys, run.spine)?;
        }
        if joined != self.entries {
            return Err(TreeError::MissingEntries {
                pushed: self.entries,
                joined,
            });
        }
        let root = tree.finish(&mut self.output, self.keys)?;
        let (nodes, overflow_pages) = (self.output.nodes(), self.output.overflow_pages());
        let (bytes, memory) = self.output.finish(root, self.entries)?;
        Ok(Built {
            entries: self.entries,
            nodes,
            overflow_pages,
            bytes,
            memory,
        })
    }

    /// Why nothing can be pushed, or not this entry.
    #[cold]
    fn refusal(&self, key: &[u8], value: &[u8]) -> TreeError {
        if let Some(failed) = &self.failed {
            return failed.clone();
        }
        let (part, bytes, size) = if fits(key, self.key) {
            ("value", value.len(), self.value)
        } else {
            ("key", key.len(), self.key)
        };
        let entry = self.entries;
        if size.admits(bytes) {
            return TreeError::TooLong { part, entry, bytes };
        }
        TreeError::WrongSize {
            part,
            entry,
            bytes,
            size,
        }
    }
}

/// Whether the type admits it, and a node can tell its length.
fn fits(bytes: &[u8], size: Size) -> bool {
    size.admits(bytes.len()) && u32::try_from(bytes.len()).is_ok()
}

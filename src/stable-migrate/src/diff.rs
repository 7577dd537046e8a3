//! In what two snapshots of one canister differ: its program, and each of its memories.

use std::rc::Rc;

use serde::Serialize;

use crate::error::Result;
use crate::image::Image;
use crate::report::layout_text;
use crate::source::Source;
use crate::structure::Depth;
use crate::survey::Survey;
use crate::virtual_memory::VirtualMemory;

mod entries;
mod memories;
mod program;

pub use entries::EntriesDiff;
pub use memories::MemoryDiff;
pub use program::{FieldDiff, ProgramDiff};

/// Something before and after.
pub type Both<T> = [T; 2];

/// In what two snapshots, or two stable memories, differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct SnapshotDiff {
    /// Whether module, heap, metadata and stable memory are the same. When and as what the snapshots were taken does not
    /// count.
    pub is_same: bool,
    /// Pages of the stable memories.
    pub stable_pages: Both<u64>,
    /// Their layouts, in words.
    pub layout: Both<String>,
    /// Bytes in which the stable memories differ. A shorter one counts as if zeros followed.
    pub bytes_changed: u64,
    /// Each virtual memory of one or the other; the whole as one, where one has no memory manager.
    pub memories: Vec<MemoryDiff>,
    /// What contradicts itself in each.
    pub damages: Both<Vec<String>>,
    /// The rest of the snapshots; absent where one is a bare stable memory.
    pub program: Option<ProgramDiff>,
}

impl SnapshotDiff {
    /// Compares two. `progress` is told how many bytes have been dealt with since it was last called, of at most the sizes of
    /// both stable memories.
    ///
    /// Of maps it takes one node a level and side, whatever their size.
    ///
    /// # Errors
    /// [`crate::Error::Io`] and those of reading modules. What contradicts itself in a memory is not an error.
    pub fn of(before: &Source, after: &Source, progress: &mut dyn FnMut(u64)) -> Result<Self> {
        let images = [before.stable(), after.stable()];
        let [one, two] = images.map(|image| Survey::of(image, Depth::Everything, progress));
        let surveys = [one?, two?];
        let program = match (before, after) {
            (Source::Snapshot(before), Source::Snapshot(after)) => {
                Some(ProgramDiff::of(before, after)?)
            }
            _ => None,
        };
        let memories = memories::of(images, &surveys)?;
        let bytes_changed = changed_bytes(images)?;
        let stable_pages = images.map(|image| image.pages());
        let is_same = bytes_changed == 0
            && stable_pages[0] == stable_pages[1]
            && program.as_ref().is_none_or(ProgramDiff::is_same);
        let [one, two] = surveys;
        Ok(Self {
            is_same,
            stable_pages,
            layout: [&one, &two].map(|survey| layout_text(&survey.layout)),
            bytes_changed,
            memories,
            damages: [one.damages, two.damages],
            program,
        })
    }
}

fn changed_bytes([before, after]: Both<&Rc<Image>>) -> Result<u64> {
    VirtualMemory::whole(before).changed_bytes(&VirtualMemory::whole(after))
}

#[cfg(test)]
mod tests;

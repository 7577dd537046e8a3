//! What a command was pointed at: a snapshot directory or a bare stable memory.

use std::path::Path;
use std::rc::Rc;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::image::Image;
use crate::progress::Progress;
use crate::snapshot_dir::SnapshotDir;

/// Where a stable memory came from.
pub enum Source {
    /// A directory, with module and heap.
    Snapshot(Box<SnapshotDir>),
    /// A file that is a stable memory and nothing else.
    Bare(Rc<Image>),
}

/// What else a snapshot holds, and a canister pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Rest {
    /// Size of the module as it was installed.
    pub module_bytes: u64,
    /// Size of the heap.
    pub heap_bytes: u64,
    /// When the snapshot was taken, nanoseconds since 1970.
    pub taken_at: u64,
    /// The canister's version then.
    pub canister_version: u64,
}

impl Source {
    /// Opens a directory as a snapshot, anything else as a bare stable memory, plain or packed with gzip.
    ///
    /// # Errors
    /// Those of [`SnapshotDir::open`] and [`Image::open`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, |_, _| Progress::hidden())
    }

    /// As [`Source::open`], with a bar made by `bar` while a packed memory is expanded.
    ///
    /// # Errors
    /// Those of [`Source::open`].
    pub fn open_with(path: &Path, bar: impl FnOnce(&str, u64) -> Progress) -> Result<Self> {
        let kind = std::fs::metadata(path).map_err(Error::io(path))?;
        if kind.is_dir() {
            return Ok(Self::Snapshot(Box::new(SnapshotDir::open(path)?)));
        }
        let unpacking = bar("unpacking", kind.len());
        let image = Image::open_telling(path, &mut |bytes| unpacking.add(bytes))?;
        Ok(Self::Bare(Rc::new(image)))
    }

    /// The stable memory.
    pub fn stable(&self) -> &Rc<Image> {
        match self {
            Self::Snapshot(snapshot) => snapshot.stable(),
            Self::Bare(image) => image,
        }
    }

    /// What a snapshot holds beside it.
    pub fn rest(&self) -> Option<Rest> {
        match self {
            Self::Bare(_) => None,
            Self::Snapshot(snapshot) => {
                let metadata = snapshot.metadata();
                Some(Rest {
                    module_bytes: metadata.wasm_module_size,
                    heap_bytes: metadata.wasm_memory_size,
                    taken_at: metadata.taken_at_timestamp,
                    canister_version: metadata.canister_version,
                })
            }
        }
    }
}

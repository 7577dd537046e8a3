//! Looks into the stable memory of a downloaded canister snapshot, rehearses upgrades on it, and makes it smaller.
//!
//! The library behind the command-line tool of the same name. Nothing here talks to a network, and nothing writes
//! over a file: what is made appears under a new name when it is complete.

mod buckets;
mod compaction;
mod error;
mod image;
mod module;
mod snapshot_dir;
mod sparse;
mod staging;
mod structure;
mod survey;
#[cfg(test)]
mod test_images;
mod virtual_memory;

pub use compaction::{BucketChoice, Compaction};
pub use error::{Error, Result};
pub use image::Image;
pub use module::uses_this_library;
pub use snapshot_dir::{Metadata, NewSnapshotDir, SnapshotDir};
pub use structure::{BTree, Depth, Slots, Structure, Walk};
pub use survey::{
    Content, Layout, LegacySurvey, ManagedSurvey, MemorySurvey, RightSize, SavedState, Survey,
};

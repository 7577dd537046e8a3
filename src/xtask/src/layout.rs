//! What lies in a stable memory, as the library recognizes it.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use canister_host::PAGE_SIZE;
use ic_stable_migration::{Memory0Content, Opened, open};

/// The layouts that a rehearsal tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// No page.
    Empty,
    /// What can be one value from offset 0 to wherever it ends.
    Legacy,
    /// A memory manager with this library's header in memory 0, written by this release.
    Managed(u32),
    /// A memory manager with the u32-length frame of 2023 in memory 0.
    Naive,
    /// A memory manager whose memory 0 holds nothing.
    Unsaved,
    /// None of these, with the reason.
    Unrecognized(String),
}

impl Layout {
    /// Looks at a stable memory. Takes its bytes because the library reads memories of whole pages.
    pub fn of(mut memory: Vec<u8>) -> Self {
        let page = PAGE_SIZE as usize;
        memory.resize(memory.len().div_ceil(page) * page, 0);
        match open(Rc::new(RefCell::new(memory))) {
            Opened::Empty(_) => Self::Empty,
            Opened::Legacy(_) => Self::Legacy,
            Opened::Managed(managed) => match managed.content() {
                Ok(Memory0Content::Saved(header)) => Self::Managed(header.release),
                Ok(Memory0Content::NaiveFrame { .. }) => Self::Naive,
                Ok(Memory0Content::Unsaved) => Self::Unsaved,
                Err(error) => Self::Unrecognized(error.to_string()),
            },
            Opened::Unrecognized(unrecognized) => {
                Self::Unrecognized(ic_stable_migration::Error::from(unrecognized).to_string())
            }
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Legacy => f.write_str("legacy"),
            Self::Managed(release) => write!(f, "memory 0, release {release}"),
            Self::Naive => f.write_str("memory 0, frame of 2023"),
            Self::Unsaved => f.write_str("memory 0, unsaved"),
            Self::Unrecognized(reason) => write!(f, "unrecognized: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_memory_and_a_legacy_value_are_told_apart() {
        assert_eq!(Layout::of(Vec::new()), Layout::Empty);
        let legacy = Layout::of(b"\x81\xa1n\x07".to_vec());
        assert_eq!(legacy, Layout::Legacy);
    }

    #[test]
    fn a_foreign_memory_is_told_with_what_was_found() {
        let Layout::Unrecognized(reason) = Layout::of(b"\xff\xd8\xff\xe0".to_vec()) else {
            panic!("recognized");
        };
        assert!(reason.contains("ff"), "{reason}");
    }
}

//! What lies in a stable memory, as the library recognizes it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use canister_host::PAGE_SIZE;
use ic_stable_migration::{Error, Memory0Content, Opened, StableReport, open};

/// What a stable memory holds, and whose its pages are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What it holds.
    pub layout: Layout,
    /// Pages of 64 KiB that each virtual memory owns, by its id. Empty without a memory manager.
    pub memories: BTreeMap<u8, u64>,
}

/// The layouts that a rehearsal tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// No page.
    Empty,
    /// What can be one value from offset 0 to wherever it ends.
    Legacy,
    /// A memory manager with this library's header in memory 0.
    Managed {
        /// The release that wrote it.
        release: u32,
        /// Virtual memories beside memory 0: each holds a stable map.
        maps: usize,
    },
    /// A memory manager with a value of another program in memory 0, as the u32-length frame of 2023.
    Value,
    /// A memory manager whose memory 0 holds nothing.
    Unsaved,
    /// None of these, with the reason.
    Unrecognized(String),
}

impl Contents {
    /// Looks at a stable memory. Takes its bytes because the library reads memories of whole pages.
    pub fn of(mut memory: Vec<u8>) -> Self {
        let page = PAGE_SIZE as usize;
        memory.resize(memory.len().div_ceil(page) * page, 0);
        match open(Rc::new(RefCell::new(memory))) {
            Opened::Empty(_) => Self::unmanaged(Layout::Empty),
            Opened::Legacy(_) => Self::unmanaged(Layout::Legacy),
            Opened::Managed(managed) => match managed.report() {
                Ok(report) => Self::managed(&report),
                Err(error) => Self::unmanaged(Layout::Unrecognized(error.to_string())),
            },
            Opened::Unrecognized(unrecognized) => {
                let reason = Error::from(unrecognized).to_string();
                Self::unmanaged(Layout::Unrecognized(reason))
            }
        }
    }

    fn unmanaged(layout: Layout) -> Self {
        Self {
            layout,
            memories: BTreeMap::new(),
        }
    }

    fn managed(report: &StableReport) -> Self {
        let owned = report.memories.iter();
        let owned =
            owned.map(|memory| (memory.id, memory.buckets * u64::from(report.bucket_pages)));
        let memories: BTreeMap<u8, u64> = owned.collect();
        let layout = match &report.content {
            Memory0Content::Saved(header) => Layout::Managed {
                release: header.release,
                maps: memories.keys().filter(|id| **id > 0).count(),
            },
            Memory0Content::Value(_) => Layout::Value,
            Memory0Content::Unsaved => Layout::Unsaved,
        };
        Self { layout, memories }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Legacy => f.write_str("legacy"),
            Self::Managed { release, maps: 0 } => write!(f, "memory 0, release {release}"),
            Self::Managed { release, maps: 1 } => {
                write!(f, "memory 0 and 1 map, release {release}")
            }
            Self::Managed { release, maps } => {
                write!(f, "memory 0 and {maps} maps, release {release}")
            }
            Self::Value => f.write_str("memory 0, a value without a header"),
            Self::Unsaved => f.write_str("memory 0, unsaved"),
            Self::Unrecognized(reason) => write!(f, "unrecognized: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ic_stable_migration::{Form, Format, Frame, VirtualMemoryReport};

    fn layout_of(memory: Vec<u8>) -> Layout {
        Contents::of(memory).layout
    }

    #[test]
    fn an_empty_memory_and_a_legacy_value_are_told_apart() {
        assert_eq!(layout_of(Vec::new()), Layout::Empty);
        let legacy = layout_of(b"\x81\xa1n\x07".to_vec());
        assert_eq!(legacy, Layout::Legacy);
    }

    #[test]
    fn a_foreign_memory_is_told_with_what_was_found() {
        let Layout::Unrecognized(reason) = layout_of(b"\xff\xd8\xff\xe0".to_vec()) else {
            panic!("recognized");
        };
        assert!(reason.contains("ff"), "{reason}");
    }

    #[test]
    fn pages_are_told_by_virtual_memory_and_maps_are_counted() {
        let memory = |id, buckets| VirtualMemoryReport {
            id,
            buckets,
            pages: 1,
            slack_bytes: 0,
        };
        let form = Form {
            frame: Frame::LengthU32,
            format: Format::Cbor,
        };
        let report = StableReport {
            stable_pages: 11,
            bucket_pages: 2,
            unmanaged_pages: 0,
            content: Memory0Content::Value(form.into()),
            memories: vec![memory(0, 3), memory(4, 1), memory(9, 1)],
        };
        let contents = Contents::managed(&report);
        assert_eq!(contents.layout, Layout::Value);
        let pages = BTreeMap::from([(0, 6), (4, 2), (9, 2)]);
        assert_eq!(contents.memories, pages);

        let [maps, none] = [2, 0].map(|maps| Layout::Managed { release: 2, maps });
        assert_eq!(maps.to_string(), "memory 0 and 2 maps, release 2");
        assert_eq!(none.to_string(), "memory 0, release 2");
    }
}

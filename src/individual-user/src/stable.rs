//! Where the running release keeps the state between two versions of the module: known to the hooks, which put
//! it here, and to the two queries that report on it.

use std::cell::RefCell;
use std::fmt::Display;

use ic_stable_migration::{Managed, Origin};
use ic_stable_structures::DefaultMemoryImpl;

use crate::domain::memory::Start;

/// The stable memory under its manager.
pub type ManagedStable = Managed<DefaultMemoryImpl>;

/// The layout of the running release, and what the release started from.
pub enum Stable {
    /// One value at offset 0.
    Legacy {
        /// The release that is installed.
        release: u32,
        /// What it started from.
        started_from: Start,
    },
    /// Memory 0 of a memory manager.
    Managed {
        /// The release that is installed.
        release: u32,
        /// What it started from.
        started_from: Start,
        /// The memory.
        memory: ManagedStable,
    },
}

thread_local! {
    static STABLE: RefCell<Option<Stable>> = const { RefCell::new(None) };
}

/// Remembers the layout; the hooks that start a module do.
pub fn set(stable: Stable) {
    STABLE.set(Some(stable));
}

/// Looks at the layout; there is none before `init` or `post_upgrade` has run.
pub fn with<R>(look: impl FnOnce(Option<&Stable>) -> R) -> R {
    STABLE.with_borrow(|stable| look(stable.as_ref()))
}

/// Uses the memory under its manager.
///
/// # Errors
/// Those of `act`, as text; and a sentence if this release has no manager, or has not started.
pub fn with_managed<R, E: Display>(
    act: impl FnOnce(&ManagedStable) -> Result<R, E>,
) -> Result<R, String> {
    with(|stable| match stable {
        Some(Stable::Managed { memory, .. }) => act(memory).map_err(|error| error.to_string()),
        Some(Stable::Legacy { .. }) => Err("this release has no memory manager".to_owned()),
        None => Err("the module has not started".to_owned()),
    })
}

impl From<Origin> for Start {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Legacy { format, bytes } => Start::Legacy {
                format: format.to_string(),
                bytes,
            },
            Origin::NaiveFrame { bytes } => Start::NaiveFrame { bytes },
            Origin::Memory0 { release } => Start::Memory0 { release },
        }
    }
}

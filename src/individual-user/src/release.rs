//! The release that runs, what it started from and what its hooks cost: set by the hooks, asked for by the reports.

use std::cell::RefCell;

use ic_stable_migration::Origin;

use crate::domain::memory::{Adopted, Start};

/// See the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its number.
    pub number: u32,
    /// What it started from.
    pub started_from: Start,
    /// Instructions of the `init` or `post_upgrade` that started it.
    pub start_instructions: u64,
    /// When that was, in nanoseconds since 1970.
    pub started_at: u64,
}

thread_local! {
    static RUNNING: RefCell<Option<Release>> = const { RefCell::new(None) };
}

/// Remembers the release; the hook that starts a module does, at its end.
pub fn set(release: Release) {
    RUNNING.set(Some(release));
}

/// The release that runs; none before `init` or `post_upgrade` is through.
pub fn running() -> Option<Release> {
    RUNNING.with_borrow(Clone::clone)
}

impl From<Origin> for Start {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Legacy {
                format,
                bytes,
                trailing_bytes,
                read_back,
                // MessagePack, where keys that stand twice are refused.
                repeated_pairs: _,
            } => Start::Legacy {
                format: format.to_string(),
                bytes,
                adopted: Some(Adopted {
                    trailing_bytes,
                    read_back,
                }),
            },
            Origin::Value {
                form,
                bytes,
                trailing_bytes,
                read_back,
                // CBOR or MessagePack, where keys that stand twice are refused.
                repeated_pairs: _,
            } => Start::Value {
                form: form.to_string(),
                bytes,
                adopted: Adopted {
                    trailing_bytes,
                    read_back,
                },
            },
            Origin::Memory0 { release } => Start::Memory0 { release },
        }
    }
}

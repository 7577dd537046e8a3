//! Why a command cannot do what it was asked: one sentence for each case, and nothing written.

use std::io;
use std::path::{Path, PathBuf};

use ic_stable_migration::PAGE_BYTES;
use thiserror::Error;

/// The result of everything that reads or writes files here.
pub type Result<T> = std::result::Result<T, Error>;

/// What was found, where, and what to do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// The system refused to read or write a file.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A stable memory that does not end at a page.
    #[error(
        "{path}: {bytes} bytes are not whole pages of {PAGE_BYTES}, so this is not a stable memory or it was cut short: download it again",
        path = .path.display()
    )]
    NotPages {
        /// The file.
        path: PathBuf,
        /// Its size, expanded.
        bytes: u64,
    },

    /// More than a canister can have.
    #[error(
        "{path}: {found} are more than the {limit} bytes of stable memory that a canister can have, so this is not a stable memory",
        path = .path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, or how much was expanded.
        found: String,
        /// The most there can be, in bytes.
        limit: u64,
    },

    /// A file that starts like gzip and is none.
    #[error(
        "{path}: starts like a gzip file but cannot be expanded: {reason}: download or copy it again",
        path = .path.display()
    )]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },

    /// The library refused what it found.
    #[error("{path}: {error}", path = .path.display())]
    Stable {
        /// The file.
        path: PathBuf,
        /// What the library said.
        error: ic_stable_migration::Error,
    },
}

impl Error {
    /// For `map_err`: names the file that an I/O error belongs to.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

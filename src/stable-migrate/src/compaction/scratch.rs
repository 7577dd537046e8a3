//! A memory in an unnamed file, for a map that is written before it is known how large it gets.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ic_stable_migration::PAGE_BYTES;
use ic_stable_structures::Memory;

use crate::error::{Error, Result};
use crate::image::{Image, MAX_BYTES};

/// As a [`Memory`] it cannot say that a write failed, so it remembers the first failure: [`ScratchMemory::into_image`]
/// tells it.
pub struct ScratchMemory {
    file: File,
    directory: PathBuf,
    failure: OnceLock<io::Error>,
}

impl ScratchMemory {
    /// An empty one, on the disk of `directory`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn new(directory: &Path) -> Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(directory).map_err(Error::io(directory))?,
            directory: directory.to_owned(),
            failure: OnceLock::new(),
        })
    }

    /// What was written.
    ///
    /// # Errors
    /// [`Error::Io`] with the first failure.
    pub fn into_image(self) -> Result<Image> {
        match self.failure.into_inner() {
            Some(failure) => Err(Error::io(&self.directory)(failure)),
            None => Image::of(&self.directory, self.file),
        }
    }

    /// The result; 0 for one that failed, which is remembered.
    fn done<T: Default>(&self, result: io::Result<T>) -> T {
        result.unwrap_or_else(|failure| {
            // Only the first failure is kept: the later ones follow from it.
            let _ = self.failure.set(failure);
            T::default()
        })
    }
}

impl Memory for &ScratchMemory {
    fn size(&self) -> u64 {
        self.done(self.file.metadata().map(|found| found.len() / PAGE_BYTES))
    }

    fn grow(&self, pages: u64) -> i64 {
        let before = self.size();
        let bytes = before.saturating_add(pages).saturating_mul(PAGE_BYTES);
        match bytes <= MAX_BYTES && self.file.set_len(bytes).is_ok() {
            true => before as i64,
            false => -1,
        }
    }

    fn read(&self, offset: u64, target: &mut [u8]) {
        self.done(self.file.read_exact_at(target, offset));
    }

    fn write(&self, offset: u64, bytes: &[u8]) {
        self.done(self.file.write_all_at(bytes, offset));
    }
}

//! What a finished module was made from, kept beside it, so that making it again can be skipped.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::file;

/// Goes up when finishing a module gives another result for the same input.
const RECIPE: u32 = 1;

/// The input and the output of finishing a module.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    recipe: u32,
    commit: String,
    built_sha256: String,
    finished_sha256: String,
}

impl Receipt {
    /// The receipt for `built`, as cargo left it, finished at `commit` into `finished`.
    pub fn new(built: &[u8], commit: &str, finished: &[u8]) -> Self {
        Self {
            recipe: RECIPE,
            commit: commit.to_owned(),
            built_sha256: hash(built),
            finished_sha256: hash(finished),
        }
    }

    /// The receipt beside the module `finished`, if there is a readable one.
    pub fn read(finished: &Path) -> Option<Self> {
        let text = fs::read(beside(finished)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the receipt beside the module `finished`.
    ///
    /// # Errors
    /// `File` if it cannot be written.
    pub fn write(&self, finished: &Path) -> Result<()> {
        let path = beside(finished);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::file("encode", &path)(error.into()))?;
        file::replace(&path, &text)
    }

    /// The content of `finished`, if it is what finishing `built` at `commit` would give.
    pub fn still_good(&self, built: &[u8], commit: &str, finished: &Path) -> Option<Vec<u8>> {
        let wasm = fs::read(finished).ok()?;
        (*self == Self::new(built, commit, &wasm)).then_some(wasm)
    }
}

fn beside(finished: &Path) -> PathBuf {
    finished.with_extension("receipt.json")
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_made_again_when_anything_about_it_changed() {
        let directory = tempfile::tempdir().unwrap();
        let finished = directory.path().join("a.wasm");
        assert_eq!(Receipt::read(&finished), None);

        fs::write(&finished, b"finished").unwrap();
        Receipt::new(b"built", "commit", b"finished")
            .write(&finished)
            .unwrap();
        let good = |built: &[u8], commit| {
            let receipt = Receipt::read(&finished).unwrap();
            receipt.still_good(built, commit, &finished)
        };

        assert_eq!(good(b"built", "commit"), Some(b"finished".to_vec()));
        assert_eq!(good(b"other", "commit"), None);
        assert_eq!(good(b"built", "later"), None);
        fs::write(&finished, b"damaged").unwrap();
        assert_eq!(good(b"built", "commit"), None);
    }
}

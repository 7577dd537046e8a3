//! What a finished module was made from, kept beside it, so that making it again can be skipped.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::file;

/// Goes up when finishing a module gives another result for the same input.
const RECIPE: u32 = 2;

/// How much of a finished module can be kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// All of it.
    Good,
    /// All but the name of the commit; the module as it is.
    OtherCommit(Vec<u8>),
    /// Nothing.
    Stale,
}

/// The input and the output of finishing a module.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    recipe: u32,
    commit: String,
    built_sha256: String,
    finished_sha256: String,
    packed_sha256: String,
}

impl Receipt {
    /// The receipt for `built`, as cargo left it, finished at `commit` into `finished` and that
    /// packed into `packed`.
    pub fn new(built: &[u8], commit: &str, finished: &[u8], packed: &[u8]) -> Self {
        Self {
            recipe: RECIPE,
            commit: commit.to_owned(),
            built_sha256: hash(built),
            finished_sha256: hash(finished),
            packed_sha256: hash(packed),
        }
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

    /// How the module `finished` stands to `built`, as cargo left it, and to `commit`.
    pub fn standing(finished: &Path, built: &[u8], commit: &str) -> Standing {
        let Some((receipt, wasm, packed)) = Self::beside(finished) else {
            return Standing::Stale;
        };
        if receipt == Self::new(built, commit, &wasm, &packed) {
            return Standing::Good;
        }
        if receipt == Self::new(built, &receipt.commit, &wasm, &packed) {
            return Standing::OtherCommit(wasm);
        }
        Standing::Stale
    }

    /// The receipt beside the module `finished`, that module and the packed one, if all are there.
    fn beside(finished: &Path) -> Option<(Self, Vec<u8>, Vec<u8>)> {
        let text = fs::read(beside(finished)).ok()?;
        Some((
            serde_json::from_slice(&text).ok()?,
            fs::read(finished).ok()?,
            fs::read(packed(finished)).ok()?,
        ))
    }
}

/// The packed module beside the module `finished`.
pub fn packed(finished: &Path) -> PathBuf {
    finished.with_extension("wasm.gz")
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
        let standing = |built: &[u8], commit| Receipt::standing(&finished, built, commit);
        assert_eq!(standing(b"built", "commit"), Standing::Stale);

        fs::write(&finished, b"finished").unwrap();
        fs::write(packed(&finished), b"packed").unwrap();
        Receipt::new(b"built", "commit", b"finished", b"packed")
            .write(&finished)
            .unwrap();
        assert_eq!(standing(b"built", "commit"), Standing::Good);
        assert_eq!(standing(b"other", "commit"), Standing::Stale);
        let later = Standing::OtherCommit(b"finished".to_vec());
        assert_eq!(standing(b"built", "later"), later);

        fs::write(packed(&finished), b"damaged").unwrap();
        assert_eq!(standing(b"built", "commit"), Standing::Stale);
        fs::write(packed(&finished), b"packed").unwrap();
        assert_eq!(standing(b"built", "commit"), Standing::Good);

        fs::write(&finished, b"damaged").unwrap();
        assert_eq!(standing(b"built", "commit"), Standing::Stale);
    }
}

//! Versions of a type that have been released: files that are not changed again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::KitError;

/// The file with the digests, beside the versions.
const LIST: &str = "frozen";

/// A folder with the versions of a chain, `v1.rs`, `v2.rs` and so on, and a file `frozen` that has the SHA-256 of those that
/// were released. A canister may still have what one of them wrote, so that it has to be read as it was.
///
/// ```no_run
/// # fn main() -> Result<(), migration_kit::KitError> {
/// // A test of the package: fails where a frozen version was edited.
/// migration_kit::Frozen::of("src/state/hot")?.check()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Frozen {
    folder: PathBuf,
    versions: BTreeMap<u32, String>,
}

impl Frozen {
    /// Reads what is frozen of the versions in `folder`: nothing, where there is no list.
    ///
    /// # Errors
    /// [`KitError::File`]; [`KitError::Frozen`] for a list that cannot be read.
    pub fn of(folder: impl Into<PathBuf>) -> Result<Self, KitError> {
        let folder = folder.into();
        let path = folder.join(LIST);
        let list = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            list => list.map_err(|source| KitError::File {
                path: path.clone(),
                source,
            })?,
        };
        let mut versions = BTreeMap::new();
        for line in list.lines() {
            let parsed = line
                .split_once("  ")
                .and_then(|(digest, file)| Some((number_of(Path::new(file))?, digest.to_owned())));
            let Some((number, digest)) = parsed else {
                let reason = format!("{line:?} is not a digest and the name of a version's file");
                return Err(KitError::Frozen { path, reason });
            };
            versions.insert(number, digest);
        }
        Ok(Self { folder, versions })
    }

    /// Fails where a frozen version is not as it was.
    ///
    /// # Errors
    /// [`KitError::Frozen`] for the first that is not, or is gone.
    pub fn check(&self) -> Result<(), KitError> {
        for (number, digest) in &self.versions {
            let path = self.file(*number);
            let reason = match fs::read(&path) {
                Ok(bytes) if digest_of(&bytes) == *digest => continue,
                Ok(_) => format!(
                    "version {number} has been released, and its file is not as it was then: put it back, and write what is new into the next version (`cargo xtask schema new`)"
                ),
                Err(error) if error.kind() == ErrorKind::NotFound => format!(
                    "version {number} has been released, and its file is gone: put it back; once no canister has it any more, take its line out of `{LIST}`"
                ),
                Err(source) => return Err(KitError::File { path, source }),
            };
            return Err(KitError::Frozen { path, reason });
        }
        Ok(())
    }

    /// The numbers of the frozen versions, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.versions.keys().copied()
    }

    /// The number of the newest version that has a file; none without one.
    ///
    /// # Errors
    /// [`KitError::File`].
    pub fn newest(&self) -> Result<Option<u32>, KitError> {
        Ok(self.files()?.into_iter().max())
    }

    /// Freezes every version that has a file; those that were not before.
    ///
    /// # Errors
    /// Those of [`Frozen::check`]; [`KitError::File`].
    pub fn freeze(&mut self) -> Result<Vec<u32>, KitError> {
        self.check()?;
        let mut new = Vec::new();
        for number in self.files()? {
            if self.versions.contains_key(&number) {
                continue;
            }
            let path = self.file(number);
            let bytes = fs::read(&path).map_err(|source| KitError::File { path, source })?;
            self.versions.insert(number, digest_of(&bytes));
            new.push(number);
        }
        let mut list = String::new();
        for (number, digest) in &self.versions {
            let _ = writeln!(list, "{digest}  v{number}.rs");
        }
        let path = self.folder.join(LIST);
        fs::write(&path, list).map_err(|source| KitError::File { path, source })?;
        Ok(new)
    }

    /// The file of a version.
    pub fn file(&self, number: u32) -> PathBuf {
        self.folder.join(format!("v{number}.rs"))
    }

    /// The versions that have a file, in order.
    fn files(&self) -> Result<Vec<u32>, KitError> {
        let unread = |source| KitError::File {
            path: self.folder.clone(),
            source,
        };
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unread)? {
            numbers.extend(number_of(Path::new(&entry.map_err(unread)?.file_name())));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// The version whose file has this name.
fn number_of(file: &Path) -> Option<u32> {
    let name = file.file_name()?.to_str()?;
    let digits = name.strip_prefix('v')?.strip_suffix(".rs")?;
    digits.parse().ok()
}

fn digest_of(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("v1.rs"), "pub struct Hot;").unwrap();
        folder
    }

    #[test]
    fn a_version_that_is_not_frozen_may_be_edited() {
        let folder = folder();
        let frozen = Frozen::of(folder.path()).unwrap();
        frozen.check().unwrap();
        assert_eq!(frozen.newest().unwrap(), Some(1));
    }

    #[test]
    fn an_edit_of_a_frozen_version_is_refused_and_one_that_is_gone_too() {
        let folder = folder();
        let path = folder.path().join("v1.rs");
        assert_eq!(Frozen::of(folder.path()).unwrap().freeze().unwrap(), [1]);
        fs::write(folder.path().join("v2.rs"), "pub struct Hot(u8);").unwrap();
        Frozen::of(folder.path()).unwrap().check().unwrap();

        fs::write(&path, "pub struct Hot(u64);").unwrap();
        let edited = Frozen::of(folder.path()).unwrap();
        let refused = edited.check().unwrap_err().to_string();
        assert!(refused.contains("version 1 has been released"), "{refused}");
        // Nor can it be frozen as it is now.
        assert!(Frozen::of(folder.path()).unwrap().freeze().is_err());

        fs::remove_file(&path).unwrap();
        let refused = edited.check().unwrap_err().to_string();
        assert!(refused.contains("its file is gone"), "{refused}");
    }

    #[test]
    fn a_list_that_says_something_else_is_refused() {
        let folder = folder();
        fs::write(folder.path().join(LIST), "v1.rs is fine\n").unwrap();
        let refused = Frozen::of(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("v1.rs is fine"), "{refused}");
    }
}

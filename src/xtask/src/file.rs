//! Writing files so that none is ever half written, nor over what is there.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// Writes `bytes` beside `path` and renames.
///
/// # Errors
/// `File` if writing or renaming fails; `path` is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = OsString::from(path);
    beside.push(".new");
    fs::write(&beside, bytes).map_err(Error::file("write", Path::new(&beside)))?;
    fs::rename(&beside, path).map_err(Error::file("replace", path))
}

/// Checks that nothing is in `folder`, which need not be there.
///
/// # Errors
/// `Occupied` if there is something, `File` if it cannot be looked into.
pub fn unoccupied(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(folder).map_err(Error::file("look into", folder))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Error::Occupied {
            path: folder.to_owned(),
        }),
    }
}

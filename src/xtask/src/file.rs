//! Writing files so that none is ever half written.

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

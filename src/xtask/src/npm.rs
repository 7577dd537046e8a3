//! What npm fetches for a directory with a `package-lock.json`: once for each list.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::file;
use crate::shell;

/// The list of what npm fetches, and the copy of it that says it was.
const LIST: &str = "package-lock.json";
const FETCHED: &str = "node_modules/.fetched";

/// Copies the files of `source` to `copy` and has npm fetch what its list names, unless that was done for the same list.
///
/// # Errors
/// `File` if the copy cannot be written; `Start` and `Failed` of npm.
pub fn fetch(source: &Path, copy: &Path) -> Result<()> {
    fs::create_dir_all(copy).map_err(Error::file("create", copy))?;
    let entries = fs::read_dir(source).map_err(Error::file("read", source))?;
    for entry in entries {
        let from = entry.map_err(Error::file("read", source))?.path();
        if let (true, Some(name)) = (from.is_file(), from.file_name()) {
            file::replace(&copy.join(name), &read(&from)?)?;
        }
    }
    let list = read(&copy.join(LIST))?;
    let fetched = copy.join(FETCHED);
    if fs::read(&fetched).is_ok_and(|for_list| for_list == list) {
        return Ok(());
    }
    println!("fetching what {} needs with npm", source.display());
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--omit=dev",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    shell::read(npm.current_dir(copy))?;
    file::replace(&fetched, &list)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::file("read", path))
}

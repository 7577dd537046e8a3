//! Which snapshots a command was given: those that are named, and those in the folders that are named.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use ic_stable_migration::PAGE_BYTES;
use stable_migrate::{Error, is_snapshot};

/// What a command works on, for what is looked for in a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Snapshot directories alone.
    Snapshots,
    /// Snapshot directories, and stable memories in files.
    Memories,
    /// Snapshot directories, and modules in files.
    Modules,
}

/// What was given.
pub enum Found {
    /// One snapshot, whose whole report is asked for.
    One(PathBuf),
    /// More, or a folder.
    Many(List),
}

/// Many snapshots.
pub struct List {
    /// Where they are: in the order in which they were named, those of a folder by name.
    pub paths: Vec<PathBuf>,
    /// What in a folder is none, and why, a sentence each.
    pub skipped: Vec<String>,
}

/// Finds the snapshots. One is a list of one if `as_list`. A path that is not there is one of them: it is told of as one
/// that cannot be read.
///
/// # Errors
/// [`Error::NoSnapshots`] for a folder without any, [`Error::Io`] for one that cannot be listed.
pub fn find(given: &[PathBuf], takes: Takes, as_list: bool) -> Result<Found, Error> {
    if let [one] = given
        && !as_list
        && !is_folder(one)
    {
        return Ok(Found::One(one.clone()));
    }
    let mut list = List {
        paths: Vec::new(),
        skipped: Vec::new(),
    };
    for path in given {
        match is_folder(path) {
            true => list.add_folder(path, takes)?,
            false => list.paths.push(path.clone()),
        }
    }
    Ok(Found::Many(list))
}

impl List {
    fn add_folder(&mut self, folder: &Path, takes: Takes) -> Result<(), Error> {
        let before = self.paths.len();
        for path in entries(folder)? {
            match refusal(&path, takes) {
                None => self.paths.push(path),
                Some(reason) => self.skipped.push(format!("{}: {reason}", path.display())),
            }
        }
        match self.paths.len() > before {
            true => Ok(()),
            false => Err(Error::NoSnapshots {
                path: folder.to_owned(),
            }),
        }
    }
}

/// What is in a folder, by name.
///
/// # Errors
/// [`Error::Io`].
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io(folder))?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut entries: Vec<PathBuf> = entries
        .collect::<Result<_, _>>()
        .map_err(Error::io(folder))?;
    entries.sort();
    Ok(entries)
}

/// A directory that is no snapshot, nor a part of one.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() && !is_snapshot(path)
}

/// Why an entry of a folder is not worked on, if it is not. A memory is told by what it is, and one that was cut short by
/// its name, so that it is worked on and told of.
fn refusal(path: &Path, takes: Takes) -> Option<&'static str> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with('.') {
        return Some("hidden");
    }
    if path.is_dir() {
        return (!is_snapshot(path)).then_some("a folder that is no snapshot");
    }
    let is_module = name.ends_with(".wasm") || name.ends_with(".wasm.gz");
    let is_memory = || name.ends_with(".bin") || name.ends_with(".bin.gz") || may_be_memory(path);
    match takes {
        Takes::Snapshots => Some("not a snapshot directory"),
        Takes::Modules => (!is_module).then_some("neither a snapshot directory nor a module"),
        Takes::Memories if is_module => Some("a module"),
        Takes::Memories => {
            (!is_memory()).then_some("neither a snapshot directory nor a stable memory")
        }
    }
}

/// Whether a file has whole pages, or is packed with gzip.
fn may_be_memory(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else {
        return false;
    };
    if !metadata.is_file() {
        return false;
    }
    let mut magic = [0; 2];
    let mut packed = || {
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
        read.is_ok() && magic == [0x1f, 0x8b]
    };
    (metadata.len() > 0 && metadata.len().is_multiple_of(PAGE_BYTES)) || packed()
}

//! What is made of many snapshots: one output each, in one folder, under the snapshot's name.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use stable_migrate::{Error, Image, SnapshotDir, check_new, is_snapshot};

use super::found::List;

/// Where each output will be.
pub struct Outputs {
    places: Vec<Place>,
}

struct Place {
    path: PathBuf,
    /// Whether an earlier run has made it.
    is_there: bool,
}

impl Outputs {
    /// Looks at every output before anything is made, and makes the folder if it is not there. With `resume`, an output
    /// that is there and whole is left as it is. It has the snapshot's name, without `.gz` since it is not packed.
    ///
    /// # Errors
    /// [`Error::SameName`] for snapshots whose outputs would be one, [`Error::Exists`] for one that is there, with `resume`
    /// those of opening it, [`Error::Io`].
    pub fn plan(list: &List, folder: &Path, resume: bool) -> Result<Self, Error> {
        let mut taken: HashMap<OsString, &Path> = HashMap::new();
        let mut places = Vec::new();
        for path in &list.paths {
            let name = name_of(path)?;
            if let Some(first) = taken.insert(name.clone(), path) {
                return Err(Error::SameName {
                    first: first.to_owned(),
                    second: path.clone(),
                });
            }
            let path = folder.join(name);
            let is_there = resume && is_made(&path)?;
            if !is_there {
                check_new(&path)?;
            }
            places.push(Place { path, is_there });
        }
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made.map_err(Error::io(folder))?,
        }
        Ok(Self { places })
    }

    /// Where the output of the snapshot at a place of the list is to be made; none if it is there already.
    pub fn of(&self, place: usize) -> Option<&Path> {
        let place = self.places.get(place)?;
        (!place.is_there).then_some(&place.path)
    }
}

/// The name of the output: `..` and the like have none, so they are followed to where they lead.
fn name_of(path: &Path) -> Result<OsString, Error> {
    let name = match path.file_name() {
        Some(name) => name.to_owned(),
        None => {
            let whole = path.canonicalize().map_err(Error::io(path))?;
            whole.file_name().unwrap_or_default().to_owned()
        }
    };
    let plain = name.to_str().and_then(|name| name.strip_suffix(".gz"));
    Ok(plain.map_or(name.clone(), OsString::from))
}

/// Whether an output is there. What was made appears when it is whole; that it still is, opening it tells.
fn is_made(path: &Path) -> Result<bool, Error> {
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    match is_snapshot(path) {
        true => SnapshotDir::open(path).map(drop)?,
        false => Image::open_plain(path).map(drop)?,
    }
    Ok(true)
}

//! Output that appears when it is complete: made beside its place under another name, then renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempDir};

use crate::error::{Error, Result};

/// What is being made. Held while something in it appears under its final name or goes, so that a signal finds
/// either all of it or nothing.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes whatever is not finished, and does `then` before anything else can be begun or finished.
pub fn remove_unfinished(then: impl FnOnce()) {
    let mut unfinished = unfinished();
    for path in unfinished.drain(..) {
        // Whoever writes into it goes on for a moment, and may add a file while it is removed. If it cannot be removed
        // at all, there is no one left to tell.
        let _ = (0..REMOVALS).any(|_| remove(&path));
    }
    then();
}

/// How often it is tried to remove something that is still written to.
const REMOVALS: usize = 100;

/// Whether nothing is there afterwards.
fn remove(path: &Path) -> bool {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    removed.is_ok() || !path.exists()
}

/// An entry in the list of what is being made.
struct Unfinished(PathBuf);

impl Unfinished {
    fn leave(&self, list: &mut Vec<PathBuf>) {
        list.retain(|path| *path != self.0);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.leave(&mut unfinished());
    }
}

/// A directory in the making. Dropped before [`NewDir::finish`], it leaves nothing.
pub struct NewDir {
    making: TempDir,
    target: PathBuf,
    entry: Unfinished,
}

impl NewDir {
    /// Begins a directory that will appear as `target`.
    ///
    /// # Errors
    /// [`Error::Exists`] if there is something already, [`Error::Io`] if its parent cannot be written to.
    pub fn begin(target: &Path) -> Result<Self> {
        check_new(target)?;
        let parent = parent_of(target);
        let mut list = unfinished();
        let making = builder(&prefix(target))
            .tempdir_in(parent)
            .map_err(Error::io(parent))?;
        list.push(making.path().to_owned());
        Ok(Self {
            entry: Unfinished(making.path().to_owned()),
            making,
            target: target.to_owned(),
        })
    }

    /// Where it is made.
    pub fn path(&self) -> &Path {
        self.making.path()
    }

    /// Where it will be: its name in errors.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// [`Error::Exists`] if something has taken the name meanwhile, [`Error::Io`].
    pub fn finish(self) -> Result<()> {
        let made = self.making.path();
        open_to_others(made, 0o755).map_err(Error::io(&self.target))?;
        let mut list = unfinished();
        check_new(&self.target)?;
        fs::rename(made, &self.target).map_err(Error::io(&self.target))?;
        self.entry.leave(&mut list);
        drop(list);
        // The directory is not where the guard would remove it.
        let _ = self.making.keep();
        sync(parent_of(&self.target))
    }
}

/// A file in the making. Dropped before [`NewFile::finish`], it leaves nothing.
pub struct NewFile {
    making: NamedTempFile,
    target: PathBuf,
    entry: Unfinished,
}

impl NewFile {
    /// Begins a file that will appear as `target`.
    ///
    /// # Errors
    /// [`Error::Exists`] if there is something already, [`Error::Io`] if its parent cannot be written to.
    pub fn begin(target: &Path) -> Result<Self> {
        check_new(target)?;
        let parent = parent_of(target);
        let mut list = unfinished();
        let making = builder(&prefix(target))
            .tempfile_in(parent)
            .map_err(Error::io(parent))?;
        list.push(making.path().to_owned());
        Ok(Self {
            entry: Unfinished(making.path().to_owned()),
            making,
            target: target.to_owned(),
        })
    }

    /// The file, to be written.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn file(&self) -> Result<File> {
        let file = self.making.as_file().try_clone();
        file.map_err(Error::io(&self.target))
    }

    /// Where it is made.
    pub fn path(&self) -> &Path {
        self.making.path()
    }

    /// Where it will be: its name in errors.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// [`Error::Exists`] if something has taken the name meanwhile, [`Error::Io`].
    pub fn finish(self) -> Result<()> {
        let target = self.target;
        open_to_others(self.making.path(), 0o644).map_err(Error::io(&target))?;
        self.making
            .as_file()
            .sync_all()
            .map_err(Error::io(&target))?;
        let mut list = unfinished();
        let persisted = self.making.persist_noclobber(&target);
        self.entry.leave(&mut list);
        drop(list);
        match persisted {
            Ok(_) => sync(parent_of(&target)),
            Err(failure) if failure.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists { path: target })
            }
            Err(failure) => Err(Error::Io {
                path: target,
                source: failure.error,
            }),
        }
    }
}

/// Looks whether a name is free, before work begins whose result is to get it.
///
/// # Errors
/// [`Error::Exists`] if there is something already, a link that leads nowhere included; [`Error::Io`].
pub fn check_new(target: &Path) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(Error::Exists {
            path: target.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(target)(error)),
    }
}

fn prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.incomplete-")
}

fn builder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    builder
}

fn parent_of(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Temporary files are for their owner alone; what is finished has the usual mode.
fn open_to_others(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Hands a directory's entries to the disk.
fn sync(directory: &Path) -> Result<()> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(Error::io(directory))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_directory_appears_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out");
        let new = NewDir::begin(&target).unwrap();
        fs::write(new.path().join("a"), "1").unwrap();
        assert!(!target.exists());
        new.finish().unwrap();
        assert_eq!(names(dir.path()), ["out"]);
        assert_eq!(names(&target), ["a"]);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let new_dir = NewDir::begin(&dir.path().join("out")).unwrap();
        let new_file = NewFile::begin(&dir.path().join("file")).unwrap();
        new_file.file().unwrap().write_all(b"half").unwrap();
        assert_eq!(names(dir.path()).len(), 2);
        drop((new_dir, new_file));
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn what_exists_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out");
        let new_dir = NewDir::begin(&target).unwrap();
        let new_file = NewFile::begin(&target).unwrap();
        fs::write(&target, "theirs").unwrap();
        for result in [
            NewDir::begin(&target).map(drop),
            NewFile::begin(&target).map(drop),
            new_dir.finish(),
            new_file.finish(),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("exists already"), "{error}");
        }
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(names(dir.path()), ["out"]);
    }
}

//! The file in which the line of each snapshot is kept, so that a run that was ended can be gone on with.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use stable_migrate::{Error, check_new};

use super::line::Line;

/// No line is longer, in bytes.
const MAX_LINE: u64 = 256 << 20;

/// See the [module](self).
pub struct Results {
    path: PathBuf,
    file: File,
}

impl Results {
    /// Begins a file, which nobody else writes to meanwhile.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Io`].
    pub fn begin(path: &Path) -> Result<Self, Error> {
        check_new(path)?;
        let file = File::create_new(path).map_err(Error::io(path))?;
        Self::of(path, file)
    }

    /// Opens a file to go on with, or begins one where there is none.
    ///
    /// # Errors
    /// [`Error::Results`] if another run writes to it, [`Error::Io`].
    pub fn resume(path: &Path) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(Error::io(path))?;
        Self::of(path, file)
    }

    fn of(path: &Path, file: File) -> Result<Self, Error> {
        let path = path.to_owned();
        match file.try_lock() {
            Ok(()) => Ok(Self { path, file }),
            Err(TryLockError::WouldBlock) => Err(Error::Results {
                path,
                reason: "another run is at work on it".into(),
            }),
            Err(TryLockError::Error(error)) => Err(Error::io(&path)(error)),
        }
    }

    /// Hands every whole line to `each`, and cuts off what a run left half written.
    ///
    /// # Errors
    /// [`Error::Results`] for a line that is none, or was made by another question than `asked`; then the file stays as it
    /// is. Those of `each`, and [`Error::Io`].
    pub fn kept(
        &mut self,
        asked: &str,
        mut each: impl FnMut(Line<Value>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut whole, mut text) = (0, Vec::new());
        let mut reader = BufReader::new(&self.file);
        for number in 1u64.. {
            text.clear();
            let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut text);
            let length = read.map_err(Error::io(&self.path))? as u64;
            if text.last() != Some(&b'\n') {
                if length == MAX_LINE {
                    return Err(self.refuse(number, "is too long to be a result"));
                }
                break;
            }
            let line = serde_json::from_slice::<Line<Value>>(&text).ok();
            let Some(line) = line.filter(Line::is_known) else {
                return Err(self.refuse(number, "is no result of this program"));
            };
            if line.asked != asked {
                let other = "was made by another command, or with other modules or options";
                return Err(self.refuse(number, other));
            }
            each(line)?;
            whole += length;
        }
        self.file.set_len(whole).map_err(Error::io(&self.path))?;
        let end = (&self.file).seek(SeekFrom::Start(whole));
        end.map(drop).map_err(Error::io(&self.path))
    }

    /// Keeps a line.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn add(&mut self, line: &str) -> Result<(), Error> {
        let written = self.file.write_all(line.as_bytes());
        written.map_err(Error::io(&self.path))
    }

    fn refuse(&self, line: u64, what: &str) -> Error {
        Error::Results {
            path: self.path.clone(),
            reason: format!("line {line} {what}"),
        }
    }
}

//! Files that are read: regular files, and never more of them than there should be.
//!
//! A named pipe or a device in the place of a file would keep a command waiting for ever, or never end.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::error::{Error, Result};

/// Opens a regular file, or one that a link leads to.
///
/// # Errors
/// [`Error::NotAFile`] for anything else, [`Error::Io`].
pub fn open(path: &Path) -> Result<File> {
    // Asked before it is opened: opening a pipe waits for its writer.
    let kind = fs::metadata(path).map_err(Error::io(path))?.file_type();
    let found = if kind.is_file() {
        return File::open(path).map_err(Error::io(path));
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(Error::NotAFile {
        path: path.to_owned(),
        found,
    })
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// [`Error::NotAFile`], [`Error::FileTooLarge`], [`Error::Io`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = open(path)?;
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut content);
    read.map_err(Error::io(path))?;
    if content.len() as u64 > limit {
        return Err(Error::FileTooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(content)
}

/// Reads a regular file of at most `limit` bytes of text.
///
/// # Errors
/// Those of [`read`], and [`Error::Io`] for what is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String> {
    let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
    String::from_utf8(read(path, limit)?)
        .map_err(|error| Error::io(path)(invalid(error.utf8_error())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for (path, found) in [
            (pipe.as_path(), "a pipe"),
            (dir.path(), "a directory"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            let refusal = read(path, 10).unwrap_err().to_string();
            assert!(refusal.contains(found), "{refusal}");
        }
    }

    #[test]
    fn a_file_that_is_too_long_is_not_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 40).unwrap();
        let refusal = read(file.path(), 100).unwrap_err().to_string();
        assert!(refusal.contains("more than 100 bytes"), "{refusal}");
        file.as_file().set_len(100).unwrap();
        assert_eq!(read(file.path(), 100).unwrap(), [0; 100]);
        assert_eq!(read_text(file.path(), 100).unwrap(), "\0".repeat(100));
    }
}

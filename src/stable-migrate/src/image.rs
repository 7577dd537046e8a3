//! A stable memory in a file, read in place: 20 GiB of it take no more RAM than 20 KiB.
//!
//! The file is read at offsets, not mapped: a mapped file that another program cuts short ends this one with a
//! signal, a read that fails ends it with a sentence.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flate2::bufread::GzDecoder;
use ic_stable_migration::PAGE_BYTES;
use ic_stable_structures::Memory;

use crate::error::{Error, Result};
use crate::input;
use crate::recognition::Bytes;
use crate::sparse::{SparseWriter, next_data};
use crate::virtual_memory::Flaw;

/// The most stable memory a canister can have: 500 GiB.
pub const MAX_BYTES: u64 = 500 << 30;

/// How much is read at a time where all of an image is read.
pub const CHUNK: usize = 1 << 20;

/// How much is searched at a time where a memory is searched from its end.
const WINDOW: u64 = 64 << 20;

const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// A read-only stable memory.
///
/// As an [`ic_stable_structures::Memory`] it cannot say that a read failed, so it then reads as zeros and remembers
/// the first failure: ask [`Image::check`] before believing what was read that way.
pub struct Image {
    path: PathBuf,
    file: Option<File>,
    bytes: u64,
    failure: OnceLock<io::Error>,
}

impl Image {
    /// Opens a bare stable memory, plain or packed with gzip. A packed one is expanded into an unnamed file in the
    /// directory for temporary files (`TMPDIR`), as much of it as is not zero.
    ///
    /// A canister may keep gzip in its stable memory, so that a file which starts like gzip can be either. It is
    /// taken for a memory where it has whole pages and what follows the packed data is not gzip.
    ///
    /// # Errors
    /// [`Error::NotAFile`], [`Error::Io`], [`Error::Gzip`], [`Error::NotPages`], [`Error::TooLarge`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_telling(path, &mut |_| {})
    }

    /// As [`Image::open`]; `progress` is told how many bytes of a packed file have been expanded since it was last called.
    ///
    /// # Errors
    /// Those of [`Image::open`].
    pub fn open_telling(path: &Path, progress: &mut dyn FnMut(u64)) -> Result<Self> {
        let file = input::open(path)?;
        let bytes = file.metadata().map_err(Error::io(path))?.len();
        let can_be_memory = bytes.is_multiple_of(PAGE_BYTES);
        if !starts_packed(path, &file, can_be_memory)?
            || (can_be_memory && ends_in_zeros(path, &file, bytes)?)
        {
            return Self::of(path, file);
        }
        match expand(path, file.try_clone().map_err(Error::io(path))?, progress)? {
            Expanded::Whole(plain) => match Self::of(path, plain) {
                Err(Error::NotPages { .. }) if can_be_memory => Self::of(path, file),
                opened => opened,
            },
            Expanded::FollowedByMore if can_be_memory => Self::of(path, file),
            Expanded::FollowedByMore => Err(Error::Gzip {
                path: path.to_owned(),
                reason: "bytes that are not gzip follow".into(),
            }),
        }
    }

    /// Opens a file that is a stable memory as it is.
    ///
    /// # Errors
    /// Those of [`Image::open`] except [`Error::Gzip`].
    pub fn open_plain(path: &Path) -> Result<Self> {
        Self::of(path, input::open(path)?)
    }

    /// A memory of no pages, for a file that is absent because there is nothing to hold.
    pub fn empty(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            bytes: 0,
            failure: OnceLock::new(),
        }
    }

    /// A file that is open, and a name for it in errors.
    ///
    /// # Errors
    /// Those of [`Image::open_plain`].
    pub fn of(path: &Path, file: File) -> Result<Self> {
        let bytes = file.metadata().map_err(Error::io(path))?.len();
        let path = path.to_owned();
        if bytes > MAX_BYTES {
            let (found, limit) = (format!("{bytes} bytes"), MAX_BYTES);
            return Err(Error::TooLarge { path, found, limit });
        }
        if !bytes.is_multiple_of(PAGE_BYTES) {
            return Err(Error::NotPages { path, bytes });
        }
        Ok(Self {
            path,
            file: Some(file),
            bytes,
            failure: OnceLock::new(),
        })
    }

    /// The same memory once more, for another owner. The file is shared.
    ///
    /// # Errors
    /// [`Error::Io`], if the system has no file handle left.
    pub fn another(&self) -> Result<Self> {
        let file = self.file.as_ref().map(File::try_clone).transpose();
        Ok(Self {
            path: self.path.clone(),
            file: file.map_err(Error::io(&self.path))?,
            bytes: self.bytes,
            failure: OnceLock::new(),
        })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes, whole pages.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its size in pages of 64 KiB.
    pub fn pages(&self) -> u64 {
        self.bytes / PAGE_BYTES
    }

    /// Fills `target` with the bytes at `offset`.
    ///
    /// # Errors
    /// [`Error::Io`], also for a range that is not inside the memory.
    pub fn read_at(&self, offset: u64, target: &mut [u8]) -> Result<()> {
        self.try_read(offset, target).map_err(Error::io(&self.path))
    }

    /// As [`Image::read_at`], without the file's name in the error.
    pub fn try_read(&self, offset: u64, target: &mut [u8]) -> io::Result<()> {
        match &self.file {
            _ if target.is_empty() => Ok(()),
            Some(file) => file.read_exact_at(target, offset),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Calls `visit` with every stretch of `start..end` that may hold anything but zeros, in order, at most 1 MiB at
    /// a time.
    ///
    /// # Errors
    /// [`Error::Io`], and those of `visit`.
    pub fn for_each_chunk(
        &self,
        start: u64,
        end: u64,
        mut visit: impl FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut buffer = vec![0; CHUNK];
        let mut at = start;
        while at < end {
            let Some(data) = next_data(file, at).map_err(Error::io(&self.path))? else {
                return Ok(());
            };
            at = data.start.max(at);
            let stretch_end = data.end.min(end);
            while at < stretch_end {
                let chunk = &mut buffer[..(stretch_end - at).min(CHUNK as u64) as usize];
                self.read_at(at, chunk)?;
                visit(at, chunk)?;
                at += chunk.len() as u64;
            }
        }
        Ok(())
    }

    /// The end of the last byte in `start..end` that is not zero; `None` if there is none. Reads from the end on, and
    /// no further than to that byte.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn last_used(&self, start: u64, end: u64) -> Result<Option<u64>> {
        let mut window_end = end;
        while window_end > start {
            let window = window_end.saturating_sub(WINDOW).max(start);
            let mut last = None;
            self.for_each_chunk(window, window_end, |at, chunk| {
                let here = chunk.iter().rposition(|&byte| byte != 0);
                last = here.map(|here| at + here as u64 + 1).or(last);
                Ok(())
            })?;
            if last.is_some() {
                return Ok(last);
            }
            window_end = window;
        }
        Ok(None)
    }

    /// The first byte in `start..end` that is not zero; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn first_used(&self, start: u64, end: u64) -> Result<Option<u64>> {
        let mut window = start;
        while window < end {
            let window_end = window.saturating_add(WINDOW).min(end);
            let mut first = None;
            self.for_each_chunk(window, window_end, |at, chunk| {
                let here = chunk.iter().position(|&byte| byte != 0);
                first = first.or(here.map(|here| at + here as u64));
                Ok(())
            })?;
            if first.is_some() {
                return Ok(first);
            }
            window = window_end;
        }
        Ok(None)
    }

    /// Whether every read through [`Memory`] so far has succeeded.
    ///
    /// # Errors
    /// [`Error::Io`] with the first failure.
    pub fn check(&self) -> Result<()> {
        match self.failure.get() {
            None => Ok(()),
            Some(failure) => Err(Error::Io {
                path: self.path.clone(),
                source: io::Error::new(failure.kind(), failure.to_string()),
            }),
        }
    }

    fn remember(&self, failure: io::Error) {
        // Only the first failure is kept: the later ones follow from it.
        let _ = self.failure.set(failure);
    }
}

impl Bytes for Image {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn fill(&self, at: u64, target: &mut [u8]) -> std::result::Result<(), Flaw> {
        Ok(self.read_at(at, target)?)
    }

    fn used(&self) -> std::result::Result<u64, Flaw> {
        Ok(self.last_used(0, self.bytes)?.unwrap_or(0))
    }
}

impl Memory for Image {
    fn size(&self) -> u64 {
        self.pages()
    }

    /// Always -1: an image is read-only.
    fn grow(&self, _pages: u64) -> i64 {
        -1
    }

    fn read(&self, offset: u64, target: &mut [u8]) {
        if let Err(failure) = self.try_read(offset, target) {
            target.fill(0);
            self.remember(failure);
        }
    }

    /// Writes nothing and fails the next [`Image::check`].
    fn write(&self, _offset: u64, _bytes: &[u8]) {
        self.remember(io::ErrorKind::ReadOnlyFilesystem.into());
    }
}

/// Whether a file starts like gzip; for what can be a memory, also without a flag that is reserved.
fn starts_packed(path: &Path, file: &File, can_be_memory: bool) -> Result<bool> {
    let mut first = [0; 4];
    match file.read_exact_at(&mut first, 0) {
        Ok(()) => Ok(first[..3] == GZIP_MAGIC && (first[3] < 0x20 || !can_be_memory)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// Whether the last bytes are zero, as in hardly any packed file and in most memories.
fn ends_in_zeros(path: &Path, file: &File, bytes: u64) -> Result<bool> {
    let mut last = [0; 16];
    let at = bytes.saturating_sub(last.len() as u64);
    file.read_exact_at(&mut last, at).map_err(Error::io(path))?;
    Ok(last == [0; 16])
}

/// A packed file, expanded.
enum Expanded {
    /// All of it was gzip.
    Whole(File),
    /// Something that is not gzip follows.
    FollowedByMore,
}

/// A file that tells how much of it is read.
struct Told<'a> {
    file: File,
    progress: &'a mut dyn FnMut(u64),
}

impl Read for Told<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(target)?;
        (self.progress)(len as u64);
        Ok(len)
    }
}

fn expand(path: &Path, file: File, progress: &mut dyn FnMut(u64)) -> Result<Expanded> {
    let temporary = std::env::temp_dir();
    let mut reader = io::BufReader::with_capacity(CHUNK, Told { file, progress });
    let mut plain = SparseWriter::new(tempfile::tempfile().map_err(Error::io(&temporary))?);
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut decoder = GzDecoder::new(&mut reader);
        loop {
            let len = decoder.read(&mut buffer).map_err(|error| Error::Gzip {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
            if len == 0 {
                break;
            }
            if plain.position() + len as u64 > MAX_BYTES {
                return Err(Error::TooLarge {
                    path: path.to_owned(),
                    found: "its expanded bytes".into(),
                    limit: MAX_BYTES,
                });
            }
            io::Write::write_all(&mut plain, &buffer[..len]).map_err(Error::io(&temporary))?;
        }
        let next = reader.fill_buf().map_err(Error::io(path))?;
        if next.is_empty() {
            let whole = plain.finish().map_err(Error::io(&temporary))?;
            return Ok(Expanded::Whole(whole));
        }
        if !next.starts_with(&GZIP_MAGIC[..next.len().min(3)]) {
            return Ok(Expanded::FollowedByMore);
        }
    }
}

#[cfg(test)]
mod tests;

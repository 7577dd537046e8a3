//! A downloaded canister snapshot: the directory that `icp canister snapshot download` and
//! `dfx canister snapshot download` write.
//!
//! ```text
//! metadata.json                   sizes, globals, timer, certified data
//! wasm_module.bin                 the module
//! wasm_memory.bin                 the heap
//! stable_memory.bin               may be absent where it is empty
//! wasm_chunk_store/<sha256>.bin   chunks of modules that were uploaded and not installed yet
//! ```

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ic_management_canister_types::ReadCanisterSnapshotMetadataResult;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::hex::hex;
use crate::image::{CHUNK, Image};
use crate::input;
use crate::sparse::SparseWriter;
use crate::staging::NewDir;

/// What metadata.json holds.
pub type Metadata = ReadCanisterSnapshotMetadataResult;

const METADATA: &str = "metadata.json";
const MODULE: &str = "wasm_module.bin";
const HEAP: &str = "wasm_memory.bin";
const STABLE: &str = "stable_memory.bin";
const CHUNKS: &str = "wasm_chunk_store";

/// No metadata.json is larger: 100 000 globals take 3 MiB.
const MAX_METADATA: u64 = 64 << 20;
/// The largest module of the network, unpacked.
pub const MAX_MODULE: u64 = 100 << 20;
/// The largest heap: 4 GiB with 32-bit addresses, 6 GiB with 64.
const MAX_HEAP: u64 = 6 << 30;
const MAX_CHUNK: u64 = 1 << 20;

/// A snapshot directory whose files are all there and as long as its metadata says.
pub struct SnapshotDir {
    path: PathBuf,
    metadata: Metadata,
    stable: Rc<Image>,
}

impl SnapshotDir {
    /// Opens a directory and checks it. Reads metadata.json and the chunks, and the sizes of the other files.
    ///
    /// # Errors
    /// [`Error::NotASnapshot`], [`Error::Missing`], [`Error::Metadata`], [`Error::SizeDiffers`],
    /// [`Error::ChunkDiffers`], and those of [`Image::open_plain`].
    pub fn open(path: &Path) -> Result<Self> {
        let metadata = read_metadata(path)?;
        check_size(path, MODULE, "wasm_module_size", metadata.wasm_module_size)?;
        check_size(path, HEAP, "wasm_memory_size", metadata.wasm_memory_size)?;
        check_size(
            path,
            STABLE,
            "stable_memory_size",
            metadata.stable_memory_size,
        )?;
        for chunk in &metadata.wasm_chunk_store {
            check_chunk(path, &chunk.hash)?;
        }
        let file = path.join(STABLE);
        let stable = match file.exists() {
            true => Image::open_plain(&file)?,
            false => Image::empty(&file),
        };
        Ok(Self {
            path: path.to_owned(),
            metadata,
            stable: Rc::new(stable),
        })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What metadata.json holds.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Stable memory.
    pub fn stable(&self) -> &Rc<Image> {
        &self.stable
    }

    /// The module as it was installed, packed or not. At most 100 MiB.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::SizeDiffers`] for more than that.
    pub fn module(&self) -> Result<Vec<u8>> {
        self.read_whole(MODULE, self.metadata.wasm_module_size, MAX_MODULE)
    }

    /// The heap. Takes its size in RAM, as running the canister does: at most 6 GiB.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::SizeDiffers`] for more than that.
    pub fn heap(&self) -> Result<Vec<u8>> {
        self.read_whole(HEAP, self.metadata.wasm_memory_size, MAX_HEAP)
    }

    /// The heap, read in place.
    ///
    /// # Errors
    /// Those of [`Image::open_plain`].
    pub fn heap_image(&self) -> Result<Image> {
        let path = self.path.join(HEAP);
        match path.exists() {
            true => Image::open_plain(&path),
            false => Ok(Image::empty(&path)),
        }
    }

    fn read_whole(&self, name: &str, size: u64, limit: u64) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        if size > limit {
            return Err(Error::SizeDiffers {
                path,
                found: size,
                expected: format!("at most {limit}, the network's limit"),
            });
        }
        match size {
            0 => Ok(Vec::new()),
            _ => input::read(&path, size),
        }
    }
}

/// Whether a path is a directory with a file that only a snapshot has, be it whole or not.
pub fn is_snapshot(path: &Path) -> bool {
    let names = [METADATA, MODULE, HEAP, STABLE];
    names.iter().any(|name| path.join(name).is_file())
}

fn read_metadata(directory: &Path) -> Result<Metadata> {
    if !fs::metadata(directory)
        .map_err(Error::io(directory))?
        .is_dir()
    {
        return Err(Error::NotASnapshot {
            path: directory.to_owned(),
        });
    }
    let path = directory.join(METADATA);
    let text = input::read_text(&path, MAX_METADATA).map_err(missing(directory, METADATA))?;
    serde_json::from_str(&text).map_err(|error| Error::Metadata {
        path,
        reason: error.to_string(),
    })
}

/// For `map_err`: a file of a snapshot that is not there.
fn missing(directory: &Path, name: &str) -> impl FnOnce(Error) -> Error {
    move |error| match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Error::Missing {
            directory: directory.to_owned(),
            name: name.into(),
        },
        other => other,
    }
}

/// A file may be absent where there is nothing to hold.
fn check_size(directory: &Path, name: &str, field: &str, expected: u64) -> Result<()> {
    let path = directory.join(name);
    let found = match input::open(&path) {
        Ok(file) => file.metadata().map_err(Error::io(&path))?.len(),
        Err(Error::Io { source, .. })
            if source.kind() == io::ErrorKind::NotFound && expected == 0 =>
        {
            0
        }
        Err(error) => return Err(missing(directory, name)(error)),
    };
    if found != expected {
        return Err(Error::SizeDiffers {
            path,
            found,
            expected: format!("{expected} ({field} in {METADATA})"),
        });
    }
    Ok(())
}

fn check_chunk(directory: &Path, hash: &[u8]) -> Result<()> {
    let name = format!("{CHUNKS}/{}.bin", hex(hash));
    let path = directory.join(&name);
    let content = match input::read(&path, MAX_CHUNK) {
        Err(Error::FileTooLarge { .. }) => return Err(Error::ChunkDiffers { path }),
        read => read.map_err(missing(directory, &name))?,
    };
    match Sha256::digest(&content)[..] == *hash {
        true => Ok(()),
        false => Err(Error::ChunkDiffers { path }),
    }
}

/// Appends to a file of a snapshot that is being downloaded.
///
/// # Errors
/// The system's.
#[cfg(feature = "fleet")]
pub fn write_part(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.create(true).append(true).open(path)?;
    file.write_all(bytes)
}

/// A snapshot directory in the making.
pub struct NewSnapshotDir {
    making: NewDir,
}

impl NewSnapshotDir {
    /// Begins a directory that will appear as `target` when it is complete.
    ///
    /// # Errors
    /// Those of [`NewDir::begin`].
    pub fn begin(target: &Path) -> Result<Self> {
        let making = NewDir::begin(target)?;
        let chunks = making.path().join(CHUNKS);
        fs::create_dir(&chunks).map_err(Error::io(&target.join(CHUNKS)))?;
        Ok(Self { making })
    }

    /// Creates the file for stable memory.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create_stable(&self) -> Result<File> {
        self.create(STABLE)
    }

    /// Where stable memory is written.
    pub fn stable_path(&self) -> PathBuf {
        self.making.path().join(STABLE)
    }

    /// Where stable memory will be: its name in errors.
    pub fn stable_target(&self) -> PathBuf {
        self.target(STABLE)
    }

    fn create(&self, name: &str) -> Result<File> {
        let created = File::create_new(self.making.path().join(name));
        created.map_err(Error::io(&self.target(name)))
    }

    fn target(&self, name: &str) -> PathBuf {
        self.making.target().join(name)
    }

    /// Copies module and heap of another snapshot, byte for byte.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn copy_program(&self, from: &SnapshotDir) -> Result<()> {
        self.copy(from, MODULE)?;
        self.copy(from, HEAP)
    }

    /// Copies the chunk store of another snapshot.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn copy_chunks(&self, from: &SnapshotDir) -> Result<()> {
        let hashes = from.metadata.wasm_chunk_store.iter();
        hashes
            .map(|chunk| hex(&chunk.hash))
            .try_for_each(|hash| self.copy(from, &format!("{CHUNKS}/{hash}.bin")))
    }

    /// Copies a file, and leaves holes where it has zeros. One that is absent becomes an empty one.
    fn copy(&self, from: &SnapshotDir, name: &str) -> Result<()> {
        let (source, target) = (from.path.join(name), self.target(name));
        let mut made = SparseWriter::new(self.create(name)?);
        if source.exists() {
            let mut file = input::open(&source)?;
            let mut buffer = vec![0; CHUNK];
            loop {
                let len = file.read(&mut buffer).map_err(Error::io(&source))?;
                if len == 0 {
                    break;
                }
                made.write_all(&buffer[..len]).map_err(Error::io(&target))?;
            }
        }
        made.finish().map(drop).map_err(Error::io(&target))
    }

    /// Writes a module and a heap.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_program(&self, module: &[u8], heap: &[u8]) -> Result<()> {
        self.write(MODULE, module)?;
        self.write(HEAP, heap)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write_all(content)
            .and_then(|()| file.sync_all())
            .map_err(Error::io(&self.target(name)))
    }

    /// Adds to a stable memory of so many bytes all that another snapshot has beside its own.
    ///
    /// # Errors
    /// Those of [`NewSnapshotDir::seal`].
    pub fn complete(&self, from: &SnapshotDir, stable_bytes: u64) -> Result<SnapshotDir> {
        self.copy_program(from)?;
        self.copy_chunks(from)?;
        let mut metadata = from.metadata.clone();
        metadata.stable_memory_size = stable_bytes;
        self.seal(&metadata)
    }

    /// Writes metadata.json, and opens the whole directory as [`SnapshotDir::open`] does: the last look at it before
    /// it gets its name.
    ///
    /// # Errors
    /// Those of [`SnapshotDir::open`], if what was written is not what `metadata` says; [`Error::Io`].
    pub fn seal(&self, metadata: &Metadata) -> Result<SnapshotDir> {
        let text = serde_json::to_string_pretty(metadata).map_err(|error| Error::Metadata {
            path: self.target(METADATA),
            reason: error.to_string(),
        })?;
        self.write(METADATA, text.as_bytes())?;
        SnapshotDir::open(self.making.path())
    }

    /// Gives the directory its name.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Exists`].
    pub fn finish(self) -> Result<()> {
        self.making.finish()
    }
}

#[cfg(test)]
mod tests;

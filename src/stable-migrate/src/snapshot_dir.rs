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
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ic_management_canister_types::ReadCanisterSnapshotMetadataResult;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::image::Image;
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
const MAX_MODULE: u64 = 100 << 20;
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

    fn read_whole(&self, name: &str, size: u64, limit: u64) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        if size > limit {
            return Err(Error::SizeDiffers {
                path,
                found: size,
                expected: format!("at most {limit}, the network's limit"),
            });
        }
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && size == 0 => Ok(Vec::new()),
            read => read.map_err(Error::io(&path)),
        }
    }
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
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::Missing {
                directory: directory.to_owned(),
                name: METADATA.into(),
            });
        }
        opened => opened.map_err(Error::io(&path))?,
    };
    let mut text = String::new();
    let read = file.take(MAX_METADATA).read_to_string(&mut text);
    read.map_err(Error::io(&path))?;
    serde_json::from_str(&text).map_err(|error| Error::Metadata {
        path,
        reason: error.to_string(),
    })
}

/// A file may be absent where there is nothing to hold.
fn check_size(directory: &Path, name: &str, field: &str, expected: u64) -> Result<()> {
    let path = directory.join(name);
    let found = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound && expected == 0 => 0,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::Missing {
                directory: directory.to_owned(),
                name: name.into(),
            });
        }
        Err(error) => return Err(Error::io(&path)(error)),
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
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::Missing {
                directory: directory.to_owned(),
                name,
            });
        }
        opened => opened.map_err(Error::io(&path))?,
    };
    let mut content = Vec::new();
    let read = file.take(MAX_CHUNK + 1).read_to_end(&mut content);
    read.map_err(Error::io(&path))?;
    match Sha256::digest(&content)[..] == *hash {
        true => Ok(()),
        false => Err(Error::ChunkDiffers { path }),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
        fs::create_dir(&chunks).map_err(Error::io(&chunks))?;
        Ok(Self { making })
    }

    /// Creates the file for stable memory.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create_stable(&self) -> Result<File> {
        let path = self.stable_path();
        File::create_new(&path).map_err(Error::io(&path))
    }

    /// Where stable memory is written.
    pub fn stable_path(&self) -> PathBuf {
        self.making.path().join(STABLE)
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

    fn copy(&self, from: &SnapshotDir, name: &str) -> Result<()> {
        let (source, target) = (from.path.join(name), self.making.path().join(name));
        match fs::copy(&source, &target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !source.exists() => {
                File::create_new(&target)
                    .map(drop)
                    .map_err(Error::io(&target))
            }
            copied => copied.map(drop).map_err(Error::io(&source)),
        }
    }

    /// Writes a module and a heap.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_program(&self, module: &[u8], heap: &[u8]) -> Result<()> {
        for (name, content) in [(MODULE, module), (HEAP, heap)] {
            let path = self.making.path().join(name);
            fs::write(&path, content).map_err(Error::io(&path))?;
        }
        Ok(())
    }

    /// Writes metadata.json, and opens the whole directory as [`SnapshotDir::open`] does: the last look at it before
    /// it gets its name.
    ///
    /// # Errors
    /// Those of [`SnapshotDir::open`], if what was written is not what `metadata` says; [`Error::Io`].
    pub fn seal(&self, metadata: &Metadata) -> Result<SnapshotDir> {
        let path = self.making.path().join(METADATA);
        let text = serde_json::to_string_pretty(metadata).map_err(|error| Error::Metadata {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        fs::write(&path, text).map_err(Error::io(&path))?;
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

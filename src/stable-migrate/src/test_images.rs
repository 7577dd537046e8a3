//! Stable memories for tests, written by the structures themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{
    Memory, StableBTreeMap, StableCell, StableLog, StableMinHeap, StableVec, VectorMemory,
};
use tempfile::NamedTempFile;

use crate::image::Image;

/// A file that is gone when the test is, and the image of it.
pub struct TestImage {
    /// The image.
    pub image: Rc<Image>,
    _file: NamedTempFile,
}

impl TestImage {
    /// An image of these bytes, filled up to whole pages.
    pub fn of(bytes: &[u8]) -> Self {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let pages = (bytes.len() as u64).next_multiple_of(65_536);
        file.as_file().set_len(pages).unwrap();
        let image = Rc::new(Image::open(file.path()).unwrap());
        Self { image, _file: file }
    }

    /// An image of a memory.
    pub fn of_memory(memory: &VectorMemory) -> Self {
        Self::of(&memory.borrow())
    }
}

/// A manager with one of each structure, in buckets of `bucket_pages`, and what is in memory 0 left to `memory0`.
///
/// | memory | |
/// |---|---|
/// | 1 | a map of `entries` numbers to texts of different length, every third one removed again |
/// | 2 | a map of `entries` numbers to numbers |
/// | 3 | an empty map |
/// | 4 | a cell of 11 bytes |
/// | 5, 6 | index and data of a log of `entries` entries of 3 bytes |
/// | 7 | a vector of `entries` u64 |
/// | 8 | a heap of 3 u32 |
pub fn one_of_each(bucket_pages: u16, entries: u64) -> VectorMemory {
    let raw = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), bucket_pages);
    let memory = |id| manager.get(MemoryId::new(id));
    let mut texts: StableBTreeMap<u64, String, _> = StableBTreeMap::init(memory(1));
    for key in 0..entries {
        texts.insert(key, "x".repeat((key * 37 % 500) as usize));
    }
    for key in (0..entries).step_by(3) {
        texts.remove(&key);
    }
    let mut numbers: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(memory(2));
    for key in 0..entries {
        numbers.insert(key, key);
    }
    StableBTreeMap::<u64, u64, _>::init(memory(3));
    StableCell::init(memory(4), "hello world".to_string());
    let log = StableLog::init(memory(5), memory(6));
    let vec = StableVec::<u64, _>::init(memory(7));
    for key in 0..entries {
        log.append(&"abc".to_string()).unwrap();
        vec.push(&key);
    }
    let mut heap = StableMinHeap::<u32, _>::init(memory(8));
    [3, 1, 2].iter().for_each(|number| heap.push(number));
    raw
}

/// Adds a memory 0 with the frame of 2023: a u32 length and CBOR.
pub fn with_naive_frame(raw: &VectorMemory, value: &[u8]) {
    let memory0 = MemoryManager::init(Rc::clone(raw)).get(MemoryId::new(0));
    let pages = (value.len() as u64 + 4).div_ceil(65_536);
    memory0.grow(pages);
    memory0.write(0, &(value.len() as u32).to_le_bytes());
    memory0.write(4, value);
}

/// The path of a fixture; `None`, and a printed sentence, where the fixtures are not there.
pub fn fixture(name: &str) -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let path = shared.join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

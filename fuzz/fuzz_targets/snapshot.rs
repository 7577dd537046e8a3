//! Any metadata.json, beside files of any size, is a snapshot or an error.

#![no_main]

use std::fs::{self, File};

use libfuzzer_sys::fuzz_target;
use stable_migrate::{SnapshotDir, Source};
use tempfile::TempDir;

/// The sizes of module, heap and stable memory that go with the seeds.
const SIZES: [(&str, u64); 3] = [
    ("wasm_module.bin", 8),
    ("wasm_memory.bin", 1 << 16),
    ("stable_memory.bin", 2 << 16),
];

thread_local! {
    static DIRECTORY: TempDir = prepared();
}

fn prepared() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, size) in SIZES {
        let file = File::create(directory.path().join(name)).unwrap();
        file.set_len(size).unwrap();
    }
    directory
}

fuzz_target!(|metadata: &[u8]| {
    DIRECTORY.with(|directory| {
        fs::write(directory.path().join("metadata.json"), metadata).unwrap();
        if let Ok(source) = Source::open(directory.path()) {
            let rest = source.rest().unwrap();
            assert_eq!(
                (rest.module_bytes, rest.heap_bytes),
                (SIZES[0].1, SIZES[1].1)
            );
            assert_eq!(source.stable().bytes(), SIZES[2].1);
            let snapshot = SnapshotDir::open(directory.path()).unwrap();
            assert_eq!(snapshot.heap().unwrap().len() as u64, SIZES[1].1);
            snapshot.module().unwrap();
            // What was read can be written, and is then read the same.
            let again = serde_json::to_vec(snapshot.metadata()).unwrap();
            fs::write(directory.path().join("metadata.json"), &again).unwrap();
            let read = SnapshotDir::open(directory.path()).unwrap();
            assert_eq!(serde_json::to_vec(read.metadata()).unwrap(), again);
        }
    });
});

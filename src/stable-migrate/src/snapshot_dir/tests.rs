use ic_management_canister_types::{CanisterTimer, SnapshotMetadataGlobal};
use tempfile::TempDir;

use super::*;

/// metadata.json as icp 1.5 writes it.
const DOWNLOADED: &str = r#"{
  "source": {
    "taken_from_canister": null
  },
  "taken_at_timestamp": 1795414588156491865,
  "wasm_module_size": 8,
  "globals": [
    {
      "i64": 42
    },
    {
      "i32": -7
    },
    {
      "f32": 0.1
    },
    {
      "f64": 2.2250738585072014e-308
    },
    {
      "i64": -9007199254740993
    },
    {
      "i64": 0
    }
  ],
  "wasm_memory_size": 65536,
  "stable_memory_size": 131072,
  "wasm_chunk_store": [],
  "canister_version": 3,
  "certified_data": [
    97,
    98,
    99
  ],
  "global_timer": {
    "active": 9000000000000000001
  },
  "on_low_wasm_memory_hook_status": "condition_not_satisfied"
}"#;

/// A snapshot as it is downloaded.
fn downloaded() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(METADATA), DOWNLOADED).unwrap();
    fs::write(dir.path().join(MODULE), b"\0asm\x01\0\0\0").unwrap();
    fs::write(dir.path().join(HEAP), vec![1; 65_536]).unwrap();
    fs::write(dir.path().join(STABLE), vec![2; 131_072]).unwrap();
    fs::write(dir.path().join(".lock"), b"").unwrap();
    dir
}

fn edited(dir: &TempDir, from: &str, to: &str) {
    let path = dir.path().join(METADATA);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn error_of(path: &Path) -> String {
    match SnapshotDir::open(path) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_download_is_opened() {
    let dir = downloaded();
    let snapshot = SnapshotDir::open(dir.path()).unwrap();
    assert_eq!(snapshot.module().unwrap(), b"\0asm\x01\0\0\0");
    assert_eq!(snapshot.heap().unwrap().len(), 65_536);
    assert_eq!(snapshot.stable().pages(), 2);
    let metadata = snapshot.metadata();
    assert_eq!(metadata.certified_data, b"abc");
    assert!(matches!(
        metadata.global_timer,
        Some(CanisterTimer::Active(9_000_000_000_000_000_001))
    ));
    assert!(matches!(
        metadata.globals[4],
        Some(SnapshotMetadataGlobal::I64(-9_007_199_254_740_993))
    ));
}

#[test]
fn what_is_written_back_is_what_was_read() {
    let (from, to) = (downloaded(), tempfile::tempdir().unwrap());
    let snapshot = SnapshotDir::open(from.path()).unwrap();
    let target = to.path().join("copy");
    let new = NewSnapshotDir::begin(&target).unwrap();
    new.copy_program(&snapshot).unwrap();
    new.copy_chunks(&snapshot).unwrap();
    new.create_stable().unwrap().set_len(131_072).unwrap();
    new.seal(snapshot.metadata()).unwrap();
    new.finish().unwrap();
    let text = fs::read_to_string(target.join(METADATA)).unwrap();
    assert_eq!(text, DOWNLOADED);
    assert!(SnapshotDir::open(&target).is_ok());
}

#[test]
fn an_empty_stable_memory_may_have_no_file() {
    let dir = downloaded();
    edited(&dir, "131072", "0");
    fs::remove_file(dir.path().join(STABLE)).unwrap();
    let snapshot = SnapshotDir::open(dir.path()).unwrap();
    assert_eq!(snapshot.stable().pages(), 0);
}

#[test]
fn a_missing_file_is_named() {
    for name in [METADATA, MODULE, HEAP, STABLE] {
        let dir = downloaded();
        fs::remove_file(dir.path().join(name)).unwrap();
        let error = error_of(dir.path());
        assert!(error.contains(&format!("{name} is missing")), "{error}");
    }
}

#[test]
fn sizes_that_disagree_are_refused() {
    for (name, field) in [
        (MODULE, "wasm_module_size"),
        (HEAP, "wasm_memory_size"),
        (STABLE, "stable_memory_size"),
    ] {
        let dir = downloaded();
        fs::write(dir.path().join(name), b"cut short").unwrap();
        let error = error_of(dir.path());
        assert!(error.contains("9 bytes where there should be"), "{error}");
        assert!(error.contains(field), "{error}");
    }
}

#[test]
fn metadata_that_is_none_is_refused() {
    for (from, to) in [
        ("{", "["),
        ("\"i32\": -7", "\"i32\": 5000000000"),
        ("\"f32\": 0.1", "\"f32\": null"),
        ("stable_memory_size", "stable_size"),
        ("131072", "-1"),
    ] {
        let dir = downloaded();
        edited(&dir, from, to);
        let error = error_of(dir.path());
        assert!(
            error.contains("not the metadata of a canister snapshot"),
            "{error}"
        );
    }
}

#[test]
fn chunks_are_checked_and_copied() {
    let dir = downloaded();
    let content = b"a chunk of a module";
    let hash = Sha256::digest(content);
    let name = dir.path().join(CHUNKS).join(format!("{}.bin", hex(&hash)));
    let list = format!("\"wasm_chunk_store\": [{{\"hash\": {:?}}}]", &hash[..]);
    edited(&dir, "\"wasm_chunk_store\": []", &list);
    assert!(error_of(dir.path()).contains(".bin is missing"));
    fs::create_dir(dir.path().join(CHUNKS)).unwrap();
    fs::write(&name, "something else").unwrap();
    assert!(error_of(dir.path()).contains("SHA-256 is not its name"));
    fs::write(&name, content).unwrap();
    let snapshot = SnapshotDir::open(dir.path()).unwrap();

    let to = tempfile::tempdir().unwrap();
    let target = to.path().join("copy");
    let new = NewSnapshotDir::begin(&target).unwrap();
    new.copy_program(&snapshot).unwrap();
    new.copy_chunks(&snapshot).unwrap();
    new.create_stable().unwrap().set_len(131_072).unwrap();
    new.seal(snapshot.metadata()).unwrap();
    new.finish().unwrap();
    assert!(SnapshotDir::open(&target).is_ok());
}

#[test]
fn a_directory_that_is_not_complete_never_appears() {
    let (from, to) = (downloaded(), tempfile::tempdir().unwrap());
    let snapshot = SnapshotDir::open(from.path()).unwrap();
    let target = to.path().join("copy");
    let new = NewSnapshotDir::begin(&target).unwrap();
    new.copy_program(&snapshot).unwrap();
    let error = match new.seal(snapshot.metadata()) {
        Ok(_) => panic!("it was sealed"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("stable_memory.bin is missing"), "{error}");
    drop(new);
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

#[test]
fn a_file_is_no_snapshot_directory() {
    let dir = downloaded();
    let error = error_of(&dir.path().join(STABLE));
    assert!(error.contains("not a snapshot directory"), "{error}");
    let error = error_of(&dir.path().join("nothing"));
    assert!(error.contains("nothing: "), "{error}");
}

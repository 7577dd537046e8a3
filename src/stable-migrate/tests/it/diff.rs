use std::fs;
use std::path::Path;

use super::memories::{WITH_LIBRARY, WITHOUT_LIBRARY, collection, file, legacy, managed, snapshot};
use super::run::{Ran, stable_migrate};

fn diff(before: &Path, after: &Path, options: &[&str]) -> Ran {
    let fixed = ["diff".as_ref(), before.as_os_str(), after.as_os_str()];
    stable_migrate(fixed.into_iter().chain(options.iter().map(AsRef::as_ref)))
}

#[test]
fn a_snapshot_that_was_taken_again_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let before = snapshot(dir.path(), "before", WITH_LIBRARY, &managed());
    let after = snapshot(dir.path(), "after", WITH_LIBRARY, &managed());
    let metadata = after.join("metadata.json");
    let later = fs::read_to_string(&metadata).unwrap();
    let later = later.replace("\"canister_version\": 3", "\"canister_version\": 4");
    fs::write(&metadata, later).unwrap();
    let text = diff(&before, &after, &[]).ok();
    assert!(text.contains("both are the same"), "{text}");
}

#[test]
fn what_differs_is_told_part_by_part() {
    let dir = tempfile::tempdir().unwrap();
    let before = snapshot(dir.path(), "before", WITH_LIBRARY, &collection(false));
    let after = snapshot(dir.path(), "after", WITHOUT_LIBRARY, &collection(true));
    fs::write(
        after.join("wasm_memory.bin"),
        [&[2; 7], &[1; 65_529][..]].concat(),
    )
    .unwrap();
    let metadata = after.join("metadata.json");
    let other = fs::read_to_string(&metadata).unwrap();
    let other = other
        .replace("{\"i64\": 0}", "{\"i64\": 5}")
        .replace("\"certified_data\": []", "\"certified_data\": [1, 2]");
    fs::write(&metadata, other).unwrap();
    let ran = diff(&before, &after, &[]);
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
    for part in [
        "module         ",
        "heap           1 page, 7 B changed",
        "globals        [[0,{\"i64\":0}]] -> [[0,{\"i64\":5}]]",
        "certified data [] -> [1,2]",
        "not there -> StableVec: 1 entry of 8 bytes",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    let ran = diff(&before, &after, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &json["is_same"]), (1, &false.into()));
    assert_eq!(json["program"]["heap_bytes_changed"], 7);
    assert_eq!(json["memories"][1]["entries"]["same"], 100);
    assert_eq!(json["memories"][1]["collection"], "items");
}

#[test]
fn a_bare_memory_is_compared_with_a_snapshot_and_what_is_neither_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let before = snapshot(dir.path(), "before", WITH_LIBRARY, &managed());
    let same = file(dir.path(), "same", &managed());
    diff(&before, &same, &[]).ok();
    let other = file(dir.path(), "other", &legacy());
    let ran = diff(&before, &other, &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("257 -> 2 pages"), "{}", ran.stdout);
    let refusal = diff(&before, &dir.path().join("nowhere"), &[]).refusal();
    assert!(refusal.contains("nowhere: No such file"), "{refusal}");
}

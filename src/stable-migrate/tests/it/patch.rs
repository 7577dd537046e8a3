use std::fs;
use std::path::Path;

use super::memories::{WITH_LIBRARY, collection, file, legacy, managed, snapshot};
use super::run::{Ran, names, stable_migrate};

fn extract(from: &Path, memory: &str, to: &Path) -> Ran {
    stable_migrate([
        "extract".as_ref(),
        from.as_os_str(),
        "--memory".as_ref(),
        memory.as_ref(),
        "-o".as_ref(),
        to.as_os_str(),
    ])
}

fn patch(from: &Path, memory: &str, content: &Path, to: &Path, options: &[&str]) -> Ran {
    let fixed = [
        "patch".as_ref(),
        from.as_os_str(),
        "--memory".as_ref(),
        memory.as_ref(),
        "--from".as_ref(),
        content.as_os_str(),
        "-o".as_ref(),
        to.as_os_str(),
    ];
    stable_migrate(fixed.into_iter().chain(options.iter().map(AsRef::as_ref)))
}

#[test]
fn what_is_taken_out_and_put_back_is_the_same_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let (memory, to) = (dir.path().join("memory"), dir.path().join("patched"));
    let text = extract(&from, "1", &memory).ok();
    assert!(
        text.contains("pages (") || text.contains("1 page ("),
        "{text}"
    );
    let text = patch(&from, "1", &memory, &to, &["--canister", "me"]).ok();
    for part in [
        "memory 1 byte for byte that file, every other memory as it was",
        "stable memory  257 -> 257 pages",
        "CANISTER=me FROM=",
        "skip_pre_upgrade",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let same = stable_migrate(["diff".as_ref(), from.as_os_str(), to.as_os_str()]).ok();
    assert!(same.contains("both are the same"), "{same}");
    assert_eq!(names(dir.path()), ["memory", "patched", "snapshot"]);
}

#[test]
fn a_state_whose_checksum_would_be_wrong_is_refused_unless_it_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let from = file(dir.path(), "from", &managed());
    let (memory, to) = (dir.path().join("memory"), dir.path().join("to"));
    extract(&from, "0", &memory).ok();
    let mut state = fs::read(&memory).unwrap();
    state[200] ^= 1;
    fs::write(&memory, state).unwrap();
    let refusal = patch(&from, "0", &memory, &to, &[]).refusal();
    assert!(
        refusal.contains("memory 0: ") && refusal.contains("--yes"),
        "{refusal}"
    );
    assert_eq!(names(dir.path()), ["from", "memory"]);
    let text = patch(&from, "0", &memory, &to, &["--yes"]).ok();
    assert!(text.contains("BROKEN         memory 0: "), "{text}");
    assert!(
        text.contains("must hold      the canister is upgraded"),
        "{text}"
    );
    let ran = stable_migrate(["diff".as_ref(), from.as_os_str(), to.as_os_str()]);
    assert!(ran.stdout.contains("1 B changed"), "{}", ran.stdout);
}

#[test]
fn a_collection_that_would_be_gone_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let from = file(dir.path(), "from", &collection(false));
    let nothing = file(dir.path(), "nothing", &[]);
    let to = dir.path().join("to");
    let refusal = patch(&from, "1", &nothing, &to, &[]).refusal();
    assert!(
        refusal.contains("the collection items has 100 entries"),
        "{refusal}"
    );
    assert!(!to.exists());
}

#[test]
fn what_cannot_be_patched_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let from = file(dir.path(), "from", &managed());
    let page = file(dir.path(), "page", &[7; 65_536]);
    let part = file(dir.path(), "part", &[7; 100]);
    let legacy = file(dir.path(), "legacy", &legacy());
    let to = dir.path().join("to");
    for (ran, sentence) in [
        (patch(&from, "1", &part, &to, &[]), "not whole pages"),
        (
            patch(&legacy, "1", &page, &to, &[]),
            "only a memory manager whose table adds up",
        ),
        (patch(&from, "1", &page, &from, &[]), "exists already"),
        (
            extract(&from, "5", &to),
            "no virtual memory 5: give one of 0, 1",
        ),
        (extract(&from, "1", &from), "exists already"),
    ] {
        let refusal = ran.refusal();
        assert!(refusal.contains(sentence), "{refusal}");
    }
    assert_eq!(patch(&from, "255", &page, &to, &[]).status, 2);
    assert_eq!(names(dir.path()), ["from", "legacy", "page", "part"]);
}

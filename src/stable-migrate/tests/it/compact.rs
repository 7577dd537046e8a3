use std::fs;
use std::path::Path;

use stable_migrate::{Content, Depth, Layout, Source, Survey};

use super::memories::{
    NOT_FOLLOWING, WITH_LIBRARY, WITHOUT_LIBRARY, collection, file, legacy, managed, saved,
    snapshot,
};
use super::run::{Ran, fixture, names, stable_migrate};

fn compact(from: &Path, to: &Path, options: &[&str]) -> Ran {
    let paths = [from.as_os_str(), "-o".as_ref(), to.as_os_str()];
    let arguments = std::iter::once("compact".as_ref()).chain(paths);
    stable_migrate(arguments.chain(options.iter().map(|option| (*option).as_ref())))
}

fn survey(path: &Path) -> Survey {
    let source = Source::open(path).unwrap();
    Survey::of(source.stable(), Depth::Everything, &mut |_| {}).unwrap()
}

fn generation(survey: &Survey) -> u64 {
    match &survey.layout {
        Layout::Managed(managed) => match &managed.memories[0].content {
            Content::SavedState(state) => state.generation,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_snapshot_becomes_a_smaller_one_that_can_be_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let to = dir.path().join("compact");
    let text = compact(&from, &to, &["--canister", "my_canister"]).ok();
    for part in [
        "257 -> 5 pages (16.1 MiB -> 320 KiB, 98 % less)",
        "of 128 pages -> of 2 pages",
        "62.8 B cycles -> 1.22 B cycles a year",
        "memories 0, 1 byte for byte the same, generation raised to 1",
        "CANISTER=my_canister FROM=",
        "icp canister snapshot restore \"$CANISTER\" \"$UPLOADED\"",
        "dfx canister snapshot load \"$CANISTER\" \"$UPLOADED\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let after = survey(&to);
    assert_eq!((after.stable_pages, generation(&after)), (5, 1));
    assert!(after.damages.is_empty(), "{:?}", after.damages);
    for name in ["wasm_module.bin", "wasm_memory.bin"] {
        assert_eq!(
            fs::read(from.join(name)).unwrap(),
            fs::read(to.join(name)).unwrap()
        );
    }
    assert_eq!(names(dir.path()), ["compact", "snapshot"]);
    let metadata = fs::read_to_string(to.join("metadata.json")).unwrap();
    assert!(
        metadata.contains("\"stable_memory_size\": 327680"),
        "{metadata}"
    );
}

#[test]
fn a_damaged_memory_is_not_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let map = (1 + 128) * 65_536;
    for (name, at) in [("payload", 65_536 + 200), ("root", map + 14)] {
        let mut bytes = managed();
        bytes[at] ^= 9;
        let from = snapshot(dir.path(), name, WITH_LIBRARY, &bytes);
        let to = dir.path().join("compact");
        let refusal = compact(&from, &to, &[]).refusal();
        assert!(refusal.contains("download the snapshot again"), "{refusal}");
        assert!(!to.exists());
    }
}

#[test]
fn a_bare_memory_becomes_a_bare_memory() {
    let dir = tempfile::tempdir().unwrap();
    let from = file(dir.path(), "memory", &managed());
    let to = dir.path().join("compact");
    let text = compact(&from, &to, &["--bucket-pages", "1"]).ok();
    assert!(!text.contains("upload"), "{text}");
    let must_hold = "uses ic-stable-migration and declares that it follows (memory 1 holds";
    assert!(text.contains(must_hold), "{text}");
    assert_eq!(survey(&to).stable_pages, 3);
    let again = dir.path().join("again");
    compact(&to, &again, &["--ceiling", "32GiB"]).ok();
    assert_eq!(survey(&again).stable_pages, 33);
    assert_eq!(generation(&survey(&again)), 2);
}

#[test]
fn the_naive_fixture_goes_from_129_pages_to_five_at_most() {
    let Some(path) = fixture("naive-small.bin.gz") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("compact");
    let refusal = compact(&path, &to, &[]).refusal();
    assert!(
        refusal.contains("none of its memories has a header"),
        "{refusal}"
    );
    assert!(!to.exists());
    compact(&path, &to, &["--skip-pre-upgrade"]).ok();
    let after = survey(&to);
    assert!(after.stable_pages <= 5, "{}", after.stable_pages);
    assert!(after.damages.is_empty());
}

#[test]
fn a_module_that_would_not_notice_is_refused_unless_promised() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", WITHOUT_LIBRARY, &managed());
    let to = dir.path().join("compact");
    let refusal = compact(&from, &to, &[]).refusal();
    for part in [
        "does not use ic-stable-migration",
        "old bucket table",
        "--skip-pre-upgrade",
    ] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert_eq!(names(dir.path()), ["snapshot"]);
    compact(&from, &to, &["--skip-pre-upgrade"]).ok();
    assert_eq!(survey(&to).stable_pages, 5);
}

#[test]
fn what_would_not_follow_is_refused_and_named_with_both_ways_out() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", NOT_FOLLOWING, &managed());
    let to = dir.path().join("compact");
    let refusal = compact(&from, &to, &[]).refusal();
    for part in [
        "memory 1 holds StableBTreeMap: 1 000 entries",
        "the module does not declare that it follows",
        "says `follows`",
        "--skip-pre-upgrade",
    ] {
        assert!(refusal.contains(part), "{part}: {refusal}");
    }
    assert_eq!(names(dir.path()), ["snapshot"]);
    compact(&from, &to, &["--skip-pre-upgrade"]).ok();

    // Memory 0 alone has nothing that could not follow, and the library's collections follow.
    for (name, memory) in [("alone", saved()), ("collection", collection(false))] {
        let from = snapshot(dir.path(), name, NOT_FOLLOWING, &memory);
        compact(&from, &dir.path().join(format!("{name}-compact")), &[]).ok();
    }
    let both = snapshot(dir.path(), "both", NOT_FOLLOWING, &collection(true));
    let refusal = compact(&both, &dir.path().join("both-compact"), &[]).refusal();
    assert!(
        refusal.contains("memory 9 holds StableVec: 1 entry of 8 bytes"),
        "{refusal}"
    );
    assert!(!refusal.contains("memory 1 "), "{refusal}");
}

#[test]
fn what_exists_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let to = dir.path().join("compact");
    fs::create_dir(&to).unwrap();
    let refusal = compact(&from, &to, &[]).refusal();
    assert!(refusal.contains("exists already"), "{refusal}");
    assert_eq!(names(&to), [""; 0]);
    let refusal = compact(&from, &from, &[]).refusal();
    assert!(refusal.contains("exists already"), "{refusal}");
    let refusal = compact(&from, &dir.path().join("no/such/place"), &[]).refusal();
    assert!(refusal.contains("No such file"), "{refusal}");
    assert_eq!(names(dir.path()), ["compact", "snapshot"]);
}

#[test]
fn what_cannot_be_compacted_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = managed();
    table[2_080] = 7;
    let mut header = managed();
    header[65_536 + 9] ^= 1;
    for (name, stable, sentence) in [
        (
            "legacy",
            legacy(),
            "legacy: one MessagePack value of 1 entry from offset 0 (likely): compact rewrites",
        ),
        ("empty", Vec::new(), "empty: no page"),
        ("table", table, "pages for memory"),
        (
            "header",
            header,
            "the header of the state's virtual memory is damaged",
        ),
    ] {
        let from = snapshot(dir.path(), name, WITH_LIBRARY, &stable);
        let to = dir.path().join("compact");
        let refusal = compact(&from, &to, &["--skip-pre-upgrade"]).refusal();
        assert!(refusal.contains(sentence), "{refusal}");
    }
    let from = snapshot(dir.path(), "module", WITH_LIBRARY, &managed());
    let module = fs::read(from.join("wasm_module.bin")).unwrap();
    fs::write(from.join("wasm_module.bin"), vec![7; module.len()]).unwrap();
    let refusal = compact(&from, &dir.path().join("compact"), &[]).refusal();
    assert!(refusal.contains("its module is damaged"), "{refusal}");
    assert_eq!(
        names(dir.path()),
        ["empty", "header", "legacy", "module", "table"]
    );
}

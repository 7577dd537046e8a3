//! Modules, arguments and metadata that nobody writes by mistake.

use std::fs;
use std::path::{Path, PathBuf};

use super::memories::{WITH_LIBRARY, collection, file, managed, snapshot as bare_snapshot};
use super::programs::{KEEPS, module, module_file, snapshot};
use super::run::{Ran, stable_migrate};

const DEEP: usize = 100_000;

fn rehearse(snapshot: &Path, module: &Path, options: &[&str]) -> Ran {
    let fixed = ["rehearse".as_ref(), snapshot.as_os_str(), "--wasm".as_ref()];
    let fixed = fixed.into_iter().chain([module.as_os_str()]);
    stable_migrate(fixed.chain(options.iter().map(AsRef::as_ref)))
}

/// A module whose interface is `text`.
fn with_interface(directory: &Path, name: &str, text: &str) -> PathBuf {
    let mut module = module(KEEPS, "time");
    let title = b"icp:public candid:service";
    let mut section = vec![title.len() as u8];
    section.extend(title);
    section.extend(text.as_bytes());
    let mut length = section.len();
    module.push(0);
    while length >= 0x80 {
        module.push(length as u8 | 0x80);
        length >>= 7;
    }
    module.push(length as u8);
    module.extend(section);
    file(directory, name, &module)
}

#[test]
fn an_argument_that_is_nested_deeper_than_a_stack_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let deep = DEEP / 20;
    for argument in [
        format!("({}1)", "opt ".repeat(deep)),
        format!("({}1{})", "vec {".repeat(deep), "}".repeat(deep)),
    ] {
        let refusal = rehearse(&path, &keeps, &["--arg", &argument]).refusal();
        assert!(refusal.contains("nested more than"), "{refusal}");
        assert!(refusal.len() < 2_000, "{}", refusal.len());
    }
}

#[test]
fn calls_that_are_nested_deeper_than_a_stack_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let calls = file(
        dir.path(),
        "calls",
        format!("get ({}1)\n", "opt ".repeat(DEEP)).as_bytes(),
    );
    let ran = rehearse(&path, &keeps, &["--calls", calls.to_str().unwrap()]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("nested more than"), "{}", ran.stderr);
}

#[test]
fn an_interface_that_is_nested_deeper_than_a_stack_ends_no_command() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    for (name, text) in [
        (
            "opt",
            format!(
                "service : {{ get : () -> ({}nat8) query }}",
                "opt ".repeat(DEEP)
            ),
        ),
        (
            "record",
            format!(
                "type A = {}nat{};",
                "record {".repeat(DEEP),
                "}".repeat(DEEP)
            ),
        ),
        (
            "chain",
            (0..DEEP / 2)
                .map(|i| format!("type A{i} = A{};", i + 1))
                .collect(),
        ),
        ("comment", "/*".repeat(DEEP)),
    ] {
        let module = with_interface(dir.path(), name, &text);
        let ran = rehearse(&path, &module, &[]);
        assert!(
            (0..=2).contains(&ran.status),
            "{name}: {} {}",
            ran.status,
            ran.stderr
        );
    }
}

#[test]
fn the_last_version_a_canister_can_have_is_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let metadata = path.join("metadata.json");
    let text = fs::read_to_string(&metadata).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["canister_version"] = u64::MAX.into();
    fs::write(&metadata, json.to_string()).unwrap();
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    rehearse(&path, &keeps, &[]).ok();
    stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
}

#[test]
fn metadata_that_cannot_be_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = bare_snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let metadata = path.join("metadata.json");
    let good = fs::read_to_string(&metadata).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    for (text, sentence) in [
        (
            changed(
                "\"wasm_memory_size\": 65536",
                "\"wasm_memory_size\": 18446744073709551615",
            ),
            "wasm_memory.bin: 65536 bytes where there should be 18446744073709551615",
        ),
        (
            changed(
                "\"wasm_memory_size\": 65536",
                "\"wasm_memory_size\": 18446744073709551616",
            ),
            "not the metadata of a canister snapshot",
        ),
        (
            changed("\"wasm_memory_size\": 65536", "\"wasm_memory_size\": -1"),
            "not the metadata of a canister snapshot",
        ),
        (
            changed(
                "\"globals\": [{\"i64\": 0}]",
                &format!("\"globals\": {}", "[".repeat(DEEP)),
            ),
            "not the metadata of a canister snapshot",
        ),
        (
            changed(
                "\"wasm_chunk_store\": []",
                "\"wasm_chunk_store\": [{\"hash\": [1, 2]}]",
            ),
            "wasm_chunk_store/0102.bin is missing",
        ),
        (
            "\u{0}".repeat(1_000),
            "not the metadata of a canister snapshot",
        ),
    ] {
        fs::write(&metadata, text).unwrap();
        let refusal = stable_migrate(["inspect".as_ref(), path.as_os_str()]).refusal();
        assert!(refusal.contains(sentence), "{refusal}");
        assert!(refusal.len() < 2_000, "{}", refusal.len());
    }
}

#[test]
fn a_memory_that_is_damaged_anywhere_ends_no_command_but_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let whole = collection(true);
    let good = file(dir.path(), "good", &whole);
    let page = file(dir.path(), "page", &[9; 65_536]);
    let map = whole
        .windows(4)
        .position(|four| four == b"BTR\x02")
        .unwrap();
    // The manager's counts, sizes and owners; the map's page size, root, entries and chunks, and its first node.
    let of_manager = [4, 6, 40, 48, 2_080, 2_081];
    let of_map = [4, 8, 12, 20, 60, 68, 76, 116, 121].map(|at| map + at);
    for at in of_manager.into_iter().chain(of_map) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x81;
        bytes[at + 1] ^= 0x41;
        let bad = file(dir.path(), "bad", &bytes);
        let out = |name: &str| dir.path().join(name).into_os_string();
        for arguments in [
            vec!["inspect".into(), bad.clone().into(), "--json".into()],
            vec!["diff".into(), good.clone().into(), bad.clone().into()],
            vec!["diff".into(), bad.clone().into(), good.clone().into()],
            vec![
                "compact".into(),
                bad.clone().into(),
                "-o".into(),
                out("compact"),
                "--repack".into(),
                "--skip-pre-upgrade".into(),
            ],
            vec![
                "extract".into(),
                bad.clone().into(),
                "--memory".into(),
                "1".into(),
                "-o".into(),
                out("extract"),
            ],
            vec![
                "patch".into(),
                bad.clone().into(),
                "--memory".into(),
                "7".into(),
                "--from".into(),
                page.clone().into(),
                "-o".into(),
                out("patch"),
            ],
        ] {
            let ran = stable_migrate::<std::ffi::OsString>(arguments.clone());
            assert!(
                (0..=2).contains(&ran.status),
                "{arguments:?} {}",
                ran.stderr
            );
            assert!(
                !ran.stderr.contains("panicked"),
                "{arguments:?} {}",
                ran.stderr
            );
        }
        for name in ["compact", "extract", "patch"] {
            // What was made is of a memory in which the bytes were nobody's.
            let _ = fs::remove_file(dir.path().join(name));
        }
    }
}

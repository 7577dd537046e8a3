use std::fs;

use super::memories::{WITH_LIBRARY, collection, file, legacy, managed, saved, snapshot};
use super::run::{fixture, names, stable_migrate};

#[test]
fn a_snapshot_is_told_with_its_heap_and_every_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let text = stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
    for part in [
        "257 pages (16.1 MiB), 62.8 B cycles a year",
        "heap of 1 page (64 KiB)",
        "2 buckets of 128 pages (8 MiB)",
        "state of release 2: 602 bytes of CBOR, checksum right, no journal, generation 0",
        "StableBTreeMap: 1 000 entries in 198 nodes",
        "buckets of 2 pages: 5 pages",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn collections_are_told_by_name_and_held_against_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "memory", &collection(true));
    let text = stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
    assert!(
        text.contains("items: StableBTreeMap: 100 entries"),
        "{text}"
    );
    assert!(text.contains(" StableVec: 1 entry of 8 bytes"), "{text}");
    assert!(text.contains("state of release 2 of \"list\": "), "{text}");
    let json = stable_migrate(["inspect".as_ref(), path.as_os_str(), "--json".as_ref()]).ok();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let memories = &json["layout"]["memories"];
    assert_eq!(memories[1]["collection"], "items");
    assert_eq!(memories[0]["content"]["application"], "list");
    let journal = &memories[0]["content"]["journal"];
    assert_eq!(journal["registry"][0]["key"], "of exactly 8 bytes");
    assert_eq!(journal["collections"][0]["name"], "items");

    // The owners of both buckets change places: neither is what it is written down as.
    let mut swapped = collection(true);
    let owners = &mut swapped[2_080..];
    let one = owners.iter().position(|&owner| owner == 1).unwrap();
    let nine = owners.iter().position(|&owner| owner == 9).unwrap();
    owners.swap(one, nine);
    let path = file(dir.path(), "swapped", &swapped);
    let refusal = stable_migrate(["inspect".as_ref(), path.as_os_str()]);
    assert_eq!(refusal.status, 2);
    let damage =
        "memory 1: it is written down as the map of the collection items, and holds StableVec";
    assert!(refusal.stderr.contains(damage), "{}", refusal.stderr);
}

#[test]
fn json_has_the_same_facts() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let text = stable_migrate(["inspect".as_ref(), path.as_os_str(), "--json".as_ref()]).ok();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["stable_pages"], 257);
    assert_eq!(json["snapshot"]["heap_bytes"], 65_536);
    assert_eq!(json["layout"]["bucket_pages"], 128);
    assert_eq!(json["layout"]["right_size"]["stable_pages"], 5);
    let memories = json["layout"]["memories"].as_array().unwrap();
    assert_eq!(memories[0]["content"]["payload_bytes"], 602);
    assert_eq!(memories[1]["content"]["walk"]["nodes"], 198);
}

#[test]
fn how_a_state_will_move_is_told_before_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        let path = file(dir.path(), name, bytes);
        let text = stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
        let json = stable_migrate(["inspect".as_ref(), path.as_os_str(), "--json".as_ref()]).ok();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        (text, json["forecast"].clone())
    };
    for (name, bytes) in [("legacy", legacy()), ("payload", saved())] {
        let (text, forecast) = told(name, &bytes);
        let line = "  move           in the upgrade itself, with the default budget: about ";
        assert!(text.contains(line), "{text}");
        assert_eq!(forecast["verdict"], "in_the_upgrade");
        assert_eq!(forecast["limit"], 300_000_000_000u64);
    }
    // What has moved does not move any more.
    let (text, forecast) = told("moved", &collection(false));
    assert!(!text.contains("  move "), "{text}");
    assert!(forecast.is_null(), "{forecast}");
}

#[test]
fn the_fixtures_are_told_apart() {
    for (name, part) in [
        (
            "legacy-small.bin.gz",
            "legacy: one MessagePack value of 12 entries",
        ),
        ("legacy-medium.bin.gz", "29 pages (1.8 MiB)"),
        (
            "naive-small.bin.gz",
            "frame of 2023: u32 length, 123 187 bytes of CBOR",
        ),
    ] {
        let Some(path) = fixture(name) else { return };
        let text = stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn the_page_is_written_once_and_never_over_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "memory.bin", &legacy());
    let page = dir.path().join("memory.html");
    let arguments = [
        "inspect".as_ref(),
        path.as_os_str(),
        "--html".as_ref(),
        page.as_os_str(),
    ];
    stable_migrate(arguments).ok();
    let written = fs::read_to_string(&page).unwrap();
    assert!(written.starts_with("<!doctype html>"));

    fs::write(&page, "mine").unwrap();
    let refusal = stable_migrate(arguments).refusal();
    assert!(refusal.contains("exists already"), "{refusal}");
    assert_eq!(fs::read_to_string(&page).unwrap(), "mine");
    assert_eq!(names(dir.path()), ["memory.bin", "memory.html"]);
}

#[test]
fn damage_is_told_in_a_sentence_and_on_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("memory.html");
    let damaged = |at: usize, to: u8| {
        let mut bytes = managed();
        bytes[at] = to;
        bytes
    };
    let map = (1 + 128) * 65_536;
    for (name, bytes, sentence) in [
        (
            "table",
            damaged(4, 200),
            "200 buckets of 128 pages, which need 25601 pages of 257",
        ),
        (
            "header",
            damaged(65_536 + 9, 1),
            "the header of the state's virtual memory is damaged",
        ),
        (
            "payload",
            damaged(65_536 + 200, 1),
            "the payload in the state's virtual memory is damaged",
        ),
        ("root", damaged(map + 14, 9), "points to a node at"),
        (
            "cut",
            [legacy_record(), vec![0xc1; 9]].concat(),
            "a record in MessagePack, with names of fields, but breaks off after",
        ),
    ] {
        let mut bytes = bytes;
        bytes.resize(bytes.len().next_multiple_of(65_536), 0);
        let path = file(dir.path(), name, &bytes);
        let ran = stable_migrate([
            "inspect".as_ref(),
            path.as_os_str(),
            "--html".as_ref(),
            page.as_os_str(),
        ]);
        assert!(ran.stdout.contains("DAMAGED"), "{}", ran.stdout);
        let refusal = ran.refusal();
        assert!(refusal.contains(sentence), "{name}: {refusal}");
        let told = fs::read_to_string(&page).unwrap();
        assert!(told.contains("<title>Damaged: "), "{name}");
        fs::remove_file(&page).unwrap();
    }
}

/// A legacy value of which a whole entry is missing at the end.
fn legacy_record() -> Vec<u8> {
    let mut bytes = vec![0x85];
    for name in ["users", "posts", "owner", "next"] {
        bytes.push(0xa0 + name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes.extend([&[0xd9, 40][..], &[b'x'; 40]].concat());
    }
    bytes
}

#[test]
fn data_of_another_program_is_no_damage_and_no_find() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("memory.html");
    for (name, bytes, what) in [
        (
            "json",
            b"{\"users\": 40}".to_vec(),
            "not ours: JSON (certain)",
        ),
        (
            "text",
            b"hello, world".to_vec(),
            "not ours: text (possible)",
        ),
        ("list", vec![0x90, 1, 2, 3, 0xff], "not ours: "),
        ("zeros", vec![0], "nothing but zeros"),
    ] {
        let mut bytes = bytes;
        bytes.resize(65_536, 0);
        let path = file(dir.path(), name, &bytes);
        let text = stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
        assert!(text.contains(what), "{text}");
        assert!(!text.contains("DAMAGED"), "{text}");
        let options = ["--json".as_ref(), "--html".as_ref(), page.as_os_str()];
        let arguments = ["inspect".as_ref(), path.as_os_str()].into_iter();
        let json = stable_migrate(arguments.chain(options)).ok();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_ne!(json["layout"]["layout"], "legacy");
        fs::remove_file(&page).unwrap();
    }
}

#[test]
fn gzip_in_a_memory_is_not_a_packed_memory() {
    let dir = tempfile::tempdir().unwrap();
    let packed = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &legacy()).unwrap();
        packed.finish().unwrap()
    };
    let as_file = file(dir.path(), "packed", &packed);
    let text = stable_migrate(["inspect".as_ref(), as_file.as_os_str()]).ok();
    assert!(text.contains("legacy: one MessagePack value"), "{text}");

    for rest in [0, 7] {
        let mut memory = packed.clone();
        memory.resize(2 * 65_536, rest);
        let as_memory = file(dir.path(), "memory", &memory);
        let text = stable_migrate(["inspect".as_ref(), as_memory.as_os_str()]).ok();
        assert!(text.contains("not ours: gzip (certain)"), "{text}");
    }
}

#[test]
fn a_pipe_or_a_device_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let whole = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &legacy());
    let in_it = whole.join("wasm_memory.bin");
    fs::remove_file(&in_it).unwrap();
    fs::rename(&pipe, &in_it).unwrap();
    for path in [&in_it, &whole, &"/dev/zero".into()] {
        let refusal = stable_migrate(["inspect".as_ref(), path.as_os_str()]).refusal();
        assert!(refusal.contains("not a file"), "{refusal}");
    }
}

#[test]
fn what_cannot_be_opened_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &legacy());
    fs::write(whole.join("stable_memory.bin"), [0; 65_536]).unwrap();
    let nothing = dir.path().join("nothing");
    let short = file(dir.path(), "short", &[0x81; 100]);
    let packed = file(dir.path(), "packed.gz", b"\x1f\x8b\x08 is not gzip");
    for (path, sentence) in [
        (
            &whole,
            "65536 bytes where there should be 131072 (stable_memory_size in metadata.json)",
        ),
        (&nothing, "No such file"),
        (&short, "100 bytes are not whole pages"),
        (&packed, "cannot be expanded"),
    ] {
        let refusal = stable_migrate(["inspect".as_ref(), path.as_os_str()]).refusal();
        assert!(refusal.contains(sentence), "{refusal}");
    }
}

#[test]
fn a_hundred_gib_of_nothing_are_read_in_no_time() {
    let dir = tempfile::tempdir().unwrap();
    for first in [
        &b"\x81\xa1n\x07"[..],
        // Lists of more elements than there are bytes, which zeros would fill.
        b"\x9b\0\0\x01\0\0\0\0\0",
        b"\xdd\xff\xff\xff\xff",
        b"DIDL\x02\x6d\x01\x6e\x7e\x01\x00\xff\xff\xff\xff\xff\x1f",
        b"DIDL\x02\x6d\x01\x6c\x00\x01\x00\xff\xff\xff\xff\xff\x1f",
    ] {
        let path = file(dir.path(), "sparse", first);
        let sparse = fs::File::options().write(true).open(&path).unwrap();
        sparse.set_len(100 << 30).unwrap();
        let ran = stable_migrate(["inspect".as_ref(), path.as_os_str()]);
        assert!(
            ran.stdout.contains("1 638 400 pages (100 GiB)"),
            "{}",
            ran.stdout
        );
    }
}

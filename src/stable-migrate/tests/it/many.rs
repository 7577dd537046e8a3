//! One command on many snapshots, as it is typed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::memories::{self, WITH_LIBRARY, collection, file, large, legacy, managed};
use super::programs::{self, FORGETS, KEEPS, module_file};
use super::run::{Ran, fixture, names, stable_migrate, stopped};

fn run(words: &[&str], paths: &[&Path]) -> Ran {
    let words = words.iter().map(OsString::from);
    stable_migrate(words.chain(paths.iter().map(OsString::from)))
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect(text)
}

fn name_of(line: &Value) -> &str {
    let path = line["path"].as_str().unwrap();
    path.rsplit('/').next().unwrap()
}

/// Name and verdict of each line, by name.
fn verdicts(lines: &[Value]) -> Vec<(&str, &str)> {
    let told = lines
        .iter()
        .map(|line| (name_of(line), line["verdict"].as_str().unwrap()));
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

/// A memory in which two memories have changed places, and neither is what it is written down as.
fn damaged() -> Vec<u8> {
    let mut memory = collection(true);
    let owners = &mut memory[2_080..];
    let one = owners.iter().position(|&owner| owner == 1).unwrap();
    let nine = owners.iter().position(|&owner| owner == 9).unwrap();
    owners.swap(one, nine);
    memory
}

/// A folder with memories and a snapshot in it, a damaged one, one of another program and one that was cut short among
/// them, and what is none.
fn folder(directory: &Path) -> PathBuf {
    let folder = directory.join("snapshots");
    fs::create_dir(&folder).unwrap();
    file(&folder, "a-legacy.bin", &legacy());
    file(&folder, "b-damaged.bin", &damaged());
    let mut foreign = br#"{"users": [{"name": "ada"}, {"name": "eve"}]}"#.to_vec();
    foreign.resize(65_536, 0);
    file(&folder, "c-foreign.bin", &foreign);
    file(&folder, "d-short.bin", &legacy()[..70_000]);
    memories::snapshot(&folder, "e-managed", WITH_LIBRARY, &managed());
    file(&folder, "notes.txt", b"to be looked at");
    file(&folder, "release.wasm", b"\0asm");
    fs::create_dir(folder.join("old")).unwrap();
    folder
}

#[test]
fn a_folder_is_told_in_rows_and_what_is_wrong_with_one_ends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let folder = folder(directory.path());
    let ran = run(&["inspect", "--jobs", "2"], &[&folder]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let rows: Vec<&str> = ran.stdout.lines().collect();
    for (row, [name, verdict, rest]) in rows[1..].iter().zip([
        ["a-legacy.bin", " held ", "legacy: one MessagePack value"],
        ["b-damaged.bin", " DAMAGED ", "memory 1: it is written down"],
        ["c-foreign.bin", " held ", "not ours: "],
        ["d-short.bin", " FAILED ", "70000 bytes are not whole pages"],
        ["e-managed", " held ", "257"],
    ]) {
        for part in [name, verdict, rest] {
            assert!(row.contains(part), "{part}: {row}");
        }
    }
    let summary = "5 snapshots: 3 held, 1 DAMAGED, 1 FAILED";
    assert_eq!(rows.last(), Some(&summary));
    for (name, reason) in [
        (
            "notes.txt",
            "neither a snapshot directory nor a stable memory",
        ),
        ("old", "a folder that is no snapshot"),
        ("release.wasm", "a module"),
    ] {
        let skipped = format!("skipped: {}: {reason}\n", folder.join(name).display());
        assert!(ran.stderr.contains(&skipped), "{}", ran.stderr);
    }
}

#[test]
fn each_line_of_json_has_what_the_command_prints_of_one() {
    let directory = tempfile::tempdir().unwrap();
    let folder = folder(directory.path());
    let ran = run(&["inspect", "--json", "--jobs", "2"], &[&folder]);
    assert_eq!(ran.status, 1);
    let told = lines(&ran.stdout);
    assert_eq!(
        verdicts(&told),
        [
            ("a-legacy.bin", "held"),
            ("b-damaged.bin", "damaged"),
            ("c-foreign.bin", "held"),
            ("d-short.bin", "failed"),
            ("e-managed", "held"),
        ]
    );
    let mut places: Vec<_> = told.iter().map(|line| &line["index"]).collect();
    places.sort_by_key(|place| place.as_u64());
    assert_eq!(places, [0, 1, 2, 3, 4]);
    for line in &told {
        assert_eq!(line["schema"], "stable-migrate/many/1");
        let alone = run(&["inspect", "--json"], &[&folder.join(name_of(line))]);
        let alone: Value = serde_json::from_str(&alone.stdout).unwrap();
        match line["verdict"] == "failed" {
            false => assert_eq!(line["document"], alone),
            true => {
                assert_eq!(line["document"], Value::Null);
                assert_eq!(line["code"], alone["code"]);
                assert_eq!(line["wrong"], alone["message"]);
            }
        }
    }
}

#[test]
fn results_are_gone_on_with_behind_what_is_whole_and_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let folder = folder(directory.path());
    let results = directory.path().join("found.jsonl");
    let kept = results.to_str().unwrap();
    let inspect = |options: &[&str]| {
        let words = [&["inspect", "--json", "--results", kept], options].concat();
        run(&words, &[&folder])
    };
    let first = inspect(&["--jobs", "1"]);
    assert_eq!(first.status, 1, "{}", first.stderr);
    assert_eq!(fs::read_to_string(&results).unwrap(), first.stdout);
    assert!(inspect(&[]).refusal().contains("exists already"));

    // As if it had been ended in the middle of the third line, and the first snapshot been taken anew since.
    let third: usize = first
        .stdout
        .lines()
        .take(2)
        .map(|line| line.len() + 1)
        .sum();
    fs::write(&results, &first.stdout[..third + 20]).unwrap();
    file(&folder, "a-legacy.bin", &managed());
    let second = inspect(&["--resume"]);
    assert_eq!(second.status, 1);
    let (told, was) = (lines(&second.stdout), lines(&first.stdout));
    assert_eq!(verdicts(&told), verdicts(&was));
    assert_eq!(told[0], was[1], "the line of before comes first");
    let first_one = told.iter().find(|line| line["index"] == 0).unwrap();
    assert_eq!(first_one["document"]["stable_pages"], 257);
    let in_file = fs::read_to_string(&results).unwrap();
    assert!(in_file.starts_with(&first.stdout[..third]));
    assert_eq!(in_file.lines().count(), 2 + 4);

    // Once more, nothing is left but what could not be tried.
    assert_eq!(
        verdicts(&lines(&inspect(&["--resume"]).stdout)),
        verdicts(&was)
    );
    let in_file = fs::read_to_string(&results).unwrap();
    let last: Vec<_> = lines(&in_file).split_off(6);
    assert_eq!(verdicts(&last), [("d-short.bin", "failed")]);

    // Other questions have other answers.
    let other = inspect(&["--resume", "--shallow"]).refusal();
    assert!(
        other.contains("line 1 was made by another command"),
        "{other}"
    );
    file(directory.path(), "found.jsonl", b"mine\n");
    let other = inspect(&["--resume"]).refusal();
    assert!(other.contains("line 1 is no result"), "{other}");
    assert_eq!(fs::read(&results).unwrap(), b"mine\n");
}

/// Snapshots of canisters that hold the number 42.
fn canisters(directory: &Path, count: usize) -> PathBuf {
    let folder = directory.join("canisters");
    fs::create_dir(&folder).unwrap();
    for number in 0..count {
        let made = programs::snapshot(&folder);
        fs::rename(made, folder.join(format!("canister-{number}"))).unwrap();
    }
    folder
}

#[test]
fn a_rehearsal_of_many_has_one_engine_and_a_verdict_for_each() {
    let directory = tempfile::tempdir().unwrap();
    let folder = canisters(directory.path(), 3);
    file(&folder, "bare.bin", &legacy());
    let keeps = module_file(directory.path(), "keeps.wasm", KEEPS);
    let forgets = module_file(directory.path(), "forgets.wasm", FORGETS);
    let rehearse = |module: &Path, options: &[&str]| {
        let module = module.to_str().unwrap();
        let words = [&["rehearse", "--jobs", "2", "--wasm", module], options].concat();
        run(&words, &[&folder])
    };
    let ran = rehearse(&keeps, &[]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.ends_with("\n4 snapshots: 3 held, 1 FAILED\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("1 of 1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("has no heap"), "{}", ran.stdout);
    let lost = lines(&rehearse(&forgets, &["--json"]).stdout);
    let different = lost.iter().filter(|line| line["verdict"] == "different");
    for line in different.clone() {
        let document = &line["document"];
        assert_eq!(document["held"], false);
        assert_eq!(line["wrong"], document["failures"][0]);
    }
    assert_eq!(different.count(), 3);
    let page = rehearse(&keeps, &["--html", "pages"]).refusal();
    assert!(page.contains("--html is for one snapshot"), "{page}");
}

#[test]
fn a_module_is_held_against_many_that_are_installed() {
    let directory = tempfile::tempdir().unwrap();
    let folder = canisters(directory.path(), 2);
    let keeps = module_file(directory.path(), "keeps.wasm", KEEPS);
    file(&folder, "none.wasm", b"no module");
    let ran = run(&["check"], &[&folder, &keeps, &keeps]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let summary = "\n4 snapshots: 3 held, 1 FAILED\n";
    assert!(ran.stdout.ends_with(summary), "{}", ran.stdout);
}

#[test]
fn an_offline_upgrade_of_many_makes_each_once() {
    let directory = tempfile::tempdir().unwrap();
    let folder = canisters(directory.path(), 3);
    let keeps = module_file(directory.path(), "keeps.wasm", KEEPS);
    let to = directory.path().join("upgraded");
    let (module, out) = (keeps.to_str().unwrap(), to.to_str().unwrap());
    let upgrade = |options: &[&str]| {
        let words = [&["upgrade", "--wasm", module, "-o", out], options].concat();
        run(&words, &[&folder])
    };
    let all = ["canister-0", "canister-1", "canister-2"];
    let made = upgrade(&["--jobs", "2"]).ok();
    assert!(made.ends_with("\n3 snapshots: 3 held\n"), "{made}");
    assert_eq!(names(&to), all);

    fs::remove_dir_all(to.join("canister-1")).unwrap();
    let refusal = upgrade(&[]).refusal();
    assert!(refusal.contains("canister-0: exists already"), "{refusal}");
    assert_eq!(names(&to), ["canister-0", "canister-2"]);
    let resumed = upgrade(&["--resume"]).ok();
    let summary = "\n3 snapshots: 1 held, 2 there already\n";
    assert!(resumed.ends_with(summary), "{resumed}");
    assert_eq!(names(&to), all);

    // What is there and not whole is nobody's to overwrite.
    fs::remove_file(to.join("canister-2/wasm_memory.bin")).unwrap();
    let refusal = upgrade(&["--resume"]).refusal();
    assert!(refusal.contains("wasm_memory.bin is missing"), "{refusal}");
    let one = folder.join("canister-0");
    let words = ["upgrade", "--wasm", module, "-o", "new", "--resume"];
    let refusal = run(&words, &[&one]).refusal();
    assert!(refusal.contains("--resume is for several"), "{refusal}");
}

#[test]
fn memories_of_one_name_and_folders_without_any_are_refused_before_the_work() {
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (directory.path().join("1"), directory.path().join("2"));
    for folder in [&one, &two] {
        fs::create_dir(folder).unwrap();
    }
    let out = directory.path().join("out");
    let words = ["compact", "-o", out.to_str().unwrap()];
    let refusal = run(&words, &[&one, &two]).refusal();
    assert!(
        refusal.contains("no snapshot, and nothing in it"),
        "{refusal}"
    );
    file(&one, "memory.bin", &managed());
    file(&two, "memory.bin.gz", &managed());
    let refusal = run(&words, &[&one, &two]).refusal();
    assert!(refusal.contains("the same output"), "{refusal}");
    assert!(!out.exists());
}

#[test]
fn the_fixtures_are_told_side_by_side() {
    let (Some(small), Some(medium)) = (
        fixture("legacy-small.bin.gz"),
        fixture("legacy-medium.bin.gz"),
    ) else {
        return;
    };
    let told = run(&["inspect", "--jobs", "2"], &[&small, &medium]).ok();
    assert!(told.contains("legacy: one MessagePack value of 12 entries"));
    assert!(told.ends_with("\n2 snapshots: 2 held\n"), "{told}");
}

/// Three memories that are soon done, and one behind them that takes a while.
fn uneven(directory: &Path) -> PathBuf {
    let folder = directory.join("memories");
    fs::create_dir(&folder).unwrap();
    for name in ["a.bin", "b.bin", "c.bin"] {
        file(&folder, name, &managed());
    }
    large(&file(&folder, "d.bin", &managed()));
    folder
}

#[test]
fn what_is_interrupted_leaves_what_was_done_and_goes_on_from_there() {
    let directory = tempfile::tempdir().unwrap();
    let folder = uneven(directory.path());
    let out = directory.path().join("out");
    let words = [
        "compact",
        "memories",
        "-o",
        "out",
        "--skip-pre-upgrade",
        "--jobs",
        "2",
    ];
    let begun = || {
        let made = match out.exists() {
            true => names(&out),
            false => Vec::new(),
        };
        let is_made = |name: &str| made.iter().any(|made| made == name);
        is_made("a.bin") && is_made("b.bin") && made.iter().any(|name| name.starts_with(".d.bin"))
    };
    stopped(directory.path(), "INT", &words, begun);
    let made = names(&out);
    assert!(!made.iter().any(|name| name.starts_with('.')), "{made:?}");
    assert!(
        !made.contains(&"d.bin".to_owned()),
        "it was not interrupted"
    );
    let went_on = run(
        &[
            "compact",
            "-o",
            out.to_str().unwrap(),
            "--skip-pre-upgrade",
            "--resume",
        ],
        &[&folder],
    );
    let told = went_on.ok();
    let there = format!("{} there already\n", made.len());
    assert!(told.ends_with(&there), "{told}");
    assert_eq!(names(&out), ["a.bin", "b.bin", "c.bin", "d.bin"]);
}

#[test]
fn a_run_that_is_killed_has_kept_the_results_so_far() {
    let directory = tempfile::tempdir().unwrap();
    let folder = canisters(directory.path(), 40);
    let keeps = module_file(directory.path(), "keeps.wasm", KEEPS);
    let results = directory.path().join("found.jsonl");
    let kept = || fs::read_to_string(&results).unwrap_or_default();
    let words = [
        "rehearse",
        "canisters",
        "--wasm",
        "keeps.wasm",
        "--fault=1",
        "--jobs",
        "2",
        "--results",
        "found.jsonl",
    ];
    stopped(directory.path(), "KILL", &words, || {
        kept().lines().count() >= 3
    });
    let before = kept();
    assert!(before.lines().count() < 40, "it was not interrupted");
    let words = [
        "rehearse",
        "--wasm",
        keeps.to_str().unwrap(),
        "--fault=1",
        "--results",
        results.to_str().unwrap(),
        "--resume",
    ];
    // The path is part of what a snapshot is known by.
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_stable-migrate"));
    let output = command
        .current_dir(directory.path())
        .args(words)
        .arg(folder.file_name().unwrap())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.ends_with("\n40 snapshots: 40 held\n"), "{told}");
    assert_eq!(kept().lines().count(), 40);
    assert!(kept().starts_with(before.trim_end_matches(|c| c != '\n')));
}

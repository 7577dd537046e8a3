//! `stable-migrate check` as it is typed. What it finds of each mistake is tested where it is found: `src/check/tests.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::memories::{self, file, snapshot};
use super::run::stable_migrate;

/// A module with hooks that says this of itself, fields with spaces between.
fn module(said: &str) -> String {
    let said = said.replace(' ', "\\t").replace('\n', "\\n");
    format!(
        r#"(module (memory 1) (func (export "canister_pre_upgrade")) (func (export "canister_post_upgrade"))
            (@custom "icp:public candid:service" "service : {{}}")
            (@custom "icp:public ic-stable-migration" "layout 1 \n{said}"))"#
    )
}

/// What release 3 of the canister of `memories::collection` says.
pub const SAID: &str = "manifest 1\napplication list\nrelease 3\nreads CBOR none\nkeeps header\nschemas 1 1\nmemory 0\nceiling 34359738368\n\
    budget 0\ntrailing refuse\ncollections 1\ncollection 1 own =8 * 1 1 items u64 String\nend\n";

pub fn written(directory: &Path, name: &str, said: &str) -> PathBuf {
    file(directory, name, &wat::parse_str(module(said)).unwrap())
}

#[test]
fn what_fits_ends_with_status_0_and_what_does_not_with_1() {
    let directory = tempfile::tempdir().unwrap();
    let right = written(directory.path(), "right.wasm", SAID);
    let wrong = written(
        directory.path(),
        "wrong.wasm",
        &SAID.replace("items", "things"),
    );
    let stable = memories::collection(false);
    let bare = file(directory.path(), "stable.bin", &stable);
    let before = SAID.replace("release 3", "release 2");
    let old = written(directory.path(), "old.wasm", &before);
    let directory = snapshot(directory.path(), "snapshot", &module(&before), &stable);
    let memory = Path::new("--memory");
    let ways: [&[&Path]; 4] = [
        &[&old],
        &[&directory],
        &[memory, &bare],
        &[memory, &bare, &old],
    ];
    for installed in ways {
        let against = |new: &Path| {
            let before = [Path::new("check")].into_iter().chain(installed.to_vec());
            stable_migrate(before.chain([new]))
        };
        let told = against(&right).ok();
        let held =
            "\nnothing that an upgrade would refuse or lose: 0 refused, 0 lost, 0 risks, 0 notes\n";
        assert!(told.ends_with(held), "{told}");
        let ran = against(&wrong);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        for part in [
            "  REFUSED   C306 (E506): collection \"items\" is in virtual memory 1",
            "\n            could be lost: nothing: the upgrade traps and is undone",
            "\n            do: declare it, declare it as renamed, or declare it as retired",
            "\nDO NOT UPGRADE: 1 refused, 0 lost, 0 risks, 0 notes\n",
        ] {
            assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
        }
    }
}

#[test]
fn as_json_it_is_one_object_with_a_version() {
    let directory = tempfile::tempdir().unwrap();
    let right = written(directory.path(), "right.wasm", SAID);
    let wrong = written(
        directory.path(),
        "wrong.wasm",
        &SAID.replace("release 3", "release 1"),
    );
    let ran = stable_migrate([Path::new("check"), Path::new("--json"), &right, &wrong]);
    assert_eq!(ran.status, 1);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["version"], 1);
    assert_eq!(told["held"], false);
    assert_eq!(told["old"]["release"], 3);
    assert_eq!(told["new"]["release"], 1);
    let finding = &told["findings"][0];
    assert_eq!(finding["code"], "C103");
    assert_eq!(finding["severity"], "refused");
    assert_eq!(finding["error"], "E301");
    for part in ["found", "loss", "remedy"] {
        assert!(
            finding[part].as_str().is_some_and(|text| !text.is_empty()),
            "{finding}"
        );
    }
    assert!(
        told["unchecked"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
}

#[test]
fn what_cannot_be_checked_ends_with_status_2_and_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let right = written(directory.path(), "right.wasm", SAID);
    let bare = file(directory.path(), "stable.bin", &memories::legacy());
    let check = |arguments: &[&Path]| {
        let all = [Path::new("check")]
            .into_iter()
            .chain(arguments.iter().copied());
        stable_migrate(all).refusal()
    };
    assert!(check(&[&right]).contains("--memory"));
    assert!(check(&[&bare, &right]).contains("a stable memory goes with --memory"));
    assert!(check(&[&right, &bare]).contains("not a WebAssembly module"));
    assert!(check(&[&right, Path::new("not-there")]).contains("not-there"));
}

/// The user canister's releases and the to-do list's, where they were built.
#[test]
fn the_releases_of_this_project_fit_one_another() {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/canisters");
    for chain in [
        ["release-0-legacy", "release-1-adopt", "individual-user"],
        ["todo-release-0", "todo-release-1", "todo-release-2"],
    ] {
        for (old, new) in [(0, 1), (1, 2), (0, 2), (2, 2)] {
            let path = |release: usize| built.join(format!("{}.wasm.gz", chain[release]));
            if !path(old).exists() || !path(new).exists() {
                println!("skipped: {} was not built", chain[new]);
                continue;
            }
            let told = stable_migrate([Path::new("check"), &path(old), &path(new)]).ok();
            assert!(
                told.contains("0 refused, 0 lost, 0 risks, 0 notes"),
                "{told}"
            );
            assert_eq!(
                told.matches("  unchecked ").count(),
                1,
                "the memory alone: {told}"
            );
        }
        let path = |release: usize| built.join(format!("{}.wasm.gz", chain[release]));
        if path(0).exists() {
            let back = stable_migrate([Path::new("check"), &path(2), &path(0)]);
            assert_eq!(back.status, 1, "{}", back.stdout);
        }
    }
}

/// The releases that go back say so, are right on every release that they go back from, and leave what the old one reads.
#[test]
fn the_releases_that_go_back_fit_those_they_come_from_and_the_one_they_go_to() {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/canisters");
    let path = |name: &str| built.join(format!("{name}.wasm.gz"));
    let check = |old: &str, new: &str| stable_migrate([Path::new("check"), &path(old), &path(new)]);
    if !path("release-back-memory-0").exists() {
        println!("skipped: the releases were not built");
        return;
    }
    for (back, place) in [
        ("release-back", "stable memory"),
        ("release-back-memory-0", "virtual memory 0"),
    ] {
        let told = check("individual-user", back).ok();
        let goes_back =
            "note      C211: the module goes back: the upgrade after it finds a value in";
        assert!(told.contains(goes_back) && told.contains(place), "{told}");
        assert!(
            told.contains("0 refused, 0 lost, 0 risks, 1 note\n"),
            "{told}"
        );
        assert_eq!(
            told.matches("  unchecked ").count(),
            1,
            "the memory alone: {told}"
        );
        // It takes the memory of release 3, and does not answer what that one added.
        let told = check("release-3-hashtags", back).stdout;
        assert!(
            told.contains("0 refused, 1 lost, 0 risks, 1 note\n"),
            "{told}"
        );
        assert!(told.contains("C401"), "{told}");
        assert!(told.contains("get_posts_with_hashtag"), "{told}");
    }
    for old in [
        "release-0-legacy",
        "release-1-adopt",
        "individual-user",
        "release-3-hashtags",
    ] {
        let told = check("release-back", old).ok();
        assert!(told.contains("0 refused, 0 lost, 0 risks"), "{told}");
    }
    let told = check("release-back", "release-back-memory-0").stdout;
    assert!(told.contains("REFUSED   C209 (E103)"), "{told}");
}

/// The guide's table and the sources have the same codes.
#[test]
fn every_code_is_in_the_guide_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = root.join("../ic-stable-migration/src/guide/before_an_upgrade.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| C"));
    let mut listed = BTreeSet::new();
    for row in rows {
        let (codes, _) = row.split_once(" |").unwrap();
        match codes.split_once(" to C") {
            None => listed.insert(codes.to_owned()),
            // Those of the registry, by its own codes.
            Some((first, last)) => {
                let range = first.parse::<u32>().unwrap()..=last.parse().unwrap();
                listed.extend(range.map(|code| code.to_string()));
                continue;
            }
        };
    }
    let mut said: BTreeSet<String> = (301..=310)
        .chain(317..=318)
        .map(|code| code.to_string())
        .collect();
    said.insert("300".into());
    for entry in std::fs::read_dir(root.join("src/check")).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for quoted in source.split("\"C").skip(1) {
            let digits: String = quoted.chars().take(3).collect();
            if digits.parse::<u32>().is_ok() && quoted[3..].starts_with('"') {
                said.insert(digits);
            }
        }
    }
    assert_eq!(listed, said);
}

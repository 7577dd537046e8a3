//! The codes in front of what is wrong, and what is said of them.

use serde_json::Value;

use super::memories::{file, legacy, managed};
use super::run::stable_migrate;

#[test]
fn an_error_has_its_code_in_front_and_with_json_on_standard_output_too() {
    let directory = tempfile::tempdir().unwrap();
    let short = file(directory.path(), "short.bin", &legacy()[..70_000]);
    let refusal = stable_migrate(["inspect".as_ref(), short.as_os_str()]).refusal();
    assert!(refusal.starts_with("[T104] /"), "{refusal}");
    let ran = stable_migrate(["inspect".as_ref(), short.as_os_str(), "--json".as_ref()]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["schema"], "stable-migrate/error/1");
    assert_eq!(told["code"], "T104");
    let message = told["message"].as_str().unwrap();
    assert_eq!(refusal, format!("[T104] {message}"));
    assert_eq!(ran.refusal(), refusal);
}

#[test]
fn what_a_memory_contradicts_itself_in_has_a_code() {
    let directory = tempfile::tempdir().unwrap();
    let mut memory = managed();
    memory[4] = 9;
    let damaged = file(directory.path(), "damaged.bin", &memory);
    let ran = stable_migrate(["inspect".as_ref(), damaged.as_os_str()]);
    assert!(
        ran.stderr.starts_with("stable-migrate: [T901] "),
        "{}",
        ran.stderr
    );
}

#[test]
fn every_kind_of_code_is_explained() {
    for (code, part) in [
        ("T104", "does not end at a page"),
        ("[T104]", "Remedy. It was cut short"),
        ("c103", "a release older than the one installed"),
        ("E107", "Cause. "),
    ] {
        let told = stable_migrate(["explain", code]).ok();
        assert!(told.contains(part), "{part}\n{told}");
        assert!(!told.contains("]("), "{told}");
    }
    let ran = stable_migrate(["explain", "T999"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("no such code"), "{}", ran.stderr);
}

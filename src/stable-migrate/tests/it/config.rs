use std::path::Path;

use super::memories::{file, legacy};
use super::run::{Ran, stable_migrate, stable_migrate_in};

const EXAMPLE: &str = include_str!("../../stable-migrate.example.toml");

fn inspect(memory: &Path, more: &[&str]) -> u64 {
    let fixed = ["inspect", "--json"].iter().chain(more).map(AsRef::as_ref);
    let told = stable_migrate(fixed.chain([memory.as_os_str()])).ok();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    told["survey"]["cycles_per_year"]
        .as_u64()
        .or(told["cycles_per_year"].as_u64())
        .unwrap()
}

#[test]
fn what_is_printed_can_be_saved_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = [
        "config",
        "--subnet-nodes",
        "34",
        "--price",
        "gib-second=317500",
    ];
    let printed = stable_migrate(arguments).ok();
    assert!(printed.contains("# argument\nnodes = 34\n"), "{printed}");
    assert!(
        printed.contains("pull request 10292, 2026-05\ncanister-second = 10000\n"),
        "{printed}"
    );
    let saved = file(dir.path(), "saved.toml", printed.as_bytes());
    let named = ["config", "--config", saved.to_str().unwrap()];
    let again = stable_migrate(named).ok();
    assert!(again.contains("saved.toml\"\nnodes = 34\n"), "{again}");
    let json = stable_migrate(["config", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["settings"][0]["key"], "prices.gib-second");
    assert_eq!(json["settings"][0]["value"], 127_000);
    assert_eq!(json["settings"][0]["origin"], "default");
}

#[test]
fn the_file_in_the_current_folder_is_found_and_an_argument_comes_before_it() {
    let dir = tempfile::tempdir().unwrap();
    file(
        dir.path(),
        "stable-migrate.toml",
        b"[network]\nnodes = 28\n",
    );
    let run = |arguments: &[&str]| -> Ran { stable_migrate_in(dir.path(), &[], arguments) };
    let found = run(&["config"]).ok();
    assert!(
        found.contains("from \"stable-migrate.toml\"\nnodes = 28\n"),
        "{found}"
    );
    // It may have come with a snapshot, and code in the folder is run.
    file(
        dir.path(),
        "stable-migrate.toml",
        b"[network]\nnodes = 28\n[cache]\nfolder = \"code\"\n",
    );
    let refusal = run(&["config"]).refusal();
    assert!(refusal.contains("cache.folder is not taken"), "{refusal}");
    let named = [
        "config",
        "--config",
        "stable-migrate.toml",
        "--subnet-nodes",
        "40",
    ];
    let found = run(&named).ok();
    assert!(found.contains("# argument\nnodes = 40\n"), "{found}");
}

#[test]
fn what_storage_costs_is_told_with_the_prices_of_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let memory = file(dir.path(), "memory", &legacy());
    let quoted = inspect(&memory, &[]);
    assert_eq!(inspect(&memory, &["--subnet-nodes", "26"]), 2 * quoted);
    assert_eq!(inspect(&memory, &["--price", "gib-second=0"]), 0);
}

#[test]
fn a_file_that_says_what_it_cannot_ends_every_command_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = file(dir.path(), "wrong.toml", b"[prices]\ngib-secnd = 1\n");
    for command in [&["config"][..], &["inspect", "no-such-memory"]] {
        let named = ["--config", wrong.to_str().unwrap()];
        let refusal = stable_migrate(command.iter().chain(&named)).refusal();
        assert!(
            refusal.contains("did you mean prices.gib-second?"),
            "{refusal}"
        );
    }
    let refusal = stable_migrate(["config", "--config", "nowhere.toml"]).refusal();
    assert!(refusal.contains("nowhere.toml"), "{refusal}");
}

#[test]
fn the_example_in_the_repository_is_a_file_that_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let example = file(dir.path(), "example.toml", EXAMPLE.as_bytes());
    let printed = stable_migrate(["config", "--config", example.to_str().unwrap()]).ok();
    assert!(
        !printed.contains("# default"),
        "it has every key: {printed}"
    );
    assert!(printed.contains("size = 1073741824\n"), "{printed}");
}

//! Tells `--version` the commit that last changed what the tool is made of.
//!
//! Not the newest commit: the tool is the same after one that changes something else, and need not be built again.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Digits of a commit that are shown.
const DIGITS: usize = 12;

/// What the tool is made of, from this package's folder. A package of its own has the first three alone.
const SOURCES: [&str; 9] = [
    "src",
    "Cargo.toml",
    "build.rs",
    "../canister-host/src",
    "../canister-questions/src",
    "../fleet/src",
    "../ic-stable-migration/src",
    "../../Cargo.lock",
    "../../Cargo.toml",
];

/// Where cargo notes in a package which commit it was made from.
const PACKED_FROM: &str = ".cargo_vcs_info.json";

fn main() {
    let sources: Vec<&str> = SOURCES
        .into_iter()
        .filter(|source| Path::new(source).exists())
        .collect();
    for source in &sources {
        println!("cargo:rerun-if-changed={source}");
    }
    let commit = of_package().or_else(|| of_repository(&sources));
    let shown = commit.map_or_else(String::new, |commit| format!(" ({commit})"));
    println!("cargo:rustc-env=STABLE_MIGRATE_COMMIT={shown}");
}

/// The commit that a package was made from.
fn of_package() -> Option<String> {
    let note = fs::read_to_string(PACKED_FROM).ok()?;
    let (_, behind) = note.split_once("\"sha1\"")?;
    let mut words = behind.split('"').skip(1);
    let commit = words.next()?.get(..DIGITS)?;
    commit
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| commit.to_owned())
}

/// The last commit of the repository that changed one of these, and whether they were changed since. None where this folder
/// is no part of a repository, and where it lies in one that does not know it.
fn of_repository(sources: &[&str]) -> Option<String> {
    let digits = format!("--abbrev={DIGITS}");
    let commit = git(&["log", "-1", &digits, "--format=%h", "--"], sources)?;
    if commit.is_empty() {
        return None;
    }
    let changes = git(&["status", "--porcelain", "--"], sources)?;
    Some(match changes.is_empty() {
        true => commit,
        false => format!("{commit}, and changes"),
    })
}

fn git(arguments: &[&str], paths: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("--no-optional-locks").args(arguments).args(paths);
    let output = git.output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

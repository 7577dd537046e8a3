//! Running the command.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use assert_cmd::Command;

const TOOL: &str = env!("CARGO_BIN_EXE_stable-migrate");

/// What a command printed, and the status it ended with.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The standard output of a command that did what it was asked.
    pub fn ok(self) -> String {
        assert_eq!(self.status, 0, "{}", self.stderr);
        assert_eq!(self.stderr, "");
        self.stdout
    }

    /// The one sentence of a command that could not do it.
    pub fn refusal(self) -> String {
        assert_eq!(self.status, 2, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        let sentence = self.stderr.trim_end().strip_prefix("stable-migrate: ");
        sentence.expect(&self.stderr).to_owned()
    }
}

/// Runs `stable-migrate` with these arguments.
pub fn stable_migrate<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    stable_migrate_in(Path::new("."), &[], arguments)
}

/// Runs it in a directory, with variables beside those of this process.
pub fn stable_migrate_in<A: AsRef<OsStr>>(
    directory: &Path,
    environment: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stable-migrate"));
    // Compiled modules are kept from one test to the next; reports are those of no terminal.
    command.env("CANISTER_HOST_CACHE", env!("CARGO_TARGET_TMPDIR"));
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
        .current_dir(directory)
        .envs(environment.iter().copied());
    let output = command.args(arguments).output().unwrap();
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it in a directory, where its temporary files are too, and ends it with a signal as soon as `begun` says so.
pub fn stopped(directory: &Path, signal: &str, words: &[&str], begun: impl Fn() -> bool) {
    let mut running = std::process::Command::new(TOOL)
        .args(words)
        .env("TMPDIR", directory)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while !begun() {
        let waited = since.elapsed();
        assert!(waited < Duration::from_secs(60), "it does not begin");
        let ended = running.try_wait().unwrap();
        assert!(ended.is_none(), "it ended too early: {ended:?}");
    }
    let sent = std::process::Command::new("kill")
        .args(["-s", signal, &running.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let status = running.wait().unwrap();
    assert!(!status.success(), "{status}");
}

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A fixture's path; `None`, and a printed sentence, where the fixtures are not there.
pub fn fixture(name: &str) -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let path = shared.join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

//! `cargo xtask fuzz`: every fuzz target for a share of the time.
//!
//! The targets are libFuzzer programs, built by `cargo fuzz` with this toolchain: instrumentation is all they need of
//! a nightly one. Sanitizers would, and have little to find here: nearly all of the code is safe.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::shell;
use crate::workspace::Workspace;

/// The version of `cargo fuzz` that is installed where it is missing.
const CARGO_FUZZ: &str = "0.13.2";

/// An input that takes longer than so many seconds is one that hangs a canister.
const TIMEOUT: u64 = 10;

/// More than so many MiB, from an input of a few KiB, is an allocation by an unchecked length.
const MEMORY_LIMIT: u64 = 2_048;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long to run, all targets together
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Try the same inputs each time, from the seeds alone: so a change is judged and not its luck
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seed: Option<u32>,
    /// Targets in fuzz/fuzz_targets; all of them unless named
    targets: Vec<String>,
}

/// Builds the targets and runs each from its seeds and from what earlier runs have found, in `target/fuzz/corpus`.
///
/// # Errors
/// Those of installing `cargo fuzz` and of building; `NoTarget` for a name that no target has; `Crash` with the input
/// on which a target failed.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let place = Place::of(workspace)?;
    let targets = place.targets(&options.targets)?;
    place.install()?;
    place.build(&targets)?;
    let share = (options.seconds / targets.len() as u64).max(1);
    for target in &targets {
        let runs = place.run(target, share, options.seed)?;
        println!("{target}: {runs} inputs in {share} s");
    }
    Ok(())
}

/// Where everything is.
struct Place<'w> {
    workspace: &'w Workspace,
    /// What is written: `target/fuzz`.
    target: PathBuf,
    /// The compiler's name for this machine.
    host: String,
}

impl<'w> Place<'w> {
    fn of(workspace: &'w Workspace) -> Result<Self> {
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let version = shell::read(rustc.arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        Ok(Self {
            workspace,
            target: workspace.target.join("fuzz"),
            host: host
                .ok_or_else(|| Error::Answer {
                    command: shell::line(&rustc),
                    reason: "it does not name its host".into(),
                })?
                .to_owned(),
        })
    }

    /// The targets of these names, or all.
    fn targets(&self, names: &[String]) -> Result<Vec<String>> {
        let folder = self.workspace.root.join("fuzz/fuzz_targets");
        let files = fs::read_dir(&folder).map_err(Error::file("read", &folder))?;
        let mut known = Vec::new();
        for file in files {
            let path = file.map_err(Error::file("read", &folder))?.path();
            known.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
        known.sort();
        match names.iter().find(|name| !known.contains(name)) {
            Some(name) => Err(Error::NoTarget {
                name: name.clone(),
                known: known.join(", "),
            }),
            None if names.is_empty() => Ok(known),
            None => Ok(names.to_vec()),
        }
    }

    fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    fn install(&self) -> Result<()> {
        if self.tools().join("bin/cargo-fuzz").exists() {
            return Ok(());
        }
        let mut install = self.workspace.cargo();
        install.args(["install", "cargo-fuzz", "--version", CARGO_FUZZ]);
        install.args(["--locked", "--debug", "--root"]);
        shell::run(install.arg(self.tools()))
    }

    fn build(&self, targets: &[String]) -> Result<()> {
        let mut build = Command::new(self.tools().join("bin/cargo-fuzz"));
        build.current_dir(&self.workspace.root);
        build.args(["fuzz", "build", "--sanitizer", "none", "--fuzz-dir", "fuzz"]);
        build.args(["--target", &self.host, "--target-dir"]);
        build.arg(&self.target);
        if let [only] = targets {
            build.arg(only);
        }
        // For `-Z` flags and `-C passes` on a stable compiler.
        shell::run(build.env("RUSTC_BOOTSTRAP", "1"))
    }

    /// Runs a target; returns on how many inputs. With a seed, what earlier runs have found is left aside.
    fn run(&self, target: &str, seconds: u64, seed: Option<u32>) -> Result<u64> {
        let found = match seed {
            None => self.target.join("corpus").join(target),
            Some(_) => emptied(self.target.join("seeded").join(target))?,
        };
        let corpus = made(found)?;
        let artifacts = made(self.target.join("artifacts").join(target))?;
        let seeds = self.workspace.root.join("fuzz/seeds").join(target);
        let program = self.target.join(&self.host).join("release").join(target);
        let mut command = Command::new(&program);
        command.current_dir(&self.workspace.root);
        command.arg(format!("-max_total_time={seconds}"));
        command.args(seed.map(|seed| format!("-seed={seed}")));
        command.arg(format!("-timeout={TIMEOUT}"));
        command.arg(format!("-rss_limit_mb={MEMORY_LIMIT}"));
        command.arg(format!("-artifact_prefix={}/", artifacts.display()));
        command.args([&corpus, &seeds]);
        let started = command.stdin(Stdio::null()).output();
        let output = started.map_err(|source| Error::Start {
            program: program.display().to_string(),
            source,
        })?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            return Ok(runs(&said));
        }
        let input = input(&said).map(|path| shell::quote(&path));
        Err(Error::Crash {
            target: target.to_owned(),
            reason: reason(&said),
            reproduce: format!(
                "{} {}",
                shell::quote(&program.display().to_string()),
                input.as_deref().unwrap_or("INPUT")
            ),
        })
    }
}

fn emptied(folder: PathBuf) -> Result<PathBuf> {
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::file("remove", &folder)(error))
        }
        _ => Ok(folder),
    }
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    match fs::create_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(Error::file("create", &folder)(error))
        }
        _ => Ok(folder),
    }
}

/// On how many inputs a target ran, by its last line.
fn runs(said: &str) -> u64 {
    let mut counts = said.lines().filter_map(|line| {
        let (count, _) = line.strip_prefix("Done ")?.split_once(" runs")?;
        count.parse().ok()
    });
    counts.next_back().unwrap_or(0)
}

/// The file that holds the failing input.
fn input(said: &str) -> Option<String> {
    let mut lines = said.lines();
    let path = lines
        .find_map(|line| line.split_once("Test unit written to "))?
        .1;
    Some(path.trim().to_owned())
}

/// What a panic said, or else libFuzzer.
fn reason(said: &str) -> String {
    let from = said.find("panicked at").or_else(|| said.find("ERROR: "));
    let lines = said[from.unwrap_or(0)..].lines().take(4);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "#12\tNEW    cov: 3\n\
        thread '<unnamed>' panicked at fuzz_targets/open.rs:27:5:\n\
        assertion failed: !memory.was_changed()\n\
        ==7== ERROR: libFuzzer: deadly signal\n\
        artifact_prefix='x/'; Test unit written to x/crash-79ba\n";

    #[test]
    fn a_failure_is_told_with_its_reason_and_its_input() {
        assert_eq!(input(FAILED).as_deref(), Some("x/crash-79ba"));
        let reason = reason(FAILED);
        assert!(
            reason.starts_with("panicked at fuzz_targets/open.rs:27:5"),
            "{reason}"
        );
        assert!(reason.contains("!memory.was_changed()"), "{reason}");
    }

    #[test]
    fn a_hang_is_told_by_libfuzzer() {
        let said = "==7== ERROR: libFuzzer: timeout after 11 seconds\n";
        assert_eq!(reason(said), "ERROR: libFuzzer: timeout after 11 seconds");
        assert_eq!(input(said), None);
    }

    #[test]
    fn inputs_are_counted() {
        assert_eq!(runs("#9\tDONE cov: 1\nDone 9 runs in 2 second(s)\n"), 9);
    }

    #[test]
    fn a_target_that_is_not_there_is_told_with_those_that_are() {
        let workspace = Workspace::find().unwrap();
        let place = Place::of(&workspace).unwrap();
        let error = place.targets(&["opn".into()]).unwrap_err().to_string();
        assert!(error.contains("opn") && error.contains("open"), "{error}");
        let all = place.targets(&[]).unwrap();
        assert!(all.contains(&"resume".to_owned()), "{all:?}");
    }
}

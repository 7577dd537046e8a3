//! `cargo xtask demo`: a legacy canister taken through both upgrades and the move on the embedded host.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;

use canister_host::Module;
use canister_scenario::Fill;
use clap::Args;
use flate2::read::GzDecoder;
use serde::Serialize;

use crate::artifacts::{BATCHES, RELEASES};
use crate::command::build;
use crate::error::{Error, Result};
use crate::file;
use crate::interface;
use crate::journey::{Journey, Releases};
use crate::moved::Moved;
use crate::progress;
use crate::stage::{self, Stage};
use crate::table::grouped;
use crate::threads;
use crate::workspace::Workspace;

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo
      fill a release-0 canister through its endpoints, upgrade it 0 → 1 → 2, and let the timer
      move its collections to stable maps
  cargo xtask demo --memory stable_memory.bin
      start from the stable memory of a real canister, plain or gzip
  cargo xtask demo --snapshots target/demo
      keep the canister of each release as a snapshot, as a client downloads one: what
      stable-migrate is tried on
  cargo xtask demo --json
      the same figures for a script

The exit status is 0 only if the move came to its end, and every answer is the same all the way.";

/// What is said at once: on a fresh machine the first of these takes minutes.
const AHEAD: &str = "\
Building the canister's releases 0 to 3, filling a canister of release 0, upgrading it twice.";

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What the demo is told on the command line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// Start from this stable memory, plain or gzip, instead of a generated canister
    #[arg(long, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// Write a snapshot of the canister in each release into this directory, which must be new or empty
    #[arg(long, value_name = "DIR")]
    snapshots: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Builds the modules, takes a canister through its releases and prints what each stage did.
///
/// # Errors
/// Those of building and of reading `--memory`; `Rehearsal` if an upgrade is refused; `Move`
/// if the move does not come to its end; `Lost` if an answer differs on the way; `Occupied`, `File` and
/// `Snapshot` if `--snapshots` cannot be written.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    eprintln!("{AHEAD}");
    if let Some(directory) = &options.snapshots {
        file::unoccupied(directory)?;
    }
    build::modules(workspace, BATCHES)?;
    let releases = load(workspace)?;
    let mut journey = match &options.memory {
        None => Journey::generated(&releases, Fill::DEMO)?,
        Some(path) => Journey::from_memory(&releases, &read_memory(path)?)?,
    };
    if options.snapshots.is_some() {
        journey.keep_snapshots();
    }
    let outcome = journey.go(&releases);
    if let Some(directory) = &options.snapshots {
        keep(&journey, directory)?;
    }
    if options.json {
        print_json(&journey, outcome.is_ok())?;
    } else {
        print_tables(&journey, outcome.is_ok());
    }
    outcome
}

fn keep(journey: &Journey, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
    for (release, snapshot) in journey.snapshots() {
        let path = directory.join(format!("release-{release}"));
        stable_migrate::write_snapshot(snapshot, &path)?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

fn load(workspace: &Workspace) -> Result<Releases> {
    let _sign_of_life = progress::spinner("Compiling the modules for this machine");
    let [zero, one, two, _] = RELEASES.map(|name| workspace.module(name));
    let interface = interface::of_finished(&two, &read(&two)?)?;
    let modules = thread::scope(|scope| {
        let [zero, one, two] = [&zero, &one, &two].map(|file| scope.spawn(|| compile(file)));
        Ok::<_, Error>([
            threads::join(zero)?,
            threads::join(one)?,
            threads::join(two)?,
        ])
    })?;
    Ok(Releases { interface, modules })
}

fn compile(file: &Path) -> Result<Module> {
    Module::new(&read(file)?).map_err(|error| Error::Module {
        module: file.to_owned(),
        reason: error.to_string(),
    })
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(Error::file("read", file))
}

/// A stable memory from a file, unpacked if it is gzip.
fn read_memory(file: &Path) -> Result<Vec<u8>> {
    let bytes = read(file)?;
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut memory = Vec::new();
    GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut memory)
        .map_err(Error::file("unpack", file))?;
    Ok(memory)
}

fn print_tables(journey: &Journey, equal: bool) {
    println!("\n{}", stage::table(journey.stages()));
    if let Some(moved) = journey.moved() {
        println!("{moved}");
    }
    if let (true, Some(first)) = (equal, journey.stages().first()) {
        let questions = grouped(first.questions as u64);
        println!("All {questions} answers are the same at every stage.");
    }
}

fn print_json(journey: &Journey, equal: bool) -> Result<()> {
    #[derive(Serialize)]
    struct Report<'a> {
        equal: bool,
        stages: &'a [Stage],
        #[serde(rename = "move")]
        moved: Option<&'a Moved>,
    }
    let report = Report {
        equal,
        stages: journey.stages(),
        moved: journey.moved(),
    };
    let text = serde_json::to_string_pretty(&report)
        .map_err(|error| Error::file("print", Path::new("the report"))(error.into()))?;
    println!("{text}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_memory_is_read_plain_or_packed() {
        let directory = tempfile::tempdir().unwrap();
        let plain = directory.path().join("plain.bin");
        fs::write(&plain, b"memory").unwrap();
        let packed = directory.path().join("packed.bin");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"memory").unwrap();
        fs::write(&packed, encoder.finish().unwrap()).unwrap();

        assert_eq!(read_memory(&plain).unwrap(), b"memory");
        assert_eq!(read_memory(&packed).unwrap(), b"memory");
    }

    #[test]
    fn a_memory_that_is_not_there_or_damaged_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let damaged = directory.path().join("damaged.bin.gz");
        assert!(
            read_memory(&damaged)
                .unwrap_err()
                .to_string()
                .contains("damaged.bin.gz")
        );
        fs::write(&damaged, [0x1f, 0x8b, 8, 0]).unwrap();
        let error = read_memory(&damaged).unwrap_err().to_string();
        assert!(error.starts_with("cannot unpack "), "{error}");
    }
}

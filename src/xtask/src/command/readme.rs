//! `cargo xtask readme`: the examples of the README, run, and what they print held against what it shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use clap::Args;

use crate::error::{Error, Result};
use crate::file;
use crate::readme::{Readme, elsewhere};
use crate::session::Session;
use crate::shell;
use crate::workspace::Workspace;

const NOTES: &str = "\
The commands of the blocks marked `console` are run in bash, in their order, from the checkout. stable-migrate is that
of target/debug, and target/demo is emptied first. The blocks marked `sh` are run by `cargo xtask icp` and
.ci/run.

The exit status is 0 only if every command succeeded and printed what the README shows.";

/// The command that makes the README right, as an error names it.
const REMEDY: &str = "cargo xtask readme --record";

const README: &str = "README.md";

/// Where the commands that the README does not run itself are run.
const ELSEWHERE: [&str; 2] = ["migrations/README.md", ".ci/run"];

/// What the examples make.
const MADE: &str = "target/demo";

/// What the run is told on the command line.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub struct Options {
    /// Write what was printed into README.md where it shows something else
    #[arg(long)]
    record: bool,
}

/// Runs every example.
///
/// # Errors
/// `Readme` for a block that is not understood, a command that nothing runs, and the first command that fails; `Stale`
/// if something else is printed than shown.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let began = Instant::now();
    let path = workspace.root.join(README);
    let page = read(&path)?;
    let readme = Readme::parse(&page)?;
    let runs = ELSEWHERE.map(|file| read(&workspace.root.join(file)));
    let [runbook, ci] = runs;
    elsewhere(&readme, &[&runbook?, &ci?])?;

    println!("building stable-migrate");
    let mut cargo = workspace.cargo();
    shell::run(cargo.args(["build", "--package", "stable-migrate"]))?;
    let scratch = workspace.target.join("readme");
    fs::create_dir_all(&scratch).map_err(Error::file("create", &scratch))?;
    let made = workspace.root.join(MADE);
    if made.exists() {
        fs::remove_dir_all(&made).map_err(Error::file("clear", &made))?;
    }
    let mut session = Session::new(&workspace.root, &scratch, variables(workspace));

    let mut differences = Vec::new();
    let mut renewed = Vec::new();
    for (number, example) in readme.examples.iter().enumerate() {
        println!("\n$ {}", example.command.trim_end());
        let outcome = session.output(&example.command, |line| println!("    {line}"))?;
        if !outcome.success {
            return Err(Error::Readme {
                line: example.line,
                reason: format!("`{}` failed", example.command.trim_end()),
            });
        }
        if let Some(difference) = example.difference(&outcome.printed) {
            differences.push(format!("line {}\n{difference}", example.line));
            renewed.push((number, example.renewed(&outcome.printed)));
        }
    }
    let (count, seconds) = (readme.examples.len(), began.elapsed().as_secs());
    println!("\n{count} commands run in {seconds} s");
    match (differences.is_empty(), options.record) {
        (true, _) => Ok(()),
        (false, true) => file::replace(&path, readme.renewed(&page, &renewed).as_bytes()),
        (false, false) => Err(Error::Stale {
            path,
            difference: differences.join("\n"),
            remedy: REMEDY,
        }),
    }
}

/// The tool that was built comes first on the path; nothing is coloured, nor as narrow as this terminal.
fn variables(workspace: &Workspace) -> BTreeMap<String, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = std::iter::once(workspace.target.join("debug"));
    let path = std::env::join_paths(first.chain(std::env::split_paths(&path))).unwrap_or_default();
    let cache = workspace.target.join("canister-code");
    let pairs = [
        ("PATH", path.to_string_lossy().into_owned()),
        ("CANISTER_HOST_CACHE", cache.display().to_string()),
        ("NO_COLOR", "1".to_owned()),
        ("COLUMNS", String::new()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Error::file("read", path))
}

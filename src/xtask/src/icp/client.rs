//! The real `icp` client: where it is found, and how it is installed where it is not.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::Error;
use crate::error::{self, Result};
use crate::shell;

/// The version that the runbook is written for, and that is installed.
pub const VERSION: &str = "1.5.0";

/// The environment variable that names a client.
const ICP: &str = "ICP";

/// A client that runs.
pub struct Client {
    /// The program.
    pub program: PathBuf,
    /// Its version, `1.5.0`.
    pub version: String,
    /// Where it was found.
    pub found: &'static str,
}

impl Client {
    /// The client that `ICP` names, else the one on `PATH`, else [`VERSION`] from npm, which is
    /// installed in `target` the first time.
    ///
    /// # Errors
    /// `NoClient` if there is none and npm cannot install it; `Start` or `Answer` if what was
    /// found is no client.
    pub fn find(target: &Path) -> Result<Self> {
        let (program, found) = if let Some(named) = env::var_os(ICP).filter(|path| !path.is_empty())
        {
            (PathBuf::from(named), "named by ICP")
        } else if let Some(installed) = on_path() {
            (installed, "on PATH")
        } else {
            (from_npm(target)?, "from npm, in target/icp-client")
        };
        let program = fs::canonicalize(&program).map_err(error::Error::file("find", &program))?;
        let mut ask = Command::new(&program);
        let said = shell::read(ask.arg("--version"))?;
        let version = said.split_whitespace().next_back().unwrap_or_default();
        if !version.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(error::Error::Answer {
                command: shell::line(&ask),
                reason: format!("`{said}` is no version"),
            });
        }
        Ok(Self {
            version: version.to_owned(),
            program,
            found,
        })
    }
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut candidates = env::split_paths(&path).map(|directory| directory.join("icp"));
    candidates.find(|candidate| candidate.is_file())
}

fn from_npm(target: &Path) -> Result<PathBuf> {
    let package = package();
    let prefix = target.join("icp-client").join(VERSION);
    let program = prefix.join("node_modules").join(&package).join("bin/icp");
    if program.is_file() {
        return Ok(program);
    }
    println!("installing {package}@{VERSION} with npm");
    fs::create_dir_all(&prefix).map_err(error::Error::file("create", &prefix))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"])
        .arg("--prefix")
        .arg(&prefix)
        .arg(format!("{package}@{VERSION}"));
    shell::read(&mut npm).map_err(|error| Error::NoClient {
        package: format!("{package}@{VERSION}"),
        reason: error.to_string(),
    })?;
    Ok(program)
}

/// The npm package for this machine.
fn package() -> String {
    let system = match env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("@icp-sdk/icp-cli-{system}-{processor}")
}

//! The local endpoint beside the checkout: a copy in the target directory, with what it needs from npm.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::error::Error;
use crate::error::{self, Result, start};
use crate::file;
use crate::shell;

/// Where it is, from the workspace's root.
pub const SOURCE: &str = "../shared/icp-endpoint";

/// The list of what npm fetches, and the copy of it that says it was.
const LIST: &str = "package-lock.json";
const FETCHED: &str = "node_modules/.fetched";

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Copies the endpoint to `target` and has npm fetch what it needs, unless that was done for the same list. Returns
/// the copy's directory; none where there is no endpoint.
///
/// # Errors
/// `NoNetwork` if npm cannot, `File` if the copy cannot be written.
pub fn prepare(root: &Path, target: &Path) -> Result<Option<PathBuf>> {
    let source = root.join(SOURCE);
    if !source.is_dir() {
        return Ok(None);
    }
    let copy = target.join("icp-endpoint");
    fs::create_dir_all(&copy).map_err(error::Error::file("create", &copy))?;
    let entries = fs::read_dir(&source).map_err(error::Error::file("read", &source))?;
    for entry in entries {
        let from = entry.map_err(error::Error::file("read", &source))?.path();
        if let (true, Some(name)) = (from.is_file(), from.file_name()) {
            file::replace(&copy.join(name), &read(&from)?)?;
        }
    }
    let list = read(&copy.join(LIST))?;
    let fetched = copy.join(FETCHED);
    if fs::read(&fetched).is_ok_and(|for_list| for_list == list) {
        return Ok(Some(copy));
    }
    println!("fetching what {SOURCE} needs with npm");
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--omit=dev",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    shell::read(npm.current_dir(&copy)).map_err(|error| Error::NoNetwork {
        reason: error.to_string(),
    })?;
    file::replace(&fetched, &list)?;
    Ok(Some(copy))
}

/// Starts the endpoint in `copy`; returns the process and its URL. Its output goes to a file beside it.
///
/// # Errors
/// `Start` if there is no Node, `NoNetwork` if it does not listen.
pub fn run(copy: &Path) -> Result<(Child, String)> {
    let ready = copy.join("ready");
    let _ = fs::remove_file(&ready);
    let log = copy.join("log");
    let output = File::create(&log).map_err(error::Error::file("create", &log))?;
    let errors = output
        .try_clone()
        .map_err(error::Error::file("open", &log))?;
    let mut node = Command::new("node");
    node.args(["server.mjs", "--verbose", "--ready-file"])
        .arg(&ready)
        .current_dir(copy)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    let mut child = node.spawn().map_err(start("node"))?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE && child.try_wait().is_ok_and(|ended| ended.is_none()) {
        if let Ok(line) = fs::read_to_string(&ready)
            && let Some(url) = line
                .split_whitespace()
                .find(|word| word.starts_with("http"))
        {
            return Ok((child, url.to_owned()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    let said = fs::read_to_string(&log).unwrap_or_default();
    let reason = format!("{SOURCE} does not listen; it said: {}", said.trim());
    Err(Error::NoNetwork { reason }.into())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(error::Error::file("read", path))
}

//! The local endpoint beside the checkout: a copy in the target directory, with what it needs from npm.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::error::Error;
use crate::error::{self, Result, start};
use crate::npm;

/// Where it is, from the workspace's root.
pub const SOURCE: &str = "../shared/icp-endpoint";

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Copies the endpoint to `target` and has npm fetch what it needs, unless that was done for the same list. Returns
/// the copy's directory; none where there is no endpoint.
///
/// # Errors
/// `NoNetwork` if npm cannot, or the copy cannot be written.
pub fn prepare(root: &Path, target: &Path) -> Result<Option<PathBuf>> {
    let source = root.join(SOURCE);
    if !source.is_dir() {
        return Ok(None);
    }
    let copy = target.join("icp-endpoint");
    npm::fetch(&source, &copy).map_err(|error| Error::NoNetwork {
        reason: error.to_string(),
    })?;
    Ok(Some(copy))
}

/// Starts the endpoint in `copy`; returns the process and its URL. Its output goes to a file beside it.
///
/// # Errors
/// `Start` if there is no Node, `NoNetwork` if it does not listen.
pub fn run(copy: &Path) -> Result<(Child, String)> {
    run_with(copy, &[])
}

/// The same, but a stop is given up after `stop` instead of the 5 minutes that a network waits: nobody waits that long for a
/// test.
///
/// # Errors
/// As [`run`].
pub fn run_impatient(copy: &Path, stop: Duration) -> Result<(Child, String)> {
    let shorter = format!(
        "data:text/javascript,const t=setTimeout;globalThis.setTimeout=(f,ms,...a)=>t(f,[ms,{}][+(ms===300000)],...a)",
        stop.as_millis()
    );
    run_with(copy, &["--import", &shorter])
}

fn run_with(copy: &Path, options: &[&str]) -> Result<(Child, String)> {
    let ready = copy.join("ready");
    let _ = fs::remove_file(&ready);
    let log = copy.join("log");
    let output = File::create(&log).map_err(error::Error::file("create", &log))?;
    let errors = output
        .try_clone()
        .map_err(error::Error::file("open", &log))?;
    let mut node = Command::new("node");
    node.args(options)
        .args(["server.mjs", "--verbose", "--ready-file"])
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

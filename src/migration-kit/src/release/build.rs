//! Modules built by cargo for a test.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::error::KitError;

const TARGET: &str = "wasm32-unknown-unknown";

/// What this process has built already, by package and features.
static BUILT: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// The bytes of the module that cargo builds.
///
/// # Errors
/// `Cargo` if it fails or builds no module, `File` if that cannot be read.
pub(super) fn module(package: &str, features: &[&str]) -> Result<Vec<u8>, KitError> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let key = format!("{package} {}", features.join(","));
    if let Some(module) = built.get(&key) {
        return Ok(module.clone());
    }
    // Releases that differ by a feature are built into one file, also by tests of other processes.
    let _turn = turn();
    let module = build(package, features)?;
    built.insert(key, module.clone());
    Ok(module)
}

/// Waits for its turn among the processes that run tests from one folder; where no file can be locked, it goes on.
fn turn() -> Option<File> {
    let program = std::env::current_exe().ok()?;
    let file = File::create(program.parent()?.join("migration-kit.lock")).ok()?;
    file.lock().ok()?;
    Some(file)
}

fn build(package: &str, features: &[&str]) -> Result<Vec<u8>, KitError> {
    let failed = |said: String| KitError::Cargo {
        package: package.to_owned(),
        features: features.join(","),
        said,
    };
    // The cargo that runs the test, where one does.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--lib", "--release", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .args(["--package", package, "--features", &features.join(",")])
        .stdin(Stdio::null());
    let output = command
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let path = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(wasm_of)
        .next_back()
        .ok_or_else(|| failed("it built no module; is `crate-type` \"cdylib\"?".to_owned()))?;
    fs::read(&path).map_err(|source| KitError::File {
        path: path.into(),
        source,
    })
}

/// The module that a message of cargo tells of. The last is the package's own: what it depends on comes before.
fn wasm_of(message: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    let files = message.get("filenames")?.as_array()?;
    let mut files = files.iter().filter_map(Value::as_str);
    files
        .find(|file| file.ends_with(".wasm"))
        .map(str::to_owned)
}

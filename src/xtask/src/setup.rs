//! What a fresh machine lacks: the compiler's target for canisters.

use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::shell;

/// The compiler's name for what canisters are made of.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that the compiler can build canisters; adds the target through rustup if it is missing.
///
/// # Errors
/// `Target` with what to do if the target is missing and rustup is not there or fails.
pub fn ensure_target() -> Result<()> {
    if has_target()? {
        return Ok(());
    }
    eprintln!("Adding the Rust target {TARGET} (rustup target add {TARGET})");
    let mut rustup = Command::new("rustup");
    shell::run(rustup.args(["target", "add", TARGET])).map_err(|error| Error::Target {
        target: TARGET,
        reason: error.to_string(),
    })?;
    if has_target()? {
        return Ok(());
    }
    Err(Error::Target {
        target: TARGET,
        reason: "rustup added it to another toolchain than the one cargo runs".to_owned(),
    })
}

fn has_target() -> Result<bool> {
    let mut command = rustc();
    command.args(["--print", "target-libdir", "--target", TARGET]);
    Ok(Path::new(&shell::read(&mut command)?).is_dir())
}

/// The compiler that cargo calls.
pub fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

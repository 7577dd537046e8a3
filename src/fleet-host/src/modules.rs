//! The modules that `cargo xtask build` has written.

use std::path::{Path, PathBuf};

use canister_host::Module;

use crate::error::FleetError;

/// The module of a name in `target/canisters`.
///
/// # Errors
/// It was not built, or cannot be run.
pub fn load(name: &str) -> Result<Module, FleetError> {
    Ok(Module::new(&bytes(name)?)?)
}

/// The same, not compiled.
///
/// # Errors
/// It was not built.
pub fn bytes(name: &str) -> Result<Vec<u8>, FleetError> {
    let path = target().join("canisters").join(format!("{name}.wasm"));
    std::fs::read(&path).map_err(|source| FleetError::File {
        path: path.display().to_string(),
        source,
    })
}

/// Where cargo builds.
fn target() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    std::env::var("CARGO_TARGET_DIR").map_or_else(|_| beside(), Into::into)
}

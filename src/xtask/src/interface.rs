//! The Candid interface that a module tells of itself.

use std::path::Path;

use crate::error::{Error, Result};

/// The name of the metadata section that holds the interface.
pub const SECTION: &str = "candid:service";

/// The export of a built module that tells the interface.
pub const TELLER: &str = "get_candid_pointer";

/// The interface that a module as cargo built it returns from `get_candid_pointer`. Compiles the
/// module, which takes a second or more. `file` is only named in errors.
///
/// # Errors
/// `Module` if it is not a module or exports no such function.
pub fn of_built(file: &Path, wasm: &[u8]) -> Result<String> {
    canister_host::candid_pointer(wasm).map_err(|error| Error::Module {
        module: file.to_owned(),
        reason: error.to_string(),
    })
}

/// The interface that a finished module carries as metadata. `file` is only named in errors.
///
/// # Errors
/// `Module` if it is not a module or carries none.
pub fn of_finished(file: &Path, wasm: &[u8]) -> Result<String> {
    let unusable = |reason: String| Error::Module {
        module: file.to_owned(),
        reason,
    };
    let section = canister_host::metadata(wasm, SECTION)
        .map_err(|error| unusable(error.to_string()))?
        .ok_or_else(|| unusable(format!("it has no metadata section {SECTION}")))?;
    String::from_utf8(section)
        .map_err(|_| unusable(format!("its metadata section {SECTION} is not text")))
}

//! Keys as the clients `icp` and `dfx` keep them, and in files.
//!
//! ```text
//! icp   $ICP_HOME/identity, or icp-cli/identity in the system's folder for data
//!         identity_list.json   {"identities": {NAME: {"kind": "pem", "format": "plaintext" | "pbes2", …}}}
//!         keys/NAME.pem        PKCS #8, encrypted with a password where the format is pbes2
//! dfx   ~/.config/dfx/identity/NAME
//!         identity.pem             plain
//!         identity.pem.encrypted   AES-256-GCM, the key by Argon2 from the password
//!         identity.json            salt and nonce of that, or where else the key is
//! ```
//!
//! A key in the system's keyring is read by the client that keeps it there: `icp identity export NAME`, `dfx identity export
//! NAME`. It is in no file then.

mod pem;
mod stores;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candid::Principal;
use ic_agent::Identity;

use super::error::FleetError;

/// A key, and what it is called.
#[derive(Clone)]
pub struct Key {
    /// The file or the name.
    pub name: String,
    /// Whose it is.
    pub principal: Principal,
    /// What signs.
    pub identity: Arc<dyn Identity>,
}

/// Asks for a password; what for is its argument.
pub type AskPassword<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Where keys are looked for by name.
#[derive(Clone, Debug)]
pub struct Folders {
    /// That of `icp`.
    pub icp: Option<PathBuf>,
    /// That of `dfx`.
    pub dfx: Option<PathBuf>,
    /// The programs `icp` and `dfx`, which are asked for a key in a keyring.
    pub clients: [PathBuf; 2],
}

impl Folders {
    /// Where this system has them.
    pub fn of_system() -> Self {
        let variable = |name: &str| {
            let value = std::env::var_os(name)?;
            (!value.is_empty()).then(|| PathBuf::from(value))
        };
        let home = variable("HOME");
        let data = match cfg!(target_os = "macos") {
            true => home
                .as_ref()
                .map(|home| home.join("Library/Application Support/org.dfinity.icp-cli")),
            false => variable("XDG_DATA_HOME")
                .or_else(|| home.as_ref().map(|home| home.join(".local/share")))
                .map(|data| data.join("icp-cli")),
        };
        let config = variable("DFX_CONFIG_ROOT").or(home);
        Self {
            icp: variable("ICP_HOME")
                .or(data)
                .map(|base| base.join("identity")),
            dfx: config.map(|home| home.join(".config/dfx/identity")),
            clients: ["icp".into(), "dfx".into()],
        }
    }
}

/// The key in a file, or of a name that `icp` or `dfx` knows; `icp` goes first.
///
/// # Errors
/// [`FleetError::Identity`]: there is none, or it is kept where only the client gets at it.
pub fn find_identity(
    given: &str,
    folders: &Folders,
    password: AskPassword,
) -> Result<Key, FleetError> {
    let failed = |reason: String| FleetError::Identity {
        name: given.to_owned(),
        reason,
    };
    if given == "anonymous" {
        return Ok(Key {
            name: given.to_owned(),
            principal: Principal::anonymous(),
            identity: Arc::new(ic_agent::identity::AnonymousIdentity),
        });
    }
    let path = Path::new(given);
    let is_path = path.is_file() || given.contains(std::path::MAIN_SEPARATOR);
    let text = match is_path {
        true => std::fs::read(path).map_err(|error| failed(error.to_string()))?,
        false => stores::find(given, folders, password).map_err(failed)?,
    };
    let identity = pem::identity(&text, password).map_err(failed)?;
    let principal = identity.sender().map_err(failed)?;
    Ok(Key {
        name: given.to_owned(),
        principal,
        identity,
    })
}

#[cfg(test)]
mod tests;

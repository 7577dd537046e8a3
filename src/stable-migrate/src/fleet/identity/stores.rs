//! The folders of `icp` and `dfx`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, Salt};
use serde::Deserialize;

use super::{AskPassword, Folders};

/// The list of `icp`.
#[derive(Deserialize)]
struct IcpList {
    identities: HashMap<String, IcpIdentity>,
}

#[derive(Deserialize)]
struct IcpIdentity {
    kind: String,
}

/// What `dfx` says of an identity.
#[derive(Default, Deserialize)]
struct DfxIdentity {
    encryption: Option<DfxEncryption>,
    keyring_identity_suffix: Option<String>,
    hsm: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct DfxEncryption {
    pw_salt: String,
    file_nonce: Vec<u8>,
}

/// The key of this name in PEM.
///
/// # Errors
/// A sentence: nobody has it, or it is not in a file.
pub fn find(name: &str, folders: &Folders, password: AskPassword) -> Result<Vec<u8>, String> {
    if let Some(folder) = &folders.icp
        && let Some(found) = of_icp(name, folder, &folders.clients[0])
    {
        return found;
    }
    if let Some(folder) = &folders.dfx
        && folder.join(name).is_dir()
    {
        return of_dfx(&folder.join(name), name, &folders.clients[1], password);
    }
    let looked = [&folders.icp, &folders.dfx];
    let looked = looked.into_iter().flatten();
    let looked: Vec<String> = looked.map(|folder| folder.display().to_string()).collect();
    Err(format!(
        "no file, and neither `icp identity list` nor `dfx identity list` has it; looked in {}",
        looked.join(" and ")
    ))
}

fn of_icp(name: &str, folder: &Path, client: &Path) -> Option<Result<Vec<u8>, String>> {
    let list = fs::read(folder.join("identity_list.json")).ok()?;
    let list: IcpList = match serde_json::from_slice(&list) {
        Ok(list) => list,
        Err(error) => return Some(Err(format!("the list of `icp` cannot be read: {error}"))),
    };
    let identity = list.identities.get(name)?;
    let path = folder.join("keys").join(format!("{name}.pem"));
    Some(match identity.kind.as_str() {
        "pem" => fs::read(&path).map_err(|error| format!("{}: {error}", path.display())),
        "keyring" => exported(client, name),
        kind => Err(not_in_a_file(kind)),
    })
}

fn of_dfx(
    folder: &Path,
    name: &str,
    client: &Path,
    password: AskPassword,
) -> Result<Vec<u8>, String> {
    let said = match fs::read(folder.join("identity.json")) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| format!("its identity.json cannot be read: {error}"))?,
        Err(_) => DfxIdentity::default(),
    };
    if said.hsm.is_some() {
        return Err(not_in_a_file("hsm"));
    }
    if said.keyring_identity_suffix.is_some() {
        return exported(client, name);
    }
    let (file, encryption) = match said.encryption {
        Some(encryption) => ("identity.pem.encrypted", Some(encryption)),
        None => ("identity.pem", None),
    };
    let path = folder.join(file);
    let content = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match encryption {
        None => Ok(content),
        Some(encryption) => encryption.decrypt(&content, &password(name)?),
    }
}

impl DfxEncryption {
    fn decrypt(&self, content: &[u8], password: &str) -> Result<Vec<u8>, String> {
        let wrong = || "it cannot be decrypted: is the password right?".to_owned();
        let salt = Salt::from_b64(&self.pw_salt).map_err(|error| error.to_string())?;
        let hash = Argon2::default().hash_password(password.as_bytes(), salt);
        let hash = hash.map_err(|error| error.to_string())?;
        let key = hash.hash.ok_or_else(wrong)?;
        let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).map_err(|_| wrong())?;
        if self.file_nonce.len() != 12 {
            return Err("its identity.json has a nonce of another length".to_owned());
        }
        cipher
            .decrypt(Nonce::from_slice(&self.file_nonce), content)
            .map_err(|_| wrong())
    }
}

/// A key in the system's keyring, which only the client that put it there gets at. The system may ask its user.
fn exported(client: &Path, name: &str) -> Result<Vec<u8>, String> {
    let program = client.display();
    let mut export = Command::new(client);
    export.args(["identity", "export", name]);
    let output = export.stdin(Stdio::null()).output().map_err(|error| {
        format!(
            "its key is in the system's keyring, and `{program}` cannot be asked for it: {error}"
        )
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "its key is in the system's keyring, and `{program} identity export {name}` failed: {}",
        said.trim()
    ))
}

fn not_in_a_file(kind: &str) -> String {
    match kind {
        "hsm" => "its key is in a hardware module, which does not give it away: add a controller with a key in a file, and remove it after the run".to_owned(),
        kind => format!(
            "it is of the kind {kind}, which has no key in a file: add a controller with a key in a file, and remove it after the run"
        ),
    }
}

//! Keys in PEM.

use std::sync::Arc;

use ic_agent::Identity;
use ic_agent::identity::{BasicIdentity, Prime256v1Identity, Secp256k1Identity};
use pkcs8::der::pem::PemLabel;
use pkcs8::{EncryptedPrivateKeyInfo, LineEnding, PrivateKeyInfo, SecretDocument};

use super::AskPassword;

/// The identity of a key in PEM, decrypted if it is encrypted.
///
/// # Errors
/// A sentence.
pub fn identity(text: &[u8], password: AskPassword) -> Result<Arc<dyn Identity>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "not a key in PEM".to_owned())?;
    if !text.contains(EncryptedPrivateKeyInfo::PEM_LABEL) {
        return plain(text);
    }
    let (_, document) =
        SecretDocument::from_pem(text).map_err(|error| format!("not a key in PEM: {error}"))?;
    let encrypted = EncryptedPrivateKeyInfo::try_from(document.as_bytes())
        .map_err(|error| format!("not an encrypted key: {error}"))?;
    let decrypted = encrypted
        .decrypt(password("the key")?)
        .map_err(|_| "it cannot be decrypted: is the password right?".to_owned())?;
    let key = decrypted
        .to_pem(PrivateKeyInfo::PEM_LABEL, LineEnding::LF)
        .map_err(|error| error.to_string())?;
    plain(&key)
}

/// One of the three kinds of keys that the network knows.
fn plain(text: &str) -> Result<Arc<dyn Identity>, String> {
    if let Ok(key) = Secp256k1Identity::from_pem(text) {
        return Ok(Arc::new(key));
    }
    if let Ok(key) = Prime256v1Identity::from_pem(text) {
        return Ok(Arc::new(key));
    }
    match BasicIdentity::from_pem(text) {
        Ok(key) => Ok(Arc::new(key)),
        Err(error) => Err(format!(
            "no key of Ed25519, secp256k1 or prime256v1 in PEM: {error}"
        )),
    }
}

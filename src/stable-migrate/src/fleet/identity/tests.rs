use std::fs;

use super::*;

/// A key of Ed25519 as `dfx` and `icp` write it, made for this test.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MFMCAQEwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
oSMDIQDXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==
-----END PRIVATE KEY-----
";

/// As `icp` 1.5 keeps a key with a password, `secret word`; made for this test.
const LOCKED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHtMFgGCSqGSIb3DQEFDTBLMCoGCSsGAQQB2kcECzAdBBBoQJ6V4QXgez3MyJYZ
wdy/AgMCAAACAQgCAQEwHQYJYIZIAWUDBAEqBBDmPizMnT6wspKPxSMLnh08BIGQ
0CisfdJUFCEciiM+KkSvvskMv/uPk4+0n8qt56ewpjgLxC1s2+PSJ9BYpP0Q7VsD
XKKsMirnN3QW60++Sx0MNUlrY01gANxT2D1h3IR30VTl5mB4bvkr2uEp/G16Zv+C
h05IeQ2CgSz9bWmG5oHODvbh+P/q0R4NKzAgNGScutf/97D9PVMuagKLPDkoA3Gz
-----END ENCRYPTED PRIVATE KEY-----
";

/// The principal that `icp identity principal` tells of it.
const LOCKED_PRINCIPAL: &str = "fl6kd-rdlak-sygrh-fgx57-43xiz-z5eb2-aosb7-3xt2w-kpweg-a4nbr-3qe";

fn no_password(what: &str) -> Result<String, String> {
    Err(format!("asked for the password of {what}"))
}

fn folders(directory: &Path) -> Folders {
    Folders {
        icp: Some(directory.join("icp")),
        dfx: Some(directory.join("dfx")),
        clients: [directory.join("no-icp"), directory.join("no-dfx")],
    }
}

fn reason(name: &str, folders: &Folders) -> String {
    match find_identity(name, folders, &no_password) {
        Err(FleetError::Identity { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(key) => panic!("found {}", key.principal),
    }
}

#[test]
fn a_plain_key_is_found_by_file_and_by_either_clients_name() {
    let directory = tempfile::tempdir().unwrap();
    let folders = folders(directory.path());
    let file = directory.path().join("key.pem");
    fs::write(&file, ED25519).unwrap();
    let by_file = find_identity(&file.to_string_lossy(), &folders, &no_password).unwrap();
    fs::create_dir_all(directory.path().join("icp/keys")).unwrap();
    fs::write(directory.path().join("icp/keys/one.pem"), ED25519).unwrap();
    let list = r#"{"v": 1, "identities": {
        "one": {"kind": "pem", "format": "plaintext", "algorithm": "ed25519", "principal": "2vxsx-fae"},
        "ring": {"kind": "keyring", "algorithm": "ed25519", "principal": "2vxsx-fae"},
        "stick": {"kind": "hsm", "principal": "2vxsx-fae"}}}"#;
    fs::write(directory.path().join("icp/identity_list.json"), list).unwrap();
    fs::create_dir_all(directory.path().join("dfx/two")).unwrap();
    fs::write(directory.path().join("dfx/two/identity.pem"), ED25519).unwrap();
    for name in ["one", "two"] {
        let by_name = find_identity(name, &folders, &no_password).unwrap();
        assert_eq!(by_name.principal, by_file.principal);
    }
    let ring = reason("ring", &folders);
    assert!(ring.contains("no-icp` cannot be asked for it"), "{ring}");
    assert!(reason("stick", &folders).contains("hardware"));
    assert!(reason("three", &folders).contains("dfx identity list"));
}

#[cfg(unix)]
#[test]
fn a_key_in_a_keyring_is_given_by_the_client_that_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let client = directory.path().join("client");
    let script = format!(
        "#!/bin/sh\ntest \"$1 $2\" = 'identity export' || exit 3\n\
         test \"$3\" = ring || {{ echo \"the keyring is locked\" >&2; exit 1; }}\ncat <<END\n{ED25519}END\n"
    );
    // By another process: a file that this one has open for writing cannot be run by a test beside this.
    let write = "printf '%s' \"$1\" > \"$2\" && chmod +x \"$2\"";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", write, "sh", &script]).arg(&client);
    assert!(shell.status().unwrap().success());
    let mut folders = folders(directory.path());
    folders.clients = [client.clone(), client];
    fs::create_dir_all(directory.path().join("icp")).unwrap();
    let list = r#"{"identities": {"ring": {"kind": "keyring"}, "locked": {"kind": "keyring"}}}"#;
    fs::write(directory.path().join("icp/identity_list.json"), list).unwrap();
    fs::create_dir_all(directory.path().join("dfx/of-dfx")).unwrap();
    let said = r#"{"keyring_identity_suffix": "of-dfx"}"#;
    fs::write(directory.path().join("dfx/of-dfx/identity.json"), said).unwrap();

    let key = find_identity("ring", &folders, &no_password).unwrap();
    assert_ne!(key.principal, Principal::anonymous());
    for name in ["locked", "of-dfx"] {
        let said = reason(name, &folders);
        assert!(said.contains("the keyring is locked"), "{said}");
    }
}

#[test]
fn a_key_that_dfx_encrypted_is_decrypted_with_its_password() {
    use aes_gcm::aead::{Aead, KeyInit};
    use argon2::password_hash::{PasswordHasher, Salt};
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("dfx/locked");
    fs::create_dir_all(&folder).unwrap();
    let salt = "c29tZXNhbHRmb3J0ZXN0cw";
    let hash = argon2::Argon2::default()
        .hash_password(b"secret", Salt::from_b64(salt).unwrap())
        .unwrap();
    let key = hash.hash.unwrap();
    let cipher = aes_gcm::Aes256Gcm::new_from_slice(key.as_bytes()).unwrap();
    let nonce = [7; 12];
    let encrypted = cipher
        .encrypt(aes_gcm::Nonce::from_slice(&nonce), ED25519.as_bytes())
        .unwrap();
    fs::write(folder.join("identity.pem.encrypted"), encrypted).unwrap();
    let said = format!(r#"{{"encryption": {{"pw_salt": "{salt}", "file_nonce": {nonce:?}}}}}"#);
    fs::write(folder.join("identity.json"), said).unwrap();
    let folders = folders(directory.path());
    let secret = |_: &str| Ok("secret".to_owned());
    let key = find_identity("locked", &folders, &secret).unwrap();
    assert_ne!(key.principal, Principal::anonymous());
    let wrong = |_: &str| Ok("other".to_owned());
    assert!(find_identity("locked", &folders, &wrong).is_err());
    assert!(reason("locked", &folders).contains("password of locked"));
}

#[test]
fn what_is_no_key_is_said_to_be_none() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key.pem");
    fs::write(
        &file,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let said = reason(&file.to_string_lossy(), &folders(directory.path()));
    assert!(said.contains("no key of Ed25519"), "{said}");
}

#[test]
fn a_key_that_icp_encrypted_is_decrypted_with_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("locked.pem");
    fs::write(&file, LOCKED).unwrap();
    let (name, folders) = (file.to_string_lossy(), folders(directory.path()));
    let secret = |_: &str| Ok("secret word".to_owned());
    let key = find_identity(&name, &folders, &secret).unwrap();
    assert_eq!(key.principal.to_text(), LOCKED_PRINCIPAL);
    let wrong = |_: &str| Ok("other".to_owned());
    assert!(find_identity(&name, &folders, &wrong).is_err());
    assert!(reason(&name, &folders).contains("password of the key"));
}

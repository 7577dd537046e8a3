//! Compiled code is kept in the user's own cache folder, and nowhere that others can write to.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use super::programs::{KEEPS, module, snapshot};

/// Rehearses with a module that is large enough to be kept, and returns how many files of code there are then.
fn kept_after(dir: &Path, cache: &Path, options: &[&str]) -> usize {
    let wasm = dir.join("large.wasm");
    let long = KEEPS.to_owned() + &"(drop (i64.const 0x7123456789abcdef))".repeat(20_000);
    fs::write(&wasm, module(&long, "time")).unwrap();
    let from = dir.join("snapshot");
    if !from.exists() {
        snapshot(dir);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_stable-migrate"));
    command.env_remove("CANISTER_HOST_CACHE");
    command.env("XDG_CACHE_HOME", cache);
    command.arg("rehearse").arg(from).arg("--wasm").arg(wasm);
    command.args(options).assert().success();
    let files = fs::read_dir(cache.join("stable-migrate"));
    files.map_or(0, |files| files.count())
}

#[test]
#[cfg(target_os = "linux")]
fn compiled_code_is_kept_in_the_users_cache_folder_unless_told_not_to() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    fs::create_dir(&cache).unwrap();
    assert_eq!(kept_after(dir.path(), &cache, &["--no-cache"]), 0);
    assert_eq!(kept_after(dir.path(), &cache, &[]), 1);
    assert_eq!(kept_after(dir.path(), &cache, &[]), 1, "found again");
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_kept_where_others_can_write() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(kept_after(dir.path(), &cache, &[]), 0);
}

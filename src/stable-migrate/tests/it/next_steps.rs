//! The commands that are printed, run in a shell with clients that write down what they are told.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::memories::{WITH_LIBRARY, WITHOUT_LIBRARY, managed, snapshot};
use super::run::stable_migrate;

/// A client that writes a line for each call and downloads `$SOURCE`.
const CLIENT: &str = r#"#!/bin/bash
printf '%q ' "$(basename "$0")" "$@" >>"$LOG"; echo >>"$LOG"
case "$3" in
  create) [ "$5" = --quiet ] && echo 0a0b || echo "Created a new snapshot. Snapshot ID: 0000000000000000800000000010000a0101" >&2 ;;
  upload) [ "${@: -1}" = --quiet ] && echo 0c0d || echo "Snapshot ID: 0000000000000000800000000010000b0101" ;;
  download) mkdir -p "${@: -1}" && cp "$SOURCE"/*.bin "${@: -1}" ;;
esac
case "$2 $3" in *--id-only|id\ *) echo aaaaa-aa ;; esac
case "$*" in *--id-only) echo aaaaa-aa ;; *install_code*) cp "${@: -1}" "$SOURCE/argument" ;; esac
"#;

struct Shell {
    dir: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["icp", "dfx"] {
            let path = dir.path().join(name);
            fs::write(&path, CLIENT).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { dir }
    }

    /// Runs the commands of a client on a canister that is as `source`, and returns its calls.
    fn run(&self, text: &str, client: &str, source: &Path) -> Vec<String> {
        let start = text.find(&format!("# With {client};")).unwrap();
        let block = &text[start..];
        let end = block.find("# The way back").unwrap();
        let log = self.dir.path().join("log");
        fs::write(&log, "").unwrap();
        let path = format!(
            "{}:{}",
            self.dir.path().display(),
            std::env::var("PATH").unwrap()
        );
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(&block[..end]);
        bash.env("PATH", path)
            .env("LOG", &log)
            .env("SOURCE", source);
        bash.output().unwrap();
        let calls = fs::read_to_string(&log).unwrap();
        calls
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}

fn compacted(from: &Path, options: &[&str]) -> (PathBuf, String) {
    let to = from.with_file_name("to 'here' $(touch x) \u{e9}");
    let mut arguments = vec!["compact".as_ref(), from.as_os_str()];
    arguments.extend(["-o".as_ref(), to.as_os_str()]);
    arguments.extend(options.iter().map(OsStr::new));
    let text = stable_migrate(arguments).ok();
    (to, text)
}

#[test]
fn the_commands_load_what_was_made_whatever_its_names_are() {
    let shell = Shell::new();
    let dir = tempfile::tempdir().unwrap();
    let made = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    // A line break, a quotation mark, and a byte that is no UTF-8.
    let from = dir.path().join(OsStr::from_bytes(b"it's a\n\xff snapshot"));
    fs::rename(made, &from).unwrap();
    let (to, text) = compacted(&from, &["--canister", "my \"canister\" `x`"]);
    for (client, load) in [("icp", "restore"), ("dfx", "load")] {
        let calls = shell.run(&text, client, &from);
        let of: Vec<&str> = calls
            .iter()
            .map(|call| match call.split(' ').collect::<Vec<_>>()[..] {
                [_, _, "snapshot", what, ..] => what,
                [_, _, what, ..] => what,
                _ => "",
            })
            .collect();
        assert_eq!(of, ["stop", "create", "download", "upload", load, "start"]);
        assert!(
            calls
                .iter()
                .all(|call| call.contains(r#"my\ \"canister\"\ \`x\`"#)),
            "{calls:?}"
        );
        let bash = Command::new("bash")
            .arg("-c")
            .arg("printf %q \"$0\"")
            .arg(&to)
            .output();
        let word = String::from_utf8(bash.unwrap().stdout).unwrap();
        assert!(calls[3].contains(&word), "{} {word}", calls[3]);
    }
    assert!(!dir.path().join("x").exists() && !Path::new("x").exists());
}

#[test]
fn a_canister_that_has_run_since_is_left_alone() {
    let shell = Shell::new();
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let (_, text) = compacted(&from, &[]);
    for memory in ["stable_memory.bin", "wasm_memory.bin"] {
        let now = tempfile::tempdir().unwrap();
        for name in ["stable_memory.bin", "wasm_memory.bin", "wasm_module.bin"] {
            fs::copy(from.join(name), now.path().join(name)).unwrap();
        }
        let mut bytes = fs::read(now.path().join(memory)).unwrap();
        bytes[77] ^= 1;
        fs::write(now.path().join(memory), bytes).unwrap();
        for client in ["icp", "dfx"] {
            let calls = shell.run(&text, client, now.path());
            let last = calls.last().unwrap();
            assert!(last.contains(" download "), "{calls:?}");
        }
    }
}

#[test]
fn the_upgrade_that_was_promised_stands_before_the_start() {
    let shell = Shell::new();
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path(), "snapshot", WITHOUT_LIBRARY, &managed());
    let (to, text) = compacted(&from, &["--skip-pre-upgrade"]);
    for client in ["icp", "dfx"] {
        let calls = shell.run(&text, client, &from);
        let at = |what: &str| calls.iter().position(|call| call.contains(what));
        let (load, upgrade, start) = (at(" snapshot "), at("install_code"), at(" start "));
        assert!(
            load < upgrade && upgrade < start && start.is_some(),
            "{calls:?}"
        );
        let argument = fs::read_to_string(from.join("argument")).unwrap();
        let argument = candid_parser::parse_idl_args(&argument)
            .unwrap()
            .to_string();
        assert!(
            argument.contains("skip_pre_upgrade = opt true"),
            "{argument}"
        );
        assert!(
            argument.contains("canister_id = principal \"aaaaa-aa\""),
            "{argument}"
        );
        fs::remove_file(from.join("argument")).unwrap();
    }
    // With an id the client is not asked for it; and what is packed is not packed again.
    assert_ne!(
        fs::read(to.join("wasm_module.bin")).unwrap()[..2],
        [0x1f, 0x8b]
    );
    assert!(text.contains("gzip -9nc \"$TO/wasm_module.bin\""), "{text}");
}

//! The canister's own settings on the network: with them an upgrade is refused here that is refused there.

use std::path::Path;

use super::programs::{KEEPS, module_file, snapshot};
use super::run::{Ran, stable_migrate};

/// A post_upgrade that needs 64 MiB of heap, and one that needs a GiB of stable memory, once.
const GROWS_HEAP: &str =
    "(if (i32.lt_s (memory.grow (i32.const 1024)) (i32.const 0)) (then unreachable))";
const GROWS_STABLE: &str = "(if (i64.lt_u (call $grow (i64.const 0)) (i64.const 16385))
    (then (if (i64.lt_s (call $grow (i64.const 16384)) (i64.const 0)) (then unreachable))))";

fn rehearse(directory: &Path, then: &str, options: &[&str]) -> Ran {
    let path = directory.join("snapshot");
    if !path.exists() {
        snapshot(directory);
    }
    let wasm = module_file(directory, "module.wasm", then);
    let fixed = [
        "rehearse",
        path.to_str().unwrap(),
        "--wasm",
        wasm.to_str().unwrap(),
    ];
    stable_migrate(fixed.iter().chain(options))
}

fn fails_with(ran: &Ran, said: &str) {
    assert_ne!(ran.status, 0, "{}", ran.stdout);
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert!(all.contains(said), "{all}");
}

#[test]
fn a_heap_that_outgrows_the_canisters_limit_fails_in_the_rehearsal() {
    let dir = tempfile::tempdir().unwrap();
    let rehearse = |options: &[&str]| rehearse(dir.path(), GROWS_HEAP, options);
    assert_eq!(rehearse(&[]).status, 0);
    let ran = rehearse(&["--wasm-memory-limit", "65MiB"]).ok();
    assert!(ran.contains("1 025 pages at most, 99 % of 65 MiB"), "{ran}");
    assert_eq!(rehearse(&["--wasm-memory-limit", "0"]).status, 0);
    let ran = rehearse(&["--wasm-memory-limit", "64MiB"]);
    fails_with(
        &ran,
        "Canister exceeded its current Wasm memory limit of 67108864 bytes",
    );
}

#[test]
fn memory_the_canister_cannot_pay_for_fails_in_the_rehearsal() {
    let dir = tempfile::tempdir().unwrap();
    let rehearse = |options: &[&str]| rehearse(dir.path(), GROWS_STABLE, options);
    assert_eq!(rehearse(&[]).status, 0);
    assert_eq!(rehearse(&["--cycles", "3T"]).status, 0);
    // A GiB for 30 days is 0.33 T cycles, above which the limit of an installation must be there.
    let ran = rehearse(&["--cycles", "350B"]);
    fails_with(&ran, "due to insufficient cycles");
    let ran = rehearse(&["--cycles", "3T", "--freezing-threshold", "365d"]);
    fails_with(&ran, "due to insufficient cycles");
    let ran = rehearse(&["--cycles", "200_000_000_000"]);
    fails_with(&ran, "is out of cycles");
}

#[test]
fn an_upgrade_is_priced_for_the_first_canister_of_a_subnet_and_for_every_other() {
    let dir = tempfile::tempdir().unwrap();
    let ran = rehearse(dir.path(), KEEPS, &[]).ok();
    let line = ran.lines().find(|line| line.starts_with("  price"));
    let line = line.expect(&ran);
    // 20 M, and 6 000 for each of the module's few instructions, or 60.
    assert!(
        line.contains("20.2 M cycles on the first canister"),
        "{line}"
    );
    assert!(
        line.contains("20 M cycles on every other") || line.contains("20.0 M"),
        "{line}"
    );
    assert!(line.contains("has to wait 1 round, and 1 round"), "{line}");
}

#[test]
fn memory_that_is_kept_free_is_paid_for_before_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let rehearse = |options: &[&str]| rehearse(dir.path(), KEEPS, options);
    assert_eq!(rehearse(&["--cycles", "500B"]).status, 0);
    let ran = rehearse(&["--cycles", "500B", "--memory-allocation", "4GiB"]);
    fails_with(&ran, "for the freezing threshold");
}

#[test]
fn the_offline_upgrade_takes_the_same_settings() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let wasm = module_file(dir.path(), "module.wasm", GROWS_HEAP);
    let out = dir.path().join("out");
    let ran = stable_migrate([
        "upgrade".as_ref(),
        path.as_os_str(),
        "--wasm".as_ref(),
        wasm.as_os_str(),
        "-o".as_ref(),
        out.as_os_str(),
        "--wasm-memory-limit".as_ref(),
        "1MiB".as_ref(),
    ]);
    fails_with(&ran, "Wasm memory limit of 1048576 bytes");
    assert!(!out.exists());
}

#[test]
fn what_is_no_setting_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for (options, said) in [
        (&["--cycles", "much"][..], "is not a number of cycles"),
        (&["--wasm-memory-limit", "much"], "is not a number of bytes"),
        (
            &["--cycles", "1T", "--freezing-threshold", "90y"],
            "nor of days",
        ),
        (&["--freezing-threshold", "90d"], "--cycles"),
    ] {
        let ran = rehearse(dir.path(), KEEPS, options);
        assert_eq!(ran.status, 2);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

//! What a command leaves behind when it cannot finish: nothing, and the status says so.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::memories::{WITH_LIBRARY, file, large, managed, snapshot};
use super::run::{names, stopped};

const TOOL: &str = env!("CARGO_BIN_EXE_stable-migrate");

/// Runs a line of the shell with the tool as `$tool`, in a directory; its status and what it said.
fn shell(directory: &Path, line: &str) -> (i32, String) {
    let mut command = Command::new("sh");
    let output = command
        .args(["-c", line])
        .env("tool", TOOL)
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn a_summary_that_cannot_be_written_leaves_no_output() {
    let dir = tempfile::tempdir().unwrap();
    snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    file(dir.path(), "memory", &managed());
    for from in ["snapshot", "memory"] {
        let line = format!("$tool compact {from} -o out --skip-pre-upgrade >/dev/full");
        let (status, said) = shell(dir.path(), &line);
        assert_eq!(status, 2, "{said}");
        assert!(said.contains("standard output"), "{said}");
        assert_eq!(names(dir.path()), ["memory", "snapshot"]);
    }
}

#[test]
fn text_that_cannot_be_written_is_a_failure_of_every_command() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), "memory", &managed());
    for line in [
        "inspect memory",
        "inspect memory --json",
        "plan --canisters 1 memory",
        "--help",
        "compact --help",
        "--version",
    ] {
        let (status, said) = shell(dir.path(), &format!("$tool {line} >/dev/full"));
        assert_eq!(status, 2, "{line}: {said}");
        assert!(said.contains("standard output"), "{line}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    snapshot(dir.path(), "snapshot", WITH_LIBRARY, &managed());
    let (status, said) = shell(
        dir.path(),
        "{ $tool compact snapshot -o out --skip-pre-upgrade; echo $? >status; } | true",
    );
    assert_eq!(status, 0, "{said}");
    assert_eq!(
        fs::read_to_string(dir.path().join("status")).unwrap(),
        "0\n"
    );
    assert!(dir.path().join("out/metadata.json").exists());
}

#[test]
fn a_full_disk_names_the_output_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut memory = managed();
    // Bytes of the map's memory that are not zero, so that they are written.
    let map = (1 + 128) * 65_536;
    memory[map + 60_000..map + 65_536].fill(7);
    snapshot(dir.path(), "snapshot", WITH_LIBRARY, &memory);
    file(dir.path(), "memory", &memory);
    for (from, named) in [("snapshot", "out/stable_memory.bin: "), ("memory", "out: ")] {
        // A limit on the size of files in blocks of 512 bytes stands for the end of the disk.
        let line =
            format!("trap '' XFSZ; ulimit -f 200; $tool compact {from} -o out --skip-pre-upgrade");
        let (status, said) = shell(dir.path(), &line);
        assert_eq!(status, 2, "{said}");
        assert!(said.contains(named), "{said}");
        assert_eq!(names(dir.path()), ["memory", "snapshot"]);
    }
}

#[test]
fn a_command_that_is_interrupted_takes_what_it_began_with_it() {
    for signal in ["INT", "TERM"] {
        let dir = tempfile::tempdir().unwrap();
        let from = file(dir.path(), "memory", &managed());
        // Long enough to be interrupted: 256 MiB that have to be copied.
        large(&from);
        let words = ["compact", "memory", "-o", "out", "--skip-pre-upgrade"];
        stopped(dir.path(), signal, &words, || names(dir.path()).len() > 1);
        assert_eq!(names(dir.path()), ["memory"], "{signal}");
    }
}

#[test]
fn a_memory_that_is_being_unpacked_leaves_nothing_behind_either() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    // 8 GiB of zeros, packed in a moment and unpacked in many.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![0; 32 << 20]).unwrap();
    let packed = encoder.finish().unwrap().repeat(256);
    file(dir.path(), "memory.gz", &packed);
    let since = Instant::now();
    let begun = || since.elapsed() > Duration::from_millis(300);
    stopped(dir.path(), "INT", &["inspect", "memory.gz"], begun);
    assert_eq!(names(dir.path()), ["memory.gz"]);
}

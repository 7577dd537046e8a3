//! How reports stand in a terminal.

use std::path::Path;

use super::memories::{file, legacy, managed, saved};
use super::programs::{FORGETS, KEEPS, TRAPS, module_file, snapshot};
use super::run::{Ran, stable_migrate_in};

const WIDTH: usize = 60;

/// Memories, a snapshot and modules in a directory, by short names.
fn furnish(directory: &Path) {
    snapshot(directory);
    file(directory, "managed", &managed());
    file(directory, "saved", &saved());
    file(directory, "legacy", &legacy());
    let mut foreign = b"{\"posts\": [], \"likes\": {\"a\": 1}}".to_vec();
    foreign.resize(65_536, 0);
    file(directory, "foreign", &foreign);
    for (name, then) in [("keeps", KEEPS), ("forgets", FORGETS), ("traps", TRAPS)] {
        module_file(directory, name, then);
    }
}

fn run(directory: &Path, environment: &[(&str, &str)], line: &str) -> Ran {
    stable_migrate_in(directory, environment, line.split(' '))
}

#[test]
fn no_report_is_wider_than_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    furnish(dir.path());
    for line in [
        "inspect managed",
        "inspect saved",
        "inspect legacy",
        "inspect foreign",
        "inspect snapshot",
        "check snapshot keeps",
        "rehearse snapshot --wasm keeps --wasm keeps --fault=1",
        "rehearse snapshot --wasm forgets",
        "rehearse snapshot --wasm traps",
        "compact managed -o compact --skip-pre-upgrade",
        "upgrade snapshot --wasm keeps -o upgraded",
        "plan --canisters 100000 managed legacy",
    ] {
        let ran = run(dir.path(), &[("COLUMNS", "60")], line);
        assert_ne!(ran.stdout, "", "{line}: {}", ran.stderr);
        // Behind a comment stand commands to be copied.
        for told in ran
            .stdout
            .lines()
            .take_while(|told| !told.starts_with("# "))
        {
            let width = told.chars().count();
            assert!(
                width <= WIDTH,
                "{line}: {width} columns: {told}\n{}",
                ran.stdout
            );
        }
        let wide = run(dir.path(), &[("COLUMNS", "")], line);
        if wide.status == ran.status {
            let words = |text: &str| text.split_whitespace().count();
            assert_eq!(words(&ran.stdout), words(&wide.stdout), "{line}");
        }
    }
}

#[test]
fn colours_are_shown_where_the_environment_wants_them() {
    let dir = tempfile::tempdir().unwrap();
    furnish(dir.path());
    for (environment, coloured) in [
        (&[][..], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&[("TERM", "dumb")], false),
    ] {
        for (line, verdict) in [
            ("rehearse snapshot --wasm keeps", "✓ everything held"),
            ("rehearse snapshot --wasm forgets", "✗ NOT everything held"),
            ("rehearse snapshot --wasm traps", "✗ FAILED"),
        ] {
            let told = run(dir.path(), environment, line).stdout;
            assert_eq!(
                told.contains(verdict),
                coloured,
                "{environment:?} {line}: {told}"
            );
            assert_eq!(
                told.contains('\u{1b}'),
                coloured,
                "{environment:?} {line}: {told}"
            );
            let word = verdict.trim_start_matches(['✓', '✗', ' ']);
            assert!(told.contains(word), "{line}: {told}");
        }
        let json = run(dir.path(), environment, "inspect managed --json").stdout;
        assert!(!json.contains('\u{1b}') && json.starts_with('{'), "{json}");
    }
}

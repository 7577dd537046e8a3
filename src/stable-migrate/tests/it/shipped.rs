//! What comes with the tool: manual pages, completions, the version it says.

use super::run::{names, stable_migrate};

#[test]
fn every_command_has_a_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("man1");
    stable_migrate(["man".as_ref(), pages.as_os_str()]).ok();
    let names = names(&pages);
    for command in [
        "",
        "-inspect",
        "-rehearse",
        "-upgrade",
        "-completions",
        "-man",
    ] {
        let page = format!("stable-migrate{command}.1");
        assert!(names.contains(&page), "{page}: {names:?}");
    }
    let page = std::fs::read_to_string(pages.join("stable-migrate-inspect.1")).unwrap();
    assert!(
        page.contains(".SH SYNOPSIS") && page.contains("Examples"),
        "{page}"
    );

    let again = stable_migrate(["man".as_ref(), pages.as_os_str()]).refusal();
    assert!(again.contains("man1"), "{again}");
}

#[test]
fn shells_are_told_how_to_complete() {
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef stable-migrate"),
        ("fish", "complete -c stable-migrate"),
    ] {
        let script = stable_migrate(["completions", shell]).ok();
        assert!(
            script.contains(word) && script.contains("rehearse"),
            "{shell}"
        );
    }
}

#[test]
fn the_version_is_that_of_the_package_with_the_commit_where_there_is_one() {
    let version = stable_migrate(["--version"]).ok();
    let start = concat!("stable-migrate ", env!("CARGO_PKG_VERSION"));
    let rest = version.trim_end().strip_prefix(start).unwrap();
    if rest.is_empty() {
        return;
    }
    let commit = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.strip_suffix(')'));
    let digits = commit.unwrap().trim_end_matches(", and changes");
    assert_eq!(digits.len(), 12, "{version}");
    assert!(
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{version}"
    );
}

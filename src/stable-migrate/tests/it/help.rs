use super::run::stable_migrate;

#[test]
fn every_command_explains_itself_with_examples() {
    let overview = stable_migrate(["--help"]).ok();
    for command in [
        "inspect", "diff", "check", "rehearse", "compact", "upgrade", "revert", "extract", "patch",
        "plan", "config", "schema", "explain",
    ] {
        assert!(overview.contains(command), "{overview}");
        let help = stable_migrate([command, "--help"]).ok();
        let example = format!("\n  stable-migrate {command} ");
        assert!(help.contains("Examples:"), "{help}");
        assert!(help.contains(&example), "{help}");
    }
    assert!(overview.contains("Exit status"), "{overview}");
}

#[test]
fn a_mistyped_command_ends_with_status_2() {
    for arguments in [
        &["inspcet"][..],
        &[],
        &["inspect"],
        &["diff", "a"],
        &["extract", "a", "-o", "b"],
        &["extract", "a", "--memory", "255", "-o", "b"],
        &["patch", "a", "--memory", "1", "-o", "b"],
        &["check"],
        &["check", "a"],
        &["check", "a", "b", "c"],
        &["compact", "a"],
        &["compact", "a", "-o", "b", "--bucket-pages", "0"],
        &[
            "compact",
            "a",
            "-o",
            "b",
            "--bucket-pages",
            "1",
            "--ceiling",
            "1",
        ],
        &["rehearse", "a"],
        &["rehearse", "a", "--arg", "()", "--wasm", "b"],
        &["rehearse", "a", "--wasm", "b", "--arg", "()", "--arg", "()"],
        &["rehearse", "a", "--wasm", "b", "--sender", "nobody"],
        &["upgrade", "a", "--wasm", "b"],
        &["revert", "a", "--wasm", "b", "-o", "c"],
        &["revert", "a", "--wasm", "b", "--to", "heap", "-o", "c"],
        &["inspect", "a", "b", "--resume"],
        &["inspect", "a", "b", "--jobs", "0"],
        &["plan", "a"],
        &["plan", "--canisters", "0", "a"],
        &["plan", "--jobs", "0", "a"],
        &["plan", "--canisters", "5"],
        &["plan", "--canisters", "5", "--sizes", "a", "b"],
    ] {
        let ran = stable_migrate(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert_eq!(ran.stdout, "");
    }
}

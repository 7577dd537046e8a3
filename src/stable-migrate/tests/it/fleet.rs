//! `fleet` as it is typed, without a network: what is refused, and what is said of a journal.

use std::fs;
use std::path::Path;

use ::fleet::{Found, ModuleHash, Plan, Stage, deal};
use candid::Principal;
use stable_migrate::fleet::{
    Checks, FleetPlan, Journal, ModuleFile, NetworkAddress, Operator, RootKey,
};

use super::run::stable_migrate;

/// A plan for three canisters that nobody reaches, in `directory`.
pub fn plan(directory: &Path) -> FleetPlan {
    let module = directory.join("new.wasm");
    fs::write(&module, wat::parse_str("(module)").unwrap()).unwrap();
    let (file, _) = ModuleFile::look(&module).unwrap();
    let found: Vec<Found> = (1..4u8)
        .map(|number| Found {
            id: Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, number, 1, 1]),
            subnet: 0,
            module: Some(ModuleHash([0; 32])),
            layout: String::new(),
            bytes: 1,
            changes: 1,
        })
        .collect();
    let stage = Stage {
        name: "new".to_owned(),
        module: file.sha256,
        from: vec![ModuleHash([0; 32])],
        moves: false,
    };
    let plan = FleetPlan {
        format: FleetPlan::FORMAT,
        network: NetworkAddress {
            url: "http://127.0.0.1:9".to_owned(),
            root_key: RootKey::Fetch,
        },
        operator: Operator {
            principal: Principal::anonymous(),
            identity: "anonymous".to_owned(),
        },
        modules: vec![file],
        plan: Plan::careful(vec![stage]),
        checks: Checks::default(),
        subnets: Vec::new(),
        members: deal(&found, &[1], 0, 0),
        found,
    };
    plan.write(&directory.join("plan.json")).unwrap();
    plan
}

#[test]
fn every_command_of_a_fleet_explains_itself_with_an_example() {
    for command in [
        "plan", "run", "status", "report", "pause", "resume", "exclude", "include", "retry",
        "give-up", "abort",
    ] {
        let help = stable_migrate(["fleet", command, "--help"]).ok();
        let example = format!("\n  stable-migrate fleet {command} ");
        assert!(
            help.contains("Example") && help.contains(&example),
            "{help}"
        );
    }
    let overview = stable_migrate(["fleet", "--help"]).ok();
    assert!(
        overview.contains("3 if the run is halted or paused"),
        "{overview}"
    );
}

#[test]
fn what_cannot_be_done_ends_with_status_2() {
    let directory = tempfile::tempdir().unwrap();
    let nobody = directory.path().join("nobody.sqlite").display().to_string();
    plan(directory.path());
    let plan = directory.path().join("plan.json").display().to_string();
    for arguments in [
        &["fleet"][..],
        &["fleet", "plan"],
        &[
            "fleet",
            "plan",
            "--canister",
            "aaaaa-aa",
            "--identity",
            "anonymous",
            "--stage",
            "a=b",
        ],
        &["fleet", "retry", "--journal", "a"],
        &["fleet", "retry", "--journal", "a", "--class", "no-such"],
        &["fleet", "status", "--journal", &nobody],
        &["fleet", "run", "no-such-plan.json", "--journal", &nobody],
        // Nobody answers there.
        &["fleet", "run", &plan, "--journal", &nobody],
    ] {
        let ran = stable_migrate(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_run_with_another_module_than_was_planned_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    plan(directory.path());
    let other = wat::parse_str("(module (memory 1))").unwrap();
    fs::write(directory.path().join("new.wasm"), other).unwrap();
    let plan = directory.path().join("plan.json").display().to_string();
    let journal = directory.path().join("a.sqlite");
    let ran = stable_migrate([
        "fleet",
        "run",
        &plan,
        "--journal",
        &journal.display().to_string(),
    ]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("has the SHA-256"), "{}", ran.stderr);
    assert!(!journal.exists());
}

#[test]
fn commands_without_a_runner_wait_in_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(directory.path());
    let path = directory.path().join("a.sqlite");
    drop(Journal::run(&path, &plan).unwrap());
    let journal = path.display().to_string();
    let said = stable_migrate(["fleet", "pause", "--journal", &journal]).ok();
    assert!(said.contains("the next `fleet run` takes it"), "{said}");
    let member = plan.members[0].id.to_text();
    stable_migrate(["fleet", "exclude", "--journal", &journal, &member]).ok();
    let stranger = stable_migrate(["fleet", "exclude", "--journal", &journal, "aaaaa-aa"]);
    assert_eq!(stranger.status, 2);
    let status = stable_migrate(["fleet", "status", "--journal", &journal]);
    assert_eq!(status.status, 1);
    assert!(
        status.stdout.contains("No runner is at work."),
        "{}",
        status.stdout
    );
    assert!(
        status.stdout.contains("Not taken yet: \"pause\""),
        "{}",
        status.stdout
    );
    let page = stable_migrate(["fleet", "report", "--journal", &journal, "--format", "html"]);
    assert!(
        page.stdout.starts_with("<!doctype html>"),
        "{}",
        page.stdout
    );
}

#[test]
fn an_argument_belongs_to_a_stage_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    plan(directory.path());
    let stage = format!("new={}", directory.path().join("new.wasm").display());
    let said = |arguments: &[&str]| {
        let mut all = vec!["fleet", "plan", "--canister", "aaaaa-aa"];
        all.extend([
            "--from-found",
            "--identity",
            "nobody.pem",
            "--stage",
            &stage,
        ]);
        all.extend(arguments);
        let ran = stable_migrate(all);
        assert_eq!(ran.status, 2);
        ran.stderr
    };
    for (arguments, expected) in [
        (&["--arg", "old=()"][..], "no stage has this name"),
        (&["--arg", "new"], "give a stage, `=` and Candid"),
        (&["--arg", "new=()", "--arg", "new=()"], "given twice"),
        (
            &["--arg", "new=(record {"],
            "its argument cannot be encoded",
        ),
        // What is wrong now is the key.
        (&["--arg", "new=hex:4449444c0000"], "nobody.pem"),
    ] {
        let said = said(arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

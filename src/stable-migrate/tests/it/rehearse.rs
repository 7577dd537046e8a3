use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::memories::{file, legacy};
use super::programs::{FORGETS, KEEPS, LOOPS, TRAPS, module, module_file, snapshot};
use super::releases::{Subject, module_path};
use super::run::{Ran, fixture, names, stable_migrate};

fn rehearse(path: &Path, modules: &[&Path], options: &[&str]) -> Ran {
    let mut arguments: Vec<OsString> = vec!["rehearse".into(), path.into()];
    for module in modules {
        arguments.extend(["--wasm".into(), (*module).into()]);
    }
    arguments.extend(options.iter().map(OsString::from));
    stable_migrate(arguments)
}

#[test]
fn an_upgrade_that_keeps_everything_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let page = dir.path().join("page.html");
    let options = ["--fault=1", "--html", page.to_str().unwrap()];
    let text = rehearse(&path, &[&keeps, &keeps], &options).ok();
    for part in [
        "upgrade 2: ",
        "pre_upgrade",
        "post_upgrade",
        "% of the limit of 300 000 000 000",
        "1 of 1 the same",
        "2 traps at each of 2 stable writes: 2 undone; then the upgrade worked",
        "once more, to what it wrote itself: ",
        "everything held\n1 question asked before and after; 1 of 1 queries of the interface asked",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Everything held; 1 of 1 queries asked."));
}

#[test]
fn an_answer_that_is_lost_ends_with_status_1() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let forgets = module_file(dir.path(), "forgets.wasm", FORGETS);
    let ran = rehearse(&path, &[&forgets], &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stdout
            .contains("get () at [0]: 42 : nat8 before, 7 : nat8 after"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("NOT everything held"), "{}", ran.stdout);

    let left_out = rehearse(&path, &[&forgets], &["--leave-out", "get"]).ok();
    assert!(
        left_out.contains("no answer could be compared"),
        "{left_out}"
    );
    assert!(left_out.contains("not asked, left out: get"), "{left_out}");
    let json = rehearse(&path, &[&forgets], &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["held"], false);
    assert_eq!(
        json["upgrades"][0]["answers"]["different"][0]["before"],
        "42 : nat8"
    );
}

#[test]
fn calls_from_a_file_are_asked_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let calls = file(dir.path(), "calls", b"get ()\nas 2vxsx-fae get\n");
    let options = ["--calls", calls.to_str().unwrap()];
    let text = rehearse(&path, &[&keeps], &options).ok();
    assert!(text.contains("3 of 3 the same"), "{text}");
    let traps = module_file(dir.path(), "traps.wasm", TRAPS);
    for (line, sentence) in [
        ("get (", "line 1: the argument of get: "),
        (
            "get (7)",
            "line 1: the argument of get: 1 values, where 0 are taken",
        ),
        (
            "get ()\nmissing (7)",
            "line 2: the module has no query missing",
        ),
    ] {
        fs::write(&calls, line).unwrap();
        // Nothing runs before the calls are known to be calls: the module that traps is not reached.
        for module in [&keeps, &traps] {
            let refusal = rehearse(&path, &[module], &options).refusal();
            assert!(refusal.contains(sentence), "{refusal}");
        }
    }
}

#[test]
fn an_upgrade_that_fails_is_a_result_with_everything_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let traps = module_file(dir.path(), "traps.wasm", TRAPS);
    let loops = module_file(dir.path(), "loops.wasm", LOOPS);
    let page = dir.path().join("page.html");
    let chain: [&Path; 3] = [&keeps, &traps, &keeps];
    let ran = rehearse(&path, &chain, &["--html", page.to_str().unwrap()]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert_eq!(ran.stderr, "");
    let page = fs::read_to_string(page).unwrap();
    for part in [
        "in post_upgrade: ",
        "the canister is as it was before",
        "not tried: ",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!ran.stdout.contains("upgrade 3"), "{}", ran.stdout);
    let json = rehearse(&path, &chain, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["held"], false);
    assert_eq!(json["upgrades"][0]["answers"]["same"], 1);
    assert_eq!(json["upgrades"][1]["failed"]["hook"], "post_upgrade");
    assert_eq!(json["upgrades"][1]["hooks"][0]["name"], "pre_upgrade");
    assert_eq!(json["not_tried"].as_array().unwrap().len(), 1);
    for (module, limit, sentence) in [
        (&loops, "1000000", "instructions"),
        (&traps, "100000", "compiling the module is charged"),
    ] {
        let ran = rehearse(&path, &[module], &["--install-instructions", limit]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains(sentence), "{}", ran.stdout);
    }
}

#[test]
fn a_module_that_the_network_would_refuse_is_a_result_behind_the_upgrade_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let breaks = dir.path().join("breaks.wasm");
    let module = r#"(module (func (export "canister_no_such_hook")))"#;
    fs::write(&breaks, wat::parse_str(module).unwrap()).unwrap();
    let ran = rehearse(&path, &[&keeps, &breaks], &["--json"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["upgrades"][0]["failed"], serde_json::Value::Null);
    let reason = json["upgrades"][1]["failed"]["reason"].as_str().unwrap();
    assert!(
        reason.contains("the network refuses the module"),
        "{reason}"
    );
}

#[test]
fn a_release_that_cannot_read_what_it_wrote_is_found_by_one_more_upgrade() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    // Its number is 42 still; what it saves is not, by the second byte that every release writes.
    let reads_once = "(call $read (i64.const 200) (i64.const 2) (i64.const 1))
        (if (i32.load8_u (i32.const 200)) (then unreachable))
        (i32.store8 (i32.const 200) (i32.const 1))
        (call $write (i64.const 2) (i64.const 200) (i64.const 1))";
    let wasm = module_file(dir.path(), "reads-once.wasm", reads_once);
    let ran = rehearse(&path, &[&wasm], &["--fault"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    for part in [
        "1 of 1 the same",
        "3 undone",
        "once more: post_upgrade failed: ",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
}

#[test]
fn the_room_that_is_left_is_reckoned_from_what_an_empty_canister_takes() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let json = rehearse(&path, &[&keeps], &["--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let room = &json["room"];
    assert_eq!(room["hook_instructions"], room["fixed_instructions"]);
    assert_eq!(room["at_least"], true, "{room}");
    let text = rehearse(&path, &[&keeps], &[]).ok();
    assert!(text.contains("room          at least "), "{text}");
}

#[test]
fn what_cannot_be_tried_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let traps = module_file(dir.path(), "traps.wasm", TRAPS);
    let wants = file(dir.path(), "wants.wasm", &module(KEEPS, "no_such_call"));
    let none = file(dir.path(), "none.wasm", b"hello");
    let page = dir.path().join("page.html");
    for (wasm, options, sentence) in [
        (
            &wants,
            &[][..],
            "imports ic0.no_such_call, which this host does not provide",
        ),
        (&none, &[], "not a valid canister module"),
        (
            &traps,
            &["--arg", "(record {"],
            "its argument cannot be encoded",
        ),
        (&traps, &["--arg", "hex:4"], "hex:4 is not hexadecimal"),
    ] {
        let options = [options, &["--html", page.to_str().unwrap()]].concat();
        let refusal = rehearse(&path, &[wasm], &options).refusal();
        assert!(refusal.contains(sentence), "{refusal}");
        assert!(!page.exists());
    }
}

#[test]
fn a_page_whose_name_is_taken_is_found_out_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let traps = module_file(dir.path(), "traps.wasm", TRAPS);
    let page = file(dir.path(), "page.html", b"mine");
    let ran = rehearse(&path, &[&traps], &["--html", page.to_str().unwrap()]);
    assert!(ran.refusal().contains("exists already"));
    assert_eq!(fs::read(page).unwrap(), b"mine");
}

#[test]
fn a_snapshot_whose_parts_do_not_fit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let metadata = path.join("metadata.json");
    let text = fs::read_to_string(&metadata).unwrap();
    fs::write(&metadata, text.replacen("\"i32\": 42", "\"i64\": 42", 1)).unwrap();
    let refusal = rehearse(&path, &[&keeps], &[]).refusal();
    assert!(
        refusal.contains("they belong to another module"),
        "{refusal}"
    );
}

#[test]
fn a_bare_memory_has_no_heap_to_save() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "memory", &legacy());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let refusal = rehearse(&path, &[&keeps], &[]).refusal();
    assert!(
        refusal.contains("has no heap that pre_upgrade could save"),
        "{refusal}"
    );
    let text = rehearse(&path, &[&keeps], &["--skip-pre-upgrade"]).ok();
    let (first, _) = text.split_once("once more").unwrap();
    assert!(!first.contains("pre_upgrade "), "{text}");
    assert_eq!(names(dir.path()), ["keeps.wasm", "memory"]);
}

#[test]
fn the_releases_take_a_filled_canister_through_the_migration() {
    let Some(mut subject) = Subject::new(0) else {
        return;
    };
    let (Some(one), Some(two)) = (module_path(1), module_path(2)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = subject.save(dir.path(), "snapshot");
    let mut arguments: Vec<OsString> = vec!["rehearse".into(), path.into()];
    for module in [&one, &two, &two] {
        arguments.extend([
            "--wasm".into(),
            module.into(),
            "--arg".into(),
            "(record {})".into(),
        ]);
    }
    arguments.extend(["--wait-each".into(), "--fault=5".into()]);
    let text = stable_migrate(arguments).ok();
    assert!(text.contains("upgrade 3: "), "{text}");
    assert!(text.contains("everything held"), "{text}");
}

#[test]
fn the_fixtures_are_taken_to_today() {
    let Some(two) = module_path(2) else { return };
    for name in ["legacy-small.bin.gz", "naive-small.bin.gz"] {
        let Some(path) = fixture(name) else { return };
        let options = ["--arg", "(record {})", "--skip-pre-upgrade", "--fault=3"];
        let text = rehearse(&path, &[&two], &options).ok();
        assert!(text.contains("everything held"), "{text}");
    }
}

//! Memories in which a move was begun, by the library itself, and canisters that carry it on or do not.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use ic_stable_migration::{Budget, MessagePack, MoveBudget, Plan, Store, Tier, Tiered, TieredMap};
use ic_stable_structures::{Memory, VectorMemory};

use super::memories::{file, snapshot};
use super::programs::with_library;
use super::run::{Ran, names, stable_migrate};

#[derive(Default, serde::Serialize, serde::Deserialize)]
pub struct State {
    map: TieredMap<u64, u64, VectorMemory>,
}

impl From<BTreeMap<u64, u64>> for State {
    fn from(legacy: BTreeMap<u64, u64>) -> Self {
        let map = legacy.into_iter().collect();
        Self { map }
    }
}

impl Tiered<VectorMemory> for State {
    type Hot = ();
    fn hot(&self) -> &() {
        &()
    }
    fn set_hot(&mut self, (): ()) {}
    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![Tier::new("map", 1, &mut self.map)]
    }
}

pub type Kept = Store<State, VectorMemory>;

/// A memory in which the move of two numbers stands where `then` left it.
pub fn moving(then: impl FnOnce(&mut Kept)) -> Vec<u8> {
    const PLAN: Plan<BTreeMap<u64, u64>, MessagePack> =
        Plan::new(2).move_budget(MoveBudget::STEPS_ONLY);
    let memory = VectorMemory::default();
    memory.grow(1);
    memory.write(0, b"\x82\x01\x02\x03\x04");
    let (mut store, _) = Kept::resume(&PLAN, Rc::clone(&memory), 1).unwrap();
    then(&mut store);
    drop(store);
    memory.take()
}

pub fn pause(store: &mut Kept) {
    let (mover, state) = store.mover().unwrap().unwrap();
    mover.pause(state).unwrap();
}

pub fn get_stuck(store: &mut Kept) {
    let (mover, state) = store.mover().unwrap().unwrap();
    mover.set_budget(Budget {
        entries: 1,
        ..Budget::default()
    });
    mover.step_failed(state, "the entry is too large").unwrap();
}

const NO_QUERY: &str = "service : {}";

/// Sets the timer for a second from now.
const SET: &str = "(func $arm (drop (call $set (i64.add (call $time) (i64.const 1000000000)))))";

/// A timer that is set again and again, and does nothing.
fn idle() -> String {
    format!(
        "{SET} (func (export \"canister_post_upgrade\") (call $arm))
         (func (export \"canister_global_timer\") (call $arm))"
    )
}

fn run(command: &str, directory: &Path, body: &str, stable: &[u8], options: &[&str]) -> Ran {
    let text = with_library(NO_QUERY, body);
    let from = snapshot(directory, "snapshot", &text, stable);
    let module = file(directory, "new.wasm", &wat::parse_str(text).unwrap());
    let mut arguments = vec![command.as_ref(), from.as_os_str()];
    arguments.extend(["--wasm".as_ref(), module.as_os_str()]);
    arguments.extend(options.iter().map(std::ffi::OsStr::new));
    stable_migrate(arguments)
}

#[test]
fn a_move_that_no_timer_carries_on_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run("rehearse", dir.path(), "", &moving(|_| {}), &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("no timer is set that would carry it on"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_move_whose_timer_does_no_step_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run("rehearse", dir.path(), &idle(), &moving(|_| {}), &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no step was done"), "{}", ran.stdout);
}

#[test]
fn a_move_that_is_stuck_is_a_failure_and_one_that_was_paused_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let stuck = run(
        "rehearse",
        dir.path(),
        &idle(),
        &moving(get_stuck),
        &["--json"],
    );
    assert_eq!(stuck.status, 1, "{}", stuck.stderr);
    let json: serde_json::Value = serde_json::from_str(&stuck.stdout).unwrap();
    let settled = &json["upgrades"][0]["settled"];
    assert_eq!(settled["outcome"], "unfinished");
    assert!(
        settled["reason"].as_str().unwrap().contains("Stuck"),
        "{settled}"
    );

    let dir = tempfile::tempdir().unwrap();
    let paused = run("rehearse", dir.path(), "", &moving(pause), &[]).ok();
    assert!(
        paused.contains("paused by a controller, and left so"),
        "{paused}"
    );
}

#[test]
fn what_has_not_moved_is_not_written() {
    for (stable, body, options, sentence) in [
        (
            moving(|_| {}),
            "",
            &[][..],
            "has no update method \"<ic-stable-migration> step\"",
        ),
        (moving(pause), "", &[], "was paused by a controller"),
        (
            moving(|_| {}),
            "(func (export \"canister_update go\") unreachable)",
            &["--step", "go"],
            "a call of go trapped",
        ),
        (
            moving(|_| {}),
            "(func (export \"canister_update <ic-stable-migration> step\") unreachable)",
            &[],
            "no step was done",
        ),
        (
            moving(|_| {}),
            "(func (export \"canister_update go\")
               (call $call (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 4)
                 (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1))
               (drop (call $perform))
               (call $reply))",
            &["--step", "go"],
            "no call leaves an offline upgrade",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let options = [options, &["-o", out.to_str().unwrap()]].concat();
        let ran = run("upgrade", dir.path(), body, &stable, &options);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(sentence), "{sentence}\n{}", ran.stdout);
        assert!(ran.stderr.contains("nothing was written"), "{}", ran.stderr);
        assert_eq!(names(dir.path()), ["new.wasm", "snapshot"]);
    }
}

/// A canister whose heart, whose timer and whose calls would change what it answers.
fn restless(extra: &str) -> String {
    let changes = "(i32.store8 (i32.const 23) (i32.const 9)) (call $arm)";
    with_library(
        "service : { get : () -> (nat8) query }",
        &format!(
            "{SET}
             (func (export \"canister_heartbeat\") {changes})
             (func (export \"canister_global_timer\") {changes})
             (func (export \"canister_query get\")
               (call $append (i32.const 16) (i32.const 8))
               (call $reply))
             {extra}"
        ),
    )
}

fn timer_of(snapshot: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(snapshot.join("metadata.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
    metadata["global_timer"].clone()
}

/// Sets the timer that metadata.json says is inactive.
fn set_timer(snapshot: &Path) {
    let path = snapshot.join("metadata.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let active = text.replace("\"inactive\"", "{ \"active\": 1700000000500000000 }");
    assert_ne!(text, active);
    std::fs::write(&path, active).unwrap();
}

#[test]
fn an_offline_upgrade_runs_no_heartbeat_and_no_timer_and_carries_the_timer_over() {
    let dir = tempfile::tempdir().unwrap();
    let sets = restless("(func (export \"canister_post_upgrade\") (call $arm))");
    let from = snapshot(dir.path(), "snapshot", &sets, &[]);
    set_timer(&from);
    // The heap of the snapshot is full of ones; a new one is not.
    std::fs::write(from.join("wasm_memory.bin"), {
        let mut heap = vec![0; 65_536];
        heap[16..23].copy_from_slice(b"DIDL\0\x01\x7b");
        heap
    })
    .unwrap();
    let module = file(dir.path(), "new.wasm", &wat::parse_str(&sets).unwrap());
    let out = dir.path().join("out");
    let upgrade = |module: &Path, options: &[&str]| {
        let mut arguments = vec!["upgrade".as_ref(), from.as_os_str(), "--wasm".as_ref()];
        arguments.extend([module.as_os_str(), "-o".as_ref(), out.as_os_str()]);
        arguments.extend(options.iter().map(std::ffi::OsStr::new));
        stable_migrate(arguments)
    };
    let text = upgrade(&module, &[]).ok();
    assert!(
        text.contains("1 of 1 the same of what was written"),
        "{text}"
    );
    assert_eq!(timer_of(&out)["active"], 1_700_000_001_000_000_000u64);
    std::fs::remove_dir_all(&out).unwrap();

    let forgets = file(
        dir.path(),
        "forgets.wasm",
        &wat::parse_str(restless("")).unwrap(),
    );
    let page = dir.path().join("page.html");
    let ran = upgrade(&forgets, &["--html", page.to_str().unwrap()]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("a timer was set before and is not set after"),
        "{}",
        ran.stdout
    );
    assert!(!out.exists());
    assert!(
        std::fs::read_to_string(&page)
            .unwrap()
            .contains("A timer was set before")
    );
    let json = upgrade(&forgets, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&json["held"], &json["timer"][1]),
        (&false.into(), &serde_json::Value::Null)
    );
    upgrade(&forgets, &["--timer-may-stop"]).ok();
    assert_eq!(timer_of(&out), "inactive");
}

#[test]
fn a_rehearsal_says_that_a_timer_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let forgets = with_library(NO_QUERY, "(func (export \"canister_post_upgrade\"))");
    let from = snapshot(dir.path(), "snapshot", &forgets, &[]);
    let module = file(dir.path(), "new.wasm", &wat::parse_str(&forgets).unwrap());
    let rehearse = |options: &[&str]| {
        let mut arguments = vec!["rehearse".as_ref(), from.as_os_str()];
        arguments.extend(["--wasm".as_ref(), module.as_os_str()]);
        arguments.extend(options.iter().map(std::ffi::OsStr::new));
        stable_migrate(arguments)
    };
    rehearse(&[]).ok();
    set_timer(&from);
    let ran = rehearse(&[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("due in 1 second before, not set after"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("a timer was set before and is not set after"),
        "{}",
        ran.stdout
    );
    rehearse(&["--timer-may-stop"]).ok();
}

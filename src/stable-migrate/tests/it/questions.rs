//! What is asked of a canister, and when its answers are the same.

use std::path::{Path, PathBuf};

use super::memories::{file, snapshot};
use super::programs::with_library;
use super::run::{Ran, stable_migrate};

/// Replies with the argument as it came.
const ECHO: &str = "(call $copy (i32.const 1024) (i32.const 0) (call $size))
    (call $append (i32.const 1024) (call $size))
    (call $reply)";

/// As [`ECHO`], but for a last byte of 2 it answers 1.
const LOSES_TWO: &str = "(local $last i32)
    (call $copy (i32.const 1024) (i32.const 0) (call $size))
    (local.set $last (i32.add (i32.const 1023) (call $size)))
    (if (i32.eq (i32.load8_u (local.get $last)) (i32.const 2))
      (then (i32.store8 (local.get $last) (i32.const 1))))
    (call $append (i32.const 1024) (call $size))
    (call $reply)";

const REFUSES: &str = "(call $reject (i32.const 16) (i32.const 4))";
const REFUSES_OTHERWISE: &str = "(call $reject (i32.const 17) (i32.const 3))";
const TRAPS: &str = "unreachable";

/// A canister with one query, its type and what it does.
fn canister(ty: &str, body: &str) -> String {
    with_library(
        &format!("service : {{ ask : {ty} query }}"),
        &format!("(func (export \"canister_query ask\") {body})"),
    )
}

struct Case {
    dir: tempfile::TempDir,
    snapshot: PathBuf,
}

impl Case {
    fn new(before: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let snapshot = snapshot(dir.path(), "snapshot", before, &[]);
        let heap = snapshot.join("wasm_memory.bin");
        let mut bytes = vec![0; 65_536];
        bytes[..6].copy_from_slice(b"DIDL\0\0");
        bytes[16..23].copy_from_slice(b"DIDL\0\x01\x7b");
        std::fs::write(heap, bytes).unwrap();
        Self { dir, snapshot }
    }

    fn rehearse(&self, after: &str, options: &[&str]) -> Ran {
        let module = file(
            self.dir.path(),
            "after.wasm",
            &wat::parse_str(after).unwrap(),
        );
        let mut arguments = vec!["rehearse".as_ref(), self.snapshot.as_os_str()];
        arguments.extend(["--wasm".as_ref(), module.as_os_str()]);
        arguments.extend(options.iter().map(std::ffi::OsStr::new));
        stable_migrate(arguments)
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

#[test]
fn queries_are_asked_with_arguments_made_of_their_types() {
    let ty = "(nat8, text) -> (nat8, text)";
    let case = Case::new(&canister(ty, ECHO));
    let text = case.rehearse(&canister(ty, ECHO), &[]).ok();
    assert!(
        text.contains("1 of 1 queries of the interface asked"),
        "{text}"
    );
    assert!(
        !text.contains("\n0 questions") && !text.contains("\n1 question "),
        "{text}"
    );

    let ty = "(nat8) -> (nat8)";
    let case = Case::new(&canister(ty, ECHO));
    let ran = case.rehearse(&canister(ty, LOSES_TWO), &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let difference = "ask (2 : nat8) at [0]: 2 : nat8 before, 1 : nat8 after";
    assert!(ran.stdout.contains(difference), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("3 of 4 the same, 1 DIFFERENT"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_query_whose_argument_cannot_be_made_is_named() {
    let ty = "(func (nat) -> ()) -> (nat)";
    let case = Case::new(&canister(ty, ECHO));
    let text = case.rehearse(&canister(ty, ECHO), &[]).ok();
    for part in [
        "every upgrade went through; no answer could be compared",
        "0 of 1 queries of the interface asked",
        "not asked, no argument of its types can be made: ask",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn what_is_refused_before_and_after_is_counted_apart() {
    let ty = "() -> (nat8)";
    let case = Case::new(&canister(ty, REFUSES));
    let text = case.rehearse(&canister(ty, REFUSES), &[]).ok();
    assert!(text.contains("0 of 1 the same, 1 refused alike"), "{text}");
    assert!(text.contains("no answer could be compared"), "{text}");
    for after in [REFUSES_OTHERWISE, TRAPS] {
        let ran = case.rehearse(&canister(ty, after), &[]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(
            ran.stdout.contains("refused (IC0406): DIDL before, "),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn a_trap_after_an_answer_is_a_failure_and_two_traps_are_never_the_same() {
    let answers = "(call $append (i32.const 16) (i32.const 8)) (call $reply)";
    let ty = "() -> (nat8)";
    let case = Case::new(&canister(ty, answers));
    let ran = case.rehearse(&canister(ty, TRAPS), &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("a reply before, trapped (IC0502): "),
        "{}",
        ran.stdout
    );
    let case = Case::new(&canister(ty, TRAPS));
    let text = case.rehearse(&canister(ty, TRAPS), &[]).ok();
    assert!(text.contains("0 of 1 the same, 1 trapped alike"), "{text}");
}

#[test]
fn a_query_that_is_gone_is_a_difference() {
    let case = Case::new(&canister("(nat8) -> (nat8)", ECHO));
    let ran = case.rehearse(&with_library("service : {}", ""), &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("refused (IC0536): "), "{}", ran.stdout);
}

#[test]
fn an_argument_that_does_not_fit_the_interface_is_an_error_before_anything_runs() {
    let ty = "(record { id : nat8; of : opt text }) -> (record { id : nat8 })";
    let case = Case::new(&canister(ty, ECHO));
    for (call, sentence) in [
        ("ask", "the argument of ask: "),
        ("ask (7)", "the argument of ask: "),
        ("ask (record { id = 300 })", "the argument of ask: "),
        (
            "ask (record { id = 3; off = opt \"x\" })",
            "there is no field off",
        ),
        ("asks (record { id = 3 })", "the module has no query asks"),
    ] {
        let calls = file(case.path(), "calls", call.as_bytes());
        let refusal = case
            .rehearse(&canister(ty, TRAPS), &["--calls", calls.to_str().unwrap()])
            .refusal();
        assert!(refusal.contains(sentence), "{call}: {refusal}");
    }
}

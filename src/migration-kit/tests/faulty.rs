//! Canisters with one mistake each, which the kit has to find, and tell with the shortest script that shows it.
//!
//! Each keeps a number: its heap has it at byte 7, and stable memory at byte 0 over an upgrade.

use canister_host::StableMemory;
use migration_kit::{Check, Failure, Kit, KitError, Limit, Release, Script};

/// What a release does, in WebAssembly text.
#[derive(Clone, Copy)]
struct Program {
    /// After the number was read in post_upgrade.
    post_upgrade: &'static str,
    /// When its timer is due.
    timer: &'static str,
    /// In `count`, before the number is raised.
    count: &'static str,
    /// What post_upgrade does where nothing was ever saved.
    unsaved: &'static str,
}

const CORRECT: Program = Program {
    post_upgrade: "",
    timer: "",
    count: "",
    unsaved: "unreachable",
};

const IN_A_SECOND: &str = "(drop (call $set_timer (i64.add (call $time) (i64.const 1000000000))))";

impl Program {
    fn release(self, name: &str) -> Result<Release, KitError> {
        let Self {
            post_upgrade,
            timer,
            count,
            unsaved,
        } = self;
        let text = format!(
            r#"(module
              (import "ic0" "time" (func $time (result i64)))
              (import "ic0" "global_timer_set" (func $set_timer (param i64) (result i64)))
              (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
              (import "ic0" "stable64_size" (func $size (result i64)))
              (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
              (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
              (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
              (import "ic0" "msg_reply" (func $reply))
              (memory 1)
              (data (i32.const 0) "DIDL\00\01\7b\00")
              (func $number (result i32) (i32.load8_u (i32.const 7)))
              (func $set (param i32) (i32.store8 (i32.const 7) (local.get 0)))
              (func $save (call $write (i64.const 0) (i64.const 7) (i64.const 1)))
              (func $answer
                (call $append (i32.const 0) (i32.const 8))
                (call $reply))
              (func (export "canister_query get") (call $answer))
              (func (export "canister_update count")
                {count}
                (call $set (i32.add (call $number) (i32.const 1)))
                (call $answer))
              (func (export "canister_pre_upgrade")
                (if (i64.eqz (call $size)) (then (if (i64.lt_s (call $grow (i64.const 1)) (i64.const 0)) (then unreachable))))
                (call $save))
              (func (export "canister_post_upgrade")
                (if (i64.eqz (call $size))
                  (then {unsaved})
                  (else
                    (call $read (i64.const 7) (i64.const 0) (i64.const 1))
                    {post_upgrade})))
              (func (export "canister_global_timer") {timer})
              (@custom "icp:public candid:service"
                "service : {{ count : () -> (nat8); get : () -> (nat8) query }}"))"#
        );
        let wasm = wat::parse_str(text).expect("the text is a module");
        Release::of(name, &wasm)
    }
}

/// A correct release, and one that comes after it.
fn kit(later: Program) -> Result<Kit, KitError> {
    let releases = [CORRECT.release("old")?, later.release("new")?];
    let script = (0..4).try_fold(Script::new(), |script, _| script.update("count", ()))?;
    Ok(Kit::new(releases).script(script))
}

fn found(kit: Kit) -> Failure {
    match kit.run() {
        Err(KitError::Found(failure)) => *failure,
        other => panic!("{:?}", other.map(|report| report.to_string())),
    }
}

/// The first problem of a release that comes after a correct one.
fn found_in(later: Program) -> Failure {
    found(kit(later).unwrap())
}

#[test]
fn a_correct_release_passes_every_check() {
    let report = kit(CORRECT).unwrap().run().unwrap();
    let tried: Vec<Check> = report.checks.iter().map(|(check, _)| *check).collect();
    assert_eq!(tried, Check::ALL);
    let total = &report.total;
    assert!(
        total.upgrades > 50 && total.traps > 2 && total.answers > 100,
        "{total:?}"
    );
    let text = report.to_string();
    assert!(text.contains("old → new"), "{text}");
}

#[test]
fn a_release_that_forgets_is_found_in_three_lines() {
    let failure = found_in(Program {
        post_upgrade: "(call $set (i32.const 0))",
        ..CORRECT
    });
    assert_eq!(failure.check, Check::Orders);
    assert_eq!(
        failure.script,
        [
            "install old",
            "count ()",
            "upgrade to new",
            "ask everything"
        ]
    );
    let text = failure.to_string();
    for told in ["get ()", "expected   1 : nat8", "answered   0 : nat8"] {
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn a_call_that_is_replied_to_otherwise_is_found() {
    let failure = found_in(Program {
        count: "(call $set (i32.const 7))",
        ..CORRECT
    });
    let last = failure.script.last().unwrap();
    assert_eq!(last, "count ()");
    assert!(
        failure
            .problem
            .starts_with("a call is replied to otherwise")
    );
}

#[test]
fn a_release_that_refuses_what_it_should_take_is_found() {
    let failure = found_in(Program {
        post_upgrade: "(if (i32.eq (call $number) (i32.const 2)) (then unreachable))",
        ..CORRECT
    });
    assert!(
        failure.problem.contains("from old to new is refused"),
        "{failure}"
    );
    assert_eq!(
        failure.script,
        ["install old", "count ()", "count ()", "upgrade to new"]
    );
}

#[test]
fn a_release_that_may_refuse_is_let_pass() {
    let refuses = Program {
        post_upgrade: "unreachable",
        ..CORRECT
    };
    let orders = |kit: Kit| kit.only(&[Check::Traps]).run();
    let refused = orders(kit(refuses).unwrap());
    assert!(matches!(refused, Err(KitError::Found(_))));
    let let_pass = kit(refuses).unwrap().may_refuse(0, 1).may_refuse(1, 1);
    assert!(orders(let_pass).unwrap().total.refused > 0);
}

#[test]
fn a_release_that_begins_anew_where_nothing_was_saved_is_found_without_pre_upgrade() {
    let failure = found_in(Program {
        unsaved: "",
        ..CORRECT
    });
    assert_eq!(failure.check, Check::WithoutPreUpgrade);
    assert_eq!(
        failure.script,
        [
            "install old",
            "count ()",
            "upgrade to new without pre_upgrade",
            "ask everything"
        ]
    );
}

#[test]
fn a_step_that_loses_what_came_since_the_upgrade_is_found_between_calls() {
    // Reads the number again, from where the upgrade left it.
    let failure = found_in(Program {
        post_upgrade: IN_A_SECOND,
        timer: "(call $read (i64.const 7) (i64.const 0) (i64.const 1))",
        ..CORRECT
    });
    assert_eq!(failure.check, Check::Interleaved);
    let steps: Vec<&str> = failure.script.iter().map(|line| &line[..]).collect();
    assert_eq!(
        steps,
        [
            "install old",
            "upgrade to new",
            "count ()",
            "a second passes, timers run",
            "ask everything"
        ]
    );
}

#[test]
fn a_timer_that_traps_is_found() {
    let failure = found_in(Program {
        post_upgrade: IN_A_SECOND,
        timer: "unreachable",
        ..CORRECT
    });
    assert!(
        failure.problem.contains("a timer set off trapped"),
        "{failure}"
    );
    assert_eq!(
        failure.script,
        [
            "install old",
            "upgrade to new",
            "a second passes, timers run"
        ]
    );
}

#[test]
fn a_step_that_keeps_the_number_on_the_heap_alone_is_found_by_an_interruption() {
    let failure = found(
        kit(Program {
            post_upgrade: IN_A_SECOND,
            timer: "(call $write (i64.const 0) (i64.const 100) (i64.const 1))",
            ..CORRECT
        })
        .unwrap()
        .only(&[Check::Steps]),
    );
    assert_eq!(
        failure.script,
        [
            "install old",
            "count ()",
            "upgrade to new",
            "a second passes, timers run",
            "upgrade to new without pre_upgrade",
            "ask everything"
        ]
    );
}

#[test]
fn a_release_that_grows_in_every_upgrade_is_found() {
    let failure = found_in(Program {
        post_upgrade: "(drop (call $grow (i64.const 1)))",
        ..CORRECT
    });
    assert!(
        failure.problem.contains("makes stable memory grow"),
        "{failure}"
    );
    assert_eq!(failure.script.len(), 4, "{failure}");
}

#[test]
fn a_release_that_loses_where_the_subnet_is_full_is_found() {
    let failure = found(
        kit(Program {
            post_upgrade: "(if (i64.eq (call $size) (i64.const 1)) (then
                (if (i64.lt_s (call $grow (i64.const 1)) (i64.const 0)) (then (call $set (i32.const 0))))))",
            ..CORRECT
        })
        .unwrap()
        .memory(StableMemory::from(vec![5; 65_536])),
    );
    assert_eq!(failure.check, Check::FullSubnet);
    assert_eq!(
        failure.script,
        [
            "install old",
            "the subnet is full",
            "upgrade to new",
            "ask everything"
        ]
    );
}

#[test]
fn what_costs_more_than_it_may_is_found() {
    let limited = |limit| found(kit(CORRECT).unwrap().limit(limit)).problem;
    let instructions = limited(Limit::UpgradeInstructions(10));
    assert!(instructions.contains("instructions of an upgrade, where 10 are allowed"));
    assert_eq!(
        limited(Limit::HeapPages(0)),
        "1 heap pages, where 0 are allowed"
    );
    let within = kit(CORRECT).unwrap().limit(Limit::StablePages(1));
    within.limit(Limit::HeapPages(1)).run().unwrap();
}

#[test]
fn a_canister_that_answers_nothing_is_no_test() {
    let mute = kit(CORRECT).unwrap().leave_out("get").run();
    assert!(matches!(mute, Err(KitError::Mute { .. })));
    let one = Kit::new([CORRECT.release("only").unwrap()]).run();
    assert!(matches!(one, Err(KitError::Releases(1))));
}

#[test]
fn calls_are_made_from_the_interface() {
    let old = CORRECT.release("old").unwrap();
    let generated = |seed| Script::new().generated(&old, seed, 6, &[]).unwrap();
    assert_eq!(generated(1).len(), 6);
    let report = kit(CORRECT).unwrap().script(generated(1)).run().unwrap();
    assert!(report.total.calls > 6);
    let none = Script::new().generated(&old, 1, 6, &["count"]);
    assert!(matches!(none, Err(KitError::Call { .. })));
}

//! Instructions are counted as the network counts them.

use crate::support::*;

/// What the benchmark `memory_manager_baseline` of stable-structures publishes.
const BASELINE: u64 = 1_176_577_076;

#[test]
fn the_published_figure_of_raw_stable_memory_is_met_within_one_in_a_million() {
    let (mut host, id) = installed(
        r#"(memory 1601)
        (func (export "canister_update baseline") (local $at i64) (local $from i64)
          (local.set $from (call $counter (i32.const 0)))
          (loop $write
            (drop (call $stable_grow (i64.const 1600)))
            (call $stable_write (local.get $at) (i64.const 0) (i64.const 104857600))
            (local.set $at (i64.add (local.get $at) (i64.const 104857600)))
            (br_if $write (i64.lt_u (local.get $at) (i64.const 524288000))))
          (local.set $at (i64.const 0))
          (loop $read
            (call $stable_read (i64.const 0) (local.get $at) (i64.const 104857600))
            (local.set $at (i64.add (local.get $at) (i64.const 104857600)))
            (br_if $read (i64.lt_u (local.get $at) (i64.const 524288000))))
          (call $answer64 (i64.sub (call $counter (i32.const 0)) (local.get $from))))"#,
    );
    let counted = call(&mut host, id, "baseline").unwrap();
    assert!(
        counted.abs_diff(BASELINE) < BASELINE / 1_000_000,
        "{counted}"
    );
    let report = &host.executed()[0];
    assert_eq!(report.dirty_stable_pages, 128_000);
    assert!(report.instructions > counted);
}

/// The instructions of some code, from counter to counter.
fn cost_of(code: &str) -> u64 {
    let (mut host, id) = installed(&format!(
        r#"(memory 4)
        (data $passive "passive")
        (global $global (mut i32) (i32.const 0))
        (func $nothing)
        (func (export "canister_update measure") (local $from i64)
          (local.set $from (call $counter (i32.const 0)))
          {code}
          (call $answer64 (i64.sub (call $counter (i32.const 0)) (local.get $from))))"#
    ));
    // The second counter call, its argument and the local.set: 5 + 200 + 1 + 1.
    call(&mut host, id, "measure").unwrap() - 207
}

#[test]
fn operators_cost_what_the_network_charges() {
    assert_eq!(cost_of(""), 0);
    assert_eq!(cost_of("(drop (i32.add (i32.const 1) (i32.const 2)))"), 4);
    assert_eq!(
        cost_of("(drop (i64.div_u (i64.const 1) (i64.const 2)))"),
        13
    );
    assert_eq!(cost_of("(drop (f64.sqrt (f64.const 2)))"), 10);
    assert_eq!(cost_of("(global.set $global (global.get $global))"), 4);
    assert_eq!(cost_of("(block (br_if 0 (i32.const 1)))"), 3);
    assert_eq!(
        cost_of("(call $nothing)"),
        5 + 1,
        "and 1 for the function itself"
    );
    assert_eq!(
        cost_of("(i64.store (i32.const 0) (i64.load (i32.const 8)))"),
        4
    );
    assert_eq!(cost_of("(drop (memory.size))"), 21);
    assert_eq!(cost_of("(drop (memory.grow (i32.const 1)))"), 302);
}

#[test]
fn bulk_operations_are_charged_by_the_byte() {
    let bytes = |n: u64| format!("(i32.const 0) (i32.const 0) (i32.const {n})");
    assert_eq!(
        cost_of(&format!("(memory.fill {})", bytes(1_000))),
        103 + 1_000
    );
    assert_eq!(
        cost_of(&format!("(memory.copy {})", bytes(70_000))),
        103 + 70_000
    );
    assert_eq!(
        cost_of(&format!("(memory.init $passive {})", bytes(7))),
        103 + 7
    );
}

#[test]
fn system_calls_are_charged_with_the_bytes_they_move() {
    // Pushing the arguments is 1 each, the call 5.
    assert_eq!(cost_of("(drop (call $time))"), 5 + 500 + 1);
    assert_eq!(
        cost_of("(call $append (i32.const 0) (i32.const 10))"),
        7 + 500 + 10 * 50
    );
    assert_eq!(
        cost_of("(call $print (i32.const 0) (i32.const 10))"),
        7 + 100 + 10 * 50
    );
    assert_eq!(cost_of("(drop (call $stable_size))"), 5 + 1);
    assert_eq!(
        cost_of("(drop (call $stable_grow (i64.const 1)))"),
        6 + 100 + 1
    );
}

#[test]
fn a_stable_page_is_charged_when_a_message_first_writes_to_it() {
    let write = "(call $stable_write (i64.const 4000) (i64.const 0) (i64.const 200))";
    let grow = "(drop (call $stable_grow (i64.const 1)))";
    let once = cost_of(&format!("{grow} {write}")) - cost_of(grow);
    assert_eq!(once, 8 + 20 + 200 + 2 * 1_000);
    let twice = cost_of(&format!("{grow} {write} {write}")) - cost_of(grow);
    assert_eq!(twice, once + 8 + 20 + 200);
}

#[test]
fn the_second_counter_goes_on_over_the_callbacks_of_a_call() {
    let (mut host, id) = installed(
        r#"(import "ic0" "canister_self_size" (func $self_size (result i32)))
        (import "ic0" "canister_self_copy" (func $self_copy (param i32 i32 i32)))
        (memory 1) (data (i32.const 500) "other")
        (table 1 funcref) (elem (i32.const 0) $done)
        (func $done (param i32)
          (call $answer64 (i64.sub (call $counter (i32.const 1)) (call $counter (i32.const 0)))))
        (func (export "canister_update other") (call $reply))
        (func (export "canister_update call")
          (call $self_copy (i32.const 0) (i32.const 0) (call $self_size))
          (call $call_new (i32.const 0) (call $self_size) (i32.const 500) (i32.const 5)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
          (drop (call $perform)))"#,
    );
    let difference = call(&mut host, id, "call").unwrap();
    let first = host.executed()[0].instructions;
    assert_eq!(
        difference,
        first - 206,
        "all but the second counter call and its argument"
    );
}

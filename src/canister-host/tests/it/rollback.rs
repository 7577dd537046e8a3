//! A message that traps leaves everything as it was.

use canister_host::{Host, Principal, RejectCode};

use crate::support::*;

/// Changes everything there is, and then does what `$end` says.
const FIELDS: &str = r#"
    (memory (export "memory") 1)
    (table 2 funcref)
    (elem (i32.const 0) $zero)
    (global $hidden (mut i32) (i32.const 5))
    (global $shown (export "shown") (mut i64) (i64.const 6))
    (func $zero)
    (func $change
      (drop (call $stable_grow (i64.const 1)))
      (call $stable_write (i64.const 3) (i64.const 0) (i64.const 8))
      (drop (memory.grow (i32.const 2)))
      (i32.store (i32.const 70000) (i32.const 1))
      (i64.store (i32.const 128) (i64.add (i64.load (i32.const 128)) (i64.const 1)))
      (global.set $hidden (i32.add (global.get $hidden) (i32.const 1)))
      (global.set $shown (i64.add (global.get $shown) (i64.const 1)))
      (table.set (i32.const 1) (ref.func $zero))
      (drop (call $timer_set (i64.const 99)))
      (call $certify (i32.const 0) (i32.const 4)))
    (func (export "canister_init")
      (i64.store (i32.const 0) (i64.const 0x1122334455667788)))
    (func (export "canister_update change") (call $change) (call $answer32 (i32.const 1)))
    (func (export "canister_update change_and_trap")
      (call $change) (call $trap (i32.const 0) (i32.const 0)))
    (func (export "canister_update change_and_divide_by_zero")
      (call $change) (drop (i32.div_u (i32.const 1) (i32.const 0))))
    (func (export "canister_update change_and_say_nothing") (call $change))
    (func (export "canister_query hidden") (call $answer32 (global.get $hidden)))
    (func (export "canister_query shown") (call $answer64 (global.get $shown)))
    (func (export "canister_query table")
      (call $answer32 (ref.is_null (table.get (i32.const 1)))))
    (func (export "canister_query stack_like")
      (global.set $hidden (i32.add (global.get $hidden) (i32.const 100)))
      (i64.store (i32.const 128) (i64.const 77))
      (drop (memory.grow (i32.const 1)))
      (call $answer32 (global.get $hidden)))
"#;

fn all(host: &mut Host, id: Principal) -> (State, [u64; 3]) {
    let answers = ["hidden", "shown", "table"].map(|query| ask(host, id, query));
    (state(host, id), answers)
}

#[test]
fn a_trap_undoes_heap_globals_stable_memory_timer_and_certified_data() {
    let (mut host, id) = installed(FIELDS);
    for attempt in ["change_and_trap", "change_and_divide_by_zero"] {
        let before = all(&mut host, id);
        let reject = call(&mut host, id, attempt).unwrap_err();
        assert_eq!(reject.code, RejectCode::CanisterError);
        assert_eq!(all(&mut host, id), before);

        call(&mut host, id, "change").unwrap();
        let after = all(&mut host, id);
        assert_ne!(after, before);
        assert_eq!(after.1[0], before.1[0] + 1);
    }
}

#[test]
fn the_trap_message_names_the_canister_and_the_reason() {
    let (mut host, id) = installed(FIELDS);
    let reject = call(&mut host, id, "change_and_divide_by_zero").unwrap_err();
    assert_eq!(reject.error_code, "IC0502");
    assert!(reject.message.contains(&id.to_text()), "{reject}");
    assert!(reject.message.contains("divide by zero"), "{reject}");
    let logged = &host.logs(id).unwrap().last().unwrap().text;
    assert!(logged.starts_with("[TRAP]"), "{logged}");
}

#[test]
fn what_is_not_answered_is_rejected_and_its_changes_are_kept() {
    let (mut host, id) = installed(FIELDS);
    let reject = call(&mut host, id, "change_and_say_nothing").unwrap_err();
    assert_eq!(reject.error_code, "IC0506");
    assert_eq!(ask(&mut host, id, "hidden"), 6);
}

#[test]
fn a_query_leaves_no_trace_and_sees_none_of_the_one_before() {
    let (mut host, id) = installed(FIELDS);
    let before = all(&mut host, id);
    assert_eq!(ask(&mut host, id, "stack_like"), 105);
    assert_eq!(ask(&mut host, id, "stack_like"), 105);
    assert_eq!(all(&mut host, id), before);
}

#[test]
fn changes_to_tables_do_not_outlive_their_message_as_on_the_network() {
    let (mut host, id) = installed(FIELDS);
    call(&mut host, id, "change").unwrap();
    assert_eq!(ask(&mut host, id, "table"), 1, "the entry is null again");
    assert_eq!(ask(&mut host, id, "hidden"), 6, "everything else is kept");
}

#[test]
fn a_heap_that_grew_in_a_trapped_message_has_its_old_size_and_can_grow_again() {
    let (mut host, id) = installed(FIELDS);
    call(&mut host, id, "change_and_trap").unwrap_err();
    assert_eq!(
        host.executed()[0].heap_pages,
        3,
        "the report says how far it went"
    );
    assert_eq!(host.heap_pages(id).unwrap(), 1);
    call(&mut host, id, "change").unwrap();
    assert_eq!(host.heap_pages(id).unwrap(), 3);
}

#[test]
fn a_report_tells_the_pages_a_message_dirtied_kept_or_not() {
    let (mut host, id) = installed(FIELDS);
    for (method, heap_pages) in [("change", 3), ("change_and_trap", 2)] {
        let _ = call(&mut host, id, method);
        let report = &host.executed()[0];
        assert_eq!(report.dirty_heap_pages, heap_pages, "{method}");
        assert_eq!(report.dirty_stable_pages, 1, "{method}");
        assert_eq!(report.dirty_bytes(), (heap_pages + 1) * 4_096);
    }
}

//! The clock stands still until it is moved, and timers wait for a tick.

use std::time::Duration;

use canister_host::EntryPoint;

use crate::support::*;

const FIELDS: &str = r#"
    (memory 1)
    (global $fired (mut i32) (i32.const 0))
    (func (export "canister_update arm")
      (call $answer64 (call $timer_set (i64.add (call $time) (i64.const 5_000_000_000)))))
    (func (export "canister_update arm_and_trap")
      (drop (call $timer_set (i64.const 1))) unreachable)
    (func (export "canister_global_timer")
      (global.set $fired (i32.add (global.get $fired) (i32.const 1)))
      (if (i32.eq (global.get $fired) (i32.const 2))
        (then (drop (call $timer_set (i64.const 1))) (unreachable))))
    (func (export "canister_query fired") (call $answer32 (global.get $fired)))
    (func (export "canister_query time") (call $answer64 (call $time)))
"#;

#[test]
fn a_timer_fires_once_when_it_is_due_and_somebody_ticks() {
    let (mut host, id) = installed(FIELDS);
    assert_eq!(ask(&mut host, id, "time"), 1_700_000_000_000_000_000);
    assert_eq!(call(&mut host, id, "arm").unwrap(), 0);
    assert!(host.tick().is_empty());

    host.advance_time(Duration::from_secs(5));
    assert_eq!(ask(&mut host, id, "fired"), 0, "nobody ticked");
    let executed = host.tick();
    assert_eq!(executed.len(), 1);
    assert_eq!(
        (executed[0].canister, &executed[0].entry),
        (id, &EntryPoint::GlobalTimer)
    );
    assert!(executed[0].instructions > 0);
    assert_eq!(ask(&mut host, id, "fired"), 1);
    assert!(host.tick().is_empty(), "it was armed once");
}

#[test]
fn a_timer_that_traps_is_undone_and_stays_inactive() {
    let (mut host, id) = installed(FIELDS);
    for _ in 0..2 {
        call(&mut host, id, "arm").unwrap();
        host.advance_time(Duration::from_secs(5));
        host.tick();
    }
    let trap = host.executed()[0]
        .trap
        .as_ref()
        .expect("the second one traps");
    assert!(trap.message.contains("unreachable"), "{trap}");
    assert_eq!(ask(&mut host, id, "fired"), 1);
    assert_eq!(host.global_timer(id).unwrap(), 0);
}

#[test]
fn a_message_that_traps_does_not_move_the_timer() {
    let (mut host, id) = installed(FIELDS);
    call(&mut host, id, "arm").unwrap();
    let armed = host.global_timer(id).unwrap();
    call(&mut host, id, "arm_and_trap").unwrap_err();
    assert_eq!(host.global_timer(id).unwrap(), armed);
    assert_eq!(
        call(&mut host, id, "arm").unwrap(),
        armed,
        "the former setting is returned"
    );
}

#[test]
fn the_clock_can_be_set() {
    let (mut host, id) = installed(FIELDS);
    host.set_time(42);
    assert_eq!(ask(&mut host, id, "time"), 42);
}

#[test]
fn a_heartbeat_beats_with_every_tick() {
    let (mut host, id) = installed(
        r#"(memory 1) (global $beats (mut i32) (i32.const 0))
        (func (export "canister_heartbeat")
          (global.set $beats (i32.add (global.get $beats) (i32.const 1))))
        (func (export "canister_query beats") (call $answer32 (global.get $beats)))"#,
    );
    host.tick();
    assert_eq!(host.tick()[0].entry, EntryPoint::Heartbeat);
    assert_eq!(ask(&mut host, id, "beats"), 2);
}

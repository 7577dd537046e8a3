//! Calls that wait no longer than they say.

use std::time::Duration;

use canister_host::{
    CanisterSettings, Host, InstallMode, ManagementFault, ManagementFaultKind, Principal,
    SubmittedCall,
};

use crate::support::*;

/// Asks for random bytes, or has itself called, and waits 10 seconds for the answer, which it
/// answers with the reject code of; 0 is none.
const FIELDS: &str = r#"
    (import "ic0" "call_with_best_effort_response" (func $wait (param i32)))
    (import "ic0" "call_cycles_add" (func $add (param i64)))
    (import "ic0" "canister_self_copy" (func $self_copy (param i32 i32 i32)))
    (import "ic0" "canister_self_size" (func $self_size (result i32)))
    (memory 1) (table 1 funcref) (elem (i32.const 0) $ended)
    (global $nudged (mut i32) (i32.const 0))
    (data (i32.const 0) "raw_rand") (data (i32.const 16) "nudge")
    (func $ended (param i32) (call $answer32 (call $reject_code)))
    (func (export "canister_update ask")
      (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $add (i64.const 5))
      (call $wait (i32.const 10))
      (drop (call $perform)))
    (func (export "canister_update call_nudge")
      (call $self_copy (i32.const 32) (i32.const 0) (call $self_size))
      (call $call_new (i32.const 32) (call $self_size) (i32.const 16) (i32.const 5)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $wait (i32.const 10))
      (drop (call $perform)))
    (func (export "canister_update nudge") (global.set $nudged (i32.const 1)) (call $reply))
    (func (export "canister_query nudged") (call $answer32 (global.get $nudged)))
"#;

fn asked(kind: ManagementFaultKind) -> (Host, Principal, SubmittedCall) {
    let (mut host, id) = installed(FIELDS);
    host.fail_management(ManagementFault::new("raw_rand", kind));
    let call = host.submit(id, ME, "ask", &[]).unwrap();
    host.tick();
    (host, id, call)
}

fn code(host: &mut Host, call: SubmittedCall) -> Option<u8> {
    host.take_answer(call).map(|answer| answer.unwrap()[0])
}

#[test]
fn a_call_ends_as_unknown_when_its_time_is_over_and_its_cycles_come_back_later() {
    let (mut host, id, call) = asked(ManagementFaultKind::NoAnswer);
    let balance = host.cycles(id).unwrap();
    host.advance_time(Duration::from_secs(9));
    host.tick();
    assert_eq!(code(&mut host, call), None);
    host.advance_time(Duration::from_secs(1));
    host.tick();
    assert_eq!(code(&mut host, call), Some(6));
    assert_eq!(host.cycles(id).unwrap(), balance);

    host.advance_time(Duration::from_secs(290));
    let ran = host.tick();
    assert!(ran.is_empty(), "nobody waits for the answer: {ran:?}");
    assert_eq!(host.cycles(id).unwrap(), balance + 5);
}

#[test]
fn a_call_that_is_answered_in_time_ends_once() {
    let (mut host, id) = installed(FIELDS);
    assert_eq!(call(&mut host, id, "ask").unwrap(), 0);
    host.advance_time(Duration::from_secs(10));
    assert!(host.tick().is_empty());
}

#[test]
fn a_call_that_is_delivered_too_late_has_no_effect() {
    let mut host = Host::with_config(canister_host::HostConfig {
        messages_at_once: 1,
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    let mode = InstallMode::Install;
    host.install(id, mode, &module(FIELDS), &[], ME).unwrap();
    let call = host.submit(id, ME, "call_nudge", &[]).unwrap();
    host.tick();
    host.advance_time(Duration::from_secs(10));
    for _ in 0..3 {
        host.tick();
    }
    assert_eq!(code(&mut host, call), Some(6));
    assert_eq!(ask(&mut host, id, "nudged"), 0);
}

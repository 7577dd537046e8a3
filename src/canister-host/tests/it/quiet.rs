//! A host on which canisters do only what they are told: no heartbeat, no call that leaves.

use canister_host::{
    CanisterSettings, Host, HostConfig, InstallMode, OutgoingCalls, Principal, RefusedCall,
    RejectCode,
};

use crate::support::*;

/// Calls `knock` of the canister its argument names, with 700 cycles, and answers with the
/// reject code and what came back.
const CALLER: &str = r#"
    (import "ic0" "call_cycles_add" (func $pay (param i64)))
    (import "ic0" "msg_cycles_refunded" (func $refunded (result i64)))
    (memory 1) (data (i32.const 500) "knock")
    (table 2 funcref) (elem (i32.const 0) $reply_came $reject_came)
    (global $beats (mut i32) (i32.const 0))
    (func $reply_came (param i32) (call $answer64 (i64.const 0)))
    (func $reject_came (param i32)
      (call $answer64 (i64.add
        (i64.mul (call $refunded) (i64.const 10)) (i64.extend_i32_u (call $reject_code)))))
    (func (export "canister_update knock_at")
      (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 0) (call $arg_size) (i32.const 500) (i32.const 5)
        (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
      (call $pay (i64.const 700))
      (drop (call $perform)))
    (func (export "canister_update knock") (call $reply))
    (func (export "canister_heartbeat")
      (global.set $beats (i32.add (global.get $beats) (i32.const 1))))
    (func (export "canister_query beats") (call $answer32 (global.get $beats)))
"#;

fn quiet() -> (Host, Principal) {
    let mut host = Host::with_config(HostConfig {
        heartbeats: false,
        outgoing_calls: OutgoingCalls::Refuse,
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    host.install(id, InstallMode::Install, &module(CALLER), &[], ME)
        .unwrap();
    (host, id)
}

fn knock(host: &mut Host, from: Principal, at: Principal) -> u64 {
    let reply = host.update(from, ME, "knock_at", at.as_slice()).unwrap();
    u64::from_le_bytes(reply.bytes.try_into().unwrap())
}

#[test]
fn a_heart_that_is_turned_off_does_not_beat() {
    let (mut host, id) = quiet();
    assert!(host.tick().is_empty());
    assert_eq!(ask(&mut host, id, "beats"), 0);
}

#[test]
fn a_call_that_would_leave_is_refused_noted_and_paid_back() {
    let (mut host, id) = quiet();
    let other = host.create_canister(CanisterSettings::default());
    host.install(other, InstallMode::Install, &module(CALLER), &[], ME)
        .unwrap();
    let before = host.cycles(id).unwrap();
    for _ in 0..2 {
        let code = RejectCode::DestinationInvalid as u64;
        assert_eq!(knock(&mut host, id, other), 700 * 10 + code);
    }
    knock(&mut host, id, Principal::management_canister());
    assert_eq!(host.cycles(id).unwrap(), before);
    let refused: Vec<RefusedCall> = host.refused_calls().collect();
    let call = |callee, count| RefusedCall {
        caller: id,
        callee,
        method: "knock".to_owned(),
        count,
    };
    assert_eq!(
        refused,
        [call(Principal::management_canister(), 1), call(other, 2)]
    );
}

#[test]
fn a_canister_still_reaches_itself_as_the_timers_of_the_cdk_do() {
    let (mut host, id) = quiet();
    assert_eq!(knock(&mut host, id, id), 0);
    assert_eq!(host.refused_calls().count(), 0);
}

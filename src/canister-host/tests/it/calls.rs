//! Calls between canisters: callbacks, cleanup, one-way calls, cycles, what cannot be reached.

use canister_host::{
    CanisterSettings, EntryPoint, Host, HostConfig, InstallMode, Principal, RejectCode,
};

use crate::support::*;

/// A canister that calls whom its argument says: the callee's id is the argument. The
/// callbacks are table entries 0 to 3.
const CALLER: &str = r#"
    (memory 1)
    (data (i32.const 500) "echo")
    (data (i32.const 510) "refuse")
    (data (i32.const 520) "boom")
    (data (i32.const 530) "hello")
    (table 4 funcref)
    (elem (i32.const 0) $on_reply $on_reject $clean $trap_on_reply)
    (global $before (mut i32) (i32.const 0))
    (global $cleaned (mut i32) (i32.const 0))
    (global $seen (mut i32) (i32.const 0))
    (func $call (param $name i32) (param $size i32) (param $reply i32)
      (global.set $before (i32.add (global.get $before) (i32.const 1)))
      (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 0) (call $arg_size) (local.get $name) (local.get $size)
        (local.get $reply) (i32.const 41) (i32.const 1) (i32.const 42))
      (call $on_cleanup (i32.const 2) (i32.const 43))
      (call $call_append (i32.const 530) (i32.const 5))
      (drop (call $perform)))
    (func $on_reply (param $environment i32)
      (call $arg_copy (i32.const 100) (i32.const 0) (call $arg_size))
      (i32.store8 (i32.const 99) (local.get $environment))
      (call $append (i32.const 99) (i32.add (i32.const 1) (call $arg_size)))
      (call $reply))
    (func $on_reject (param $environment i32)
      (call $answer32
        (i32.add (i32.mul (local.get $environment) (i32.const 100)) (call $reject_code))))
    (func $clean (param $environment i32) (global.set $cleaned (local.get $environment)))
    (func $trap_on_reply (param $environment i32)
      (global.set $seen (i32.const 1)) (call $trap (i32.const 530) (i32.const 5)))
    (func (export "canister_update echo_through")
      (call $call (i32.const 500) (i32.const 4) (i32.const 0)))
    (func (export "canister_update refuse_through")
      (call $call (i32.const 510) (i32.const 6) (i32.const 0)))
    (func (export "canister_update boom_through")
      (call $call (i32.const 520) (i32.const 4) (i32.const 0)))
    (func (export "canister_update trap_in_callback")
      (call $call (i32.const 500) (i32.const 4) (i32.const 3)))
    (func (export "canister_update call_and_trap")
      (call $call (i32.const 500) (i32.const 4) (i32.const 0)) unreachable)
    (func (export "canister_update one_way")
      (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 0) (call $arg_size) (i32.const 500) (i32.const 4)
        (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1))
      (drop (call $perform))
      (call $answer32 (i32.const 1)))
    (func (export "canister_query before") (call $answer32 (global.get $before)))
    (func (export "canister_query cleaned") (call $answer32 (global.get $cleaned)))
    (func (export "canister_query seen") (call $answer32 (global.get $seen)))
"#;

const CALLEE: &str = r#"
    (memory 1)
    (global $calls (mut i32) (i32.const 0))
    (func (export "canister_update echo")
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
      (call $append (i32.const 0) (call $arg_size)) (call $reply))
    (func (export "canister_update refuse") (call $reject (i32.const 0) (i32.const 0)))
    (func (export "canister_update boom") unreachable)
    (func (export "canister_query calls") (call $answer32 (global.get $calls)))
"#;

fn two() -> (Host, Principal, Principal) {
    let (mut host, caller) = installed(CALLER);
    let callee = host.create_canister(CanisterSettings::default());
    host.install(callee, InstallMode::Install, &module(CALLEE), &[], ME)
        .unwrap();
    (host, caller, callee)
}

#[test]
fn the_reply_reaches_the_callback_with_its_environment() {
    let (mut host, caller, callee) = two();
    let reply = host
        .update(caller, ME, "echo_through", callee.as_slice())
        .unwrap();
    assert_eq!(reply.bytes, b"\x29hello");
    let ran: Vec<String> = reply.messages.iter().map(|m| m.entry.to_string()).collect();
    assert_eq!(
        ran,
        ["update echo_through", "update echo", "reply callback"]
    );
    assert_eq!(reply.messages[1].canister, callee);
    let made: Vec<_> = reply.messages.iter().map(|m| m.calls.clone()).collect();
    assert_eq!(made, [vec![(callee, "echo".to_owned())], vec![], vec![]]);
    assert_eq!(
        reply.instructions,
        reply.messages.iter().map(|m| m.instructions).sum::<u64>()
    );
}

#[test]
fn a_call_of_a_canister_is_not_inspected_as_one_from_outside_is() {
    let (mut host, id) = installed(
        r#"(memory 1)
           (func (export "canister_inspect_message"))
           (func (export "canister_update one") (call $answer32 (i32.const 1)))"#,
    );
    assert!(host.update(id, ME, "one", &[]).is_err());
    assert_eq!(host.call(id, id, "one", &[]).unwrap().bytes, [1, 0, 0, 0]);
}

#[test]
fn rejects_and_traps_of_the_callee_reach_the_reject_callback_with_their_code() {
    let (mut host, caller, callee) = two();
    let mut code = |method: &str, to: Principal| {
        let reply = host.update(caller, ME, method, to.as_slice()).unwrap();
        u32::from_le_bytes(reply.bytes.try_into().unwrap())
    };
    assert_eq!(code("refuse_through", callee), 4204);
    assert_eq!(code("boom_through", callee), 4205);
    let nobody = Principal::from_slice(&[9; 10]);
    assert_eq!(code("echo_through", nobody), 4203, "destination invalid");
    let management = Principal::management_canister();
    assert_eq!(
        code("echo_through", management),
        4204,
        "echo is not one of its methods"
    );
}

#[test]
fn what_was_done_before_a_call_stays_when_the_callback_traps_and_cleanup_runs() {
    let (mut host, caller, callee) = two();
    let reject = host
        .update(caller, ME, "trap_in_callback", callee.as_slice())
        .unwrap_err();
    assert_eq!(reject.code, RejectCode::CanisterError);
    assert!(reject.message.contains("hello"), "{reject}");
    assert_eq!(ask(&mut host, caller, "before"), 1);
    assert_eq!(
        ask(&mut host, caller, "seen"),
        0,
        "undone with the callback"
    );
    assert_eq!(ask(&mut host, caller, "cleaned"), 43);
    assert_eq!(ask(&mut host, callee, "calls"), 1);
    assert_eq!(host.executed().last().unwrap().entry, EntryPoint::Cleanup);
}

#[test]
fn a_call_of_a_message_that_traps_is_never_sent() {
    let (mut host, caller, callee) = two();
    host.update(caller, ME, "call_and_trap", callee.as_slice())
        .unwrap_err();
    host.tick();
    assert_eq!(ask(&mut host, caller, "before"), 0);
    assert_eq!(ask(&mut host, callee, "calls"), 0);
}

#[test]
fn a_one_way_call_arrives_and_no_callback_runs_for_it() {
    let (mut host, caller, callee) = two();
    host.update(caller, ME, "one_way", callee.as_slice())
        .unwrap();
    assert_eq!(
        ask(&mut host, callee, "calls"),
        0,
        "still queued: the caller was answered"
    );
    let executed = host.tick();
    assert_eq!(executed.len(), 1);
    assert_eq!(executed[0].entry, EntryPoint::Update("echo".into()));
    assert_eq!(ask(&mut host, callee, "calls"), 1);
}

#[test]
fn a_canister_can_call_itself() {
    let (mut host, caller, _) = two();
    let reply = host
        .update(caller, ME, "echo_through", caller.as_slice())
        .unwrap();
    let code = u32::from_le_bytes(reply.bytes.try_into().unwrap());
    assert_eq!(code, 4205, "it has no method echo");
}

#[test]
fn what_does_not_exist_is_rejected_with_what_is_missing() {
    let (mut host, caller, _) = two();
    let reject = host.update(caller, ME, "nothing", &[]).unwrap_err();
    assert_eq!(
        (reject.error_code, reject.code),
        ("IC0536", RejectCode::CanisterError)
    );
    assert!(reject.message.contains("'nothing'"), "{reject}");
    let reject = host.query(caller, ME, "nothing", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0536");
    let empty = host.create_canister(CanisterSettings::default());
    assert_eq!(
        host.update(empty, ME, "any", &[]).unwrap_err().error_code,
        "IC0537"
    );
    let nobody = Principal::from_slice(&[9; 10]);
    assert_eq!(
        host.query(nobody, ME, "any", &[]).unwrap_err().error_code,
        "IC0301"
    );
}

#[test]
fn a_query_called_as_an_update_is_answered_and_keeps_nothing() {
    let (mut host, id) = installed(
        r#"(memory 1) (global $n (mut i32) (i32.const 0))
        (func (export "canister_query bump")
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (call $answer32 (global.get $n)))"#,
    );
    assert_eq!(call(&mut host, id, "bump").unwrap(), 1);
    assert_eq!(call(&mut host, id, "bump").unwrap(), 1);
}

#[test]
fn cycles_go_with_a_call_and_what_is_not_accepted_comes_back() {
    let payer = r#"
        (import "ic0" "call_cycles_add" (func $pay (param i64)))
        (import "ic0" "msg_cycles_refunded" (func $refunded (result i64)))
        (memory 1) (data (i32.const 500) "take")
        (table 2 funcref) (elem (i32.const 0) $done $done)
        (func $done (param i32) (call $answer64 (call $refunded)))
        (func (export "canister_update pay")
          (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
          (call $call_new (i32.const 0) (call $arg_size) (i32.const 500) (i32.const 4)
            (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
          (call $pay (i64.const 700))
          (drop (call $perform)))"#;
    let taker = r#"
        (import "ic0" "msg_cycles_accept" (func $accept (param i64) (result i64)))
        (memory 1)
        (func (export "canister_update take")
          (drop (call $accept (i64.const 500))) (call $reply))"#;
    let mut host = Host::new();
    let rich = CanisterSettings {
        cycles: 1_000,
        ..Default::default()
    };
    let poor = CanisterSettings {
        cycles: 0,
        ..Default::default()
    };
    let (a, b) = (host.create_canister(rich), host.create_canister(poor));
    host.install(a, InstallMode::Install, &module(payer), &[], ME)
        .unwrap();
    host.install(b, InstallMode::Install, &module(taker), &[], ME)
        .unwrap();
    let reply = host.update(a, ME, "pay", b.as_slice()).unwrap();
    assert_eq!(reply.bytes, 200u64.to_le_bytes());
    assert_eq!(
        (host.cycles(a).unwrap(), host.cycles(b).unwrap()),
        (500, 500)
    );

    let reject = host.update(a, ME, "pay", b.as_slice()).unwrap_err();
    assert_eq!(reject.error_code, "IC0504");
    assert_eq!(host.cycles(a).unwrap(), 500, "700 are more than it has");
}

#[test]
fn a_canister_that_calls_itself_for_ever_does_not_keep_the_host_for_ever() {
    let mut host = Host::with_config(HostConfig {
        messages_at_once: 30,
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    let fields = r#"
        (import "ic0" "canister_self_copy" (func $self (param i32 i32 i32)))
        (memory 1) (data (i32.const 500) "done")
        (table 1 funcref) (elem (i32.const 0) $again)
        (func $again (param i32)
          (call $self (i32.const 0) (i32.const 0) (i32.const 10))
          (call $call_new (i32.const 0) (i32.const 10) (i32.const 500) (i32.const 4)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
          (drop (call $perform)))
        (func (export "canister_update done") (call $reply))
        (func (export "canister_update go") (call $again (i32.const 0)))"#;
    host.install(id, InstallMode::Install, &module(fields), &[], ME)
        .unwrap();
    let reject = host.update(id, ME, "go", &[]).unwrap_err();
    assert!(reject.message.contains("within 30 messages"), "{reject}");
    assert_eq!(host.executed().len(), 30);
    assert_eq!(host.tick().len(), 30, "the rest waits for a tick");
}

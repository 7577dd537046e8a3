//! What a canister learns about itself and says to others.

use canister_host::{CanisterSettings, Host, InstallMode};

use crate::support::*;

#[test]
fn a_canister_knows_its_controllers_and_whether_it_is_replicated() {
    let mut host = Host::new();
    let controllers = vec![ME];
    let id = host.create_canister(CanisterSettings {
        controllers,
        ..Default::default()
    });
    let fields = r#"
        (import "ic0" "is_controller" (func $is_controller (param i32 i32) (result i32)))
        (import "ic0" "in_replicated_execution" (func $replicated (result i32)))
        (memory 1)
        (func (export "canister_query am_i")
          (call $caller_copy (i32.const 0) (i32.const 0) (call $caller_size))
          (call $answer32 (call $is_controller (i32.const 0) (call $caller_size))))
        (func (export "canister_query replicated") (call $answer32 (call $replicated)))"#;
    host.install(id, InstallMode::Install, &module(fields), &[], ME)
        .unwrap();
    assert_eq!(ask(&mut host, id, "am_i"), 1);
    host.set_controllers(id, vec![]).unwrap();
    assert_eq!(ask(&mut host, id, "am_i"), 0);
    assert_eq!(ask(&mut host, id, "replicated"), 0);
    assert_eq!(call(&mut host, id, "replicated").unwrap(), 1);
}

#[test]
fn logs_are_kept_with_their_time_also_of_what_trapped_but_not_of_queries() {
    let (mut host, id) = installed(
        r#"(memory 1) (data (i32.const 0) "hello")
        (func (export "canister_update say")
          (call $print (i32.const 0) (i32.const 5)) (call $reply))
        (func (export "canister_update shout")
          (call $print (i32.const 0) (i32.const 5)) unreachable)
        (func (export "canister_query whisper")
          (call $print (i32.const 0) (i32.const 4)) (call $reply))"#,
    );
    let said = host.update(id, ME, "say", &[]).unwrap();
    assert_eq!(said.messages[0].logs, ["hello"]);
    let whispered = host.query(id, ME, "whisper", &[]).unwrap();
    assert_eq!(whispered.messages[0].logs, ["hell"]);
    host.set_time(7);
    host.update(id, ME, "shout", &[]).unwrap_err();
    let logs = host.logs(id).unwrap();
    let texts: Vec<&str> = logs.iter().map(|log| log.text.as_str()).collect();
    assert_eq!(texts[..2], ["hello", "hello"]);
    assert!(texts[2].starts_with("[TRAP]: "), "{texts:?}");
    assert_eq!(logs[2].time, 7);
}

#[test]
fn calls_from_outside_pass_inspection_first() {
    let (mut host, id) = installed(
        r#"(import "ic0" "accept_message" (func $accept))
        (import "ic0" "msg_method_name_size" (func $name_size (result i32)))
        (memory 1)
        (func (export "canister_inspect_message")
          (if (i32.eq (call $name_size) (i32.const 4)) (then (call $accept))))
        (func (export "canister_update four") (call $answer32 (i32.const 4)))
        (func (export "canister_update eleven") (call $answer32 (i32.const 11)))"#,
    );
    assert_eq!(call(&mut host, id, "four").unwrap(), 4);
    assert_eq!(
        call(&mut host, id, "eleven").unwrap_err().error_code,
        "IC0406"
    );
}

#[test]
fn random_bytes_are_the_same_in_every_run_and_differ_from_draw_to_draw() {
    let draw_twice = || {
        let (mut host, id) = installed(
            r#"(memory 1) (data (i32.const 500) "raw_rand")
            (table 1 funcref) (elem (i32.const 0) $done)
            (func $done (param i32)
              (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
              (call $append (i32.const 0) (call $arg_size)) (call $reply))
            (func (export "canister_update draw")
              (call $call_new (i32.const 0) (i32.const 0) (i32.const 500) (i32.const 8)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
              (call $call_append (i32.const 600) (i32.const 0))
              (drop (call $perform)))"#,
        );
        [0, 1].map(|_| host.update(id, ME, "draw", &[]).unwrap().bytes)
    };
    let [first, second] = draw_twice();
    assert_eq!(&first[..4], b"DIDL");
    assert_ne!(first, second);
    assert_eq!([first, second], draw_twice());
}

#[test]
fn a_call_where_it_may_not_be_made_is_a_contract_violation() {
    let (mut host, id) = installed(
        r#"(memory 1)
        (func (export "canister_query set") (drop (call $timer_set (i64.const 1))))
        (func (export "canister_update twice") (call $reply) (call $reply))
        (func (export "canister_update beyond") (call $append (i32.const 65530) (i32.const 9)))
        (func (export "canister_update no_stable")
          (call $stable_write (i64.const 0) (i64.const 0) (i64.const 1)))"#,
    );
    let reject = host.query(id, ME, "set", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0504");
    assert!(reject.message.contains("global_timer_set"), "{reject}");
    for method in ["twice", "beyond", "no_stable"] {
        let reject = host.update(id, ME, method, &[]).unwrap_err();
        assert_eq!(reject.error_code, "IC0504", "{reject}");
    }
}

#[test]
fn the_32_bit_stable_functions_work_on_the_same_memory() {
    let (mut host, id) = installed(
        r#"(import "ic0" "stable_size" (func $size32 (result i32)))
        (import "ic0" "stable_grow" (func $grow32 (param i32) (result i32)))
        (import "ic0" "stable_write" (func $write32 (param i32 i32 i32)))
        (import "ic0" "stable_read" (func $read32 (param i32 i32 i32)))
        (memory 1) (data (i32.const 0) "old canister")
        (func (export "canister_update write")
          (drop (call $grow32 (i32.const 2)))
          (call $write32 (i32.const 65530) (i32.const 0) (i32.const 12)) (call $reply))
        (func (export "canister_query read")
          (call $read32 (i32.const 100) (i32.const 65534) (i32.const 8))
          (call $append (i32.const 100) (i32.const 8)) (call $reply))
        (func (export "canister_query size") (call $answer32 (call $size32)))
        (func (export "canister_update too_large")
          (call $answer32 (call $grow32 (i32.const 65535))))"#,
    );
    host.update(id, ME, "write", &[]).unwrap();
    assert_eq!(host.query(id, ME, "read", &[]).unwrap().bytes, b"canister");
    assert_eq!(ask(&mut host, id, "size"), 2);
    assert_eq!(
        call(&mut host, id, "too_large").unwrap(),
        u64::from(u32::MAX)
    );
    let stable = host.stable_memory(id).unwrap().to_vec().unwrap();
    assert_eq!(&stable[65_530..65_542], b"old canister");
}

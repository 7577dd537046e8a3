//! The order of an upgrade's hooks, and that they are one atomic unit.

use canister_host::{EntryPoint, Host, HostError, InstallMode, Principal};

use crate::support::*;

/// Writes a letter to stable memory in each hook, after those already there.
fn release(letter: char, extra: &str) -> String {
    format!(
        r#"
        (memory 2)
        (data (i32.const 0) "{letter}sip{letter}")
        (global $count (mut i32) (i32.const 0))
        (start $start)
        (func $note (param $at i32)
          (if (i64.eqz (call $stable_size)) (then (drop (call $stable_grow (i64.const 1)))))
          (call $stable_read (i64.const 1000) (i64.const 0) (i64.const 1))
          (call $stable_write
            (i64.add (i64.const 1) (i64.load8_u (i32.const 1000)))
            (i64.extend_i32_u (local.get $at)) (i64.const 1))
          (i32.store8 (i32.const 1000) (i32.add (i32.load8_u (i32.const 1000)) (i32.const 1)))
          (call $stable_write (i64.const 0) (i64.const 1000) (i64.const 1)))
        (func $start (call $note (i32.const 1)))
        (func (export "canister_init") (call $note (i32.const 2)))
        (func (export "canister_pre_upgrade") (call $note (i32.const 3)))
        (func (export "canister_post_upgrade") (call $note (i32.const 0)) {extra})
        (func (export "canister_update count")
          (global.set $count (i32.add (global.get $count) (i32.const 1)))
          (call $answer32 (global.get $count)))
        (func (export "canister_query counted") (call $answer32 (global.get $count)))
        "#
    )
}

fn notes(host: &Host, id: Principal) -> String {
    let stable = host.stable_memory(id).unwrap().to_vec().unwrap();
    String::from_utf8_lossy(&stable[1..][..stable[0].into()]).into_owned()
}

#[test]
fn an_upgrade_runs_old_pre_upgrade_then_new_start_then_new_post_upgrade() {
    let (mut host, id) = installed(&release('a', ""));
    assert_eq!(notes(&host, id), "si");
    let report = host
        .install(id, UPGRADE, &module(&release('b', "")), &[], ME)
        .unwrap();
    assert_eq!(notes(&host, id), "sipsb");
    let ran: Vec<&EntryPoint> = report.hooks().map(|hook| &hook.entry).collect();
    assert_eq!(
        ran,
        [
            &EntryPoint::PreUpgrade,
            &EntryPoint::Start,
            &EntryPoint::PostUpgrade
        ]
    );
    assert_eq!(report.stable_writes(), 6);
    assert!(report.instructions() > report.compile_instructions);
}

#[test]
fn an_upgrade_begins_with_a_fresh_heap_and_fresh_globals_and_no_timer() {
    let (mut host, id) = installed(&release('a', "(drop (call $timer_set (i64.const 7)))"));
    call(&mut host, id, "count").unwrap();
    assert_eq!(ask(&mut host, id, "counted"), 1);
    host.install(id, UPGRADE, &module(&release('b', "")), &[], ME)
        .unwrap();
    assert_eq!(ask(&mut host, id, "counted"), 0);
    assert_eq!(host.global_timer(id).unwrap(), 0);
}

#[test]
fn skipping_pre_upgrade_skips_that_and_nothing_else() {
    let (mut host, id) = installed(&release('a', ""));
    let mode = InstallMode::Upgrade {
        skip_pre_upgrade: true,
    };
    let report = host
        .install(id, mode, &module(&release('b', "")), &[], ME)
        .unwrap();
    assert_eq!(notes(&host, id), "sisb");
    assert_eq!(report.pre_upgrade, None);
}

#[test]
fn a_trap_in_post_upgrade_undoes_pre_upgrade_too() {
    let (mut host, id) = installed(&release('a', ""));
    call(&mut host, id, "count").unwrap();
    let before = state(&host, id);
    let old = host.module(id).unwrap().hash();
    let broken = module(&release(
        'b',
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 9))
         (drop (call $stable_grow (i64.const 5))) unreachable",
    ));
    let error = host.install(id, UPGRADE, &broken, &[], ME).unwrap_err();
    let HostError::Hook {
        hook,
        reject,
        report,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(hook, &EntryPoint::PostUpgrade);
    assert!(reject.message.contains("unreachable"), "{reject}");
    assert!(
        report.pre_upgrade.is_some(),
        "the report has the hooks that ran"
    );
    assert_eq!(state(&host, id), before);
    assert_eq!(ask(&mut host, id, "counted"), 1);
    assert_eq!(host.module(id).unwrap().hash(), old);
}

#[test]
fn a_trap_in_pre_upgrade_keeps_the_old_module_running() {
    let trapping = release('a', "").replace(
        r#"(call $note (i32.const 3))"#,
        r#"(call $note (i32.const 3)) (call $trap (i32.const 0) (i32.const 4))"#,
    );
    let (mut host, id) = installed(&trapping);
    let before = state(&host, id);
    let new = module(&release('b', ""));
    let error = host.install(id, UPGRADE, &new, &[], ME).unwrap_err();
    assert!(error.to_string().contains("pre_upgrade"), "{error}");
    assert!(
        error.to_string().contains("asip"),
        "the trap's own words: {error}"
    );
    assert_eq!(state(&host, id), before);

    let mode = InstallMode::Upgrade {
        skip_pre_upgrade: true,
    };
    host.install(id, mode, &new, &[], ME).unwrap();
    assert_eq!(notes(&host, id), "sisb");
}

#[test]
fn a_reinstall_wipes_stable_memory_and_an_install_wants_an_empty_canister() {
    let (mut host, id) = installed(&release('a', ""));
    let other = module(&release('b', ""));
    let error = host
        .install(id, InstallMode::Install, &other, &[], ME)
        .unwrap_err();
    assert_eq!(error, HostError::NotEmpty(id));
    host.install(id, InstallMode::Reinstall, &other, &[], ME)
        .unwrap();
    assert_eq!(notes(&host, id), "si");

    let empty = host.create_canister(Default::default());
    let error = host.install(empty, UPGRADE, &other, &[], ME).unwrap_err();
    assert_eq!(error, HostError::NoModule(empty));
}

#[test]
fn hooks_get_the_argument_and_the_sender() {
    let (mut host, id) = installed("(memory 1)");
    let fields = r#"
        (memory 1)
        (func (export "canister_post_upgrade")
          (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
          (call $caller_copy (i32.const 100) (i32.const 0) (call $caller_size)))"#;
    host.install(id, UPGRADE, &module(fields), b"argument", ME)
        .unwrap();
    let heap = host.heap(id).unwrap();
    assert_eq!(&heap[..8], b"argument");
    assert_eq!(&heap[100..103], ME.as_slice());
}

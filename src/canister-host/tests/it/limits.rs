//! Instruction limits, full memories, a full subnet.

use canister_host::{
    CanisterSettings, Host, HostConfig, HostError, InstallMode, Limits, PAGE_SIZE,
};

use crate::support::*;

const LOOP: &str = r#"
    (memory 1)
    (func $forever (loop $again (br $again)))
    (func (export "canister_update forever") (call $forever))
    (func (export "canister_query ask_forever") (call $forever))
    (func (export "canister_post_upgrade") (call $forever))
"#;

#[test]
fn what_never_ends_is_ended_at_the_limit_of_its_kind() {
    let mut host = Host::with_config(HostConfig {
        update_instructions: 4_000_000,
        query_instructions: 1_000_000,
        install_instructions: 9_000_000,
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    let module = module(LOOP);
    host.install(id, InstallMode::Install, &module, &[], ME)
        .unwrap();

    let reject = host.update(id, ME, "forever", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0522");
    assert!(reject.message.contains("4000000 instructions"), "{reject}");
    let used = host.executed()[0].instructions;
    assert!((4_000_000..4_000_100).contains(&used), "{used}");

    let reject = host.query(id, ME, "ask_forever", &[]).unwrap_err();
    assert!(reject.message.contains("1000000 instructions"), "{reject}");

    let error = host.install(id, UPGRADE, &module, &[], ME).unwrap_err();
    let HostError::Hook { report, .. } = &error else {
        panic!("{error}")
    };
    let used = report.instructions();
    assert!(
        (9_000_000..9_000_100).contains(&used),
        "compilation is part of it: {used}"
    );
}

#[test]
fn a_module_too_large_to_compile_within_the_limit_is_refused() {
    let config = HostConfig {
        install_instructions: 10_000,
        ..Default::default()
    };
    let mut host = Host::with_config(config);
    let id = host.create_canister(CanisterSettings::default());
    let error = host
        .install(id, InstallMode::Install, &module(LOOP), &[], ME)
        .unwrap_err();
    assert!(
        matches!(error, HostError::CompileLimit { left: 10_000, .. }),
        "{error}"
    );
}

const GROWING: &str = r#"
    (memory 1)
    (func (export "canister_update grow_heap")
      (call $answer32 (memory.grow (i32.const 2))))
    (func (export "canister_query grow_heap_in_a_query")
      (call $answer32 (memory.grow (i32.const 2))))
    (func (export "canister_update grow_stable")
      (call $answer64 (call $stable_grow (i64.const 2))))
    (func (export "canister_pre_upgrade") (drop (memory.grow (i32.const 2))))
"#;

#[test]
fn a_heap_at_its_hard_limit_does_not_grow() {
    let limits = Limits {
        heap_pages: 4,
        ..Limits::default()
    };
    let (mut host, id) = installed_with(GROWING, limits);
    assert_eq!(call(&mut host, id, "grow_heap").unwrap(), 1);
    assert_eq!(
        call(&mut host, id, "grow_heap").unwrap(),
        u64::from(u32::MAX)
    );
    assert_eq!(host.heap_pages(id).unwrap(), 3);
    host.set_limits(
        id,
        Limits {
            heap_pages: 5,
            ..limits
        },
    )
    .unwrap();
    assert_eq!(call(&mut host, id, "grow_heap").unwrap(), 3);
}

#[test]
fn an_update_traps_at_the_soft_heap_limit_but_queries_and_pre_upgrade_do_not() {
    let limits = Limits {
        wasm_memory_limit: 2 * PAGE_SIZE,
        ..Limits::default()
    };
    let (mut host, id) = installed_with(GROWING, limits);
    let reject = call(&mut host, id, "grow_heap").unwrap_err();
    assert_eq!(reject.error_code, "IC0539");
    assert!(reject.message.contains("131072 bytes"), "{reject}");
    assert_eq!(ask(&mut host, id, "grow_heap_in_a_query"), 1);
    let report = host
        .install(id, UPGRADE, &module(GROWING), &[], ME)
        .unwrap();
    assert_eq!(report.pre_upgrade.unwrap().heap_pages, 3);
}

#[test]
fn a_module_whose_first_heap_is_over_the_limit_is_not_installed() {
    let mut host = Host::new();
    let limits = Limits {
        heap_pages: 4,
        ..Limits::default()
    };
    let id = host.create_canister(CanisterSettings {
        limits,
        ..Default::default()
    });
    let error = host
        .install(id, InstallMode::Install, &module("(memory 5)"), &[], ME)
        .unwrap_err();
    assert!(matches!(error, HostError::Instantiation { .. }), "{error}");
    assert_eq!(host.heap_pages(id).unwrap(), 0);
}

#[test]
fn stable_memory_at_its_limit_does_not_grow() {
    let limits = Limits {
        stable_pages: 3,
        ..Limits::default()
    };
    let (mut host, id) = installed_with(GROWING, limits);
    assert_eq!(call(&mut host, id, "grow_stable").unwrap(), 0);
    assert_eq!(call(&mut host, id, "grow_stable").unwrap(), u64::MAX);
    assert_eq!(host.stable_pages(id).unwrap(), 2);
}

#[test]
fn a_full_subnet_is_full_for_all_its_canisters() {
    let (mut host, first) = installed(GROWING);
    let second = host.create_canister(CanisterSettings::default());
    host.install(second, InstallMode::Install, &module(GROWING), &[], ME)
        .unwrap();
    host.set_free_stable_pages(Some(3));
    assert_eq!(call(&mut host, first, "grow_stable").unwrap(), 0);
    assert_eq!(call(&mut host, second, "grow_stable").unwrap(), u64::MAX);
    host.install(first, InstallMode::Reinstall, &module(GROWING), &[], ME)
        .unwrap();
    assert_eq!(
        call(&mut host, second, "grow_stable").unwrap(),
        0,
        "a reinstall gives back"
    );
}

#[test]
fn pages_a_trapped_message_took_are_free_again() {
    let (mut host, id) = installed(
        r#"(memory 1)
        (func (export "canister_update take_and_trap")
          (drop (call $stable_grow (i64.const 3))) unreachable)
        (func (export "canister_update take") (call $answer64 (call $stable_grow (i64.const 3))))"#,
    );
    host.set_free_stable_pages(Some(3));
    call(&mut host, id, "take_and_trap").unwrap_err();
    assert_eq!(call(&mut host, id, "take").unwrap(), 0);
}

#[test]
fn a_canister_past_its_soft_limit_is_not_updated_but_its_timers_run() {
    let (mut host, id) = installed(
        r#"(memory 1)
        (func (export "canister_update arm")
          (drop (call $timer_set (i64.const 1))) (call $reply))
        (func (export "canister_global_timer") (drop (memory.grow (i32.const 1))))
        (func (export "canister_query ask") (call $answer32 (memory.size)))"#,
    );
    host.update(id, ME, "arm", &[]).unwrap();
    let limits = Limits {
        wasm_memory_limit: PAGE_SIZE,
        ..Limits::default()
    };
    host.set_limits(id, limits).unwrap();
    assert_eq!(host.tick()[0].trap, None, "a timer may grow past it");
    assert_eq!(ask(&mut host, id, "ask"), 2);
    let reject = host.update(id, ME, "arm", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0539");
    assert!(
        reject.message.contains("usage was 131072 bytes"),
        "{reject}"
    );
    assert!(host.executed().is_empty(), "it did not begin");
}

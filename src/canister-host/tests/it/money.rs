//! Cycles and rounds: what must be there before, what is paid, and what an installation
//! leaves behind for the next one.

use canister_host::{
    Balance, CanisterSettings, Host, HostConfig, HostError, INSTALL_RATE, InstallMode, Limits,
    Module, PAGE_SIZE, Prices, Principal,
};

use crate::support::*;

const FIELDS: &str = r#"
    (memory 1)
    (func (export "canister_update grow") (call $answer64 (call $stable_grow (i64.const 16384))))
    (func (export "canister_update work") (call $reply))
    (func (export "canister_query ask") (call $reply))
    (func (export "canister_post_upgrade")
      (drop (call $stable_grow (i64.extend_i32_u (call $arg_size)))))
    (func (export "canister_update trap") unreachable)
"#;

/// The cycles for the instruction limit of an installation.
const PREPAID: u128 = 300_020_000_000;

fn paying(cycles: u128, freezing_threshold: u64) -> (Host, Principal) {
    let mut host = Host::with_config(HostConfig {
        prices: Some(Prices::default()),
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings {
        cycles,
        freezing_threshold,
        ..Default::default()
    });
    (host, id)
}

fn install(host: &mut Host, id: Principal) -> Result<u128, HostError> {
    let before = host.cycles(id).unwrap();
    host.install(id, InstallMode::Install, &module(FIELDS), &[], ME)?;
    Ok(before - host.cycles(id).unwrap())
}

#[test]
fn the_cycles_for_the_instruction_limit_must_be_there_and_what_is_left_comes_back() {
    let (mut host, id) = paying(PREPAID - 1, 0);
    let error = install(&mut host, id).unwrap_err();
    assert_eq!(
        error,
        HostError::OutOfCycles {
            canister: id,
            balance: Box::new(Balance {
                cycles: PREPAID - 1,
                threshold: 0,
                needed: PREPAID,
            }),
        }
    );
    assert!(error.to_string().contains("top it up with 1 "), "{error}");
    assert_eq!(host.cycles(id).unwrap(), PREPAID - 1, "nothing began");

    let (mut host, id) = paying(PREPAID, 0);
    let paid = install(&mut host, id).unwrap();
    let compiled = u128::from(compile_price(&module(FIELDS)));
    assert_eq!(paid, 20_000_000 + compiled);
}

/// What compiling a module is charged, in instructions.
fn compile_price(module: &Module) -> u64 {
    let mut host = Host::new();
    let id = host.create_canister(CanisterSettings::default());
    let report = host.install(id, InstallMode::Install, module, &[], ME);
    report.unwrap().compile_instructions
}

#[test]
fn the_freezing_threshold_comes_on_top_and_counts_what_is_allocated() {
    let month = 30 * 24 * 3600;
    let (mut host, id) = paying(PREPAID, month);
    let error = install(&mut host, id).unwrap_err();
    let HostError::OutOfCycles { balance, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(
        balance.threshold,
        10_000 * u128::from(month),
        "an empty canister's"
    );

    let allocated = CanisterSettings {
        memory_allocation: 1 << 30,
        cycles: PREPAID,
        ..Default::default()
    };
    let id = host.create_canister(allocated);
    let error = install(&mut host, id).unwrap_err();
    let HostError::OutOfCycles { balance, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(balance.threshold, (127_000 + 10_000) * u128::from(month));
}

#[test]
fn an_installation_that_would_freeze_the_canister_is_undone_and_paid_for() {
    let month = 30 * 24 * 3600;
    let (mut host, id) = paying(PREPAID + 40_000_000_000, month);
    install(&mut host, id).unwrap();
    let balance = host.cycles(id).unwrap();
    // 16 000 pages, nearly a GiB: 0.33 T cycles a month.
    let grow = vec![0; 16_000];
    let error = host
        .install(id, UPGRADE, &module(FIELDS), &grow, ME)
        .unwrap_err();
    assert!(
        matches!(error, HostError::InstallationFreezes { canister, .. } if canister == id),
        "{error}"
    );
    assert_eq!(host.stable_pages(id).unwrap(), 0);
    let paid = balance - host.cycles(id).unwrap();
    assert!((20_000_000..60_000_000).contains(&paid), "{paid}");
}

#[test]
fn a_message_needs_its_limit_too_and_pays_for_what_it_used() {
    let (mut host, id) = paying(PREPAID, 0);
    install(&mut host, id).unwrap();
    let before = host.cycles(id).unwrap();
    let reply = host.update(id, ME, "work", &[]).unwrap();
    let paid = before - host.cycles(id).unwrap();
    assert_eq!(paid, 5_000_000 + u128::from(reply.instructions));
    host.update(id, ME, "trap", &[]).unwrap_err();
    assert!(host.cycles(id).unwrap() < before - paid, "a trap is paid");
    let before = host.cycles(id).unwrap();
    host.query(id, ME, "ask", &[]).unwrap();
    assert_eq!(host.cycles(id).unwrap(), before, "a query is free");

    let mut host = Host::with_config(HostConfig {
        prices: Some(Prices::default()),
        install_instructions: 1_000_000,
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings {
        cycles: 30_000_000_000,
        freezing_threshold: 0,
        ..Default::default()
    });
    install(&mut host, id).unwrap();
    let reject = host.update(id, ME, "work", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0207");
    assert!(reject.message.contains("is out of cycles"), "{reject}");
}

#[test]
fn a_message_may_not_grow_memory_so_that_the_canister_freezes() {
    let (mut host, id) = paying(PREPAID + 40_000_000_000, 30 * 24 * 3600);
    install(&mut host, id).unwrap();
    let reject = host.update(id, ME, "grow", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0532");
    assert_eq!(host.stable_pages(id).unwrap(), 0);
}

#[test]
fn a_frozen_canister_answers_nothing() {
    let (mut host, id) = paying(2 * PREPAID, 1);
    install(&mut host, id).unwrap();
    host.query(id, ME, "ask", &[]).unwrap();
    let snapshot = host.take_snapshot(id).unwrap();
    let poor = host.create_canister(CanisterSettings {
        cycles: 10_000,
        freezing_threshold: 2,
        ..Default::default()
    });
    host.load_snapshot(poor, &snapshot).unwrap();
    for reject in [
        host.query(poor, ME, "ask", &[]).unwrap_err(),
        host.update(poor, ME, "work", &[]).unwrap_err(),
    ] {
        assert_eq!(reject.error_code, "IC0207");
    }
}

#[test]
fn what_is_not_liquid_is_not_told_as_liquid() {
    let fields = r#"
        (import "ic0" "canister_liquid_cycle_balance128" (func $liquid (param i32)))
        (import "ic0" "canister_cycle_balance128" (func $balance (param i32)))
        (memory 1)
        (func (export "canister_query frozen")
          (call $liquid (i32.const 0)) (call $balance (i32.const 16))
          (call $answer64 (i64.sub (i64.load (i32.const 16)) (i64.load (i32.const 0)))))"#;
    let (mut host, id) = paying(2 * PREPAID, 1_000_000);
    host.install(id, InstallMode::Install, &module(fields), &[], ME)
        .unwrap();
    // A million seconds cost 10 billion, and the heap's and the module's bytes a little more.
    let frozen = ask(&mut host, id, "frozen");
    assert!(
        (10_007_000_000..10_009_000_000).contains(&frozen),
        "{frozen}"
    );
}

#[test]
fn where_nothing_is_priced_nothing_is_needed() {
    let mut host = Host::new();
    let id = host.create_canister(CanisterSettings {
        cycles: 0,
        freezing_threshold: u64::MAX,
        memory_allocation: u64::MAX,
        ..Default::default()
    });
    assert_eq!(install(&mut host, id).unwrap(), 0);
    assert_eq!(call(&mut host, id, "grow").unwrap(), 0);
}

#[test]
fn an_installation_is_priced_for_the_first_canister_of_a_subnet_and_for_every_other() {
    let config = HostConfig {
        remember_compiled: true,
        ..Default::default()
    };
    let mut host = Host::with_config(config);
    let module = module(FIELDS);
    let install = |host: &mut Host| {
        let id = host.create_canister(CanisterSettings::default());
        host.install(id, InstallMode::Install, &module, &[], ME)
            .unwrap()
    };
    let (first, other) = (install(&mut host), install(&mut host));
    host.checkpoint();
    let after = install(&mut host);
    assert_eq!(first.compile_instructions, first.compile_first);
    assert_eq!(other.compile_instructions, other.compile_again);
    assert_eq!(other.compile_again * 100, other.compile_first);
    assert_eq!(after, first, "the checkpoint forgot the module");

    let prices = Prices::default();
    assert_eq!(other.cycles_first(&prices), first.cycles_first(&prices));
    assert_eq!(
        first.cycles_first(&prices),
        20_000_000 + u128::from(first.instructions())
    );
    assert_eq!(
        first.cycles_again(&prices),
        20_000_000 + u128::from(other.instructions())
    );

    let mut forgetful = Host::new();
    assert_eq!(install(&mut forgetful), first);
    assert_eq!(install(&mut forgetful), first);
}

#[test]
fn an_installation_leaves_a_debit_that_refuses_the_next_until_rounds_have_passed() {
    let mut host = Host::with_config(HostConfig {
        install_rate: Some(INSTALL_RATE),
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    let module = module(FIELDS);
    let report = host
        .install(id, InstallMode::Install, &module, &[], ME)
        .unwrap();
    let snapshot = host.take_snapshot(id).unwrap();
    for error in [
        host.install(id, UPGRADE, &module, &[], ME).unwrap_err(),
        host.load_snapshot(id, &snapshot).unwrap_err(),
    ] {
        assert_eq!(
            error,
            HostError::InstallCodeRateLimited {
                canister: id,
                debit: report.instructions(),
                rounds: 1,
            }
        );
        let told = "CanisterInstallCodeRateLimited";
        assert!(error.to_string().contains(told), "{error}");
    }
    host.tick();
    assert_eq!(host.rounds_until_install(id).unwrap(), 0);
    host.load_snapshot(id, &snapshot).unwrap();
    // 2 B, a byte each, and the compilation: two rounds.
    assert_eq!(host.rounds_until_install(id).unwrap(), 2);
    host.pass_rounds(1);
    host.install(id, UPGRADE, &module, &[], ME).unwrap_err();
    host.pass_rounds(1);
    host.install(id, UPGRADE, &module, &[], ME).unwrap();
}

#[test]
fn a_failed_installation_leaves_a_debit_too() {
    let mut host = Host::with_config(HostConfig {
        install_rate: Some(10),
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    let traps = module(r#"(memory 1) (func (export "canister_init") unreachable)"#);
    let error = host
        .install(id, InstallMode::Install, &traps, &[], ME)
        .unwrap_err();
    let HostError::Hook { report, .. } = error else {
        panic!("{error}")
    };
    let rounds = report.instructions().div_ceil(10);
    assert!(report.compile_instructions > 0);
    assert_eq!(host.rounds_until_install(id).unwrap(), rounds);
}

#[test]
fn a_heap_that_starts_past_the_soft_limit_is_not_installed() {
    let mut host = Host::new();
    let id = host.create_canister(CanisterSettings {
        limits: Limits {
            wasm_memory_limit: 2 * PAGE_SIZE,
            ..Limits::default()
        },
        ..Default::default()
    });
    let error = host
        .install(id, InstallMode::Install, &module("(memory 3)"), &[], ME)
        .unwrap_err();
    assert_eq!(
        error,
        HostError::WasmMemoryLimit {
            canister: id,
            bytes: 3 * PAGE_SIZE,
            limit: 2 * PAGE_SIZE,
        }
    );
    host.install(id, InstallMode::Install, &module("(memory 2)"), &[], ME)
        .unwrap();
}

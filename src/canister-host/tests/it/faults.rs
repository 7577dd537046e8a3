//! Every injected fault strikes where it was told to, once, and undoes what it interrupts.

use canister_host::{EntryPoint, Fault, FaultPoint, Host, HostError, Principal};

use crate::support::*;

/// Grows and writes in both hooks: two grows and three writes in all.
const FIELDS: &str = r#"
    (memory 1)
    (func $work (param $writes i32)
      (drop (call $stable_grow (i64.const 1)))
      (loop $again
        (call $stable_write (i64.extend_i32_u (local.get $writes)) (i64.const 0) (i64.const 9000))
        (local.set $writes (i32.sub (local.get $writes) (i32.const 1)))
        (br_if $again (local.get $writes))))
    (func (export "canister_pre_upgrade") (call $work (i32.const 1)))
    (func (export "canister_post_upgrade") (call $work (i32.const 2)))
    (func (export "canister_update work") (call $work (i32.const 3)) (call $reply))
    (func (export "canister_query look") (call $answer64 (call $stable_size)))
"#;

fn upgrade(host: &mut Host, id: Principal) -> Result<canister_host::InstallReport, HostError> {
    host.install(id, UPGRADE, &module(FIELDS), &[], ME)
}

#[test]
fn a_trap_at_every_stable_write_grow_and_system_call_of_an_upgrade_rolls_it_back() {
    let (mut host, id) = installed(FIELDS);
    let counts = upgrade(&mut host, id).unwrap();
    assert_eq!(
        (
            counts.stable_grows(),
            counts.stable_writes(),
            counts.system_calls()
        ),
        (2, 3, 5)
    );

    let before = state(&host, id);
    let points = (1..=3)
        .map(FaultPoint::StableWrite)
        .chain((1..=2).map(FaultPoint::StableGrow))
        .chain((1..=5).map(FaultPoint::Call));
    for at in points {
        host.set_fault(id, Some(Fault::new(at))).unwrap();
        let error = upgrade(&mut host, id).unwrap_err();
        assert!(
            error.to_string().contains("injected fault"),
            "{at:?}: {error}"
        );
        assert_eq!(state(&host, id), before, "{at:?}");
        assert!(!host.is_fault_armed(id).unwrap(), "it strikes once");
    }
    host.set_fault(id, Some(Fault::new(FaultPoint::StableWrite(4))))
        .unwrap();
    upgrade(&mut host, id).expect("there are only three writes");
}

#[test]
fn faults_are_counted_across_the_hooks_and_say_in_which_they_struck() {
    let (mut host, id) = installed(FIELDS);
    let mut struck = |fault: Fault| {
        host.set_fault(id, Some(fault)).unwrap();
        match upgrade(&mut host, id) {
            Err(HostError::Hook { hook, .. }) => Some(hook),
            _ => None,
        }
    };
    use EntryPoint::{PostUpgrade, PreUpgrade};
    assert_eq!(
        struck(Fault::new(FaultPoint::StableWrite(1))),
        Some(PreUpgrade)
    );
    assert_eq!(
        struck(Fault::new(FaultPoint::StableWrite(2))),
        Some(PostUpgrade)
    );
    let within = Fault::within(PostUpgrade, FaultPoint::StableWrite(1));
    assert_eq!(struck(within), Some(PostUpgrade));
    let within = Fault::within(PreUpgrade, FaultPoint::StableWrite(2));
    assert_eq!(struck(within), None, "pre_upgrade writes once");
}

#[test]
fn a_fault_after_some_instructions_strikes_in_every_part_of_an_upgrade() {
    let (mut host, id) = installed(FIELDS);
    let report = upgrade(&mut host, id).unwrap();
    let all: u64 = report.hooks().map(|hook| hook.instructions).sum();
    let before = state(&host, id);
    for at in (1..all).step_by(997) {
        host.set_fault(id, Some(Fault::new(FaultPoint::Instructions(at))))
            .unwrap();
        let error = upgrade(&mut host, id).unwrap_err();
        assert!(
            error.to_string().contains("injected fault after"),
            "{at}: {error}"
        );
        assert_eq!(state(&host, id), before, "{at}");
    }
}

#[test]
fn a_fault_in_an_update_undoes_that_update_and_the_next_one_works() {
    let (mut host, id) = installed(FIELDS);
    host.set_fault(id, Some(Fault::new(FaultPoint::StableWrite(3))))
        .unwrap();
    let reject = host.update(id, ME, "work", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0502");
    assert_eq!(ask(&mut host, id, "look"), 0);
    host.update(id, ME, "work", &[]).unwrap();
    assert_eq!(ask(&mut host, id, "look"), 1);
}

#[test]
fn a_fault_in_one_canister_leaves_the_others_alone() {
    let (mut host, id) = installed(FIELDS);
    let other = host.create_canister(Default::default());
    let mode = canister_host::InstallMode::Install;
    host.install(other, mode, &module(FIELDS), &[], ME).unwrap();
    host.set_fault(id, Some(Fault::new(FaultPoint::Call(1))))
        .unwrap();
    host.update(other, ME, "work", &[]).unwrap();
    host.update(id, ME, "work", &[]).unwrap_err();
}

//! The index itself is upgraded, or traps, in the middle of a wave.

use canister_host::{EntryPoint, Fault, FaultPoint, ManagementFault, ManagementFaultKind as Kind};
use fleet_host::FleetError;

use crate::support::{INDEX, Twelve, USERS, clean_report};

/// Runs so many ticks, then something happens, and then to the end.
fn interrupted(after: usize, what: impl FnOnce(&mut Twelve)) {
    let mut twelve = Twelve::planned();
    twelve.fleet.begin().unwrap();
    for _ in 0..after {
        twelve.fleet.step();
    }
    what(&mut twelve);
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS, "after {after} ticks");
    assert_eq!(
        twelve.fleet.report().unwrap(),
        clean_report(),
        "after {after} ticks"
    );
}

#[test]
fn an_upgrade_of_the_index_in_the_middle_changes_nothing() {
    for after in [1, 2, 5, 9, 14, 20, 27, 35] {
        interrupted(after, |twelve| {
            twelve.fleet.upgrade_index(&INDEX).unwrap();
        });
    }
}

#[test]
fn an_upgrade_waits_for_open_calls_and_is_refused_while_there_are_some() {
    interrupted(0, |twelve| {
        let fault = ManagementFault::new("install_chunked_code", Kind::NoAnswer);
        twelve.fleet.host.fail_management(fault.after(1));
        for _ in 0..100 {
            if twelve.fleet.host.management_faults() > 0 {
                twelve.fleet.host.tick();
            }
        }
        assert_eq!(twelve.fleet.host.management_faults(), 0);
        let status = twelve.fleet.status().unwrap();
        assert_eq!(status.open_calls, 1);
        let before = twelve.fleet.host.time();
        match twelve.fleet.upgrade_index_running(&INDEX) {
            Err(FleetError::Host(error)) => {
                assert!(error.to_string().contains("1 calls are open"), "{error}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(twelve.fleet.status().unwrap().open_calls, 1);
        // Stopped first, it waits for the answer that does not come, for as long as the call does.
        twelve.fleet.upgrade_index(&INDEX).unwrap();
        let waited = (twelve.fleet.host.time() - before) / 1_000_000_000;
        assert!((1..=310).contains(&waited), "{waited}");
    });
}

#[test]
fn a_trap_in_any_message_of_the_index_changes_nothing() {
    let perform = EntryPoint::Update("perform_call".to_owned());
    let timer = EntryPoint::Update("<ic-cdk internal> timer_executor".to_owned());
    let entries = [EntryPoint::ReplyCallback, perform, timer];
    for entry in entries {
        for (ticks, at) in [(1, 3), (4, 40), (8, 90), (12, 15)] {
            interrupted(ticks, |twelve| {
                let fault = Fault::within(entry.clone(), FaultPoint::Call(at));
                let index = twelve.fleet.index;
                twelve.fleet.host.set_fault(index, Some(fault)).unwrap();
            });
        }
    }
}

#[test]
fn an_answer_that_traps_is_found_by_the_watch_and_looked_into() {
    let mut twelve = Twelve::planned();
    twelve.fleet.begin().unwrap();
    let fault = Fault::within(EntryPoint::ReplyCallback, FaultPoint::StableWrite(30));
    let index = twelve.fleet.index;
    twelve.fleet.host.set_fault(index, Some(fault)).unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert!(!twelve.fleet.host.is_fault_armed(index).unwrap());
    assert_eq!(twelve.there(), USERS);
    let errors = twelve.fleet.errors().unwrap();
    assert!(
        errors.iter().any(|line| line.text.contains("nobody waits")),
        "{errors:?}"
    );
    assert_eq!(twelve.fleet.report().unwrap(), clean_report());
}

/// The system forgets a timer that traps where it fires, and the timers of the canister do not know.
#[test]
fn any_command_mends_a_trap_of_the_timer_itself() {
    let mut twelve = Twelve::planned();
    twelve.fleet.begin().unwrap();
    let fault = Fault::within(EntryPoint::GlobalTimer, FaultPoint::Call(30));
    let index = twelve.fleet.index;
    twelve.fleet.host.set_fault(index, Some(fault)).unwrap();
    assert!(matches!(
        twelve.fleet.run_to_end(),
        Err(FleetError::Idle(_))
    ));
    twelve
        .fleet
        .host
        .advance_time(std::time::Duration::from_secs(60));
    twelve.fleet.control("resume").unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.fleet.report().unwrap(), clean_report());
}

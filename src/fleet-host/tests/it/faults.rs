//! Answers of the management canister that go wrong: mended where they can be, told where not.

use canister_host::{
    EntryPoint, Fault, FaultPoint, ManagementFault, ManagementFaultKind as Kind, RejectCode,
    RunStatus,
};

use crate::support::{LEGACY, Twelve, USERS, clean_report};

fn rejected(code: RejectCode, message: &str) -> Kind {
    Kind::Reject {
        code,
        message: message.to_owned(),
    }
}

/// Every method, in every way, and once in the middle of the run.
#[test]
fn what_can_be_mended_is_and_the_report_is_the_same() {
    let methods = [
        "canister_status",
        "list_canister_snapshots",
        "stop_canister",
        "take_canister_snapshot",
        "install_chunked_code",
        "start_canister",
        "delete_canister_snapshot",
    ];
    let kinds = [
        rejected(RejectCode::SysTransient, "come again"),
        Kind::AnswerLost,
        Kind::NoAnswer,
    ];
    for kind in kinds {
        let mut twelve = Twelve::planned();
        for method in methods {
            let fault = ManagementFault::new(method, kind.clone());
            twelve.fleet.host.fail_management(fault.after(5).times(2));
        }
        twelve.fleet.begin().unwrap();
        twelve.fleet.run_to_end().unwrap();
        assert_eq!(twelve.fleet.host.management_faults(), 0, "{kind:?}");
        assert_eq!(twelve.there(), USERS, "{kind:?}");
        assert_eq!(twelve.fleet.report().unwrap(), clean_report(), "{kind:?}");
    }
}

#[test]
fn nothing_is_done_twice_whose_answer_was_lost() {
    let mut twelve = Twelve::planned();
    for method in ["install_chunked_code", "take_canister_snapshot"] {
        let fault = ManagementFault::new(method, Kind::AnswerLost);
        twelve.fleet.host.fail_management(fault.times(3));
    }
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_to_end().unwrap();
    let host = &twelve.fleet.host;
    assert_eq!(
        host.count_management_calls("install_chunked_code"),
        2 * USERS
    );
    assert_eq!(
        host.count_management_calls("take_canister_snapshot"),
        2 * USERS
    );
}

#[test]
fn what_cannot_be_mended_is_told_and_everything_runs() {
    let mut twelve = Twelve::planned();
    let [foreign, trapping, gone] = [3, 6, 9].map(|at| twelve.users[at]);
    let host = &mut twelve.fleet.host;
    host.set_controllers(foreign, vec![twelve.fleet.operator])
        .unwrap();
    let fault = Fault::within(EntryPoint::PostUpgrade, FaultPoint::Call(5));
    host.set_fault(trapping, Some(fault)).unwrap();
    let fault = ManagementFault::new(
        "canister_status",
        rejected(RejectCode::DestinationInvalid, "Canister not found"),
    );
    host.fail_management(fault.on(gone).times(100));
    twelve.fleet.begin().unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    let mut groups: Vec<(&str, &str, u32)> = status
        .groups
        .iter()
        .map(|group| (group.class.as_str(), group.end.as_str(), group.canisters))
        .collect();
    groups.sort_unstable();
    assert_eq!(
        groups,
        [
            ("not-controller", "passed over", 1),
            ("not-found", "passed over", 1),
            ("trapped", "unchanged", 1),
        ]
    );
    assert_eq!(twelve.there(), USERS - 3);
    let host = &twelve.fleet.host;
    for id in [foreign, trapping, gone] {
        assert_eq!(host.run_status(id).unwrap(), RunStatus::Running);
        assert_eq!(host.module(id).unwrap().hash(), LEGACY.hash());
        assert!(host.snapshot_ids(id).unwrap().is_empty());
    }

    // What kept two of them back is gone: they are taken in again.
    let controllers = vec![twelve.fleet.index];
    twelve
        .fleet
        .host
        .set_controllers(foreign, controllers)
        .unwrap();
    let _: () = twelve
        .fleet
        .command("retry_class", ("not-controller",))
        .unwrap();
    twelve.fleet.control_one("retry", trapping).unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS - 1);
}

//! What the operator may do while a plan is under way, and who is no operator.

use canister_host::{Principal, RunStatus};
use user_index::api::status::At;
use user_index::api::views::BudgetArg;

use crate::support::{Twelve, USERS, clean_report};

#[test]
fn a_paused_run_brings_to_an_end_what_was_begun_and_goes_on_when_resumed() {
    let mut twelve = Twelve::planned();
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_until_ended(1).unwrap();
    twelve.fleet.control("pause").unwrap();
    let idle = twelve.fleet.run_to_end();
    let status = twelve.fleet.status().unwrap();
    assert!(idle.is_err() && status.paused, "{status:?}");
    assert!(
        status.steps.is_empty() && status.ended < USERS as u32,
        "{status:?}"
    );
    twelve.fleet.control("resume").unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.fleet.report().unwrap(), clean_report());
}

#[test]
fn an_aborted_run_leaves_everything_running() {
    let mut twelve = Twelve::planned();
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_until_ended(1).unwrap();
    // Some of the next wave are stopped.
    let stopped = |twelve: &Twelve| {
        let host = &twelve.fleet.host;
        let of = |id: &Principal| host.run_status(*id).unwrap() == RunStatus::Stopped;
        twelve.users.iter().filter(|id| of(id)).count()
    };
    for _ in 0..100 {
        twelve.fleet.step();
        if stopped(&twelve) > 0 {
            break;
        }
    }
    assert!(stopped(&twelve) > 0);
    twelve.fleet.control("abort").unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    assert!(status.aborted);
    assert_eq!(stopped(&twelve), 0);
    let report = twelve.fleet.report().unwrap();
    assert!(report.contains("\"stopped\": 0"), "{report}");
    // And another plan can be set.
    let plan = twelve.plan();
    twelve.set(plan);
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS);
}

#[test]
fn a_canister_is_taken_out_and_in_again() {
    let mut twelve = Twelve::planned();
    let out = twelve.users[7];
    twelve.fleet.control_one("exclude", out).unwrap();
    twelve.fleet.begin().unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    assert_eq!((status.at, status.ended), (At::Finished, USERS as u32));
    assert_eq!(twelve.there(), USERS - 1);
    twelve.fleet.control_one("include", out).unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS);
}

#[test]
fn too_many_failures_halt_the_run_until_it_is_resumed() {
    let mut twelve = Twelve::planned_with(|plan| {
        plan.budget = Some(BudgetArg {
            failures: 1,
            percent: None,
        });
    });
    let foreign = twelve.users[1];
    let operator = twelve.fleet.operator;
    let trap = canister_host::Fault::within(
        canister_host::EntryPoint::PostUpgrade,
        canister_host::FaultPoint::Call(5),
    );
    twelve.fleet.host.set_fault(foreign, Some(trap)).unwrap();
    assert_ne!(foreign, operator);
    twelve.fleet.begin().unwrap();
    assert!(twelve.fleet.run_to_end().is_err());
    let status = twelve.fleet.status().unwrap();
    assert!(status.halted && status.waves[2].waiting == 7, "{status:?}");
    twelve.fleet.control("resume").unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS - 1);
}

/// Every method that the interface has, from the checked-in file.
#[test]
fn nobody_but_a_controller_gets_an_answer() {
    let interface = include_str!("../../../../candid/user_index.did");
    let service = interface.split_once("service :").unwrap().1;
    let methods = service.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" : (")?;
        Some((name, rest.ends_with("query;")))
    });
    let mut twelve = Twelve::planned();
    let stranger = Principal::anonymous();
    let mut asked = 0;
    for (name, is_query) in methods.filter(|(name, _)| *name != "http_request") {
        let (host, index) = (&mut twelve.fleet.host, twelve.fleet.index);
        let arg = candid::encode_args(()).unwrap();
        let answer = match is_query {
            true => host.query(index, stranger, name, &arg),
            false => host.update(index, stranger, name, &arg),
        };
        let reject = answer.expect_err(name);
        assert!(
            reject.message.contains("only a controller"),
            "{name}: {reject}"
        );
        asked += 1;
    }
    assert!(asked >= 25, "{asked}");
    for hidden in ["perform_call", "migration_step"] {
        let arg = candid::encode_args((0u32, 0u64)).unwrap();
        let (host, index) = (&mut twelve.fleet.host, twelve.fleet.index);
        assert!(host.update(index, stranger, hidden, &arg).is_err());
    }
    assert_eq!(twelve.fleet.status().unwrap().at, At::Planned);
}

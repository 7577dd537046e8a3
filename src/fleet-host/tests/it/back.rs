//! Canisters that do not answer as they should after an upgrade go back, by their snapshot or by releases that keep what was
//! written; and one that cannot be started is given up by its operator, and called unknown.

use std::collections::BTreeMap;

use canister_host::{ManagementFault, ManagementFaultKind, Module, RejectCode, RunStatus};
use fleet::Report;
use fleet_host::modules;
use user_index::api::views::WayBackArg;

use crate::support::{LEGACY, Twelve, USERS};

/// What the first user answers.
fn answers(twelve: &mut Twelve) -> BTreeMap<&'static str, Vec<u8>> {
    let asked = [
        "get_profile_details",
        "get_entire_individual_post_detail_by_id",
        "get_utility_token_balance",
    ];
    let arguments: [Vec<u8>; 3] = [
        candid::encode_args(()).unwrap(),
        candid::encode_one(0u64).unwrap(),
        candid::encode_args(()).unwrap(),
    ];
    let user = twelve.users[0];
    let caller = twelve.fleet.operator;
    let ask = |(query, argument): (&'static str, Vec<u8>)| {
        let reply = twelve.fleet.host.query(user, caller, query, &argument);
        let said = reply.map_or_else(|reject| reject.message.into_bytes(), |reply| reply.bytes);
        (query, said)
    };
    asked.into_iter().zip(arguments).map(ask).collect()
}

fn report(twelve: &mut Twelve) -> Report {
    serde_json::from_str(&twelve.fleet.report().unwrap()).unwrap()
}

/// All are on the module of release 0 again, running, and answer what they did.
fn are_back(twelve: &mut Twelve, before: &BTreeMap<&'static str, Vec<u8>>) {
    let report = report(twelve);
    assert_eq!(report.states["returned"], USERS as u32, "{report:?}");
    assert_eq!((report.stopped, report.snapshots), (0, 0));
    for user in &twelve.users {
        let host = &twelve.fleet.host;
        assert_eq!(host.module(*user).unwrap().hash(), LEGACY.hash());
        assert_eq!(host.run_status(*user).unwrap(), RunStatus::Running);
        assert!(host.snapshot_ids(*user).unwrap().is_empty());
    }
    assert_eq!(answers(twelve), *before);
}

#[test]
fn canisters_that_do_not_answer_go_back_to_their_snapshot() {
    let mut twelve = Twelve::planned_with(|plan| {
        plan.checks = Some(vec!["no_canister_answers_this".to_owned()]);
    });
    let before = answers(&mut twelve);
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_to_end().unwrap();
    are_back(&mut twelve, &before);
    let host = &twelve.fleet.host;
    assert_eq!(host.count_management_calls("load_canister_snapshot"), USERS);
}

#[test]
fn canisters_that_do_not_answer_go_back_by_releases_that_keep_what_was_written() {
    let mut twelve = Twelve::uploaded(canister_host::HostConfig::default());
    let back: Module = modules::load("release-back").unwrap();
    let releases = [("back", &back), ("legacy", &*LEGACY)];
    let hashes = releases.map(|(name, module)| twelve.fleet.upload(name, module.bytes()).unwrap());
    let mut plan = twelve.plan();
    plan.checks = Some(vec!["no_canister_answers_this".to_owned()]);
    plan.way_back = Some(WayBackArg::Releases(hashes.to_vec()));
    twelve.set(plan);
    let before = answers(&mut twelve);
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_to_end().unwrap();
    are_back(&mut twelve, &before);
    let host = &twelve.fleet.host;
    assert_eq!(host.count_management_calls("load_canister_snapshot"), 0);
    // To release 1, to the release that goes back, to release 0.
    let installs = host.count_management_calls("install_chunked_code");
    assert_eq!(installs, 3 * USERS);
}

#[test]
fn a_canister_that_cannot_be_started_is_tried_until_it_is_given_up_and_then_called_unknown() {
    let mut twelve = Twelve::planned();
    let user = twelve.users[3];
    let refused = ManagementFaultKind::Reject {
        code: RejectCode::SysTransient,
        message: "come again".to_owned(),
    };
    let fault = ManagementFault::new("start_canister", refused).on(user);
    twelve.fleet.host.fail_management(fault.times(u64::MAX));
    twelve.fleet.begin().unwrap();
    // The first wave, and of the second all but this one.
    twelve.fleet.run_until_ended(4).unwrap();
    assert!(report(&mut twelve).stopped >= 1, "it waits for its start");
    twelve.fleet.control_one("give_up", user).unwrap();
    twelve.fleet.run_to_end().unwrap();
    let report = report(&mut twelve);
    assert_eq!(report.states["unknown"], 1);
    assert_eq!(report.states["migrated"], USERS as u32 - 1);
    assert_eq!(report.stopped, 1, "and it is told that it may be stopped");
    let host = &twelve.fleet.host;
    assert_eq!(host.run_status(user).unwrap(), RunStatus::Stopped);
}

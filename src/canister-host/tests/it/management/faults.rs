//! Calls to the management canister go wrong on purpose, and are counted.

use std::time::Duration;

use canister_host::{ManagementFault, ManagementFaultKind, RejectCode, RunStatus};

use super::support::*;

fn reject(message: &str) -> ManagementFaultKind {
    ManagementFaultKind::Reject {
        code: RejectCode::SysTransient,
        message: message.to_owned(),
    }
}

#[test]
fn a_call_is_rejected_without_effect() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    it.host
        .fail_management(ManagementFault::new("stop_canister", reject("not now")));
    let stopped = it.ask::<()>("stop_canister", about(id));
    assert_eq!(stopped, Err((2, "not now".to_owned())));
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Running);
    assert_eq!(it.host.management_faults(), 0);
    it.stop(id);
}

#[test]
fn an_answer_that_is_lost_is_unknown_and_the_call_took_effect() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let fault = ManagementFault::new("install_code", ManagementFaultKind::AnswerLost);
    it.host.fail_management(fault);
    let args = (upgrade(id, &forwarder(), &[]),);
    let (code, _) = it.ask::<()>("install_code", args).unwrap_err();
    assert_eq!(code, RejectCode::SysUnknown as u8);
    assert_eq!(it.host.module(id).unwrap().hash(), forwarder().hash());
}

#[test]
fn a_stop_whose_answer_is_lost_is_heard_of_when_the_canister_has_stopped() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    it.keep_busy(id, 1);
    it.host.advance_time(Duration::from_secs(1));
    let fault = ManagementFault::new("stop_canister", ManagementFaultKind::AnswerLost);
    it.host.fail_management(fault);
    let stop = it.begin("stop_canister", about(id));
    assert_eq!(it.ended(stop), None);
    it.host.advance_time(Duration::from_secs(299));
    it.host.tick();
    let (code, _) = it.ended(stop).unwrap().unwrap_err();
    assert_eq!(code, RejectCode::SysUnknown as u8);
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Stopped);
}

#[test]
fn a_call_without_an_answer_ends_after_five_minutes_as_unknown() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let fault = ManagementFault::new("stop_canister", ManagementFaultKind::NoAnswer);
    it.host.fail_management(fault.on(id));
    let stop = it.begin("stop_canister", about(id));
    it.host.advance_time(Duration::from_secs(299));
    it.host.tick();
    assert_eq!(it.ended(stop), None);
    it.host.advance_time(Duration::from_secs(1));
    it.host.tick();
    let (code, _) = it.ended(stop).unwrap().unwrap_err();
    assert_eq!(code, RejectCode::SysUnknown as u8);
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Running);
}

#[test]
fn cycles_come_back_from_a_call_that_was_rejected_on_purpose() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let mine = it.host.cycles(it.id).unwrap();
    it.host
        .fail_management(ManagementFault::new("deposit_cycles", reject("no")));
    it.ask_with::<()>("deposit_cycles", about(id), 5)
        .unwrap_err();
    assert_eq!(it.host.cycles(it.id).unwrap(), mine);
    let fault = ManagementFault::new("deposit_cycles", ManagementFaultKind::AnswerLost);
    it.host.fail_management(fault);
    it.ask_with::<()>("deposit_cycles", about(id), 5)
        .unwrap_err();
    assert_eq!(it.host.cycles(it.id).unwrap(), mine - 5);
}

#[test]
fn a_fault_is_for_a_method_a_canister_and_certain_calls() {
    let mut it = Orchestra::new();
    let (id, other) = (it.player(&counter()), it.player(&counter()));
    let fault = ManagementFault::new("canister_status", reject("injected"));
    it.host.fail_management(fault.on(id).after(1).times(2));
    let mut asked = |about_whom| {
        let answer = it.ask::<(candid::Reserved,)>("canister_status", about(about_whom));
        answer.is_ok()
    };
    let answers = [id, other, id, other, id, id].map(&mut asked);
    assert_eq!(answers, [true, true, false, true, false, true]);

    it.host
        .fail_management(ManagementFault::new("start_canister", reject("")));
    it.host.clear_management_faults();
    it.start(id);
}

#[test]
fn calls_are_counted_and_told_in_order() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    it.stop(id);
    it.start(id);
    it.host
        .fail_management(ManagementFault::new("stop_canister", reject("no")));
    it.ask_with::<()>("stop_canister", about(id), 3)
        .unwrap_err();
    let told: Vec<_> = it
        .host
        .management_calls()
        .iter()
        .map(|call| {
            (
                call.caller,
                call.method.as_str(),
                call.canister,
                call.cycles,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (it.id, "stop_canister", Some(id), 0),
            (it.id, "start_canister", Some(id), 0),
            (it.id, "stop_canister", Some(id), 3),
        ]
    );
    assert_eq!(it.host.count_management_calls("stop_canister"), 2);
    assert_eq!(it.host.count_management_calls("install_code"), 0);
}

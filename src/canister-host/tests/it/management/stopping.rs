//! Canisters stop and start.

use std::time::Duration;

use canister_host::RunStatus;
use ic_management_canister_types::CanisterStatusType;

use super::support::*;
use crate::support::*;

const MINUTES: Duration = Duration::from_secs(300);

#[test]
fn a_canister_that_has_stopped_takes_no_calls_and_no_queries_until_it_is_started() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    it.stop(id);
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Stopped);
    assert_eq!(it.status(id).status, CanisterStatusType::Stopped);
    it.stop(id);

    for reject in [
        it.host.update(id, ME, "count", &[]).unwrap_err(),
        it.host.query(id, ME, "count", &[]).unwrap_err(),
        it.host.call(id, ME, "count", &[]).unwrap_err(),
    ] {
        assert_eq!(reject.error_code, "IC0508", "{reject}");
    }
    it.start(id);
    it.host.update(id, ME, "count", &[]).unwrap();
    it.start(id);
}

#[test]
fn a_stop_waits_for_the_calls_the_canister_works_on() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    let held = it.keep_busy(id, 1);
    it.host.advance_time(Duration::from_secs(1));
    let (first, second) = (
        it.begin("stop_canister", about(id)),
        it.begin("stop_canister", about(id)),
    );
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Stopping);
    assert_eq!(it.ended(first), None);
    let reject = it.host.update(id, ME, "hold", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0509");

    it.host.advance_time(MINUTES - Duration::from_secs(2));
    it.host.tick();
    assert_eq!(it.ended(first), None, "the call is open");
    it.host.set_time(it.host.time() + 1_000_000_000);
    it.host.tick();
    assert_eq!(it.host.take_answer(held), Some(Ok(vec![0])));
    assert_eq!(it.ended(first), Some(Ok(())));
    assert_eq!(it.ended(second), Some(Ok(())));
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Stopped);
}

#[test]
fn a_stop_is_given_up_after_five_minutes_and_the_canister_goes_on_stopping() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    it.keep_busy(id, 2);
    let stop = it.begin("stop_canister", about(id));
    it.host.advance_time(MINUTES);
    it.host.tick();
    let (code, message) = it.ended(stop).unwrap().unwrap_err();
    assert_eq!(code, 2);
    assert!(message.contains("timed out"), "{message}");
    assert_eq!(it.status(id).status, CanisterStatusType::Stopping);

    let again = it.begin("stop_canister", about(id));
    it.host.advance_time(MINUTES);
    it.host.tick();
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Stopped);
    it.host.tick();
    assert!(it.ended(again).is_some());
}

#[test]
fn starting_a_canister_that_is_stopping_cancels_the_stops() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    it.keep_busy(id, 1);
    let stops = [
        it.begin("stop_canister", about(id)),
        it.begin("stop_canister", about(id)),
    ];
    it.start(id);
    for stop in stops {
        let (code, message) = it.ended(stop).unwrap().unwrap_err();
        assert_eq!(code, 5);
        assert!(message.contains("started"), "{message}");
    }
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Running);
    it.host.advance_time(2 * MINUTES);
    it.host.tick();
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Running);
}

#[test]
fn a_timer_of_a_stopped_canister_waits_until_it_is_started() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    it.host.update(id, ME, "arm", &[]).unwrap();
    it.stop(id);
    it.host.advance_time(MINUTES);
    assert!(it.host.tick().is_empty());
    it.start(id);
    assert_eq!(ask(&mut it.host, id, "fired"), 0);
    it.host.tick();
    assert_eq!(ask(&mut it.host, id, "fired"), 1);
}

#[test]
fn a_hook_sees_that_its_canister_has_stopped() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    it.host.update(id, ME, "remember", &[]).unwrap();
    it.stop(id);
    it.ask::<()>("install_code", (upgrade(id, &forwarder(), &[]),))
        .unwrap();
    assert_eq!(it.host.logs(id).unwrap().last().unwrap().text, "\u{3}");
}

#[test]
fn only_a_controller_may_stop_a_canister() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    for method in ["stop_canister", "start_canister", "canister_status"] {
        let reject = manage::<()>(&mut it.host, ME, method, about(id)).unwrap_err();
        assert_eq!(reject.error_code, "IC0512", "{reject}");
        let nobody = about(ME);
        let reject = manage::<()>(&mut it.host, ME, method, nobody).unwrap_err();
        assert_eq!(reject.error_code, "IC0301", "{reject}");
    }
}

#[test]
fn a_canister_that_waits_for_its_own_stop_waits_five_minutes() {
    let mut it = Orchestra::new();
    let id = it.id;
    it.host.set_controllers(id, vec![id]).unwrap();
    let stop = it.begin("stop_canister", about(id));
    it.host.advance_time(MINUTES);
    it.host.tick();
    assert_eq!(it.ended(stop).unwrap().unwrap_err().0, 2);
    assert_eq!(it.host.run_status(id).unwrap(), RunStatus::Stopped);
}

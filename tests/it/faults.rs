//! A trap at every stable write and grow of every hook rolls back, and the next try works.

use canister_host::{Fault, FaultPoint, Module};
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2};
use scenarios::{Subject, sample};

/// Upgrades with a fault at each write and grow in turn, then without.
fn every_fault_rolls_back(subject: &mut Subject, release: &Module) {
    let asked = subject.interview();
    let snapshot = subject.host.take_snapshot(subject.id).unwrap();
    let faultless = subject.upgrade(release).unwrap();
    subject.host.load_snapshot(subject.id, &snapshot).unwrap();
    let memory = subject.memory();
    let heap = subject.host.heap(subject.id).unwrap();

    let writes = (1..=faultless.stable_writes()).map(FaultPoint::StableWrite);
    let grows = (1..=faultless.stable_grows()).map(FaultPoint::StableGrow);
    for point in writes.chain(grows) {
        subject.arm(Fault::new(point));
        let upgraded = subject.upgrade(release);
        assert!(upgraded.is_err(), "{point:?} did not strike");
        assert!(!subject.host.is_fault_armed(subject.id).unwrap());
        subject.assert_memory_is(&memory);
        assert!(subject.host.heap(subject.id).unwrap() == heap, "{point:?}");
        subject.assert_answers_are(&asked);
    }
    assert!(faultless.stable_writes() > 2, "{faultless:?}");
    subject.upgrade(release).unwrap();
    subject.assert_answers_are(&asked);
}

#[test]
fn from_release_0_to_1_and_on_to_2() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    every_fault_rolls_back(&mut subject, &RELEASE_1);
    every_fault_rolls_back(&mut subject, &RELEASE_2);
}

#[test]
fn from_release_0_straight_to_2() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    every_fault_rolls_back(&mut subject, &RELEASE_2);
}

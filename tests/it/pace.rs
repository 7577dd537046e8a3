//! How far a move says it is, how fast it goes, and what holds it up: on the canister, step by step.

use canister_host::{EntryPoint, Fault, FaultPoint};
use ic_stable_migration::{Hindrance, Pace, Phase};
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, TINY};
use scenarios::{Subject, sample};

/// A filled canister whose move goes in steps of three entries, a second each.
fn in_small_steps() -> Subject {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_1).unwrap();
    assert_eq!(subject.pace(), None, "release 1 moves nothing");
    subject.upgrade(&TINY).unwrap();
    subject
}

fn pace(subject: &mut Subject) -> Pace {
    subject.pace().expect("a release that moves")
}

#[test]
fn a_move_in_steps_says_how_far_it_is_until_its_audit_has_held() {
    let mut subject = in_small_steps();
    assert_eq!(pace(&mut subject).percent, 0);
    let (mut last, mut seconds, mut told) = (0, 0_u64, None);
    while subject.phase() != Phase::Done {
        subject.run_timers(1);
        seconds += 1;
        let pace = pace(&mut subject);
        assert!(
            (last..=100).contains(&pace.percent),
            "{pace:?} after {last}"
        );
        assert_eq!(pace.percent == 100, subject.phase() == Phase::Done);
        assert_eq!(pace.hindrance, None);
        if seconds == 20 {
            let rate = pace.rate.expect("many steps");
            assert_eq!((rate.entries_per_second, rate.steps), (3.0, 19));
            assert!(rate.bytes_per_second > 30.0, "{rate:?}");
            told = pace.nanoseconds_left;
        }
        last = pace.percent;
        assert!(seconds < 2_000, "{pace:?}");
    }
    // A map begins with a step of its own, and so does the audit.
    let told = told.expect("a time left") / 1_000_000_000;
    let took = seconds - 20;
    assert!(
        took.abs_diff(told) <= took / 4,
        "{told} s told, {took} s needed"
    );
}

#[test]
fn a_pause_and_an_upgrade_in_the_middle_keep_the_percent_and_begin_the_rate_anew() {
    let mut subject = in_small_steps();
    subject.run_timers(30);
    let before = pace(&mut subject);
    assert!(before.percent > 0 && before.rate.is_some(), "{before:?}");

    subject.control("migration_pause").unwrap();
    for _ in 0..2 {
        let paused = pace(&mut subject);
        assert_eq!(paused.hindrance, Some(Hindrance::Paused));
        assert_eq!((paused.rate, paused.nanoseconds_left), (None, None));
        assert_eq!(paused.percent, before.percent);
        subject.upgrade(&TINY).unwrap();
    }

    subject.control("migration_resume").unwrap();
    assert_eq!(pace(&mut subject).hindrance, None);
    subject.run_timers(10);
    let resumed = pace(&mut subject);
    let rate = resumed.rate.expect("many steps");
    assert_eq!(rate.entries_per_second, 3.0, "the pause is not in it");
    assert!(resumed.percent >= before.percent);
}

#[test]
fn a_step_that_traps_is_told_with_its_reason_and_with_what_follows_from_it() {
    let mut subject = in_small_steps();
    subject.run_timers(3);
    let step = EntryPoint::Update("migration_step".into());
    subject.arm(Fault::within(step, FaultPoint::StableWrite(1)));
    subject.run_timers(1);
    let hindrance = pace(&mut subject).hindrance.expect("a trap");
    assert!(!hindrance.stands_still());
    let Hindrance::Trapped { reason, halvings } = hindrance else {
        panic!("{hindrance:?}");
    };
    assert_eq!(halvings, 1);
    assert!(reason.contains("injected fault"), "{reason}");
    subject.run_timers(1);
    assert_eq!(pace(&mut subject).hindrance, None);
    subject.finish_move();
}

#[test]
fn what_an_upgrade_moved_and_what_a_new_canister_never_had_is_all_done() {
    let mut moved = Subject::filled(&RELEASE_0, &sample());
    moved.upgrade(&RELEASE_2).unwrap();
    for mut subject in [moved, Subject::installed(&RELEASE_2)] {
        let pace = pace(&mut subject);
        assert_eq!((pace.percent, pace.nanoseconds_left), (100, Some(0)));
        assert_eq!((pace.rate, pace.hindrance), (None, None));
    }
}

//! A canister that migrates and one that never does get the same calls, and answer the same at every point.

use canister_host::{EntryPoint, Fault, FaultPoint};
use canister_scenario::{Random, random_call};
use ic_stable_migration::Phase;
use proptest::prelude::*;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, TINY};
use scenarios::{Subject, sample};

#[derive(Clone, Debug)]
enum Event {
    /// A call to both, made from this seed.
    Call(u64),
    /// The timer of the migrating one.
    Step,
    /// A step that traps at its n-th stable write.
    Trap(u64),
    /// An upgrade of the migrating one to the same release.
    Upgrade,
    /// An hour passes.
    Hour,
    /// Everything is asked of both.
    Ask,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => any::<u64>().prop_map(Event::Call),
        6 => Just(Event::Step),
        1 => (1u64..60).prop_map(Event::Trap),
        1 => Just(Event::Upgrade),
        1 => Just(Event::Hour),
        1 => Just(Event::Ask),
    ];
    prop::collection::vec(event, 20..120)
}

/// Every collection's name, length and digest.
fn digests(subject: &mut Subject) -> Vec<(String, u64, u64)> {
    let status = subject.finish_move();
    let collections = status.collections.into_iter();
    collections.map(|c| (c.name, c.stable, c.digest)).collect()
}

fn same_answers(moving: &mut Subject, reference: &mut Subject) {
    let asked = reference.interview();
    moving.assert_answers_are(&asked);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_migrating_canister_answers_like_one_that_never_migrates(
        by_stage_one in any::<bool>(),
        events in events(),
    ) {
        let mut reference = Subject::filled(&RELEASE_0, &sample());
        let mut moving = Subject::filled(&RELEASE_0, &sample());
        if by_stage_one {
            moving.upgrade(&RELEASE_1).unwrap();
        }
        moving.upgrade(&TINY).unwrap();
        for event in events {
            match event {
                Event::Call(seed) => {
                    let call = random_call(&mut Random::new(seed), 20);
                    let (a, b) = (moving.call(&call), reference.call(&call));
                    prop_assert_eq!(a.as_ref().ok(), b.as_ref().ok(), "{}: {:?}, {:?}", call, a, b);
                }
                Event::Step => drop(moving.run_timers(1)),
                Event::Trap(nth) => {
                    let step = EntryPoint::Update("migration_step".into());
                    moving.arm(Fault::within(step, FaultPoint::StableWrite(nth)));
                    moving.run_timers(1);
                    moving.lone.host.set_fault(moving.lone.id, None).unwrap();
                }
                Event::Upgrade => drop(moving.upgrade(&TINY).unwrap()),
                Event::Hour => moving.lone.host.advance_time(std::time::Duration::from_secs(3_600)),
                Event::Ask => same_answers(&mut moving, &mut reference),
            }
            // Both live at the same time: what is said may depend on it.
            let later = moving.lone.host.time().max(reference.lone.host.time());
            moving.lone.host.set_time(later);
            reference.lone.host.set_time(later);
        }
        same_answers(&mut moving, &mut reference);
        if moving.phase() == Phase::Stuck {
            moving.control("migration_resume").unwrap();
        }
        let moved = digests(&mut moving);
        same_answers(&mut moving, &mut reference);
        moving.upgrade(&RELEASE_2).unwrap();
        same_answers(&mut moving, &mut reference);
        // The other goes all the way at once, with no call in between.
        reference.upgrade(&RELEASE_2).unwrap();
        prop_assert_eq!(moved, digests(&mut reference));
    }
}

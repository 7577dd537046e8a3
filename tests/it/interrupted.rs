//! The move of the collections, with something in its way.

use canister_host::HostConfig;
use canister_scenario::{Call, Random, random_call};
use ic_stable_migration::Phase;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, TINY};
use scenarios::{Subject, sample};

/// A canister of tiny steps at the beginning of its move, and one that is never migrated.
fn pair() -> (Subject, Subject) {
    let mut moving = Subject::filled(&RELEASE_0, &sample());
    moving.upgrade(&RELEASE_1).unwrap();
    moving.upgrade(&TINY).unwrap();
    (moving, Subject::filled(&RELEASE_0, &sample()))
}

/// Makes the same random calls to both, and fails if they are answered differently.
pub fn same_calls(random: &mut Random, count: usize, one: &mut Subject, other: &mut Subject) {
    for _ in 0..count {
        let call: Call = random_call(random, 20);
        let (a, b) = (one.call(&call), other.call(&call));
        assert_eq!(a.is_ok(), b.is_ok(), "{call}: {a:?}, {b:?}");
        if let (Ok(a), Ok(b)) = (a, b) {
            assert_eq!(a, b, "{call}");
        }
    }
}

/// Everything that the never-migrated canister can be asked is answered the same by the other.
pub fn same_answers(moving: &mut Subject, reference: &mut Subject) {
    let asked = reference.interview();
    moving.assert_answers_are(&asked);
}

#[test]
fn by_upgrades_without_pre_upgrade_that_lose_no_entry() {
    let (mut moving, mut reference) = pair();
    let mut random = Random::new(3);
    while moving.phase() != Phase::Done {
        same_calls(&mut random, 3, &mut moving, &mut reference);
        // The step journals the hot state; what is in collections needs none.
        moving.control("migration_step").unwrap();
        moving.upgrade_skipping(&TINY).unwrap();
        same_answers(&mut moving, &mut reference);
    }
}

#[test]
fn by_stage_one_which_is_refused_with_nothing_lost() {
    let (mut moving, mut reference) = pair();
    for _ in 0..10 {
        moving.control("migration_step").unwrap();
    }
    for skip_pre_upgrade in [false, true] {
        let said = moving.refused(&RELEASE_1, skip_pre_upgrade);
        assert!(said.contains("install release 2"), "{said}");
        same_answers(&mut moving, &mut reference);
    }
    moving.finish_move();
    same_answers(&mut moving, &mut reference);
}

#[test]
fn by_a_full_subnet_which_stops_the_move_and_not_the_service() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_1).unwrap();
    subject.set_move_budget(Some(0));
    subject.upgrade(&RELEASE_2).unwrap();
    let asked = subject.interview();
    subject.lone.host.set_free_stable_pages(Some(0));
    for _ in 0..40 {
        subject.run_timers(1);
    }
    let status = subject.moving().unwrap();
    assert_eq!(status.phase, Phase::Stuck, "{status:?}");
    let stuck = status.stuck.expect("a place where it is stuck");
    assert!(!stuck.key.is_empty());
    let told = "stable memory cannot grow";
    assert!(stuck.reason.contains(told), "{}", stuck.reason);
    subject.assert_answers_are(&asked);
    subject.upgrade_skipping(&RELEASE_2).unwrap();
    subject.assert_answers_are(&asked);
    for _ in 0..40 {
        subject.run_timers(1);
    }
    assert_eq!(subject.phase(), Phase::Stuck);
    subject.lone.host.set_free_stable_pages(None);
    subject.control("migration_resume").unwrap();
    subject.finish_move();
    subject.assert_answers_are(&asked);
}

#[test]
fn by_a_full_subnet_which_undoes_an_upgrade_that_moves_everything() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_0).unwrap();
    let asked = subject.interview();
    // A new memory for the maps is needed where the value leaves no room for the manager's page.
    subject.lone.host.set_free_stable_pages(Some(0));
    let said = subject.refused(&RELEASE_2, false);
    assert!(said.contains("stable memory cannot grow"), "{said}");
    subject.assert_answers_are(&asked);
    subject.lone.host.set_free_stable_pages(None);
    subject.upgrade(&RELEASE_2).unwrap();
    assert_eq!(subject.phase(), Phase::Done);
    subject.assert_answers_are(&asked);
}

#[test]
fn by_the_instruction_limit_which_makes_the_steps_smaller() {
    const LIMIT: u64 = 2_500_000;
    let config = HostConfig {
        update_instructions: LIMIT,
        ..HostConfig::default()
    };
    let mut subject = Subject::installed_on(config, &RELEASE_0);
    subject.fill(&sample());
    let asked = subject.interview();
    subject.upgrade(&RELEASE_1).unwrap();
    subject.set_move_budget(Some(0));
    subject.upgrade(&RELEASE_2).unwrap();
    let mut traps = 0;
    for _ in 0..500 {
        let ran = subject.run_timers(1);
        traps += ran.iter().filter(|report| report.trap.is_some()).count();
    }
    assert!(traps > 3, "{traps} traps: {:?}", subject.moving());
    let status = subject.finish_move();
    assert!(status.largest_step < LIMIT, "{status:?}");
    subject.assert_answers_are(&asked);
}

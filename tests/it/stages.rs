//! What releases say to an order they do not go along with, and deployed memories through the stages. Every order that
//! works is in `kit`.

use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2};
use scenarios::{Subject, fixtures, sample};

#[test]
fn stage_one_over_stage_two_is_refused_and_names_the_release_to_install() {
    for skip_pre_upgrade in [false, true] {
        let mut subject = Subject::filled(&RELEASE_0, &sample());
        subject.upgrade(&RELEASE_1).unwrap();
        subject.upgrade(&RELEASE_2).unwrap();
        let asked = subject.interview();
        let said = subject.refused(&RELEASE_1, skip_pre_upgrade);
        assert!(said.contains("install release 2"), "{said}");
        subject.assert_answers_are(&asked);
        // The canister still is what it was.
        subject.upgrade(&RELEASE_2).unwrap();
        subject.assert_answers_are(&asked);
    }
}

#[test]
fn release_0_over_an_adopted_memory_is_refused() {
    for later in [&RELEASE_1, &RELEASE_2] {
        let mut subject = Subject::filled(&RELEASE_0, &sample());
        subject.upgrade(later).unwrap();
        let asked = subject.interview();
        let said = subject.refused(&RELEASE_0, false);
        assert!(said.contains("release"), "{said}");
        subject.assert_answers_are(&asked);
    }
}

#[test]
fn stage_one_again_without_pre_upgrade_finds_what_was_saved_last() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_1).unwrap();
    let asked = subject.interview();
    subject.upgrade_skipping(&RELEASE_1).unwrap();
    subject.assert_answers_are(&asked);
}

#[test]
fn stage_one_without_pre_upgrade_on_a_canister_that_never_saved_is_refused() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    let asked = subject.interview();
    let said = subject.refused(&RELEASE_1, true);
    assert!(said.contains("stable memory is empty"), "{said}");
    subject.assert_answers_are(&asked);
}

#[test]
fn stage_one_without_pre_upgrade_reads_what_release_0_left_before() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_0).unwrap();
    let asked = subject.interview();
    subject.upgrade_skipping(&RELEASE_1).unwrap();
    subject.assert_answers_are(&asked);
}

#[test]
fn deployed_memories_go_through_both_stages() {
    for name in ["legacy-small", "legacy-medium"] {
        let Some(memory) = fixtures::memory(name) else {
            return;
        };
        let mut subject = Subject::with_memory(&RELEASE_0, &memory);
        subject.upgrade_skipping(&RELEASE_0).unwrap();
        let asked = subject.interview();
        subject.upgrade(&RELEASE_1).unwrap();
        subject.assert_answers_are(&asked);
        subject.upgrade(&RELEASE_2).unwrap();
        subject.assert_answers_are(&asked);
    }
}

#[test]
fn the_memory_of_the_2023_migration_goes_to_release_2() {
    let (Some(naive), Some(legacy)) = (
        fixtures::memory("naive-small"),
        fixtures::memory("legacy-small"),
    ) else {
        return;
    };
    let mut never_migrated = Subject::with_memory(&RELEASE_0, &legacy);
    never_migrated.upgrade_skipping(&RELEASE_0).unwrap();
    let asked = never_migrated.interview();
    let mut subject = Subject::with_memory(&RELEASE_2, &naive);
    subject.upgrade_skipping(&RELEASE_2).unwrap();
    subject.assert_answers_are(&asked);
    subject.upgrade(&RELEASE_2).unwrap();
    subject.assert_answers_are(&asked);
}

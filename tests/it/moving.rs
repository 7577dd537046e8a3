//! The move of the collections, in the upgrade itself or in the background, undisturbed.

use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, TINY};
use scenarios::{Subject, fixtures, sample};

use ic_stable_migration::Phase;

#[test]
fn stage_two_moves_everything_before_it_returns() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    let asked = subject.interview();
    subject.upgrade(&RELEASE_1).unwrap();
    subject.upgrade(&RELEASE_2).unwrap();
    let status = subject.moving().unwrap();
    assert_eq!((status.phase, status.steps), (Phase::Done, 0));
    assert!(status.verified.is_some() && !status.upgrade_gives_heap_back);
    for collection in &status.collections {
        assert!(collection.audited, "{collection:?}");
        assert_eq!((collection.left, collection.difference), (0, None));
        assert_eq!(collection.stable, collection.moved);
    }
    assert!(subject.run_timers(10).is_empty(), "a timer was set");
    subject.assert_answers_are(&asked);
    subject.control("migration_verify").unwrap();
    assert_eq!(subject.finish_move().steps, 1);
    subject.assert_answers_are(&asked);
}

#[test]
fn a_controller_who_says_so_gets_a_move_in_steps() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    let asked = subject.interview();
    subject.upgrade(&RELEASE_1).unwrap();
    subject.set_move_budget(Some(0));
    subject.upgrade(&RELEASE_2).unwrap();
    assert_eq!(subject.moving().unwrap().phase, Phase::Moving);
    subject.assert_answers_are(&asked);
    assert!(subject.finish_move().steps > 0);
    subject.assert_answers_are(&asked);
}

#[test]
fn small_steps_move_everything_while_every_answer_stays() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    let asked = subject.interview();
    subject.upgrade(&RELEASE_1).unwrap();
    subject.upgrade(&TINY).unwrap();
    let mut entries = 0;
    while subject.phase() != Phase::Done {
        subject.run_timers(1);
        subject.assert_answers_are(&asked);
        entries += 1;
        assert!(entries < 2_000, "{:?}", subject.moving());
    }
    let status = subject.moving().unwrap();
    assert!(status.steps > 30, "{status:?}");
    assert!(status.upgrade_gives_heap_back);
    for collection in &status.collections {
        assert!(collection.audited, "{collection:?}");
        assert_eq!((collection.left, collection.difference), (0, None));
    }
    // One more tick finds nothing to do and sets no other.
    subject.run_timers(1);
    assert!(subject.run_timers(10).is_empty(), "the timer goes on");
    subject.upgrade(&RELEASE_2).unwrap();
    assert!(!subject.moving().unwrap().upgrade_gives_heap_back);
    subject.assert_answers_are(&asked);
}

#[test]
fn from_every_start_the_same_end() {
    let digests = |subject: &mut Subject| {
        let status = subject.finish_move();
        let of = status.collections.into_iter();
        of.map(|c| (c.name, c.stable, c.digest)).collect::<Vec<_>>()
    };
    let mut through_both = Subject::filled(&RELEASE_0, &sample());
    through_both.upgrade(&RELEASE_1).unwrap();
    through_both.upgrade(&RELEASE_2).unwrap();
    let mut directly = Subject::filled(&RELEASE_0, &sample());
    directly.upgrade(&RELEASE_2).unwrap();
    assert_eq!(digests(&mut through_both), digests(&mut directly));

    let (Some(legacy), Some(naive)) = (
        fixtures::memory("legacy-small"),
        fixtures::memory("naive-small"),
    ) else {
        return;
    };
    let mut from_legacy = Subject::with_memory(&RELEASE_2, &legacy);
    from_legacy.upgrade_skipping(&RELEASE_2).unwrap();
    let mut from_naive = Subject::with_memory(&RELEASE_2, &naive);
    from_naive.upgrade_skipping(&RELEASE_2).unwrap();
    assert_eq!(digests(&mut from_legacy), digests(&mut from_naive));
}

#[test]
fn a_user_with_40_posts_takes_no_more_pages_than_before() {
    let Some(memory) = fixtures::memory("legacy-small") else {
        return;
    };
    // Before, on the deployed canister's own module: 24 pages of heap, 2 of stable memory.
    const BEFORE: u64 = 24 + 2;
    let mut subject = Subject::with_memory(&RELEASE_0, &memory);
    subject.upgrade_skipping(&RELEASE_0).unwrap();
    subject.upgrade(&RELEASE_1).unwrap();
    subject.upgrade(&RELEASE_2).unwrap();
    let (heap, stable) = (subject.heap_pages(), subject.stable_pages());
    assert!(
        heap + stable <= BEFORE,
        "{heap} pages of heap, {stable} of stable memory"
    );
}

#[test]
fn the_129_pages_of_2023_do_not_become_more() {
    let Some(memory) = fixtures::memory("naive-small") else {
        return;
    };
    let mut subject = Subject::with_memory(&RELEASE_2, &memory);
    let before = subject.stable_pages();
    subject.upgrade_skipping(&RELEASE_2).unwrap();
    subject.finish_move();
    subject.upgrade(&RELEASE_2).unwrap();
    assert_eq!(subject.stable_pages(), before);
}

#[test]
fn an_empty_canister_has_nothing_to_move() {
    let mut subject = Subject::installed(&RELEASE_0);
    let asked = subject.interview();
    subject.upgrade(&RELEASE_1).unwrap();
    let pages = subject.stable_pages();
    subject.upgrade(&RELEASE_2).unwrap();
    assert_eq!(subject.finish_move().steps, 0);
    assert_eq!(subject.stable_pages(), pages);
    subject.assert_answers_are(&asked);
}

#[test]
fn a_new_canister_writes_to_stable_maps_from_the_start() {
    let mut subject = Subject::filled(&RELEASE_2, &sample());
    let status = subject.moving().unwrap();
    assert_eq!(status.phase, Phase::Done);
    assert!(
        status
            .collections
            .iter()
            .all(|c| c.left == 0 && c.moved == 0)
    );
    assert!(status.collections.iter().map(|c| c.stable).sum::<u64>() > 50);
    let asked = subject.interview();
    subject.upgrade(&RELEASE_2).unwrap();
    subject.assert_answers_are(&asked);
}

#[test]
fn only_a_controller_and_the_canister_itself_step_pause_and_resume() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&TINY).unwrap();
    let stranger = canister_scenario::people::visitor(7);
    let no_argument = candid::encode_args(()).unwrap();
    for method in [
        "migration_step",
        "migration_pause",
        "migration_resume",
        "migration_budget",
    ] {
        let host = &mut subject.lone.host;
        let reject = host.update(subject.lone.id, stranger, method, &no_argument);
        let said = reject.unwrap_err().to_string();
        assert!(said.contains("only a controller"), "{said}");
    }
    subject.control("migration_pause").unwrap();
    let steps = subject.moving().unwrap().steps;
    subject.run_timers(5);
    assert_eq!(subject.moving().unwrap().steps, steps);
    subject.control("migration_resume").unwrap();
    subject.control("migration_step").unwrap();
    assert_eq!(subject.moving().unwrap().steps, steps + 1);
    subject.finish_move();
}

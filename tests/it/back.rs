//! Back to release 0 with everything that was written since, and forward again.

use std::collections::BTreeSet;

use canister_host::InstallReport;
use canister_scenario::Random;
use ic_stable_migration::{Opened, Phase, open};
use individual_user::state::legacy::CanisterData;
use migration_kit::{Check, KitError};
use scenarios::modules::{
    BACK, BACK_TO_MEMORY_0, RELEASE_0, RELEASE_1, RELEASE_2, RELEASE_3, TINY, TINY_3,
};
use scenarios::{Subject, fixtures, sample};

use crate::interrupted::{same_answers, same_calls};
use crate::kit::kit_of;
use crate::onward::{add_post, found, tags};

/// A canister that migrates, and one that never does.
fn pair() -> (Subject, Subject) {
    let mut moving = Subject::filled(&RELEASE_0, &sample());
    moving.upgrade(&RELEASE_1).unwrap();
    (moving, Subject::filled(&RELEASE_0, &sample()))
}

/// Takes the canister back to release 0, with calls before each upgrade, and compares everything, stable memory too.
fn goes_back(moving: &mut Subject, reference: &mut Subject, random: &mut Random) -> InstallReport {
    moving.upgrade(&BACK).unwrap();
    same_answers(moving, reference);
    same_calls(random, 50, moving, reference);
    let report = moving.upgrade(&RELEASE_0).unwrap();
    same_answers(moving, reference);
    reference.upgrade(&RELEASE_0).unwrap();
    let (there, here) = (
        reference.memory().to_vec().unwrap(),
        moving.memory().to_vec().unwrap(),
    );
    let (same, rest) = here.split_at(there.len());
    assert!(same == there, "not the bytes that release 0 writes");
    assert!(
        rest.iter().all(|&byte| byte == 0),
        "something is left behind them"
    );
    report
}

#[test]
fn release_2_goes_back_to_release_0_with_a_thousand_writes_made_since() {
    let (mut moving, mut reference) = pair();
    let mut random = Random::new(11);
    moving.upgrade(&RELEASE_2).unwrap();
    assert_eq!(moving.phase(), Phase::Done);
    same_calls(&mut random, 1_000, &mut moving, &mut reference);
    goes_back(&mut moving, &mut reference, &mut random);
    // Forward again, at once and by stage one, and back once more.
    for between in [None, Some(&RELEASE_1)] {
        same_calls(&mut random, 50, &mut moving, &mut reference);
        if let Some(release) = between {
            moving.upgrade(release).unwrap();
        }
        moving.upgrade(&RELEASE_2).unwrap();
        same_answers(&mut moving, &mut reference);
        same_calls(&mut random, 50, &mut moving, &mut reference);
        goes_back(&mut moving, &mut reference, &mut random);
    }
}

#[test]
fn the_way_back_begins_anywhere_in_a_move() {
    for steps in [0, 1, 7, 30, 60] {
        let (mut moving, mut reference) = pair();
        let mut random = Random::new(steps);
        moving.upgrade(&TINY).unwrap();
        for _ in 0..steps {
            moving.control("migration_step").unwrap();
        }
        same_calls(&mut random, 40, &mut moving, &mut reference);
        let phase = moving.phase();
        moving.upgrade(&BACK).unwrap();
        // The move rests: no timer runs, and a step does nothing.
        let entries = moving.moving().unwrap();
        moving.control("migration_step").unwrap();
        assert!(moving.run_timers(5).is_empty());
        let now = moving.moving().unwrap();
        assert_eq!((now.phase, now.steps), (phase, entries.steps));
        reference.lone.host.set_time(moving.lone.host.time());
        goes_back(&mut moving, &mut reference, &mut random);
        moving.upgrade(&RELEASE_2).unwrap();
        same_answers(&mut moving, &mut reference);
    }
}

/// That each tag finds the posts that have it, and is found whole: the index is what the posts say.
fn finds_by_hashtags(subject: &mut Subject) {
    let posts = subject.moving().unwrap();
    let count = posts.collections.iter().find(|of| of.name == "posts");
    let tags = tags(subject, count.unwrap().stable);
    let mut noted = 0;
    let all: BTreeSet<String> = tags
        .iter()
        .flatten()
        .map(|tag| tag.to_lowercase())
        .collect();
    assert!(all.len() > 2, "{all:?}");
    for tag in all {
        let tagged = (0..).zip(&tags).filter(|(_, tags)| {
            let mut tags = tags.iter();
            tags.any(|one| one.to_lowercase() == tag)
        });
        let tagged: Vec<u64> = tagged.map(|(id, _)| id).collect();
        noted += tagged.len() as u64;
        let first = tagged.into_iter().take(100).collect();
        assert_eq!(found(subject, &tag, None, 100), (first, true), "{tag}");
    }
    let status = subject.moving().unwrap();
    let index = status.collections.iter().find(|of| of.name == "hashtags");
    assert_eq!(
        index.map(|index| index.stable),
        Some(noted),
        "and nothing else"
    );
}

/// The same posts on both: they change collections alone.
fn same_posts(moving: &mut Subject, reference: &mut Subject) {
    for tag in ["fun", "Fun", "Été", "x"] {
        assert_eq!(add_post(moving, tag), add_post(reference, tag));
    }
}

#[test]
fn release_3_goes_back_from_anywhere_in_its_job_and_comes_again() {
    // Entries of the index are made by threes: none, the first, the fourth.. until there are no more.
    for steps in [0, 1, 3, 100] {
        let (mut moving, mut reference) = pair();
        let mut random = Random::new(30 + steps);
        moving.upgrade(&RELEASE_2).unwrap();
        same_calls(&mut random, 40, &mut moving, &mut reference);
        moving.upgrade(&TINY_3).unwrap();
        for _ in 0..steps {
            moving.control("migration_step").unwrap();
        }
        let phase = moving.phase();
        assert_eq!(phase == Phase::Done, steps == 100, "{steps}");
        same_calls(&mut random, 40, &mut moving, &mut reference);
        // The job rests, and release 2 is refused: it does not know the index.
        let said = moving.refused(&RELEASE_2, false);
        assert!(said.contains("E301"), "{said}");
        moving.upgrade(&BACK).unwrap();
        let there = moving.moving().unwrap();
        moving.control("migration_step").unwrap();
        assert!(moving.run_timers(5).is_empty());
        let now = moving.moving().unwrap();
        assert_eq!((now.phase, &now.work), (phase, &there.work));
        reference.lone.host.set_time(moving.lone.host.time());
        goes_back(&mut moving, &mut reference, &mut random);
        // And forward, one release after the other.
        for release in [&RELEASE_1, &RELEASE_2, &RELEASE_3] {
            same_calls(&mut random, 30, &mut moving, &mut reference);
            moving.upgrade(release).unwrap();
            same_answers(&mut moving, &mut reference);
        }
        moving.finish_move();
        finds_by_hashtags(&mut moving);
        reference.lone.host.set_time(moving.lone.host.time());
        goes_back(&mut moving, &mut reference, &mut random);
    }
}

#[test]
fn release_3_goes_back_in_the_middle_of_its_own_move() {
    for steps in [0, 1, 20, 60] {
        let (mut moving, mut reference) = pair();
        let mut random = Random::new(60 + steps);
        moving.upgrade(&TINY_3).unwrap();
        for _ in 0..steps {
            moving.control("migration_step").unwrap();
        }
        assert!(!moving.phase().has_moved(), "{steps}");
        same_calls(&mut random, 40, &mut moving, &mut reference);
        goes_back(&mut moving, &mut reference, &mut random);
        moving.upgrade(&RELEASE_3).unwrap();
        moving.finish_move();
        same_answers(&mut moving, &mut reference);
        finds_by_hashtags(&mut moving);
    }
}

/// With the pre_upgrade of the release that goes back the state comes from the legacy value and the index is made anew; without
/// it everything is where it was, and the index has what was written meanwhile.
#[test]
fn from_the_release_that_goes_back_release_3_goes_on_with_the_right_index() {
    for steps in [0, 2, 100] {
        for skips in [false, true] {
            let (mut moving, mut reference) = pair();
            let mut random = Random::new(90 + steps);
            moving.upgrade(&RELEASE_2).unwrap();
            moving.upgrade(&TINY_3).unwrap();
            for _ in 0..steps {
                moving.control("migration_step").unwrap();
            }
            moving.upgrade(&BACK).unwrap();
            // Without pre_upgrade, what was written to the hot state is lost, as in every release.
            match skips {
                false => same_calls(&mut random, 60, &mut moving, &mut reference),
                true => same_posts(&mut moving, &mut reference),
            }
            let new = add_post(&mut moving, "Way Back");
            assert_eq!(add_post(&mut reference, "Way Back"), new);
            match skips {
                false => moving.upgrade(&RELEASE_3).unwrap(),
                true => moving.upgrade_skipping(&RELEASE_3).unwrap(),
            };
            same_answers(&mut moving, &mut reference);
            moving.finish_move();
            assert_eq!(found(&mut moving, "way back", None, 9), (vec![new], true));
            finds_by_hashtags(&mut moving);
            moving.control("migration_verify").unwrap();
            moving.finish_move();
            same_answers(&mut moving, &mut reference);
        }
    }
}

/// A memory of before release 3 is not given an index: the release before may go on with it.
#[test]
fn a_memory_without_an_index_gets_none() {
    let (mut moving, mut reference) = pair();
    let mut random = Random::new(120);
    moving.upgrade(&RELEASE_2).unwrap();
    same_calls(&mut random, 40, &mut moving, &mut reference);
    moving.upgrade(&RELEASE_2).unwrap();
    moving.upgrade(&BACK).unwrap();
    let collections = moving.moving().unwrap().collections;
    assert!(!collections.iter().any(|of| of.name == "hashtags"));
    same_posts(&mut moving, &mut reference);
    moving.upgrade_skipping(&RELEASE_2).unwrap();
    same_answers(&mut moving, &mut reference);
    moving.upgrade(&BACK).unwrap();
    same_posts(&mut moving, &mut reference);
    moving.upgrade_skipping(&RELEASE_3).unwrap();
    moving.finish_move();
    same_answers(&mut moving, &mut reference);
    finds_by_hashtags(&mut moving);
}

#[test]
fn an_upgrade_without_pre_upgrade_goes_on_where_the_move_was() {
    let (mut moving, mut reference) = pair();
    moving.upgrade(&TINY).unwrap();
    for _ in 0..20 {
        moving.control("migration_step").unwrap();
    }
    moving.upgrade(&BACK).unwrap();
    moving.upgrade_skipping(&TINY).unwrap();
    same_answers(&mut moving, &mut reference);
    moving.finish_move();
    same_answers(&mut moving, &mut reference);
    // Nor is release 0 led to believe that what is there is its value.
    moving.upgrade(&BACK).unwrap();
    let said = moving.refused(&RELEASE_0, true);
    assert!(said.contains("E301"), "{said}");
}

#[test]
fn deployed_memories_go_there_and_back_and_there() {
    for name in ["legacy-small", "legacy-medium"] {
        let Some(memory) = fixtures::memory(name) else {
            return;
        };
        let mut reference = Subject::with_memory(&RELEASE_0, &memory);
        reference.upgrade_skipping(&RELEASE_0).unwrap();
        let mut moving = Subject::with_memory(&RELEASE_0, &memory);
        moving.upgrade_skipping(&RELEASE_0).unwrap();
        let mut random = Random::new(5);
        for _ in 0..2 {
            moving.upgrade(&RELEASE_2).unwrap();
            same_calls(&mut random, 100, &mut moving, &mut reference);
            goes_back(&mut moving, &mut reference, &mut random);
        }
    }
}

/// What the second stage of 2023 reads: a frame at the start of memory 0.
fn naive_frame(subject: &Subject) -> CanisterData {
    let bytes = subject.memory().to_vec().unwrap();
    let Opened::Managed(managed) = open(std::rc::Rc::new(std::cell::RefCell::new(bytes.clone())))
    else {
        panic!("the manager stays");
    };
    let table = managed.bucket_table().unwrap();
    let owners: Vec<u8> = table.sizes.iter().map(|(id, _)| *id).collect();
    assert_eq!(owners, [0], "the buckets of the collections are given back");
    let start = table.bucket_offset(0) as usize;
    let (length, value) = bytes[start..].split_at(4);
    let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
    let (value, rest) = value.split_at(length);
    assert!(rest.iter().all(|&byte| byte == 0));
    ciborium::from_reader(value).unwrap()
}

#[test]
fn the_memory_of_2023_gets_its_frame_again() {
    let (Some(naive), Some(legacy)) = (
        fixtures::memory("naive-small"),
        fixtures::memory("legacy-small"),
    ) else {
        return;
    };
    let before = naive_frame(&Subject::with_memory(&RELEASE_2, &naive));
    let mut reference = Subject::with_memory(&RELEASE_0, &legacy);
    reference.upgrade_skipping(&RELEASE_0).unwrap();
    for release in [&RELEASE_2, &TINY, &RELEASE_3, &TINY_3] {
        let mut moving = Subject::with_memory(release, &naive);
        moving.upgrade_skipping(release).unwrap();
        moving.upgrade(&BACK_TO_MEMORY_0).unwrap();
        same_answers(&mut moving, &mut reference);
        moving.upgrade(&BACK_TO_MEMORY_0).unwrap();
        assert!(naive_frame(&moving) == before);
        // And what is written since.
        moving.upgrade(release).unwrap();
        let mut there = Subject::with_memory(&RELEASE_0, &legacy);
        there.upgrade_skipping(&RELEASE_0).unwrap();
        same_calls(&mut Random::new(8), 200, &mut moving, &mut there);
        moving.upgrade(&BACK_TO_MEMORY_0).unwrap();
        moving.upgrade(&BACK_TO_MEMORY_0).unwrap();
        assert!(naive_frame(&moving) != before);
        same_answers(&mut moving, &mut there);
        moving.upgrade(release).unwrap();
        same_answers(&mut moving, &mut there);
        assert!(moving.stable_pages() <= 129, "{}", moving.stable_pages());
    }
}

#[test]
fn a_canister_that_never_left_release_0_is_not_changed() {
    let (_, mut reference) = pair();
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    for release in [&BACK, &BACK, &RELEASE_0] {
        subject.upgrade(release).unwrap();
        same_answers(&mut subject, &mut reference);
    }
    // The other target is not taken for this one.
    let said = subject.refused(&BACK_TO_MEMORY_0, false);
    assert!(said.contains("E103"), "{said}");
}

/// As adopters test theirs: every order of releases, a trap at every write of every upgrade, upgrades without pre_upgrade.
#[test]
fn the_way_back_stands_what_every_release_does() -> Result<(), KitError> {
    let ways = [("2", &RELEASE_2), ("tiny steps", &TINY), ("3", &RELEASE_3)];
    for (name, release) in ways {
        let releases = [
            ("0", &*RELEASE_0),
            ("1", &*RELEASE_1),
            (name, &**release),
            ("back", &*BACK),
            ("0 again", &*RELEASE_0),
        ];
        // Past the reverse release there is no way back.
        let kit = kit_of(&releases)?.may_refuse(1, 4).may_refuse(2, 4);
        let checks = [Check::Orders, Check::Traps, Check::WithoutPreUpgrade];
        let report = kit.only(&checks).run()?;
        println!("{report}");
        assert!(report.total.traps > 20, "{:?}", report.total);
    }
    Ok(())
}

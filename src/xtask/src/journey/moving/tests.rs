use super::*;
use crate::journey::fake::{Fake, status};
use ic_stable_migration::{Difference, Stuck};

/// A canister whose timer is set.
fn started(fake: &Fake) -> Rehearsal {
    let module = fake.module();
    let mut rehearsal = Rehearsal::install(&module).unwrap();
    rehearsal.upgrade(&module).unwrap();
    rehearsal
}

/// Lets the move go on to its end.
fn run(fake: &Fake) -> Result<Moving> {
    let mut rehearsal = started(fake);
    let mut moving = Moving::begin(&mut rehearsal)?;
    while moving.is_under_way() {
        moving.tick(&mut rehearsal)?;
    }
    Ok(moving)
}

const TWO_STEPS: &[(Phase, [u64; 2])] = &[
    (Phase::Moving, [0, 4]),
    (Phase::Moving, [3, 1]),
    (Phase::Done, [4, 0]),
];

/// A move that has this status from its first step on.
fn after_a_step(status: MoveStatus) -> String {
    let mut fake = Fake::moving(5, &TWO_STEPS[..1]);
    fake.statuses.push(Some(status));
    run(&fake).unwrap_err().to_string()
}

#[test]
fn steps_are_counted_and_measured() {
    let moving = run(&Fake::moving(5, TWO_STEPS)).unwrap();
    assert_eq!((moving.moved(), moving.entries()), (4, 4));
    let steps = moving.steps();
    assert_eq!((steps.done, steps.undone, steps.seconds), (2, 0, 2));
    assert!(steps.most_instructions > 500, "a reply costs as much");
    assert!(steps.instructions > steps.most_instructions);
    assert!(steps.instructions <= 2 * steps.most_instructions);
    assert_eq!(
        steps.most_dirty_bytes, 4096,
        "the second changes the balance"
    );
    let posts = MovedCollection {
        name: "posts".to_owned(),
        memory: 1,
        entries: 4,
        bytes: 40,
        digest: "00000000000000d1".to_owned(),
        digest_equal: true,
    };
    assert_eq!(moving.collections(), [posts]);
}

#[test]
fn a_step_that_traps_is_counted_apart() {
    let fake = Fake {
        traps: true,
        ..Fake::moving(5, TWO_STEPS)
    };
    let steps = *run(&fake).unwrap().steps();
    assert_eq!((steps.done, steps.undone, steps.seconds), (2, 2, 4));
}

#[test]
fn a_move_that_never_ends_is_given_up() {
    let fake = Fake {
        traps: true,
        ..Fake::moving(5, &TWO_STEPS[..2])
    };
    let error = run(&fake).unwrap_err().to_string();
    for part in [
        "not over after 117 s",
        "3 of 4 entries moved",
        "58 steps done and 59 undone",
        "unreachable",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_difference_is_told_with_collection_counts_and_digests() {
    let mut differs = status(Phase::Differs, [4, 0]);
    differs.collections[0].difference = Some(Difference {
        expected_count: 4,
        found_count: 3,
        expected_sum: 0xaa,
        found_sum: 0xbb,
    });
    let error = after_a_step(differs);
    for part in [
        "posts",
        "3 entries with digest 00000000000000bb",
        "expected 4 with 00000000000000aa",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_move_that_is_stuck_is_told_with_collection_and_key() {
    let mut stuck = status(Phase::Stuck, [1, 3]);
    stuck.stuck = Some(Stuck {
        collection: "likes".to_owned(),
        key: vec![0, 0x1f],
        reason: "out of stable memory".to_owned(),
    });
    let error = after_a_step(stuck);
    assert!(
        error.contains("stuck in likes at the key 001f: out of stable memory"),
        "{error}"
    );
}

#[test]
fn a_paused_move_is_not_waited_for() {
    let mut paused = status(Phase::Moving, [1, 3]);
    paused.paused = true;
    paused.steps = 1;
    let error = after_a_step(paused);
    assert!(error.contains("paused it (steps done: 1)"), "{error}");
}

#[test]
fn a_module_that_moves_nothing_is_told_apart_from_one_that_does_not_answer() {
    let mut fake = Fake::new(5);
    fake.statuses = vec![None];
    let error = run(&fake).unwrap_err();
    assert!(matches!(error, MoveError::NoMove), "{error}");

    fake.statuses.clear();
    let error = run(&fake).unwrap_err();
    let MoveError::Rehearsal(RehearsalError::Status { .. }) = error else {
        panic!("{error}");
    };
}

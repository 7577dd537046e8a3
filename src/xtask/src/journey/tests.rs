use super::fake::Fake;
use super::*;
use std::cell::RefCell;
use std::rc::Rc;

use canister_scenario::Step;
use ic_stable_migration::{Cbor, Phase, Plan};

/// A move in three steps, the last of which audits.
const MOVE: &[(Phase, [u64; 2])] = &[
    (Phase::Moving, [0, 4]),
    (Phase::Moving, [2, 2]),
    (Phase::Auditing, [4, 0]),
    (Phase::Done, [4, 0]),
];

fn releases(balances: [u8; 3]) -> Releases {
    let [zero, one, two] = balances;
    Releases {
        modules: [Fake::new(zero), Fake::new(one), Fake::moving(two, MOVE)]
            .map(|fake| fake.module()),
        interface: "service : { get_utility_token_balance : () -> (nat64) query }".to_owned(),
    }
}

/// Nothing but a display name.
const NAME_ONLY: Fill = Fill {
    posts: 0,
    likes: 0,
    views: 0,
    shares: 0,
    bets: 0,
    followers: 0,
    rewards: 0,
    seed: 0,
};

fn names(journey: &Journey) -> Vec<&str> {
    let stages = journey.stages().iter();
    stages.map(|stage| stage.stage.as_str()).collect()
}

#[test]
fn a_generated_canister_goes_through_every_release() {
    let releases = releases([5, 5, 5]);
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    journey.keep_snapshots();
    journey.go(&releases).unwrap();
    assert_eq!(
        names(&journey),
        [
            "0, filled",
            "0 again",
            "stage one: 0 → 1",
            "stage two: 1 → 2",
            "the move, half way",
            "the move, done",
            "2 once more",
        ]
    );
    for stage in journey.stages() {
        assert!(stage.questions > 10);
        assert_eq!(stage.equal_answers, stage.questions);
    }
    let moved = journey.moved().unwrap();
    assert_eq!((moved.steps.done, moved.steps.seconds), (3, 3));
    assert_eq!(moved.before.heap, moved.after.heap);
    let kept: Vec<usize> = journey.snapshots().map(|(release, _)| release).collect();
    assert_eq!(kept, [0, 1, 2]);
}

#[test]
fn a_lost_answer_stops_the_journey_and_is_told() {
    let releases = releases([5, 6, 6]);
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    let error = journey.go(&releases).unwrap_err();
    assert_eq!(journey.stages().len(), 3);
    let text = error.to_string();
    for part in [
        "0 → 1",
        "get_utility_token_balance",
        "before: 5",
        "after:  6",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_canister_that_answers_nothing_is_no_success() {
    let mute = Module::new(&wat::parse_str("(module (memory 1))").unwrap()).unwrap();
    let releases = Releases {
        modules: [mute.clone(), mute.clone(), mute],
        interface: String::new(),
    };
    let error = Journey::from_memory(&releases, b"\x81\xa1n\x07").err();
    assert!(matches!(error, Some(Error::Mute { .. })), "{error:?}");
}

#[test]
fn a_legacy_memory_starts_at_release_0() {
    let releases = releases([5, 5, 5]);
    let mut journey = Journey::from_memory(&releases, b"\x81\xa1n\x07").unwrap();
    journey.go(&releases).unwrap();
    assert_eq!(
        names(&journey),
        [
            "0, memory restored",
            "stage one: 0 → 1",
            "stage two: 1 → 2",
            "the move, half way",
            "the move, done",
            "2 once more",
        ]
    );
    assert_eq!(journey.stages()[0].layout, "legacy");
}

#[test]
fn a_managed_memory_starts_at_release_2() {
    let releases = releases([5, 5, 5]);
    let memory = Rc::new(RefCell::new(Vec::new()));
    let plan: Plan<u8, Cbor> = Plan::new(2);
    let managed = plan.begin(Rc::clone(&memory)).unwrap();
    plan.save(&managed, &7_u8, 0).unwrap();
    let mut journey = Journey::from_memory(&releases, &memory.borrow()).unwrap();
    journey.go(&releases).unwrap();
    assert_eq!(
        names(&journey),
        [
            "2, memory restored",
            "2 again",
            "the move, half way",
            "the move, done",
            "2 once more",
        ]
    );
    assert_eq!(journey.stages()[0].layout, "memory 0, release 2");
}

#[test]
fn an_answer_that_the_move_loses_stops_the_journey() {
    let mut releases = releases([5, 5, 5]);
    let fake = Fake {
        balance_while_moving: 6,
        ..Fake::moving(5, MOVE)
    };
    releases.modules[2] = fake.module();
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    let error = journey.go(&releases).unwrap_err().to_string();
    assert_eq!(names(&journey).last(), Some(&"the move, done"));
    assert!(error.contains("after \"the move, done\""), "{error}");
    assert_eq!(journey.moved(), None);
}

#[test]
fn a_move_that_was_over_before_is_no_stage() {
    let mut releases = releases([5, 5, 5]);
    releases.modules[2] = Fake::new(5).module();
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    journey.go(&releases).unwrap();
    assert_eq!(journey.stages().len(), 5);
    assert_eq!(journey.moved().unwrap().steps.done, 0);
}

#[test]
fn a_move_that_fails_is_told_with_the_stages_before_it() {
    let mut releases = releases([5, 5, 5]);
    let still = [(Phase::Moving, [0, 4])];
    releases.modules[2] = Fake::moving(5, &still).module();
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    let error = journey.go(&releases).unwrap_err().to_string();
    assert_eq!(names(&journey).last(), Some(&"stage two: 1 → 2"));
    assert!(
        error.starts_with("the move to stable maps failed: "),
        "{error}"
    );
}

#[test]
fn a_memory_of_nothing_or_of_something_else_is_refused() {
    let releases = releases([5, 5, 5]);
    for (memory, told) in [(&b""[..], "empty"), (b"\xff\xd8\xff\xe0", "unrecognized")] {
        let error = Journey::from_memory(&releases, memory).err().unwrap();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_call_that_is_rejected_stops_the_fill() {
    let releases = releases([5, 5, 5]);
    let calls = Fill::SMALL.steps();
    let first_post = calls.iter().find_map(|step| match step {
        Step::Call(call) if call.method == "add_post_v2" => Some(call.to_string()),
        _ => None,
    });
    let error = Journey::generated(&releases, Fill::SMALL).err().unwrap();
    assert!(error.to_string().contains(&first_post.unwrap()), "{error}");
}

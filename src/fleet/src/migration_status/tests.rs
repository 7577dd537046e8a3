use candid::Encode;
use ic_stable_migration::{CollectionStatus, Difference, MoveStatus, Phase as Stands};

use super::*;

fn collection(moved: u64, left: u64) -> CollectionStatus {
    CollectionStatus {
        name: "posts".to_owned(),
        memory_id: 1,
        moved,
        left,
        bytes: 0,
        stable: 0,
        audited: false,
        difference: None::<Difference>,
        digest: 0,
    }
}

fn status(phase: Stands) -> MoveStatus {
    MoveStatus {
        phase,
        paused: false,
        started: 0,
        finished: None,
        verified: None,
        originals_kept: false,
        hot_bytes: None,
        steps: 3,
        estimated_steps_left: None,
        instructions: 0,
        last_step: 0,
        largest_step: 0,
        largest_dirty_bytes: 0,
        upgrade_gives_heap_back: false,
        stuck: None,
        collections: vec![collection(7, 3), collection(1, 0)],
        work: Vec::new(),
        schema: None,
    }
}

/// What a canister says beside what is read here.
#[derive(CandidType)]
struct Whole {
    release: u32,
    move_status: Option<MoveStatus>,
}

fn told(move_status: Option<MoveStatus>) -> Vec<u8> {
    let whole = Whole {
        release: 2,
        move_status,
    };
    Encode!(&whole).unwrap()
}

fn read(phase: Stands) -> Result<Answer, Cause> {
    progress(&told(Some(status(phase))))
}

#[test]
fn a_move_is_read_from_what_the_library_tells() {
    assert_eq!(progress(&told(None)), Ok(Answer::Done));
    assert_eq!(read(Stands::Done), Ok(Answer::Done));
    let moving = Ok(Answer::Moving { done: 8, total: 11 });
    for phase in [Stands::Moving, Stands::Auditing, Stands::Renewing] {
        assert_eq!(read(phase), moving);
    }
}

#[test]
fn a_move_that_was_paused_is_waited_for() {
    let paused = MoveStatus {
        paused: true,
        ..status(Stands::Moving)
    };
    let moving = Answer::Moving { done: 8, total: 11 };
    assert_eq!(progress(&told(Some(paused))), Ok(moving));
}

#[test]
fn a_move_that_needs_somebody_is_a_failure_of_its_class() {
    let class = |phase| read(phase).unwrap_err().class;
    assert_eq!(class(Stands::Differs), Class::Differs);
    assert_eq!(class(Stands::Stuck), Class::Stuck);
}

#[test]
fn a_move_that_was_done_and_goes_on_again_is_not_verified() {
    assert_eq!(verify(&told(None)), Ok(()));
    assert_eq!(verify(&told(Some(status(Stands::Done)))), Ok(()));
    let again = verify(&told(Some(status(Stands::Moving)))).unwrap_err();
    assert_eq!(again.class, Class::WrongAnswers);
}

#[test]
fn canisters_are_told_apart_by_how_far_they_moved() {
    let of = |phase| layout(Some(&told(Some(status(phase)))));
    assert_eq!(layout(None), "tells no move");
    assert_eq!(layout(Some(b"DIDL")), "tells no move");
    assert_eq!(layout(Some(&told(None))), "moves nothing");
    assert_eq!(of(Stands::Moving), "half moved");
    assert_eq!(of(Stands::Done), "moved");
}

#[test]
fn an_answer_that_is_no_status_is_refused_at_a_bounded_cost() {
    let hostile = Encode!(&vec![0u64; 1_000_000]).unwrap();
    for bytes in [&b"DIDL"[..], &hostile, &[]] {
        assert_eq!(progress(bytes).unwrap_err().class, Class::WrongAnswers);
    }
}

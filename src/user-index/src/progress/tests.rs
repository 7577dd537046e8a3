use super::*;
use candid::Encode;
use ic_stable_migration::{CollectionStatus, Difference, MoveStatus, Phase as Stands};

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

fn judged(move_status: Option<MoveStatus>) -> Result<Answer, Failure> {
    let whole = Whole {
        release: 2,
        move_status,
    };
    judge(&read(METHOD, &Encode!(&whole).unwrap())?)
}

#[test]
fn a_move_is_read_from_what_the_library_tells() {
    assert_eq!(judged(None), Ok(Answer::Done));
    assert_eq!(judged(Some(status(Stands::Done))), Ok(Answer::Done));
    assert_eq!(judged(Some(status(Stands::Renewing))), Ok(Answer::Done));
    let moving = Answer::Moving { done: 8, total: 11 };
    assert_eq!(judged(Some(status(Stands::Moving))), Ok(moving.clone()));
    assert_eq!(judged(Some(status(Stands::Auditing))), Ok(moving));
}

#[test]
fn a_move_that_needs_somebody_is_a_failure_of_its_class() {
    let class = |phase| match judged(Some(status(phase))) {
        Err(Failure::Refused(cause)) => cause.class,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(Stands::Differs), Class::Differs);
    assert_eq!(class(Stands::Stuck), Class::Stuck);
}

#[test]
fn an_answer_that_is_no_status_is_refused_at_a_bounded_cost() {
    let hostile = Encode!(&vec![0u64; 1_000_000]).unwrap();
    for bytes in [&b"DIDL"[..], &hostile, &[]] {
        assert!(matches!(
            read::<Status>(METHOD, bytes),
            Err(Failure::Refused(_))
        ));
    }
}

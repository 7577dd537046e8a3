//! Straight from the first version to the last, with the service up, and what is refused.

use std::collections::BTreeMap;

use ic_stable_migration::{Budget, Cbor, MoveBudget, MoveStatus, Phase, Plan, Record, Tiered};
use ic_stable_structures::VectorMemory;
use proptest::prelude::*;

use crate::moving::Moving;

mod chain;
mod release;

use chain::{v1, v4};
use release::{Four, FourAlone, LEFT_BEHIND, Legacy, One, Two};

fn legacy(notes: u64) -> Legacy {
    Legacy {
        owner: "ann".into(),
        notes: (0..notes).map(|key| (key, format!("note {key}"))).collect(),
    }
}

/// A canister of the first release whose move is done.
fn moved<const SHARES: bool>(notes: u64) -> Moving<One<SHARES>, Legacy> {
    let mut canister = Moving::start(&legacy(notes), MoveBudget::DEFAULT);
    canister.finish();
    canister
}

fn note(text: &str, readers: u64) -> v4::Note {
    v4::Note {
        text: text.into(),
        words: text.split_whitespace().count() as u64,
        readers,
    }
}

fn refused<T, const SHARES: bool>(
    canister: &mut Moving<One<SHARES>, Legacy>,
    plan: &Plan<Legacy, ic_stable_migration::Cbor>,
) -> String
where
    T: Tiered<VectorMemory> + From<Legacy>,
{
    canister.save();
    let before = canister.memory.borrow().clone();
    let refused = plan.resume_tiered::<T, _>(canister.memory.clone(), 1);
    let refused = refused.err().expect("the release was not refused");
    assert!(*canister.memory.borrow() == before, "something was written");
    refused.to_string()
}

#[test]
fn a_canister_at_schema_1_goes_straight_to_schema_4_and_its_notes_are_rewritten_in_steps() {
    for shares in [false, true] {
        match shares {
            false => straight_to_4::<false>(),
            true => straight_to_4::<true>(),
        }
    }
}

fn straight_to_4<const SHARES: bool>() {
    let mut canister = moved::<SHARES>(100).upgraded::<Four<SHARES>>(Four::<SHARES>::plan());
    assert_eq!(canister.state.hot.owner.as_deref(), Some("ann"));
    let schema = canister.status().schema.unwrap();
    let steps = schema.steps.iter().map(|step| (step.from, step.to));
    assert!(steps.eq([(1, 2), (2, 3), (3, 4)]));

    // Every note reads in the last version from the first message on, and none was written.
    assert_eq!(
        **canister.state.notes.get(&7).as_ref().unwrap(),
        note("note 7", 0)
    );
    assert_eq!(
        work_of(&canister.status()),
        ("notes", Some(4), 0, Some(100), 0, false)
    );
    assert_eq!(canister.status().phase, Phase::Renewing);

    canister.step_of(10);
    assert_eq!(
        work_of(&canister.status()),
        ("notes", Some(4), 10, Some(90), 10, false)
    );

    // What is written meanwhile is in the last version, and is not written again.
    canister.state.notes.update(&50, |note| note.readers += 1);
    canister.upgrade();
    canister.finish();
    let status = canister.status();
    assert_eq!(status.phase, Phase::Done);
    let (_, _, entries, _, changed, finished) = work_of(&status);
    assert_eq!((entries, changed, finished), (100, 99, true));
    assert!(status.collections.iter().all(|of| of.audited));
    assert_eq!(
        **canister.state.notes.get(&50).as_ref().unwrap(),
        note("note 50", 1)
    );

    // The registry says so: a release that reads the last version alone takes over.
    let canister = canister.upgraded::<FourAlone<SHARES>>(FourAlone::<SHARES>::plan());
    assert_eq!(canister.state.notes.len(), 100);
    assert_eq!(canister.state.notes.get(&7).unwrap().0, note("note 7", 0));
}

/// Name, version, entries, what is left, changed, whether it is finished.
fn work_of(status: &MoveStatus) -> (&str, Option<u32>, u64, Option<u64>, u64, bool) {
    let [work] = &status.work[..] else {
        panic!("{:?}", status.work);
    };
    (
        &work.name,
        work.version,
        work.entries,
        work.left,
        work.changed,
        work.finished.is_some(),
    )
}

#[test]
fn a_payload_of_stage_one_is_moved_as_it_is_and_rewritten_afterwards() {
    // Moved by the release of schema 4 itself, in its upgrade: entries are not decoded on the way.
    let plan = One::<false>::plan();
    let memory = Moving::<One<false>, Legacy>::memory_of(&legacy(300));
    let adopted = plan.resume::<One<false>, _>(memory.clone(), 1).unwrap();
    plan.save(&adopted.managed, &adopted.state, 1).unwrap();
    let plan = Four::<false>::plan().move_budget(MoveBudget::DEFAULT);
    let mut canister = Moving::<Four<false>, Legacy>::resume(plan, memory);
    assert_eq!(canister.status().phase, Phase::Renewing);
    assert_eq!(
        **canister.state.notes.get(&7).as_ref().unwrap(),
        note("note 7", 0)
    );
    canister.finish();
    assert_eq!(
        work_of(&canister.status()),
        ("notes", Some(4), 300, Some(0), 300, true)
    );
}

#[test]
fn entries_that_come_from_the_heap_are_written_in_the_last_version_at_once() {
    let plan = One::<false>::plan();
    let memory = Moving::<One<false>, Legacy>::memory_of(&legacy(300));
    let adopted = plan.resume::<One<false>, _>(memory.clone(), 1).unwrap();
    plan.save(&adopted.managed, &adopted.state, 1).unwrap();
    let mut canister = Moving::<Four<false>, Legacy>::resume(Four::<false>::plan(), memory);
    canister.finish();
    assert_eq!(canister.status().work, []);
    let canister = canister.upgraded::<FourAlone<false>>(FourAlone::<false>::plan());
    assert_eq!(canister.state.notes.len(), 300);
}

#[test]
fn a_release_that_dropped_a_version_is_refused_until_no_value_has_it() {
    let refused = refused::<FourAlone<false>, false>(&mut moved(9), &FourAlone::<false>::plan());
    assert!(refused.starts_with("E517: "), "{refused}");
    assert!(
        refused.contains("has values of version 1, and this release reads version 4"),
        "{refused}"
    );
}

/// What is not there has no version, whatever was there once.
#[test]
fn a_release_that_dropped_a_version_takes_a_collection_that_is_empty() {
    for notes in [0, 9] {
        let mut canister = moved::<false>(notes);
        for key in 0..notes {
            canister.state.notes.remove(&key);
        }
        let mut after = canister.upgraded::<FourAlone<false>>(FourAlone::<false>::plan());
        assert_eq!(after.status().work, [], "nothing is to be written anew");
        let new = v4::NoteAlone(note("written since", 0));
        after.state.notes.insert(1, Record::new(new));
        after.upgrade();
        assert_eq!(after.state.notes.len(), 1);
    }
}

/// The entries of before the move are still in memory 0.
#[test]
fn a_collection_that_was_emptied_while_it_moves_still_has_its_versions() {
    let mut canister = Moving::<One<false>, Legacy>::start(&legacy(9), MoveBudget::STEPS_ONLY);
    canister.step_of(1);
    for key in 0..9 {
        canister.state.notes.remove(&key);
    }
    let refused = refused::<Four<false>, false>(&mut canister, &Four::<false>::plan());
    assert!(refused.starts_with("E518: "), "{refused}");
}

#[test]
fn a_release_with_fewer_versions_is_refused() {
    let mut canister = moved::<false>(9).upgraded::<Four<false>>(Four::<false>::plan());
    canister.save();
    let plan = Two::<false>::plan();
    let refused = plan.resume_tiered::<Two<false>, _>(canister.memory.clone(), 1);
    let refused = refused.err().unwrap().to_string();
    assert!(refused.starts_with("E301: "), "{refused}");
    // Under the number of a later release, too.
    let plan: Plan<Legacy, Cbor> = Plan::new(9).schema(2);
    let refused = plan.resume_tiered::<Two<false>, _>(canister.memory.clone(), 1);
    let refused = refused.err().unwrap().to_string();
    assert!(refused.starts_with("E302: "), "{refused}");
}

#[test]
fn values_get_no_new_version_while_their_entries_move() {
    let mut canister = Moving::<One<false>, Legacy>::start(&legacy(5_000), MoveBudget::STEPS_ONLY);
    canister.step_of(10);
    let refused = refused::<Four<false>, false>(&mut canister, &Four::<false>::plan());
    assert!(refused.starts_with("E518: "), "{refused}");
}

#[test]
fn a_plan_that_was_left_behind_its_chain_is_refused() {
    let refused = refused::<Four<false>, false>(&mut moved(9), &LEFT_BEHIND);
    assert!(
        refused.starts_with("E307: the plan says schema 3"),
        "{refused}"
    );
}

#[test]
fn a_hot_state_of_before_there_were_versions_is_one_of_schema_1() {
    let plain = serde_json::to_vec(&v1::Hot { owner: "bo".into() }).unwrap();
    let hot: ic_stable_migration::Versioned<v4::Hot> = serde_json::from_slice(&plain).unwrap();
    assert_eq!(hot.owner.as_deref(), Some("bo"));
    assert_eq!(hot.report().steps.len(), 3);
}

#[derive(Clone, Debug)]
enum Action {
    Insert(u64),
    Read(u64),
    Remove(u64),
    Step(u64),
    Upgrade,
    Unsaved,
}

fn action() -> impl Strategy<Value = Action> {
    let key = || 0_u64..60;
    prop_oneof![
        3 => key().prop_map(Action::Insert),
        2 => key().prop_map(Action::Read),
        2 => key().prop_map(Action::Remove),
        4 => (1_u64..9).prop_map(Action::Step),
        1 => Just(Action::Upgrade),
        1 => Just(Action::Unsaved),
    ]
}

fn model_holds<const SHARES: bool>(actions: Vec<Action>) -> Result<(), TestCaseError> {
    let mut model: BTreeMap<u64, v4::Note> = (0..40)
        .map(|key| (key, note(&format!("note {key}"), 0)))
        .collect();
    let mut canister = moved::<SHARES>(40).upgraded::<Four<SHARES>>(Four::<SHARES>::plan());
    for action in actions {
        let notes = &mut canister.state.notes;
        match action {
            Action::Insert(key) => {
                let new = note("written since", key);
                let before = notes.insert(key, Record::new(new.clone()));
                prop_assert_eq!(before.map(Record::into_inner), model.insert(key, new));
            }
            Action::Read(key) => {
                let read = notes.update(&key, |note| {
                    note.readers += 1;
                    note.readers
                });
                let expected = model.get_mut(&key).map(|note| {
                    note.readers += 1;
                    note.readers
                });
                prop_assert_eq!(read, expected);
            }
            Action::Remove(key) => {
                let before = notes.remove(&key);
                prop_assert_eq!(before.map(Record::into_inner), model.remove(&key));
            }
            Action::Step(entries) => canister.step_of(entries),
            Action::Upgrade => canister.upgrade(),
            Action::Unsaved => canister.upgrade_unsaved(),
        }
        let all = canister
            .state
            .notes
            .iter()
            .map(|(key, note)| (key, note.into_inner()));
        prop_assert!(all.eq(model.clone()));
    }
    canister.finish();
    prop_assert!(canister.status().collections.iter().all(|of| of.audited));
    let after = canister.upgraded::<FourAlone<SHARES>>(FourAlone::<SHARES>::plan());
    let all = after
        .state
        .notes
        .iter()
        .map(|(key, note)| (key, note.into_inner().0));
    prop_assert!(all.eq(model));
    Ok(())
}

proptest! {
    #[test]
    fn whatever_is_done_while_values_are_rewritten_nothing_is_lost(
        shares: bool, actions in prop::collection::vec(action(), 0..40),
    ) {
        match shares {
            false => model_holds::<false>(actions)?,
            true => model_holds::<true>(actions)?,
        }
    }
}

#[test]
fn a_value_that_cannot_be_read_stops_the_rewriting_which_says_where_and_goes_on_when_told() {
    let mut canister = moved::<false>(300).upgraded::<Four<false>>(Four::<false>::plan());
    canister.step_of(5);
    // Each step that traps is tried again with half of the budget, down to one entry.
    let mut traps = 0;
    while canister.status().phase == Phase::Renewing {
        canister.step_failed("a record of 9 bytes cannot be read");
        traps += 1;
    }
    let status = canister.status();
    assert_eq!((status.phase, traps > 5), (Phase::Stuck, true));
    let stuck = status.stuck.unwrap();
    assert_eq!(
        (&stuck.collection[..], &stuck.key[..]),
        ("notes", &4_u64.to_be_bytes()[..])
    );
    assert!(stuck.reason.contains("cannot be read"));
    canister.unpause();
    assert_eq!(canister.status().phase, Phase::Renewing);
    canister.finish();
    assert_eq!(work_of(&canister.status()).4, 300);
}

#[test]
fn one_budget_is_enough_for_a_step_of_one_entry() {
    let mut canister = moved::<false>(3).upgraded::<Four<false>>(Four::<false>::plan());
    let budget = Budget {
        entries: 1,
        ..Budget::default()
    };
    for rewritten in 1..=3 {
        canister.step_within(budget);
        assert_eq!(work_of(&canister.status()).4, rewritten);
    }
}

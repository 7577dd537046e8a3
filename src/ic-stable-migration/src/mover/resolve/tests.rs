use ic_stable_structures::{StableBTreeMap, VectorMemory};

use crate::error::Error;
use crate::mover::testing::{Canister, Legacy, NOW, PLAN, State, legacy_memory, sample};
use crate::mover::{Phase, Resolution};

/// Ten texts, of which one is lost and one is forged behind the mover's back once they have moved; a caller has
/// removed one and written one. The audit has found out.
fn differing() -> Canister<VectorMemory> {
    let mut canister = Canister::start(legacy_memory(&sample(10)));
    canister.step(10);
    let memory = canister.mover.managed().memory(1).unwrap();
    let mut map = StableBTreeMap::<u64, String, _>::init(memory);
    map.remove(&0);
    map.insert(3, "forged".into());
    drop(map);
    let mut canister = canister.upgrade(false);
    canister.state.texts.remove(&6);
    canister.state.texts.insert(1_000, "written since".into());
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Differs);
    canister
}

fn key(key: u64) -> Vec<u8> {
    key.to_be_bytes().to_vec()
}

fn resolved(mut canister: Canister<VectorMemory>, resolution: Resolution) -> Legacy {
    let Canister { mover, state, .. } = &mut canister;
    mover.resolve(state, "texts", resolution).unwrap();
    canister.step(2);
    // In the middle of it, with pre_upgrade and without.
    let mut canister = canister.upgrade(false).upgrade(true);
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
    assert!(!canister.status().originals_kept);
    let content = canister.content();
    let canister = canister.upgrade(false);
    assert_eq!(canister.content(), content);
    content
}

#[test]
fn the_first_keys_that_differ_are_told_of_each_side() {
    let mut canister = differing();
    let Canister { mover, state, .. } = &mut canister;
    let keys = mover.differing_keys(state, "texts", 5).unwrap();
    assert_eq!(keys.only_before, [key(0)]);
    assert_eq!(keys.only_stable, [key(1_000)]);
    assert_eq!(keys.other_value, [key(3)]);
    let error = mover.differing_keys(state, "marks", 5).unwrap_err();
    assert!(error.to_string().contains("these differ: texts"), "{error}");
}

#[test]
fn upgrades_leave_both_sides_of_a_difference_as_they_are() {
    let mut canister = differing();
    for skip_pre_upgrade in [false, true, false] {
        canister.state.hot.counter += 1;
        let before = canister.content();
        let journaled = canister.status();
        canister = canister.upgrade(skip_pre_upgrade);
        if !skip_pre_upgrade {
            assert_eq!(canister.content(), before);
        }
        assert_eq!(canister.status().collections, journaled.collections);
        let Canister { mover, state, .. } = &mut canister;
        let keys = mover.differing_keys(state, "texts", 5).unwrap();
        assert_eq!(
            (keys.only_before, keys.other_value),
            (vec![key(0)], vec![key(3)])
        );
    }
}

#[test]
fn what_the_stable_map_holds_can_be_kept() {
    let canister = differing();
    let held = canister.content();
    assert_eq!(resolved(canister, Resolution::KeepStable), held);
}

#[test]
fn what_the_stable_map_lacks_can_be_moved_again() {
    let canister = differing();
    let mut expected = canister.content();
    expected.texts.insert(0, "text 0".into());
    assert_eq!(resolved(canister, Resolution::MoveMissing), expected);
}

#[test]
fn all_entries_of_before_can_be_moved_again() {
    let canister = differing();
    let mut expected = sample(10);
    expected.texts.remove(&6);
    assert_eq!(resolved(canister, Resolution::MoveAll), expected);
}

#[test]
fn a_map_is_not_emptied_where_there_is_nothing_to_fill_it_with() {
    let mut canister = Canister::start(legacy_memory(&Legacy::default()));
    canister.state.marks.insert(1, 1);
    canister.state.marks.insert(2, 2);
    let memory = canister.mover.managed().memory(2).unwrap();
    StableBTreeMap::<u64, u64, _>::init(memory).insert(2, 7);
    let mut canister = canister.upgrade(false);
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Differs);
    let Canister { mover, state, .. } = &mut canister;
    let refused = mover.resolve(state, "marks", Resolution::MoveAll);
    assert_eq!(refused, Err(Error::OriginalsGone));
    assert_eq!(canister.state.marks.len(), 2);
    assert_eq!(canister.status().phase, Phase::Differs);
}

#[test]
fn a_repair_and_another_audit_end_a_difference() {
    let canister = differing();
    let memory = canister.mover.managed().memory(1).unwrap();
    let mut map = StableBTreeMap::<u64, String, _>::init(memory);
    map.insert(0, "text 0".into());
    map.insert(3, "text 1".into());
    drop(map);
    let mut canister = canister.upgrade(false);
    canister.mover.verify(&mut canister.state).unwrap();
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
}

#[test]
fn a_month_after_the_move_the_audit_finds_what_was_lost_since() {
    let mut canister = Canister::start(legacy_memory(&sample(50)));
    canister.finish();
    canister.state.texts.insert(9, "changed since".into());
    canister.state.texts.remove(&12);
    let mut canister = canister.upgrade(false);
    for _ in 0..2 {
        canister.mover.verify(&mut canister.state).unwrap();
        canister.step(5);
        // Callers go on before and behind the audit, and so do upgrades.
        canister.state.texts.insert(0, "behind".into());
        canister.state.texts.insert(140, "before".into());
        canister = canister.upgrade(false);
        canister.finish();
        assert_eq!(canister.status().phase, Phase::Done);
        assert_eq!(canister.status().verified, Some(NOW + 1));
    }
    let memory = canister.mover.managed().memory(1).unwrap();
    StableBTreeMap::<u64, String, _>::init(memory).remove(&15);
    let error = PLAN
        .resume_tiered::<State<_>, _>(canister.memory.clone(), NOW)
        .err();
    assert!(
        matches!(error, Some(Error::Ownership(_))),
        "an upgrade sees that the map is shorter: {error:?}"
    );
    let memory = canister.mover.managed().memory(1).unwrap();
    StableBTreeMap::<u64, String, _>::init(memory).insert(15, "forged".into());
    let mut canister = canister.upgrade(false);
    canister.mover.verify(&mut canister.state).unwrap();
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Differs);
    let Canister { mover, state, .. } = &mut canister;
    assert_eq!(
        mover.resolve(state, "texts", Resolution::MoveMissing),
        Err(Error::OriginalsGone)
    );
    mover
        .resolve(state, "texts", Resolution::KeepStable)
        .unwrap();
    canister.finish();
    assert_eq!(canister.status().phase, Phase::Done);
}

#[test]
fn without_a_difference_there_is_nothing_to_resolve() {
    let mut canister = Canister::start(legacy_memory(&sample(5)));
    let Canister { mover, state, .. } = &mut canister;
    let error = mover
        .resolve(state, "texts", Resolution::KeepStable)
        .unwrap_err();
    assert!(error.to_string().contains("none differs"), "{error}");
}

#[test]
fn what_an_audit_journaled_of_the_hot_state_outlives_two_upgrades_without_pre_upgrade() {
    let mut canister = Canister::start(legacy_memory(&sample(20)));
    canister.finish();
    let mut canister = canister.upgrade(false);
    canister.mover.verify(&mut canister.state).unwrap();
    canister.state.hot.counter = 99;
    canister.step(1);
    for _ in 0..3 {
        canister = canister.upgrade(true);
        assert_eq!(canister.state.hot.counter, 99);
    }
}

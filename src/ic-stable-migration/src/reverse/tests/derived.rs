//! A collection that is made of others, which a later release has: it goes without a promise, a memory that has none gets none,
//! and one that has it finds it right where that release is installed again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::*;
use crate::mover::{Hindrance, Job, Phase, Tier, Tiered, Work, Worked};
use crate::tiered::TieredMap;
use crate::transfer::MoveBudget;

/// A legacy value: texts by number.
type Texts = BTreeMap<u64, String>;

/// The state of release 2; of release 3 with the lengths of the texts, those of before noted by a job.
#[derive(Default, Serialize, Deserialize)]
#[serde(bound = "")]
struct Measured<const WITH_LENGTHS: bool> {
    texts: TieredMap<u64, String, VectorMemory>,
    #[serde(default)]
    lengths: TieredMap<u64, u64, VectorMemory>,
}

impl<const WITH: bool> From<Texts> for Measured<WITH> {
    fn from(texts: Texts) -> Self {
        Self {
            texts: texts.into_iter().collect(),
            lengths: TieredMap::default(),
        }
    }
}

impl<const WITH: bool> Tiered<VectorMemory> for Measured<WITH> {
    type Hot = ();

    fn hot(&self) -> &() {
        &()
    }

    fn set_hot(&mut self, _: ()) {}

    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        let (lengths, texts) = (&mut self.lengths, &mut self.texts);
        let mut tiers = vec![Tier::new("texts", 1, texts.sharing(SHARED))];
        if WITH {
            // In front, so that no place among the others stands for a collection.
            tiers.insert(0, Tier::new("lengths", 2, lengths.sharing(SHARED)));
        }
        tiers
    }

    fn jobs(&mut self) -> Vec<Job<'_>> {
        match WITH {
            true => vec![Job::new("lengths of the texts of before", OfBefore(self))],
            false => Vec::new(),
        }
    }
}

const SHARED: u8 = 9;

struct OfBefore<'a, const WITH: bool>(&'a mut Measured<WITH>);

impl<const WITH: bool> Work for OfBefore<'_, WITH> {
    fn work(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Worked, String> {
        let after = after.map(|key| u64::from_be_bytes(key.try_into().unwrap()));
        let page = self.0.texts.page(after.as_ref(), limit);
        for (key, text) in &page {
            self.0.lengths.insert(*key, text.len() as u64);
        }
        let last = page.get(limit - 1);
        Ok(Worked {
            entries: page.len() as u64,
            changed: page.len() as u64,
            at: last.map(|(key, _)| key.to_be_bytes().to_vec()),
        })
    }
}

impl<const WITH: bool> ToLegacy for Measured<WITH> {
    type Legacy<'a> = Texts;

    fn to_legacy(&self) -> Texts {
        self.texts.iter().collect()
    }

    fn lost(&self) -> Vec<Lost> {
        vec![Lost::new("lengths", self.lengths.len())]
    }
}

type Canister<const WITH: bool> = Store<Measured<WITH>, VectorMemory>;

const TWO: Plan<Texts, MessagePack> = Plan::new(2);
const THREE: Plan<Texts, MessagePack> = Plan::new(3);
const HOME: Reverse<Texts, MessagePack> =
    Plan::new(3).reverse(Target::Offset0).derived(&["lengths"]);

fn texts(count: u64) -> Texts {
    (0..count)
        .map(|key| (key, "x".repeat(key as usize % 7)))
        .collect()
}

fn memory_with(texts: &Texts) -> VectorMemory {
    memory_of(&rmp_serde::to_vec_named(texts).unwrap())
}

/// A call of a release that has the lengths.
fn write_both(state: &mut Measured<true>, key: u64, text: &str) {
    state.texts.insert(key, text.into());
    state.lengths.insert(key, text.len() as u64);
}

fn steps_of<const WITH: bool>(store: &mut Canister<WITH>, entries: u64) -> Phase {
    let (mover, state) = store.mover().unwrap().unwrap();
    let few = Budget {
        entries,
        ..Budget::default()
    };
    mover.step_within(state, few, &|| 0, NOW + 1).unwrap();
    mover.status(state).phase
}

fn finish<const WITH: bool>(store: &mut Canister<WITH>) {
    while steps_of(store, 1_000) != Phase::Done {}
    let (mover, state) = store.mover().unwrap().unwrap();
    mover.verify(state).unwrap();
    while steps_of(store, 1_000) != Phase::Done {}
}

fn back(memory: &VectorMemory) -> Canister<true> {
    Store::resume_as_found(&HOME, memory.clone(), NOW)
        .unwrap()
        .0
}

fn goes_back(mut store: Canister<true>, memory: &VectorMemory, expected: &Texts) {
    store.save_legacy(&HOME, memory.clone()).unwrap();
    let value = rmp_serde::to_vec_named(expected).unwrap();
    let bytes = bytes_of(memory);
    assert!(bytes.starts_with(&value));
    assert!(bytes[value.len()..].iter().all(|&byte| byte == 0));
}

/// Release 3 on whatever is there: finished, it has the length of every text and of nothing else.
fn measures(memory: &VectorMemory, expected: &Texts) {
    let (mut store, _) = Canister::<true>::resume(&THREE, memory.clone(), NOW).unwrap();
    finish(&mut store);
    let state = store.state().unwrap();
    assert!(state.texts.iter().eq(expected.clone()));
    let lengths = expected.iter().map(|(key, text)| (*key, text.len() as u64));
    assert!(state.lengths.iter().eq(lengths));
}

#[test]
fn a_memory_that_has_none_gets_none_and_stays_one_of_the_release_before() {
    for plan in [TWO, TWO.move_budget(MoveBudget::STEPS_ONLY)] {
        let mut expected = texts(50);
        let memory = memory_with(&expected);
        let (mut store, _) = Canister::<false>::resume(&plan, memory.clone(), NOW).unwrap();
        steps_of(&mut store, 9);
        store.save(&plan, NOW).unwrap();
        let before = bytes_of(&memory);

        let mut there = back(&memory);
        assert_eq!(bytes_of(&memory), before);
        assert_eq!(there.mover().unwrap().unwrap().0.registry().0.len(), 1);
        write_both(there.state().unwrap(), 7, "written since");
        expected.insert(7, "written since".into());
        assert_eq!(there.state().unwrap().lengths.len(), 1, "it is on the heap");

        // Its pre_upgrade does not run: release 2 finds a memory of its own.
        let (mut two, _) = Canister::<false>::resume(&plan, memory.clone(), NOW).unwrap();
        finish(&mut two);
        assert!(two.state().unwrap().texts.iter().eq(expected.clone()));
        two.save(&plan, NOW).unwrap();

        goes_back(back(&memory), &memory, &expected);
        measures(&memory, &expected);
    }
}

#[test]
fn one_that_is_half_filled_is_dropped_without_a_promise_or_filled_to_its_end() {
    for (moves_at_once, parts) in [(true, 0), (true, 2), (true, 9), (false, 0), (false, 2)] {
        let plan = if moves_at_once {
            THREE
        } else {
            THREE.move_budget(MoveBudget::STEPS_ONLY)
        };
        for saved in [false, true] {
            let mut expected = texts(50);
            let memory = memory_with(&expected);
            let (mut store, _) = Canister::<true>::resume(&plan, memory.clone(), NOW).unwrap();
            let mut phase = Phase::Moving;
            for _ in 0..parts {
                phase = steps_of(&mut store, 7);
            }
            write_both(store.state().unwrap(), 3, "before");
            expected.insert(3, "before".into());
            store.save(&plan, NOW).unwrap();

            let mut there = back(&memory);
            let (mover, state) = there.mover().unwrap().unwrap();
            let status = mover.status(state);
            assert_eq!(status.paused, status.phase != Phase::Done, "{phase:?}");
            let rests = status.paused.then_some(Hindrance::GoesBack);
            assert_eq!(mover.pace(state, NOW).hindrance, rests);
            let at = status.phase;
            assert_eq!(steps_of(&mut there, 7), at, "it rests");
            for key in [3, 4, 70] {
                write_both(there.state().unwrap(), key, "written since");
                expected.insert(key, "written since".into());
            }
            if saved {
                goes_back(there, &memory, &expected);
            }
            measures(&memory, &expected);
        }
    }
}

#[test]
fn a_value_that_never_left_its_place_is_written_without_it() {
    let mut expected = texts(5);
    let memory = memory_with(&expected);
    let mut there = back(&memory);
    write_both(there.state().unwrap(), 70, "written since");
    expected.insert(70, "written since".into());
    goes_back(there, &memory, &expected);
}

#[test]
fn one_that_is_not_said_to_be_derived_needs_a_promise() {
    const SILENT: Reverse<Texts, MessagePack> = Plan::new(3).reverse(Target::Offset0);
    let memory = memory_with(&texts(5));
    let (mut store, _) = Canister::<true>::resume(&THREE, memory.clone(), NOW).unwrap();
    finish(&mut store);
    store.save(&THREE, NOW).unwrap();
    let refused = Canister::<true>::resume_as_found(&SILENT, memory, NOW);
    let error = refused.map(drop).unwrap_err();
    assert_eq!(error.code(), "E901");
}

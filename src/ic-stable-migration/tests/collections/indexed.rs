//! A map with an index: from one value to stable maps, and what is done to it on the way.

use std::collections::{BTreeMap, BTreeSet};

use ic_stable_migration::{Changes, IndexBy, IndexedMap, Job, MoveBudget, Tier, Tiered, TieredMap};
use ic_stable_structures::VectorMemory;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::moving::{Moving, budget};

type Legacy = BTreeMap<u64, String>;

/// Every letter of a text, once.
struct ByLetter;

impl IndexBy<u64, String> for ByLetter {
    type By = String;

    fn of(_: &u64, text: &String) -> impl IntoIterator<Item = String> {
        let letters: BTreeSet<char> = text.chars().collect();
        letters.into_iter().map(String::from)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    texts: IndexedMap<u64, String, ByLetter, VectorMemory>,
}

impl From<Legacy> for State {
    fn from(legacy: Legacy) -> Self {
        Self {
            texts: legacy.into_iter().collect(),
        }
    }
}

impl Tiered<VectorMemory> for State {
    type Hot = ();

    fn hot(&self) -> &() {
        &()
    }

    fn set_hot(&mut self, (): ()) {}

    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        self.texts.tiers(("texts", 1), ("by letter", 2)).into()
    }

    fn jobs(&mut self) -> Vec<Job<'_>> {
        vec![Job::new("index", &mut self.texts)]
    }
}

#[derive(Clone, Debug)]
enum Action {
    Insert(u64, String),
    Remove(u64),
    Append(u64, char),
    Rebuild(usize),
    Step,
    Upgrade,
}

fn action() -> impl Strategy<Value = Action> {
    let key = || 0u64..20;
    prop_oneof![
        4 => (key(), "[a-e]{0,4}").prop_map(|(key, text)| Action::Insert(key, text)),
        2 => key().prop_map(Action::Remove),
        2 => (key(), prop::char::range('a', 'e')).prop_map(|(key, letter)| Action::Append(key, letter)),
        1 => (1usize..9).prop_map(Action::Rebuild),
        3 => Just(Action::Step),
        1 => Just(Action::Upgrade),
    ]
}

/// The canister, and what it has to be.
struct Run {
    canister: Moving<State, Legacy>,
    texts: Legacy,
}

impl Run {
    fn act(&mut self, action: Action) {
        let texts = &mut self.canister.state.texts;
        match action {
            Action::Insert(key, text) => {
                assert_eq!(
                    texts.insert(key, text.clone()),
                    self.texts.insert(key, text)
                );
            }
            Action::Remove(key) => assert_eq!(texts.remove(&key), self.texts.remove(&key)),
            Action::Append(key, letter) => {
                let changed = texts.update(&key, |text| text.push(letter));
                let expected = self.texts.get_mut(&key).map(|text| text.push(letter));
                assert_eq!(changed, expected);
            }
            Action::Rebuild(page) => {
                texts.clear_index();
                let mut after = texts.build_index(None, page);
                while let Some(last) = after {
                    after = texts.build_index(Some(&last), page);
                }
            }
            Action::Step => self.canister.step(),
            Action::Upgrade => self.canister.upgrade(),
        }
    }

    fn check(&self) {
        let texts = &self.canister.state.texts;
        assert!(texts.map().iter().eq(self.texts.clone()));
        let found = self.texts.iter().flat_map(|(key, text)| {
            let letters = ByLetter::of(key, text);
            letters.into_iter().map(|letter| (letter, *key))
        });
        let found: BTreeSet<(String, u64)> = found.collect();
        assert!(texts.index().eq(found.iter().cloned()));
        let with_b = found.iter().filter(|(letter, _)| letter == "b");
        let with_b = with_b.map(|(_, key)| (*key, self.texts[key].clone()));
        assert!(texts.entries_by(&"b".to_owned()).eq(with_b));
        let mut after = texts.verify(None, 3);
        while let Ok(Some(last)) = after {
            after = texts.verify(Some(&last), 3);
        }
        assert_eq!(after, Ok(None));
    }
}

proptest! {
    #[test]
    fn the_index_says_what_the_entries_say(
        legacy in prop::collection::btree_map(0u64..20, "[a-e]{0,4}", 0..12),
        budget in budget(),
        actions in prop::collection::vec(action(), 0..40),
    ) {
        let canister = Moving::start(&legacy, budget);
        let mut run = Run { canister, texts: legacy };
        run.check();
        for action in actions {
            run.act(action);
            run.check();
        }
        run.canister.finish();
        run.canister.upgrade();
        run.check();
    }
}

#[test]
fn an_entry_that_the_index_does_not_know_is_found() {
    let mut state = State::from(Legacy::from([(1, "ab".into()), (2, "b".into())]));
    state.texts.clear_index();
    assert_eq!(state.texts.verify(None, 10), Err(1));
    assert_eq!(state.texts.build_index(None, 1), Some(1));
    assert_eq!(state.texts.verify(None, 10), Err(2));
    assert_eq!(state.texts.build_index(Some(&1), 1), Some(2));
    assert_eq!(state.texts.build_index(Some(&2), 1), None);
    assert_eq!(state.texts.verify(None, 10), Ok(None));
}

/// The release before: the same texts, and no index.
#[derive(Default, Serialize, Deserialize)]
struct Plain {
    texts: TieredMap<u64, String, VectorMemory>,
}

impl From<Legacy> for Plain {
    fn from(legacy: Legacy) -> Self {
        Self {
            texts: legacy.into_iter().collect(),
        }
    }
}

impl Tiered<VectorMemory> for Plain {
    type Hot = ();

    fn hot(&self) -> &() {
        &()
    }

    fn set_hot(&mut self, (): ()) {}

    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![Tier::new("texts", 1, &mut self.texts)]
    }

    /// Of the release after: the one before has not had it.
    fn changes() -> Changes {
        Changes::new().retired(&["by letter"])
    }
}

#[test]
fn a_later_release_gives_a_map_an_index_and_another_takes_it_away() {
    let legacy: Legacy = (0..300).map(|key| (key, format!("{key:x}"))).collect();
    for budget in [MoveBudget::DEFAULT, MoveBudget::STEPS_ONLY] {
        let mut before: Moving<Plain, Legacy> = Moving::start(&legacy, budget);
        before.step();
        before.upgrade();
        let mut indexed: Moving<State, Legacy> = before.replaced_by(3);
        assert_eq!(indexed.state.texts.verify(None, 1_000), Err(0));
        indexed.step_of(7);
        indexed.upgrade();
        let work = &indexed.status().work[0];
        assert_eq!(
            (&work.name[..], work.job, work.entries),
            ("index", Some(1), 7)
        );
        indexed.finish();
        indexed.upgrade();
        let work = &indexed.status().work[0];
        assert_eq!((work.entries, work.finished.is_some()), (300, true));
        let texts = &indexed.state.texts;
        assert_eq!(texts.verify(None, 1_000), Ok(None));
        assert!(texts.map().iter().eq(legacy.clone()));
        assert_eq!(texts.keys_by(&"f".to_owned()).next(), Some(15));
        let after: Moving<Plain, Legacy> = indexed.replaced_by(4);
        assert!(after.state.texts.iter().eq(legacy.clone()));
    }
}

//! A canister with a set and a list: from one value to stable maps, and what is done to it on the way.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ic_stable_migration::{Changes, MoveBudget, Tier, Tiered, TieredList, TieredSet};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{StableBTreeSet, VectorMemory};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::moving::{Moving, budget};

/// What it kept as one value: a hash set has no order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Legacy {
    tags: HashSet<u64>,
    events: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    tags: TieredSet<u64, VectorMemory>,
    events: TieredList<String, VectorMemory>,
}

impl From<Legacy> for State {
    fn from(legacy: Legacy) -> Self {
        Self {
            tags: legacy.tags.into_iter().collect(),
            events: legacy.events.into_iter().collect(),
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
        vec![
            Tier::new("tags", 1, self.tags.tier()),
            Tier::new("events", 2, self.events.tier()),
        ]
    }

    fn changes() -> Changes {
        Changes::new()
    }
}

#[derive(Clone, Debug)]
enum Action {
    Tag(u64),
    Untag(u64),
    UntagBetween(u64, u64),
    KeepMultiples(u64),
    Push(String),
    Pop,
    PopFront,
    Set(u64, String),
    Clear,
    Step,
    Upgrade,
}

fn action() -> impl Strategy<Value = Action> {
    let tag = || 0u64..50;
    prop_oneof![
        4 => tag().prop_map(Action::Tag),
        3 => tag().prop_map(Action::Untag),
        1 => (tag(), tag()).prop_map(|(from, to)| Action::UntagBetween(from, to)),
        1 => (1u64..4).prop_map(Action::KeepMultiples),
        4 => "[a-z]{0,9}".prop_map(Action::Push),
        1 => Just(Action::Pop),
        2 => Just(Action::PopFront),
        2 => (tag(), "[a-z]{0,9}").prop_map(|(place, text)| Action::Set(place, text)),
        1 => Just(Action::Clear),
        4 => Just(Action::Step),
        1 => Just(Action::Upgrade),
    ]
}

/// The canister, and what it has to be.
struct Run {
    canister: Moving<State, Legacy>,
    tags: BTreeSet<u64>,
    events: BTreeMap<u64, String>,
}

impl Run {
    fn start(legacy: &Legacy, budget: MoveBudget) -> Self {
        Self {
            canister: Moving::start(legacy, budget),
            tags: legacy.tags.iter().copied().collect(),
            events: (0..).zip(legacy.events.iter().cloned()).collect(),
        }
    }

    fn act(&mut self, action: Action) {
        let State { tags, events } = &mut self.canister.state;
        match action {
            Action::Tag(tag) => assert_eq!(tags.insert(tag), self.tags.insert(tag)),
            Action::Untag(tag) => assert_eq!(tags.remove(&tag), self.tags.remove(&tag)),
            Action::UntagBetween(from, to) => {
                let gone = self.tags.extract_if(.., |tag| (from..to).contains(tag));
                assert_eq!(tags.remove_range(from..to), gone.count() as u64);
            }
            Action::KeepMultiples(of) => {
                let gone = self.tags.extract_if(.., |tag| *tag % of != 0);
                let gone = gone.count() as u64;
                assert_eq!(tags.retain(|tag| tag % of == 0), gone);
            }
            Action::Push(text) => {
                let place = self.events.keys().next_back().map_or(0, |last| last + 1);
                assert_eq!(events.push(text.clone()), place);
                self.events.insert(place, text);
            }
            Action::Pop => assert_eq!(events.pop(), self.events.pop_last().map(|(_, v)| v)),
            Action::PopFront => {
                let first = self.events.pop_first().map(|(_, v)| v);
                assert_eq!(events.pop_front(), first);
            }
            Action::Set(place, text) => {
                let slot = self.events.get_mut(&place);
                let old = slot.map(|slot| std::mem::replace(slot, text.clone()));
                assert_eq!(events.set(place, text), old);
            }
            Action::Clear => {
                assert_eq!(events.clear(), self.events.len() as u64);
                self.events.clear();
            }
            Action::Step => self.canister.step(),
            Action::Upgrade => self.canister.upgrade(),
        }
    }

    fn check(&self) {
        let State { tags, events } = &self.canister.state;
        assert!(tags.iter().eq(self.tags.iter().copied()));
        assert_eq!(tags.len(), self.tags.len() as u64);
        assert_eq!(tags.contains(&7), self.tags.contains(&7));
        let between = self.tags.range(10..20).copied();
        assert!(tags.range(10..20).eq(between));
        let all = self
            .events
            .iter()
            .map(|(place, text)| (*place, text.clone()));
        assert!(events.iter().eq(all.clone()));
        assert_eq!(events.len(), self.events.len() as u64);
        assert_eq!(events.get(3), self.events.get(&3).cloned());
        let page: Vec<_> = all.filter(|(place, _)| *place >= 2).take(4).collect();
        assert_eq!(events.page(2, 4), page);
    }
}

proptest! {
    #[test]
    fn sets_and_lists_are_what_they_would_be_on_the_heap(
        tags in prop::collection::hash_set(0u64..50, 0..30),
        events in prop::collection::vec("[a-z]{0,9}", 0..30),
        budget in budget(),
        actions in prop::collection::vec(action(), 0..60),
    ) {
        let mut run = Run::start(&Legacy { tags, events }, budget);
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
fn a_set_that_has_moved_is_a_stable_btree_set() {
    let tags = HashSet::from_iter((0..5_000).map(|tag| tag * 3));
    let run = Run::start(
        &Legacy {
            tags,
            events: Vec::new(),
        },
        MoveBudget::DEFAULT,
    );
    let manager = MemoryManager::init(run.canister.memory);
    let set: StableBTreeSet<u64, _> = StableBTreeSet::init(manager.get(MemoryId::new(1)));
    assert!(set.iter().eq((0..5_000).map(|tag| tag * 3)));
}

//! A map in stable memory gets another type of key and value: release 2 has the old, release 3 both, release 4 the new.

use std::collections::BTreeMap;

use ic_stable_migration::{
    Changes, Job, MoveBudget, Phase, Reshape, ReshapedMap, Tier, Tiered, TieredMap,
};
use ic_stable_structures::VectorMemory;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::moving::{Moving, budget};

type Entries = BTreeMap<u32, String>;

/// Keys get a second part, and values what was counted again and again.
struct Counted;

impl Reshape for Counted {
    type OldKey = u32;
    type OldValue = String;
    type Key = u64;
    type Value = Vec<u8>;

    fn reshape(key: u32, text: String) -> (u64, Vec<u8>) {
        let mut value = vec![text.len() as u8];
        value.extend(text.bytes());
        (u64::from(key) * 10, value)
    }

    fn old_key(key: &u64) -> Option<u32> {
        key.is_multiple_of(10)
            .then(|| u32::try_from(key / 10).ok())?
    }
}

/// The states of the three releases, which differ in the collection alone.
macro_rules! state {
    ($name:ident, $texts:ty, |$state:ident| $collections:expr, $changes:expr, |$of:ident| $jobs:expr) => {
        #[derive(Default, Serialize, Deserialize)]
        struct $name {
            texts: $texts,
        }

        impl Tiered<VectorMemory> for $name {
            type Hot = ();

            fn hot(&self) -> &() {
                &()
            }

            fn set_hot(&mut self, (): ()) {}

            fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
                let $state = self;
                $collections
            }

            fn changes() -> Changes {
                $changes
            }

            fn jobs(&mut self) -> Vec<Job<'_>> {
                let $of = self;
                $jobs
            }
        }
    };
}

impl From<Entries> for Before {
    fn from(entries: Entries) -> Self {
        Self {
            texts: entries.into_iter().collect(),
        }
    }
}

/// What is no longer found there.
macro_rules! never_legacy {
    ($($name:ident)*) => {$(
        impl From<Entries> for $name {
            fn from(_: Entries) -> Self {
                panic!("the legacy value is gone by then")
            }
        }
    )*};
}

never_legacy!(Between After);

state!(
    Before,
    TieredMap<u32, String, VectorMemory>,
    |state| vec![Tier::new("texts", 1, &mut state.texts)],
    Changes::new(),
    |_state| Vec::new()
);
state!(
    Between,
    ReshapedMap<Counted, VectorMemory>,
    |state| state.texts.tiers(("texts", 1), ("counted", 2)).into(),
    Changes::new(),
    |state| vec![Job::new("counted", &mut state.texts)]
);
state!(
    After,
    TieredMap<u64, Vec<u8>, VectorMemory>,
    |state| vec![Tier::new("counted", 2, &mut state.texts)],
    Changes::new().retired(&["texts"]),
    |_state| Vec::new()
);

#[derive(Clone, Debug)]
enum Action {
    Insert(u64, Vec<u8>),
    Remove(u64),
    Append(u64, u8),
    Step(usize),
    MoverStep,
    Upgrade,
}

fn action() -> impl Strategy<Value = Action> {
    // Those that an old key leads to, and others.
    let key = || (0u64..40).prop_map(|key| key * 5);
    let value = prop::collection::vec(any::<u8>(), 0..4);
    prop_oneof![
        3 => (key(), value).prop_map(|(key, value)| Action::Insert(key, value)),
        2 => key().prop_map(Action::Remove),
        2 => (key(), any::<u8>()).prop_map(|(key, byte)| Action::Append(key, byte)),
        3 => (0usize..4).prop_map(Action::Step),
        1 => Just(Action::MoverStep),
        1 => Just(Action::Upgrade),
    ]
}

proptest! {
    #[test]
    fn it_reads_as_one_map_of_the_new_shape_from_the_first_message_on(
        entries in prop::collection::btree_map(0u32..20, "[a-z]{0,5}", 0..20),
        budget in budget(),
        actions in prop::collection::vec(action(), 0..40),
    ) {
        let mut before: Moving<Before, _> = Moving::start(&entries, budget);
        before.step();
        let mut canister: Moving<Between, _> = before.replaced_by(3);
        let mut model: BTreeMap<u64, Vec<u8>> =
            entries.into_iter().map(|(key, text)| Counted::reshape(key, text)).collect();
        for action in actions {
            let texts = &mut canister.state.texts;
            match action {
                Action::Insert(key, value) => {
                    prop_assert_eq!(texts.insert(key, value.clone()), model.insert(key, value));
                }
                Action::Remove(key) => prop_assert_eq!(texts.remove(&key), model.remove(&key)),
                Action::Append(key, byte) => {
                    let changed = texts.update(&key, |value| value.push(byte));
                    prop_assert_eq!(changed, model.get_mut(&key).map(|value| value.push(byte)));
                }
                Action::Step(limit) => prop_assert!(texts.step(limit).unwrap() <= limit as u64),
                Action::MoverStep => canister.step(),
                Action::Upgrade => canister.upgrade(),
            }
            let texts = &canister.state.texts;
            prop_assert!(texts.iter().eq(model.clone()));
            prop_assert!(texts.iter().rev().eq(model.clone().into_iter().rev()));
            prop_assert_eq!(texts.len(), model.len() as u64);
            prop_assert_eq!(texts.is_empty(), model.is_empty());
            for key in [0, 50, 55] {
                prop_assert_eq!(texts.get(&key), model.get(&key).cloned());
                prop_assert_eq!(texts.contains_key(&key), model.contains_key(&key));
            }
        }
        canister.finish();
        prop_assert!(canister.state.texts.is_done());
        let mut after: Moving<After, _> = canister.replaced_by(4);
        prop_assert!(after.state.texts.iter().eq(model.clone()));
        after.upgrade();
        prop_assert!(after.state.texts.iter().eq(model));
    }
}

/// Two keys become one.
struct Halved;

impl Reshape for Halved {
    type OldKey = u32;
    type OldValue = u32;
    type Key = u64;
    type Value = u32;

    fn reshape(key: u32, value: u32) -> (u64, u32) {
        (u64::from(key / 2), value)
    }

    fn old_key(key: &u64) -> Option<u32> {
        u32::try_from(key * 2).ok()
    }
}

state!(
    BeforeHalved,
    TieredMap<u32, u32, VectorMemory>,
    |state| vec![Tier::new("texts", 1, &mut state.texts)],
    Changes::new(),
    |_state| Vec::new()
);
state!(
    WhileHalved,
    ReshapedMap<Halved, VectorMemory>,
    |state| state.texts.tiers(("texts", 1), ("halved", 2)).into(),
    Changes::new(),
    |state| vec![Job::new("halved", &mut state.texts)]
);

impl From<BTreeMap<u32, u32>> for BeforeHalved {
    fn from(entries: BTreeMap<u32, u32>) -> Self {
        Self {
            texts: entries.into_iter().collect(),
        }
    }
}

impl From<BTreeMap<u32, u32>> for WhileHalved {
    fn from(_: BTreeMap<u32, u32>) -> Self {
        panic!("the legacy value is gone by then")
    }
}

#[test]
fn a_job_that_cannot_go_on_is_stuck_says_at_which_key_and_the_map_reads_as_before() {
    let entries: BTreeMap<u32, u32> = (0..4).map(|key| (key, key)).collect();
    let mut before: Moving<BeforeHalved, _> = Moving::start(&entries, MoveBudget::DEFAULT);
    before.step();
    let mut canister: Moving<WhileHalved, _> = before.replaced_by(3);
    for _ in 0..2 {
        assert_eq!(canister.status().phase, Phase::Renewing);
        canister.step();
        let stuck = canister.status().stuck.unwrap();
        assert_eq!(stuck.collection, "halved");
        let reason = stuck.reason;
        assert!(
            reason.contains("the old key 00 00 00 01 does not lead back"),
            "{reason}"
        );
        assert_eq!(canister.state.texts.len(), 4);
        // An upgrade tries again.
        canister.upgrade();
    }
}

#[test]
fn an_entry_that_would_be_lost_stays_where_it_is() {
    let before: TieredMap<u32, u32, VectorMemory> = (0..4).map(|key| (key, key)).collect();
    let mut map: ReshapedMap<Halved, VectorMemory> = before.into();
    assert_eq!(map.step(10), Err(1));
    assert_eq!(map.step(10), Err(1));
    assert_eq!(map.len(), 4);
}

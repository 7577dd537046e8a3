//! Values whose entries go into the maps while they are decoded.

use std::collections::BTreeMap;

use ic_stable_structures::{Memory, VectorMemory};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::large;
use crate::codec::MessagePack;
use crate::error::Error;
use crate::legacy::{Each, EachOf, Elements, Entries};
use crate::manager::BucketTable;
use crate::mover::testing::*;
use crate::mover::{FromEntries, Phase};
use crate::plan::Plan;
use crate::registry::OwnershipError;
use crate::test_memory::{bytes_of, memory_of};
use crate::transfer::MoveBudget;

/// [`Legacy`] whose texts and marks are taken while they are decoded. The marks were a list of keys.
#[derive(serde::Deserialize)]
struct Streamed<const D: u8> {
    counter: u64,
    texts: Each<Texts<D>>,
    marks: EachOf<Marks<D>>,
}

struct Texts<const D: u8>;

impl<const D: u8> Entries for Texts<D> {
    type Key = u64;
    type Value = String;
    type State = State<VectorMemory, D>;

    fn take(key: u64, text: String, state: &mut Self::State) {
        state.texts.insert(key, text);
    }
}

struct Marks<const D: u8>;

impl<const D: u8> Elements for Marks<D> {
    type Element = u64;
    type State = State<VectorMemory, D>;

    fn take(key: u64, state: &mut Self::State) {
        state.marks.insert(key, key + 1);
    }
}

impl<const D: u8> FromEntries<Streamed<D>> for State<VectorMemory, D> {
    fn take_rest(&mut self, legacy: Streamed<D>) {
        self.hot.counter = legacy.counter;
        for (key, text) in legacy.texts {
            Texts::take(key, text, self);
        }
        for key in legacy.marks {
            Marks::take(key, self);
        }
    }
}

impl<const D: u8> From<Streamed<D>> for State<VectorMemory, D> {
    fn from(legacy: Streamed<D>) -> Self {
        let mut state = Self::default();
        state.take_rest(legacy);
        state
    }
}

/// The value that a canister whose maps have no order leaves.
fn unordered(texts: &[(u64, String)], marks: &[u64]) -> VectorMemory {
    struct Map<'a>(&'a [(u64, String)]);
    impl Serialize for Map<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.0.len()))?;
            for (key, value) in self.0 {
                map.serialize_entry(key, value)?;
            }
            map.end()
        }
    }
    #[derive(serde::Serialize)]
    struct Value<'a> {
        counter: u64,
        texts: Map<'a>,
        marks: &'a [u64],
    }
    let value = Value {
        counter: 7,
        texts: Map(texts),
        marks,
    };
    memory_of(&rmp_serde::to_vec_named(&value).unwrap())
}

const fn plan<const D: u8>() -> Plan<Streamed<D>, MessagePack> {
    Plan::new(2).ceiling(2 << 30)
}

fn streamed<const D: u8>(
    plan: &Plan<Streamed<D>, MessagePack>,
    memory: VectorMemory,
    legacy: &Legacy,
) {
    let resumed = plan.resume_streamed::<State<VectorMemory, D>, _>(memory.clone(), NOW);
    let (mut state, mut mover, _) = resumed.unwrap();
    while mover.has_work() {
        mover.step(&mut state, &|| 0, NOW).unwrap();
    }
    let texts: BTreeMap<_, _> = state.texts.iter().collect();
    let marks: BTreeMap<_, _> = state.marks.iter().collect();
    assert!(texts == legacy.texts && marks == legacy.marks);
    assert_eq!(state.hot.counter, legacy.counter);
    let status = mover.status(&mut state);
    assert_eq!(status.phase, Phase::Done);
    let left: u64 = status.collections.iter().map(|at| at.left).sum();
    assert_eq!(left, 0);
    let again = plan.resume_streamed::<State<VectorMemory, D>, _>(memory, NOW);
    let (state, ..) = again.unwrap();
    assert_eq!(state.texts.len(), legacy.texts.len() as u64);
}

/// As from a hash map.
fn hashed(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Texts and marks, as they come.
type AsTheyCome = (Vec<(u64, String)>, Vec<u64>);

/// The same entries in every order that a canister may have left them in.
fn orders(legacy: &Legacy) -> Vec<AsTheyCome> {
    let texts: Vec<_> = legacy.texts.clone().into_iter().collect();
    let marks: Vec<_> = legacy.marks.keys().copied().collect();
    let sorted = |by: fn(u64) -> u64| {
        let (mut texts, mut marks) = (texts.clone(), marks.clone());
        texts.sort_by_key(|(key, _)| by(*key));
        marks.sort_by_key(|key| by(*key));
        (texts, marks)
    };
    let mut all = vec![
        sorted(|key| key),
        sorted(|key| !key),
        sorted(hashed),
        // A few lists one after the other, that belong between each other or not.
        sorted(|key| key % 7),
        sorted(|key| key.rotate_right(12)),
    ];
    // One collection in order, the other not.
    all.push((texts, all[2].1.clone()));
    all.push((all[2].0.clone(), marks));
    all
}

fn in_any_order<const D: u8>() {
    for entries in [0, 1, 63, 64, 5_000, 40_000] {
        let legacy = large(entries);
        for (texts, marks) in orders(&legacy) {
            let memory = || unordered(&texts, &marks);
            streamed::<D>(&plan(), memory(), &legacy);
            if entries < 10_000 {
                let large_buckets = plan().ceiling(32 << 30);
                streamed::<D>(&large_buckets, memory(), &legacy);
                let in_steps = plan().move_budget(MoveBudget::STEPS_ONLY);
                streamed::<D>(&in_steps, memory(), &legacy);
                streamed::<D>(&plan().memory(9), memory(), &legacy);
            }
        }
    }
}

#[test]
fn a_legacy_value_is_streamed_into_the_maps_in_any_order_of_its_entries() {
    in_any_order::<RIGHT>();
}

#[test]
fn it_is_streamed_into_one_map_in_any_order_too() {
    in_any_order::<SHARING>();
}

#[test]
fn no_order_of_the_entries_takes_more_pages_than_the_value_or_the_maps() {
    let legacy = large(60_000);
    for (texts, marks) in orders(&legacy) {
        let memory = unordered(&texts, &marks);
        let before = memory.size();
        streamed::<SHARING>(&plan(), memory.clone(), &legacy);
        let table = BucketTable::read(&memory).unwrap().unwrap();
        let (content, after) = (table.pages(), memory.size());
        assert!(table.size_of(0) <= 1, "{table:?}");
        // Up to 8 lists are sorted. Each has pages that are not full or read in part, and so has the map of before.
        assert!(
            after <= content.max(before) + 2 * 8,
            "{before} pages, {content} of content, {after} after"
        );
    }
}

#[test]
fn a_key_that_comes_twice_in_a_streamed_value_is_refused_with_nothing_written() {
    let legacy = large(6_000);
    let mut texts: Vec<_> = legacy.texts.clone().into_iter().collect();
    texts.push(texts[17].clone());
    let memory = unordered(&texts, &[]);
    let before = bytes_of(&memory);
    let resumed =
        plan::<SHARING>().resume_streamed::<State<VectorMemory, SHARING>, _>(memory.clone(), NOW);
    let error = resumed.err();
    assert!(
        matches!(error, Some(Error::DuplicateKeys { .. })),
        "{error:?}"
    );
    assert!(*memory.borrow() == before);
}

#[test]
fn an_element_that_comes_twice_and_far_apart_is_refused() {
    for again in [0, 17, 5_000] {
        let mut marks: Vec<_> = (0..6_000).collect();
        marks.push(again);
        let memory = unordered(&[], &marks);
        let resumed = plan::<RIGHT>().resume_streamed::<State<VectorMemory, RIGHT>, _>(memory, NOW);
        let error = resumed.err();
        assert!(
            matches!(&error, Some(Error::Ownership(OwnershipError::DuplicateKeys { name, .. })) if name == "marks"),
            "{error:?}"
        );
    }
}

use std::collections::BTreeMap;
use std::rc::Rc;

use ic_stable_migration::{BucketTable, Cbor, Plan, Store, Tier, Tiered, TieredMap};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableBTreeMap, StableVec, VectorMemory};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::structure::Depth;
use crate::survey::Survey;
use crate::test_images::{TestImage, one_of_each, with_naive_frame};

fn waste(bytes: &[u8]) -> Waste {
    let image = TestImage::of(bytes).image;
    let survey = Survey::of(&image, Depth::Everything, &mut |_| {}).unwrap();
    assert_eq!(survey.damages, [""; 0]);
    let waste = survey.waste;
    assert_eq!(
        waste.used_bytes + waste.wasted_bytes,
        survey.stable_bytes,
        "{waste:?}"
    );
    waste
}

fn bytes_of(waste: &Waste, memory: Option<u8>, is_kind: impl Fn(WasteKind) -> bool) -> u64 {
    let parts = waste.parts.iter();
    let found = parts.filter(|part| part.memory == memory && is_kind(part.kind));
    found.map(|part| part.bytes).sum()
}

#[test]
fn behind_a_legacy_value_only_what_nobody_can_need_is_waste() {
    let state: BTreeMap<String, u64> = (0..100).map(|i| (format!("name_{i}"), i)).collect();
    let value = rmp_serde::to_vec_named(&state).unwrap();
    let length = value.len() as u64;
    let mut padded = value;
    padded.resize(5 * 65_536, 0);
    let zeros = waste(&padded);
    assert_eq!((zeros.used_bytes, zeros.parts.len()), (length, 1));
    // The manager's page and one bucket of two are left when it is adopted and compacted.
    let [upgrade] = zeros.gives_back[..] else {
        panic!("{zeros:?}");
    };
    assert_eq!((upgrade.way, upgrade.pages), (Way::Upgrade, 2));

    padded[200_000..200_100].fill(9);
    assert_eq!(waste(&padded).used_bytes, length + 100);
}

#[test]
fn pages_that_were_never_written_are_waste_and_so_is_none_of_no_memory() {
    let zeros = waste(&[0; 2 * 65_536]);
    assert_eq!(zeros.wasted_bytes, 2 * 65_536);
    assert_eq!(zeros.parts[0].kind, WasteKind::NeverWritten);
    assert_eq!(waste(&[]), Waste::default());
}

#[test]
fn the_largest_part_comes_first_and_each_has_its_place() {
    let raw = one_of_each(16, 1_000);
    with_naive_frame(&raw, b"\xa1\x61a\x01");
    raw.grow(40);
    let waste = waste(&raw.borrow());
    assert!(
        waste.parts.is_sorted_by(|a, b| a.bytes >= b.bytes),
        "{waste:?}"
    );
    assert_eq!(waste.parts[0].kind, WasteKind::DeadBuckets);
    assert_eq!(waste.parts[0].bytes, 40 * 65_536);
    let of_texts = |kind: fn(WasteKind) -> bool| bytes_of(&waste, Some(1), kind);
    assert!(of_texts(|kind| matches!(kind, WasteKind::FreeNodes { nodes } if nodes > 0)) > 0);
    assert!(of_texts(|kind| matches!(kind, WasteKind::UnfilledNodes { .. })) > 0);
    assert_eq!(
        of_texts(|kind| matches!(kind, WasteKind::UnreachableNodes { .. })),
        0
    );
    let compact = waste.gives_back[0];
    assert_eq!((compact.way, compact.is_paid_less), (Way::Compact, true));
    assert_eq!(compact.bytes, compact.pages * 65_536);
}

/// Entries that come and go, in a memory.
#[derive(Clone, Debug)]
struct Change {
    memory: u8,
    key: u64,
    length: usize,
    removes: bool,
}

fn change() -> impl Strategy<Value = Change> {
    (0..4u8, 0..300u64, 0..900usize, prop::bool::weighted(0.3)).prop_map(
        |(memory, key, length, removes)| Change {
            memory,
            key,
            length,
            removes,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever maps, vectors and buckets there are: what is used and what is wasted are all there is, and what is used is
    /// no less than what was put in.
    #[test]
    fn every_byte_is_used_or_wasted(
        changes in prop::collection::vec(change(), 0..400),
        bucket_pages in 1..9u16,
        numbers in 0..500u64,
        dead in 0..5u64,
    ) {
        let raw = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), bucket_pages);
        let memory = |id| manager.get(MemoryId::new(id));
        let mut put = 0;
        for id in 0..4 {
            let mut map: StableBTreeMap<u64, Vec<u8>, _> = StableBTreeMap::init(memory(id + 10));
            for change in changes.iter().filter(|change| change.memory == id) {
                match change.removes {
                    true => map.remove(&change.key),
                    false => map.insert(change.key, vec![id + 1; change.length]),
                };
            }
            put += map.values().map(|value| 8 + 4 + value.len() as u64).sum::<u64>();
        }
        let vec = StableVec::<u64, _>::init(memory(20));
        (0..numbers).for_each(|number| {
            vec.push(&number);
        });
        put += 8 * numbers;
        raw.grow(dead);
        let waste = waste(&raw.borrow());
        prop_assert!(waste.used_bytes >= put + 65_536, "{put} {waste:?}");
        prop_assert!(waste.parts.iter().all(|part| part.bytes > 0));
        prop_assert_eq!(
            bytes_of(&waste, None, |kind| kind == WasteKind::DeadBuckets),
            dead * 65_536
        );
    }
}

/// A state that is large for a while, beside a collection.
#[derive(Default, Serialize, Deserialize)]
struct State {
    blob: String,
    items: TieredMap<u64, u64, VectorMemory>,
}

impl From<u64> for State {
    fn from(_: u64) -> Self {
        Self::default()
    }
}

impl Tiered<VectorMemory> for State {
    type Hot = String;
    fn hot(&self) -> &String {
        &self.blob
    }
    fn set_hot(&mut self, blob: String) {
        self.blob = blob;
    }
    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![Tier::new("items", 1, &mut self.items)]
    }
}

#[test]
fn the_next_upgrade_gives_back_what_it_was_said_to() {
    const PLAN: Plan<u64, Cbor> = Plan::new(2).application("waste");
    let raw = VectorMemory::default();
    let mut store = Store::begin_tiered(&PLAN, Rc::clone(&raw), State::default(), 1).unwrap();
    for (bytes, key) in [(10, 1), (1_500_000, 2), (20, 3)] {
        let state = store.state().unwrap();
        state.blob = "x".repeat(bytes);
        for key in 0..key * 1_000 {
            state.items.insert(key, key);
        }
        store.save(&PLAN, 2).unwrap();
    }
    drop(store);
    let waste = waste(&raw.borrow());
    let mut ways = waste.gives_back.iter();
    let reclaim = ways.find(|way| way.way == Way::Reclaim).unwrap();
    assert!(reclaim.pages > 10 && !reclaim.is_paid_less, "{reclaim:?}");

    let pages = |raw: &VectorMemory| BucketTable::read(raw).unwrap().unwrap().pages();
    let before = (pages(&raw), raw.size());
    Store::<State, _>::resume(&PLAN, Rc::clone(&raw), 3).unwrap();
    assert_eq!((pages(&raw) + reclaim.pages, raw.size()), before);
}

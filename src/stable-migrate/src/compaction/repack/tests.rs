use std::collections::BTreeMap;
use std::fs::{self, File};

use ic_stable_migration::{Cbor, Plan, Store, Tier, Tiered, TieredMap};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{StableBTreeMap, VectorMemory};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::*;
use crate::compaction::BucketChoice;
use crate::survey::{Survey, WasteKind};
use crate::test_images::TestImage;

type Raw = VectorMemory;

/// Two collections with maps of their own, and two that share one.
#[derive(Default, Serialize, Deserialize)]
struct State {
    numbers: TieredMap<u64, Vec<u8>, Raw>,
    names: TieredMap<String, u64, Raw>,
    small: TieredMap<String, String, Raw>,
    smaller: TieredMap<u64, u64, Raw>,
}

impl From<u64> for State {
    fn from(_: u64) -> Self {
        Self::default()
    }
}

impl Tiered<Raw> for State {
    type Hot = ();
    fn hot(&self) -> &() {
        &()
    }
    fn set_hot(&mut self, (): ()) {}
    fn collections(&mut self) -> Vec<Tier<'_, Raw>> {
        vec![
            Tier::new("numbers", 1, &mut self.numbers),
            Tier::new("names", 2, &mut self.names),
            Tier::new("small", 3, self.small.sharing(9)),
            Tier::new("smaller", 4, self.smaller.sharing(9)),
        ]
    }
}

const PLAN: Plan<u64, Cbor> = Plan::new(2).application("repacked");

/// What comes and goes: which collection, a key, the length of a value, whether it is removed.
type Change = (u8, u64, usize, bool);

fn apply(state: &mut State, &(which, key, length, removes): &Change) {
    let (name, value) = (format!("name {key}"), vec![which; length]);
    match (which, removes) {
        (0, false) => drop(state.numbers.insert(key, value)),
        (0, true) => drop(state.numbers.remove(&key)),
        (1, false) => drop(state.names.insert(name, length as u64)),
        (1, true) => drop(state.names.remove(&name)),
        (2, false) => drop(state.small.insert(name, "x".repeat(length))),
        (2, true) => drop(state.small.remove(&name)),
        (_, false) => drop(state.smaller.insert(key, length as u64)),
        (_, true) => drop(state.smaller.remove(&key)),
    }
}

/// A memory in which these changes were made, and a map of the canister's own in memory 30.
fn memory(changes: &[Change]) -> Raw {
    let raw = Raw::default();
    let mut store = Store::begin_tiered(&PLAN, Rc::clone(&raw), State::default(), 1).unwrap();
    let state = store.state().unwrap();
    changes.iter().for_each(|change| apply(state, change));
    store.save(&PLAN, 2).unwrap();
    drop(store);
    let own = MemoryManager::init(Rc::clone(&raw)).get(MemoryId::new(30));
    let mut own: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(own);
    (0..3_000).for_each(|key| {
        own.insert(key, key);
    });
    raw
}

/// All entries of a state, by collection.
type Content = (
    BTreeMap<u64, Vec<u8>>,
    BTreeMap<String, u64>,
    BTreeMap<String, String>,
    BTreeMap<u64, u64>,
);

fn content(raw: &Raw) -> Content {
    let (mut store, _) = Store::<State, _>::resume(&PLAN, Rc::clone(raw), 3).unwrap();
    let state = store.state().unwrap();
    (
        state.numbers.iter().collect(),
        state.names.iter().collect(),
        state.small.iter().collect(),
        state.smaller.iter().collect(),
    )
}

fn raw_of(image: &Image) -> Raw {
    let mut bytes = vec![0; image.bytes() as usize];
    image.read_at(0, &mut bytes).unwrap();
    Rc::new(std::cell::RefCell::new(bytes))
}

/// Compacts with maps written anew, and verifies.
fn repack(image: &Rc<Image>) -> (TempDir, Rc<Image>, Vec<Repacked>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("repacked");
    let mut compaction = Compaction::plan(image, BucketChoice::RightSize).unwrap();
    let told = compaction.repack(dir.path(), &mut |_| {}).unwrap();
    let file = File::create_new(&path).unwrap();
    compaction.write(file, &path, &mut |_| {}).unwrap();
    let made = Rc::new(Image::open(&path).unwrap());
    compaction.verify(&made, &mut |_| {}).unwrap();
    assert_eq!(made.pages(), compaction.stable_pages().1);
    (dir, made, told)
}

fn grown_and_thinned() -> Vec<Change> {
    let grown = (0..4_000u64).map(|key| ((key % 4) as u8, key, (key % 90) as usize, false));
    let thinned = (0..4_000u64).filter(|key| key % 5 != 0);
    let thinned = thinned.map(|key| ((key % 4) as u8, key, 0, true));
    grown.chain(thinned).collect()
}

#[test]
fn maps_that_have_shrunk_take_the_pages_that_their_entries_need() {
    let raw = memory(&grown_and_thinned());
    let before = TestImage::of_memory(&raw);
    let (_dir, made, told) = repack(&before.image);
    for map in &told {
        match (&map.outcome, map.memory) {
            (RepackOutcome::Written { pages, .. }, 1 | 2 | 9) => assert!(pages.1 < pages.0),
            (RepackOutcome::NoCollection, 30) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told.len(), 4);
    assert!(made.pages() < before.image.pages());
    assert_eq!(content(&raw_of(&made)), content(&raw));
    let survey = Survey::of(&made, Depth::Everything, &mut |_| {}).unwrap();
    assert_eq!(survey.damages, [""; 0]);
    let free = |kind: WasteKind| matches!(kind, WasteKind::FreeNodes { .. });
    let of_collections = survey.waste.parts.iter();
    let mut of_collections = of_collections.filter(|part| part.collection.is_some());
    assert!(
        !of_collections.any(|part| free(part.kind)),
        "{:?}",
        survey.waste
    );
}

#[test]
fn maps_that_are_as_small_as_can_be_stay_as_they_are() {
    let changes: Vec<Change> = (0..5).map(|key| (0, key, 9, false)).collect();
    let before = TestImage::of_memory(&memory(&changes));
    let (_dir, made, told) = repack(&before.image);
    assert!(
        told.iter()
            .all(|map| !matches!(map.outcome, RepackOutcome::Written { .. })),
        "{told:?}"
    );
    assert!(made.pages() <= before.image.pages());
}

#[test]
fn an_entry_that_is_not_the_old_one_is_found() {
    let before = TestImage::of_memory(&memory(&grown_and_thinned()));
    let dir = tempfile::tempdir().unwrap();
    let mut compaction = Compaction::plan(&before.image, BucketChoice::Pages(1)).unwrap();
    compaction.repack(dir.path(), &mut |_| {}).unwrap();
    let new_map = compaction.new_maps.iter().find(|map| map.id == 1).unwrap();
    let made = VirtualMemory::whole(&new_map.image);
    let differs = |memory: &VirtualMemory| {
        compaction
            .first_entry_that_differs(new_map, memory)
            .unwrap()
    };
    assert_eq!(differs(&made), None);
    // The keys of collection 0 are the multiples of 20: one value is other, one entry is too many.
    for (change, entry) in [((0, 40, 7, false), 2), ((0, 4_001, 7, false), 200)] {
        let other = [grown_and_thinned(), vec![change]].concat();
        let other = TestImage::of_memory(&memory(&other));
        let table = ic_stable_migration::BucketTable::read(&*other.image);
        let other = VirtualMemory::of(&other.image, &table.unwrap().unwrap(), 1);
        assert_eq!(differs(&other), Some(entry));
    }
}

#[test]
fn a_map_that_contradicts_itself_is_refused_and_nothing_is_left() {
    let raw = memory(&grown_and_thinned());
    let table = ic_stable_migration::BucketTable::read(&raw)
        .unwrap()
        .unwrap();
    let bucket = table.owners.iter().position(|&owner| owner == 1).unwrap();
    let start = table.bucket_offset(bucket) as usize;
    for (at, bit) in [(12, 1), (20, 1), (100 + 16, 1), (100 + 16 + 5, 8)] {
        let mut bytes = raw.borrow().clone();
        bytes[start + at] ^= bit;
        let image = TestImage::of(&bytes).image;
        let mut compaction = Compaction::plan(&image, BucketChoice::RightSize).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let refused = compaction.repack(dir.path(), &mut |_| {}).map(drop);
        if let Err(error) = refused {
            assert!(matches!(error, Error::Contradicts { .. }), "{error}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever came and went: the library finds every entry again, and goes on writing.
    #[test]
    fn every_entry_is_found_again_and_the_maps_go_on(
        changes in prop::collection::vec(
            (0..4u8, 0..400u64, 0..700usize, prop::bool::weighted(0.4)),
            0..900,
        ),
        later in prop::collection::vec(
            (0..4u8, 0..400u64, 0..700usize, prop::bool::weighted(0.4)),
            0..100,
        ),
    ) {
        let raw = memory(&changes);
        let before = TestImage::of_memory(&raw);
        let (_dir, made, _) = repack(&before.image);
        prop_assert!(made.pages() <= before.image.pages());
        let made = raw_of(&made);
        prop_assert_eq!(content(&made), content(&raw));
        for raw in [&made, &raw] {
            let (mut store, _) = Store::<State, _>::resume(&PLAN, Rc::clone(raw), 4).unwrap();
            let state = store.state().unwrap();
            later.iter().for_each(|change| apply(state, change));
            store.save(&PLAN, 5).unwrap();
        }
        prop_assert_eq!(content(&made), content(&raw));
    }
}

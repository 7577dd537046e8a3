//! A canister with two collections, and the memories that its releases leave behind.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ic_stable_migration::{
    Budget, Cbor, MessagePack, MoveBudget, Mover, Plan, StreamCodec, Tier, Tiered, TieredMap,
};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{
    Memory, StableBTreeMap, StableCell, StableLog, StableMinHeap, StableVec, VectorMemory,
};
use serde::{Deserialize, Serialize};

use crate::memory::Watched;

/// The state of release 0: all of it in one value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    hot: Hot,
    texts: BTreeMap<u64, String>,
    marks: BTreeMap<u64, u64>,
}

/// The state of releases 1 and 2.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<M: Memory> {
    hot: Hot,
    texts: TieredMap<u64, String, M>,
    marks: TieredMap<u64, u64, M>,
}

/// What stays on the heap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hot {
    counter: u64,
    #[serde(with = "serde_bytes")]
    raw: Vec<u8>,
}

impl<M: Memory> From<Before> for State<M> {
    fn from(before: Before) -> Self {
        State {
            hot: before.hot,
            texts: before.texts.into_iter().collect(),
            marks: before.marks.into_iter().collect(),
        }
    }
}

impl<M: Memory> Tiered<M> for State<M> {
    type Hot = Hot;

    fn hot(&self) -> &Hot {
        &self.hot
    }

    fn set_hot(&mut self, hot: Hot) {
        self.hot = hot;
    }

    fn collections(&mut self) -> Vec<Tier<'_, M>> {
        vec![
            Tier::new("texts", 1, &mut self.texts),
            Tier::new("marks", 2, &mut self.marks),
        ]
    }
}

/// When everything happens, in nanoseconds since 1970.
pub const NOW: u64 = 1_700_000_000_000_000_000;

/// The release of a number, with the ceiling that the others have. It moves in steps.
pub const fn release(number: u32) -> Plan<Before, MessagePack> {
    Plan::new(number)
        .ceiling(4 << 30)
        .move_budget(MoveBudget::STEPS_ONLY)
}

/// The memories of one canister, release by release, and others that a tool may meet.
pub static MEMORIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    vec![
        vec![0; 1 << 16],
        legacy(),
        adopted(),
        moving(),
        moved(),
        naive(),
        structures(),
        in_cell(),
    ]
});

/// What each of the memories holds.
pub fn before() -> Before {
    Before {
        hot: Hot {
            counter: 7,
            raw: vec![1, 2, 3],
        },
        texts: (0..40).map(|key| (key, format!("text {key}"))).collect(),
        marks: (0..5).map(|key| (key * 3, key)).collect(),
    }
}

fn legacy() -> Vec<u8> {
    let mut bytes = rmp_serde::to_vec_named(&before()).unwrap();
    bytes.resize(1 << 16, 0);
    bytes
}

fn adopted() -> Vec<u8> {
    let memory = Watched::of(&legacy());
    release(1)
        .resume::<State<Watched>, _>(memory.clone(), NOW)
        .unwrap();
    memory.bytes()
}

fn start(memory: &Watched) -> (State<Watched>, Mover<Watched>) {
    let (state, mover, _) = release(2)
        .resume_tiered::<State<_>, _>(memory.clone(), NOW)
        .unwrap();
    (state, mover)
}

/// In the middle of the move: some of the texts are in their map, one was removed from the heap, one was written.
fn moving() -> Vec<u8> {
    let memory = Watched::of(&adopted());
    let (mut state, mut mover) = start(&memory);
    let budget = Budget {
        entries: 9,
        ..Budget::default()
    };
    mover
        .step_within(&mut state, budget, &|| 0, NOW + 1)
        .unwrap();
    state.texts.remove(&30);
    state.texts.insert(90, "written during the move".into());
    state.hot.counter += 1;
    mover.save(&state, release(2).stamp(NOW + 2)).unwrap();
    memory.bytes()
}

fn moved() -> Vec<u8> {
    let memory = Watched::of(&moving());
    let (mut state, mut mover) = start(&memory);
    while mover.has_work() {
        mover.step(&mut state, &|| 0, NOW + 3).unwrap();
    }
    mover.save(&state, release(2).stamp(NOW + 4)).unwrap();
    memory.bytes()
}

/// The frame of 2023 in memory 0.
fn naive() -> Vec<u8> {
    let raw = VectorMemory::default();
    let memory0 = MemoryManager::init_with_bucket_size(raw.clone(), 2).get(MemoryId::new(0));
    let mut value = Vec::new();
    <Cbor as StreamCodec<Before>>::encode(&before(), &mut value).unwrap();
    memory0.grow(1);
    memory0.write(0, &(value.len() as u32).to_le_bytes());
    memory0.write(4, &value);
    raw.borrow().clone()
}

/// A `StableCell` in memory 0.
fn in_cell() -> Vec<u8> {
    let raw = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(raw.clone(), 1);
    let mut value = Vec::new();
    <MessagePack as StreamCodec<Before>>::encode(&before(), &mut value).unwrap();
    StableCell::init(manager.get(MemoryId::new(0)), value);
    raw.borrow().clone()
}

/// One of each structure under one manager, and nothing of this library.
fn structures() -> Vec<u8> {
    let raw = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(raw.clone(), 1);
    let memory = |id| manager.get(MemoryId::new(id));
    let mut texts: StableBTreeMap<u64, String, _> = StableBTreeMap::init(memory(1));
    for key in 0..40 {
        texts.insert(key, "x".repeat(key as usize));
    }
    texts.remove(&3);
    StableCell::init(memory(2), "hello world".to_string());
    let log = StableLog::init(memory(3), memory(4));
    log.append(&"abc".to_string()).unwrap();
    let vec = StableVec::<u64, _>::init(memory(5));
    vec.push(&7);
    let mut heap = StableMinHeap::<u32, _>::init(memory(6));
    heap.push(&3);
    raw.borrow().clone()
}

/// A memory with an empty state in memory 0, and the offset behind that state, where a journal belongs.
pub fn without_journal() -> (Vec<u8>, usize) {
    let memory = Watched::of(&[]);
    let managed = release(1).begin(memory.clone()).unwrap();
    let header = managed
        .save::<State<Watched>, Cbor>(&Before::default().into(), release(1).stamp(NOW))
        .unwrap();
    let journal_at = crate::image::MEMORY_0 + 128 + header.payload_bytes as usize;
    (memory.bytes(), journal_at)
}

//! Memories and states for tests.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::rc::Rc;

use candid::CandidType;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, VectorMemory};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::PAGE_BYTES;

/// A memory that must not be changed: a write or a grow fails the test.
pub struct Untouchable(pub VectorMemory);

impl Memory for Untouchable {
    fn size(&self) -> u64 {
        self.0.size()
    }
    fn grow(&self, pages: u64) -> i64 {
        panic!("grow({pages}) on a memory that was only to be read");
    }
    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.0.read(offset, dst);
    }
    fn write(&self, offset: u64, src: &[u8]) {
        panic!(
            "write({offset}, {} bytes) on a memory that was only to be read",
            src.len()
        );
    }
}

/// A memory that cannot grow past a number of pages: a canister on a full subnet.
#[derive(Clone)]
pub struct Capped {
    pub memory: VectorMemory,
    pub max_pages: u64,
}

impl Memory for Capped {
    fn size(&self) -> u64 {
        self.memory.size()
    }
    fn grow(&self, pages: u64) -> i64 {
        if self.size() + pages > self.max_pages {
            return -1;
        }
        self.memory.grow(pages)
    }
    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.memory.read(offset, dst);
    }
    fn write(&self, offset: u64, src: &[u8]) {
        self.memory.write(offset, src);
    }
}

/// A memory that traps when its writes are used up.
#[derive(Clone)]
pub struct Trapping {
    pub memory: VectorMemory,
    pub writes_left: Rc<Cell<Option<u32>>>,
}

impl Trapping {
    pub fn over(memory: VectorMemory) -> Self {
        Self {
            memory,
            writes_left: Rc::default(),
        }
    }
}

impl Memory for Trapping {
    fn size(&self) -> u64 {
        self.memory.size()
    }
    fn grow(&self, pages: u64) -> i64 {
        self.memory.grow(pages)
    }
    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.memory.read(offset, dst);
    }
    fn write(&self, offset: u64, src: &[u8]) {
        match self.writes_left.get() {
            Some(0) => resume_unwind(Box::new("trap")),
            left => self.writes_left.set(left.map(|left| left - 1)),
        }
        self.memory.write(offset, src);
    }
}

/// A memory that starts with `bytes`, in whole pages.
pub fn memory_of(bytes: &[u8]) -> VectorMemory {
    let memory = VectorMemory::default();
    memory.grow((bytes.len() as u64).div_ceil(PAGE_BYTES));
    memory.write(0, bytes);
    memory
}

/// Everything in a memory.
pub fn bytes_of(memory: &VectorMemory) -> Vec<u8> {
    memory.borrow().clone()
}

/// A state with one of each kind of field that canisters keep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CandidType)]
pub struct Sample {
    pub names: Vec<String>,
    pub by_id: BTreeMap<u64, Option<String>>,
    #[serde(with = "serde_bytes")]
    pub raw: Vec<u8>,
    pub pair: (i64, u8),
    pub kind: Kind,
    pub score: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CandidType)]
pub enum Kind {
    #[default]
    Unit,
    Tuple(u64),
    Struct {
        flag: bool,
    },
}

/// A state of about `bytes` in any encoding.
pub fn sample_of(bytes: usize) -> Sample {
    Sample {
        raw: (0..bytes).map(|i| i as u8).collect(),
        ..Sample::default()
    }
}

/// Any state.
pub fn samples() -> impl Strategy<Value = Sample> {
    let kinds = prop_oneof![
        Just(Kind::Unit),
        any::<u64>().prop_map(Kind::Tuple),
        any::<bool>().prop_map(|flag| Kind::Struct { flag }),
    ];
    (
        prop::collection::vec("\\PC{0,12}", 0..6),
        prop::collection::btree_map(any::<u64>(), prop::option::of("\\PC{0,12}"), 0..8),
        prop::collection::vec(any::<u8>(), 0..200),
        any::<(i64, u8)>(),
        kinds,
        -1e300..1e300,
    )
        .prop_map(|(names, by_id, raw, pair, kind, score)| Sample {
            names,
            by_id,
            raw,
            pair,
            kind,
            score,
        })
}

/// Grows the memories of a manager, by id and pages, and marks each of their pages.
pub fn grow_and_mark(manager: &MemoryManager<VectorMemory>, grows: &[(u8, u64)]) {
    for (at, (id, pages)) in grows.iter().enumerate() {
        let memory = manager.get(MemoryId::new(*id));
        let before = memory.grow(*pages) as u64;
        for page in before..memory.size() {
            memory.write(page * PAGE_BYTES + 77, &[at as u8 + 1, *id, page as u8]);
        }
    }
}

/// What the first `memories` memories of a manager hold.
pub fn contents(manager: &MemoryManager<VectorMemory>, memories: u8) -> Vec<Vec<u8>> {
    let of = |id| {
        let memory = manager.get(MemoryId::new(id));
        let mut bytes = vec![0; (memory.size() * PAGE_BYTES) as usize];
        memory.read(0, &mut bytes);
        bytes
    };
    (0..memories).map(of).collect()
}

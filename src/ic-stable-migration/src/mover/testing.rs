//! A canister for tests: what a message sees, what an upgrade does to it, and what a later release may get wrong.

use std::collections::BTreeMap;

use ic_stable_structures::{Memory, VectorMemory};
use serde::{Deserialize, Serialize};

use super::{Budget, MoveStatus, Mover, StepReport, Tier, Tiered};
use crate::codec::MessagePack;
use crate::header::Header;
use crate::plan::Plan;
use crate::registry::Changes;
use crate::test_memory::memory_of;
use crate::tiered::TieredMap;
use crate::transfer::MoveBudget;

/// What the canister was before: everything in one value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Legacy {
    pub counter: u64,
    pub texts: BTreeMap<u64, String>,
    pub marks: BTreeMap<u64, u64>,
}

/// The state, as a release declares it: see [`declared`].
#[derive(Default, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<M: Memory, const DECLARED: u8 = RIGHT> {
    pub hot: Hot,
    pub texts: TieredMap<u64, String, M>,
    pub marks: TieredMap<u64, u64, M>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hot {
    pub counter: u64,
}

pub const RIGHT: u8 = 0;
pub const ID_CHANGED: u8 = 1;
pub const IDS_SWAPPED: u8 = 2;
pub const ID_SHARED: u8 = 3;
pub const MISSING: u8 = 4;
pub const RENAMED_WITHOUT_A_WORD: u8 = 5;
pub const NAME_SHARED: u8 = 6;
pub const RESERVED: u8 = 7;
pub const VERSION_DROPPED: u8 = 8;
pub const RENAMED: u8 = 9;
pub const RETIRED: u8 = 10;
pub const ID_OF_THE_RETIRED: u8 = 11;
/// Both collections share a map. As right as [`RIGHT`], for a canister that had it from the start.
pub const SHARING: u8 = 12;
/// The memory of that map.
pub const SHARED_MEMORY: u8 = 5;

/// Names and ids of texts and marks in a release.
const fn declared(release: u8) -> [(&'static str, u8); 2] {
    match release {
        ID_CHANGED => [("texts", 5), ("marks", 2)],
        IDS_SWAPPED => [("texts", 2), ("marks", 1)],
        ID_SHARED => [("texts", 1), ("marks", 1)],
        RENAMED_WITHOUT_A_WORD | RENAMED => [("words", 1), ("marks", 2)],
        NAME_SHARED => [("texts", 1), ("texts", 2)],
        RESERVED => [("texts", 0), ("marks", 2)],
        ID_OF_THE_RETIRED => [("texts", 1), ("stamps", 2)],
        _ => [("texts", 1), ("marks", 2)],
    }
}

impl<M: Memory, const DECLARED: u8> From<Legacy> for State<M, DECLARED> {
    fn from(legacy: Legacy) -> Self {
        State {
            hot: Hot {
                counter: legacy.counter,
            },
            texts: legacy.texts.into_iter().collect(),
            marks: legacy.marks.into_iter().collect(),
        }
    }
}

impl<M: Memory, const DECLARED: u8> Tiered<M> for State<M, DECLARED> {
    type Hot = Hot;

    fn hot(&self) -> &Hot {
        &self.hot
    }

    fn set_hot(&mut self, hot: Hot) {
        self.hot = hot;
    }

    fn collections(&mut self) -> Vec<Tier<'_, M>> {
        let [texts, marks] = declared(DECLARED);
        if DECLARED == SHARING {
            self.texts.sharing(SHARED_MEMORY);
            self.marks.sharing(SHARED_MEMORY);
        }
        let version = if DECLARED == VERSION_DROPPED { 2 } else { 1 };
        let texts = Tier::new(texts.0, texts.1, &mut self.texts).versions(version, version);
        let mut tiers = vec![texts];
        if !matches!(DECLARED, MISSING | RETIRED) {
            tiers.push(Tier::new(marks.0, marks.1, &mut self.marks));
        }
        tiers
    }

    fn changes() -> Changes {
        match DECLARED {
            RENAMED => Changes::new().renamed(&[("texts", "words")]),
            RETIRED | ID_OF_THE_RETIRED => Changes::new().retired(&["marks"]),
            _ => Changes::new(),
        }
    }
}

pub const NOW: u64 = 1_700_000_000_000_000_000;
/// Moves in steps.
pub const PLAN: Plan<Legacy, MessagePack> = AT_ONCE.move_budget(MoveBudget::STEPS_ONLY);
/// Moves in the upgrade.
pub const AT_ONCE: Plan<Legacy, MessagePack> = Plan::new(2).ceiling(4 << 30);

/// What a message sees, and what an upgrade does to it.
pub struct Declared<M: Memory + Clone, const DECLARED: u8> {
    pub memory: M,
    pub state: State<M, DECLARED>,
    pub mover: Mover<M>,
}

/// One that declares its collections as they are.
pub type Canister<M> = Declared<M, RIGHT>;

impl<M: Memory + Clone + 'static, const DECLARED: u8> Declared<M, DECLARED> {
    pub fn start(memory: M) -> Self {
        Self::start_with(&PLAN, memory)
    }

    pub fn start_with(plan: &Plan<Legacy, MessagePack>, memory: M) -> Self {
        let (state, mover, _) = plan.resume_tiered(memory.clone(), NOW).unwrap();
        Self {
            memory,
            state,
            mover,
        }
    }

    pub fn upgrade(mut self, skip_pre_upgrade: bool) -> Self {
        if !skip_pre_upgrade {
            self.mover.save(&self.state, PLAN.stamp(NOW)).unwrap();
        }
        Self::start(self.memory)
    }

    pub fn step(&mut self, entries: u64) -> StepReport {
        let budget = Budget {
            entries,
            ..Budget::default()
        };
        self.mover
            .step_within(&mut self.state, budget, &|| 0, NOW + 1)
            .unwrap()
    }

    pub fn finish(&mut self) {
        while self.mover.has_work() {
            self.step(1_000);
        }
    }

    pub fn status(&mut self) -> MoveStatus {
        self.mover.status(&mut self.state)
    }

    pub fn content(&self) -> Legacy {
        Legacy {
            counter: self.state.hot.counter,
            texts: self.state.texts.iter().collect(),
            marks: self.state.marks.iter().collect(),
        }
    }
}

pub fn legacy_memory(legacy: &Legacy) -> VectorMemory {
    memory_of(&rmp_serde::to_vec_named(legacy).unwrap())
}

pub fn sample(texts: u64) -> Legacy {
    Legacy {
        counter: 7,
        texts: (0..texts)
            .map(|key| (key * 3, format!("text {key}")))
            .collect(),
        marks: (0..5).map(|key| (key, key + 1)).collect(),
    }
}

/// Rewrites a memory the way an offline compaction does: other bucket size, other places, the next generation.
pub fn rewritten(memory: &VectorMemory) -> VectorMemory {
    use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
    let from = MemoryManager::init(memory.clone());
    let new = VectorMemory::default();
    let to = MemoryManager::init_with_bucket_size(new.clone(), 1);
    for id in [5, 0, 2, 1] {
        let (from, to) = (from.get(MemoryId::new(id)), to.get(MemoryId::new(id)));
        let mut bytes = vec![0; (from.size() * crate::PAGE_BYTES) as usize];
        from.read(0, &mut bytes);
        to.grow(from.size());
        to.write(0, &bytes);
        if id == 0 {
            let first = bytes.first_chunk().unwrap();
            let mut header = Header::from_bytes(first).unwrap().unwrap();
            header.generation += 1;
            to.write(0, &header.to_bytes());
        }
    }
    new
}

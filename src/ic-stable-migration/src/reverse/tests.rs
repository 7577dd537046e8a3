//! Forward and back and forward again, beside a canister that never migrates.

use std::rc::Rc;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, VectorMemory};
use proptest::prelude::*;

use super::*;
use crate::codec::{Cbor, LengthU32, MessagePack};
use crate::mover::Budget;
use crate::mover::testing::{
    AT_ONCE, Legacy, NOW, PLAN, RIGHT, SHARING, State, legacy_memory, sample,
};
use crate::plan::Origin;
use crate::store::Store;
use crate::test_memory::{Capped, Trapping, Untouchable, bytes_of, memory_of};

mod derived;
mod life;
mod refused;

const BACK: Reverse<Legacy, MessagePack> = Plan::new(3).reverse(Target::Offset0);
const BACK_TO_MEMORY_0: Reverse<Legacy, LengthU32<Cbor>> = Plan::new(3).reverse(Target::Memory0);

/// Leaves the marks out of the legacy value, and does not tell.
const FORGETFUL: u8 = 100;
/// Leaves them out, and tells.
const LOSING: u8 = 101;

impl<M: Memory, const DECLARED: u8> ToLegacy for State<M, DECLARED> {
    type Legacy<'a>
        = Legacy
    where
        Self: 'a;

    fn to_legacy(&self) -> Legacy {
        let marks = (!matches!(DECLARED, FORGETFUL | LOSING)).then(|| self.marks.iter().collect());
        Legacy {
            counter: self.hot.counter,
            texts: self.texts.iter().collect(),
            marks: marks.unwrap_or_default(),
        }
    }

    fn lost(&self) -> Vec<Lost> {
        vec![Lost::new(
            "marks",
            if DECLARED == LOSING {
                self.marks.len()
            } else {
                0
            },
        )]
    }
}

type Kept<M, const DECLARED: u8 = RIGHT> = Store<State<M, DECLARED>, M>;

fn content<M: Memory, const DECLARED: u8>(store: &mut Kept<M, DECLARED>) -> Legacy {
    store.state().unwrap().to_legacy()
}

/// Calls that change every part of the state.
fn write<M: Memory, const DECLARED: u8>(store: &mut Kept<M, DECLARED>, seed: u64) {
    let state = store.state().unwrap();
    state.hot.counter += seed;
    state.texts.insert(seed * 7 % 40, format!("written {seed}"));
    state.texts.remove(&(seed * 5 % 40));
    state.marks.insert(seed * 3 % 20, seed);
}

fn steps<M: Memory, const DECLARED: u8>(store: &mut Kept<M, DECLARED>, count: u64) {
    let (mover, state) = store.mover().unwrap().unwrap();
    let one = Budget {
        entries: 1,
        ..Budget::default()
    };
    for _ in 0..count {
        mover.step_within(state, one, &|| 0, NOW + 1).unwrap();
    }
}

/// That the memory holds the value of `legacy` at offset 0, as release 0 writes it, and zeros behind it.
#[track_caller]
fn holds_nothing_but(memory: &VectorMemory, legacy: &Legacy) {
    let value = rmp_serde::to_vec_named(legacy).unwrap();
    let bytes = bytes_of(memory);
    assert!(bytes.starts_with(&value));
    assert!(bytes[value.len()..].iter().all(|&byte| byte == 0));
}

fn naive_memory(legacy: &Legacy) -> VectorMemory {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), 8);
    let first = manager.get(MemoryId::new(0));
    first.grow(8);
    let mut value = Vec::new();
    ciborium::into_writer(legacy, &mut value).unwrap();
    first.write(0, &(value.len() as u32).to_le_bytes());
    first.write(4, &value);
    memory
}

/// What the release of 2023 reads, with its own manager and codec.
fn naively_read(memory: &VectorMemory) -> Legacy {
    let first = MemoryManager::init(memory.clone()).get(MemoryId::new(0));
    let mut length = [0; 4];
    first.read(0, &mut length);
    let mut value = vec![0; u32::from_le_bytes(length) as usize];
    first.read(4, &mut value);
    let mut rest = vec![0; (first.size() * crate::PAGE_BYTES) as usize - 4 - value.len()];
    first.read(4 + value.len() as u64, &mut rest);
    assert!(rest.iter().all(|&byte| byte == 0));
    ciborium::from_reader(&value[..]).unwrap()
}

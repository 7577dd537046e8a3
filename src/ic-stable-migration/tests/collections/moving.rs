//! A canister as its memory, its state and its mover, for tests that do things to it while it moves.

use ic_stable_migration::{Cbor, MoveBudget, Mover, Phase, Plan, Tiered};
use ic_stable_structures::{Memory, VectorMemory};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

const NOW: u64 = 1_700_000_000_000_000_000;

/// In the upgrade itself, or in steps.
pub fn budget() -> impl Strategy<Value = MoveBudget> {
    prop_oneof![Just(MoveBudget::DEFAULT), Just(MoveBudget::STEPS_ONLY)]
}

/// A canister that kept an `L` as one value, in release 2.
pub struct Moving<S, L> {
    plan: Plan<L, Cbor>,
    pub memory: VectorMemory,
    pub state: S,
    mover: Mover<VectorMemory>,
}

impl<S, L> Moving<S, L>
where
    S: Tiered<VectorMemory> + From<L> + Default + Serialize + DeserializeOwned,
    L: Serialize + DeserializeOwned,
{
    /// Release 2 has just been installed.
    pub fn start(legacy: &L, budget: MoveBudget) -> Self {
        let mut bytes = Vec::new();
        ciborium::into_writer(legacy, &mut bytes).unwrap();
        let memory = VectorMemory::default();
        memory.grow(bytes.len() as u64 / 65_536 + 1);
        memory.write(0, &bytes);
        let plan = Plan::new(2).move_budget(budget);
        let (state, mover, _) = plan.resume_tiered(memory.clone(), NOW).unwrap();
        Self {
            plan,
            memory,
            state,
            mover,
        }
    }

    /// A step of the move, if there is anything to do.
    pub fn step(&mut self) {
        if self.mover.has_work() {
            self.mover.step(&mut self.state, &|| 0, NOW).unwrap();
        }
    }

    /// An upgrade to the same release.
    pub fn upgrade(&mut self) {
        let stamp = self.plan.stamp(NOW);
        self.mover.save(&self.state, stamp).unwrap();
        let resumed = self.plan.resume_tiered(self.memory.clone(), NOW);
        (self.state, self.mover, _) = resumed.unwrap();
    }

    /// Steps until the move is done.
    pub fn finish(&mut self) {
        while self.mover.has_work() {
            self.step();
        }
        assert_eq!(self.mover.status(&mut self.state).phase, Phase::Done);
    }

    /// An upgrade to another release.
    pub fn replaced_by<T>(mut self, release: u32) -> Moving<T, L>
    where
        T: Tiered<VectorMemory> + From<L>,
    {
        self.mover.save(&self.state, self.plan.stamp(NOW)).unwrap();
        let plan = Plan::new(release);
        let resumed = plan.resume_tiered(self.memory.clone(), NOW);
        let (state, mover, _) = resumed.unwrap_or_else(|error| panic!("{error}"));
        Moving {
            plan,
            memory: self.memory,
            state,
            mover,
        }
    }
}

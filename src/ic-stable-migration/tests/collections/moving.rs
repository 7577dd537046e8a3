//! A canister as its memory, its state and its mover, for tests that do things to it while it moves.

use ic_stable_migration::{Budget, Cbor, MoveBudget, MoveStatus, Mover, Phase, Plan, Tiered};
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
    S: Tiered<VectorMemory> + From<L>,
    L: Serialize + DeserializeOwned,
{
    /// Release 2 has just been installed.
    pub fn start(legacy: &L, budget: MoveBudget) -> Self {
        Self::resume(Plan::new(2).move_budget(budget), Self::memory_of(legacy))
    }

    /// A memory that has `legacy` at offset 0.
    pub fn memory_of(legacy: &L) -> VectorMemory {
        let mut bytes = Vec::new();
        ciborium::into_writer(legacy, &mut bytes).unwrap();
        let memory = VectorMemory::default();
        memory.grow(bytes.len() as u64 / 65_536 + 1);
        memory.write(0, &bytes);
        memory
    }

    /// The release of `plan` has just been installed.
    pub fn resume(plan: Plan<L, Cbor>, memory: VectorMemory) -> Self {
        let resumed = plan.resume_tiered(memory.clone(), NOW);
        let (state, mover, _) = resumed.unwrap_or_else(|error| panic!("{error}"));
        Self {
            plan,
            memory,
            state,
            mover,
        }
    }

    /// A step of the move, if there is anything to do.
    pub fn step(&mut self) {
        self.step_within(Budget::default());
    }

    /// The same for so many entries.
    pub fn step_of(&mut self, entries: u64) {
        self.step_within(Budget {
            entries,
            ..Budget::default()
        });
    }

    pub fn step_within(&mut self, budget: Budget) {
        if self.mover.has_work() {
            let step = self.mover.step_within(&mut self.state, budget, &|| 0, NOW);
            step.unwrap();
        }
    }

    /// What the timer says of a step that trapped.
    pub fn step_failed(&mut self, reason: &str) {
        self.mover.step_failed(&mut self.state, reason).unwrap();
    }

    /// What a controller says to a move that is stuck.
    pub fn unpause(&mut self) {
        self.mover.unpause(&self.state).unwrap();
    }

    pub fn status(&mut self) -> MoveStatus {
        self.mover.status(&mut self.state)
    }

    /// What `pre_upgrade` does.
    pub fn save(&mut self) {
        let stamp = self.plan.stamp(NOW);
        self.mover.save(&self.state, stamp).unwrap();
    }

    /// An upgrade to the same release.
    pub fn upgrade(&mut self) {
        self.save();
        self.upgrade_unsaved();
    }

    /// One that skips `pre_upgrade`.
    pub fn upgrade_unsaved(&mut self) {
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
    pub fn replaced_by<T>(self, release: u32) -> Moving<T, L>
    where
        T: Tiered<VectorMemory> + From<L>,
    {
        self.upgraded(Plan::new(release))
    }

    /// An upgrade to the release of `plan`.
    pub fn upgraded<T>(mut self, plan: Plan<L, Cbor>) -> Moving<T, L>
    where
        T: Tiered<VectorMemory> + From<L>,
    {
        self.save();
        Moving::resume(plan, self.memory)
    }
}

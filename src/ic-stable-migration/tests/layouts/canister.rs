//! A canister that starts from whatever memory it is given.

use std::collections::BTreeMap;

use ic_stable_migration::{
    Changes, Codec, MoveBudget, Origin, Phase, Plan, Tier, Tiered, TieredMap,
};
use ic_stable_structures::{Memory, VectorMemory};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub const NOW: u64 = 1_700_000_000_000_000_000;

/// What it kept as one value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Value {
    pub owner: String,
    pub notes: BTreeMap<u64, String>,
}

/// More than a page of it.
pub fn sample() -> Value {
    let note = |key: u64| (key * 7, format!("note {key}: {}", "x".repeat(100)));
    Value {
        owner: "owner".into(),
        notes: (0..700).map(note).collect(),
    }
}

/// The same value in CBOR, and in MessagePack.
pub fn cbor(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub fn messagepack(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).unwrap()
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<M: Memory> {
    owner: String,
    notes: TieredMap<u64, String, M>,
}

impl<M: Memory> From<Value> for State<M> {
    fn from(value: Value) -> Self {
        Self {
            owner: value.owner,
            notes: value.notes.into_iter().collect(),
        }
    }
}

/// Parts that were saved one by one.
impl<M: Memory> From<(String, BTreeMap<u64, String>)> for State<M> {
    fn from((owner, notes): (String, BTreeMap<u64, String>)) -> Self {
        Value { owner, notes }.into()
    }
}

impl<M: Memory> From<(String, BTreeMap<u64, String>, u64)> for State<M> {
    fn from((owner, notes, _): (String, BTreeMap<u64, String>, u64)) -> Self {
        Value { owner, notes }.into()
    }
}

impl<M: Memory> Tiered<M> for State<M> {
    type Hot = String;

    fn hot(&self) -> &String {
        &self.owner
    }

    fn set_hot(&mut self, owner: String) {
        self.owner = owner;
    }

    fn collections(&mut self) -> Vec<Tier<'_, M>> {
        vec![Tier::new("notes", 1, &mut self.notes)]
    }

    fn changes() -> Changes {
        Changes::new()
    }
}

pub fn memory_of(bytes: &[u8]) -> VectorMemory {
    let memory = VectorMemory::default();
    memory.grow(bytes.len() as u64 / 65_536 + 1);
    memory.write(0, bytes);
    memory
}

/// Takes a canister from stage one to stage two, and another straight to stage two, in the upgrade itself and in steps; then
/// one more upgrade each. Returns where the state came from.
pub fn goes_to_done<L, C, M>(make: impl Fn() -> M) -> Origin
where
    L: DeserializeOwned,
    C: Codec<L>,
    M: Memory + Clone + 'static,
    State<M>: From<L>,
{
    let plan = |budget| Plan::<L, C>::new(2).move_budget(budget);
    for budget in [MoveBudget::DEFAULT, MoveBudget::STEPS_ONLY] {
        let memory = make();
        let plan = plan(budget);
        let adopted = plan.resume::<State<M>, _>(memory.clone(), NOW).unwrap();
        assert!(adopted.state.notes.iter().eq(sample().notes));
        plan.save(&adopted.managed, &adopted.state, NOW).unwrap();
        assert!(matches!(moves(&plan, &memory), Origin::Memory0 { .. }));
    }
    moves(&plan(MoveBudget::STEPS_ONLY), &make());
    moves(&plan(MoveBudget::DEFAULT), &make())
}

/// An upgrade to stage two and one after it; where the first found the state.
fn moves<L, C, M>(plan: &Plan<L, C>, memory: &M) -> Origin
where
    L: DeserializeOwned,
    C: Codec<L>,
    M: Memory + Clone + 'static,
    State<M>: From<L>,
{
    let upgrade = || plan.resume_tiered::<State<M>, _>(memory.clone(), NOW);
    let (mut state, mut mover, origin) = upgrade().unwrap();
    while mover.has_work() {
        mover.step(&mut state, &|| 0, NOW).unwrap();
    }
    assert_eq!(mover.status(&mut state).phase, Phase::Done);
    mover.save(&state, plan.stamp(NOW)).unwrap();
    let (state, _, _) = upgrade().unwrap();
    assert_eq!(state.owner, sample().owner);
    assert!(state.notes.iter().eq(sample().notes));
    origin
}

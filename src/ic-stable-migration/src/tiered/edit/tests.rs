use std::borrow::Cow;

use ic_stable_structures::storable::Bound as Size;
use ic_stable_structures::{Storable, VectorMemory};
use serde::{Deserialize, Serialize};

use crate::codec::Cbor;
use crate::mover::testing::{AT_ONCE, Canister, PLAN, legacy_memory, sample};
use crate::mover::{Phase, Tier, Tiered};
use crate::plan::Plan;
use crate::registry::Changes;
use crate::test_memory::{bytes_of, memory_of};
use crate::tiered::TieredMap;

/// A canister whose entries have moved, or have not begun to.
fn canisters() -> [Canister<VectorMemory>; 2] {
    [AT_ONCE, PLAN].map(|plan| Canister::start_with(&plan, legacy_memory(&sample(1_000))))
}

#[test]
fn many_go_at_once_whatever_the_size_of_a_batch() {
    for mut canister in canisters() {
        let texts = &mut canister.state.texts;
        assert_eq!(texts.retain(|key, _| key % 2 == 0), 500);
        assert_eq!(texts.len(), 500);
        assert_eq!(texts.remove_range(600..2_400), 300);
        assert_eq!(texts.keys(..).count(), 200);
        assert_eq!(texts.clear(), 200);
        assert!(texts.is_empty());
        assert_eq!(texts.clear(), 0);
        canister.finish();
        assert_eq!(canister.status().phase, Phase::Done);
        let canister = canister.upgrade(false);
        assert!(canister.state.texts.is_empty());
        assert_eq!(canister.state.marks.len(), 5);
    }
}

#[test]
fn a_change_that_changes_nothing_writes_nothing() {
    for mut canister in canisters() {
        let before = bytes_of(&canister.memory);
        assert_eq!(canister.state.texts.update(&3, |text| text.len()), Some(6));
        assert_eq!(canister.state.texts.update(&4, |text| text.len()), None);
        assert_eq!(canister.state.texts.with(&3, |text| text.len()), Some(6));
        assert!(bytes_of(&canister.memory) == before);
        canister.state.texts.entry(3).or_insert("never".into());
        assert!(bytes_of(&canister.memory) == before);
        canister.state.texts.update(&3, |text| text.push('!'));
        assert!(bytes_of(&canister.memory) != before);
        assert_eq!(canister.state.texts.get(&3).unwrap(), "text 1!");
    }
}

/// What nobody may copy.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Receipt(u64);

impl Storable for Receipt {
    const BOUND: Size = Size::Unbounded;

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_be_bytes().to_vec())
    }

    fn into_bytes(self) -> Vec<u8> {
        self.to_bytes().into_owned()
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        Receipt(u64::from_bytes(bytes))
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Receipts {
    count: u64,
    all: TieredMap<u64, Receipt, VectorMemory>,
}

impl From<Vec<(u64, Receipt)>> for Receipts {
    fn from(all: Vec<(u64, Receipt)>) -> Self {
        Self {
            count: all.len() as u64,
            all: all.into_iter().collect(),
        }
    }
}

impl Tiered<VectorMemory> for Receipts {
    type Hot = u64;

    fn hot(&self) -> &u64 {
        &self.count
    }

    fn set_hot(&mut self, count: u64) {
        self.count = count;
    }

    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![Tier::new("receipts", 1, &mut self.all)]
    }

    fn changes() -> Changes {
        Changes::new()
    }
}

#[test]
fn values_that_cannot_be_cloned_move_and_are_changed_where_they_are() {
    let mut bytes = Vec::new();
    let all: Vec<_> = (0..500).map(|key| (key, Receipt(key + 1))).collect();
    ciborium::into_writer(&all, &mut bytes).unwrap();
    let memory = memory_of(&bytes);
    let plan: Plan<Vec<(u64, Receipt)>, Cbor> = Plan::new(2);
    let (mut receipts, mover, _) = plan
        .resume_tiered::<Receipts, _>(memory.clone(), 1)
        .unwrap();
    assert!(!mover.has_work());
    assert_eq!(receipts.all.update(&7, |receipt| receipt.0 += 1), Some(()));
    assert_eq!(receipts.all.with(&7, |receipt| receipt.0), Some(9));
    assert_eq!(receipts.all.insert(900, Receipt(9)), None);
    assert_eq!(receipts.all.remove(&8), Some(Receipt(9)));
    assert_eq!(receipts.all.remove_range(100..200), 100);
    assert_eq!(receipts.all.keys(90..210).count(), 20);
    let (receipts, ..) = plan.resume_tiered::<Receipts, _>(memory, 1).unwrap();
    assert_eq!(receipts.all.len(), 400);
    assert_eq!(receipts.all.with(&7, |receipt| receipt.0), Some(9));
}

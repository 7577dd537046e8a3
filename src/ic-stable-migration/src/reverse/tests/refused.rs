//! What would be lost by going back is told, and nothing is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::*;
use crate::mover::{Tier, Tiered};
use crate::{Error, TieredMap};

/// A memory after the move, with a map in virtual memory 9 that is no collection's.
fn with_another_memory() -> VectorMemory {
    let memory = legacy_memory(&sample(20));
    let (mut store, _) = Kept::<_>::resume(&AT_ONCE, memory.clone(), NOW).unwrap();
    let own = store.managed().unwrap().memory(9).unwrap();
    own.grow(1);
    store.save(&AT_ONCE, NOW).unwrap();
    memory
}

fn refused<const DECLARED: u8>(
    memory: &VectorMemory,
    back: &Reverse<Legacy, MessagePack>,
) -> Error {
    let before = bytes_of(memory);
    let resumed = Kept::<_, DECLARED>::resume_as_found(back, memory.clone(), NOW);
    let error = resumed.map(|_| ()).unwrap_err();
    assert_eq!(bytes_of(memory), before);
    error
}

#[test]
fn what_the_legacy_value_cannot_express_needs_a_promise() {
    let memory = legacy_memory(&sample(20));
    Kept::<_, LOSING>::resume(&AT_ONCE, memory.clone(), NOW).unwrap();
    let error = refused::<LOSING>(&memory, &BACK);
    assert_eq!(error.code(), "E901");
    assert!(error.to_string().contains("marks (5);"), "{error}");
    assert!(
        error.to_string().contains(".dropping(&[\"marks\"])"),
        "{error}"
    );

    const PROMISED: Reverse<Legacy, MessagePack> =
        Plan::new(3).reverse(Target::Offset0).dropping(&["marks"]);
    let (mut back, _) = Kept::<_, LOSING>::resume_as_found(&PROMISED, memory.clone(), NOW).unwrap();
    back.save_legacy(&PROMISED, memory.clone()).unwrap();
    let mut left = sample(20);
    left.marks.clear();
    holds_nothing_but(&memory, &left);
}

#[test]
fn it_is_told_again_in_pre_upgrade_what_came_since() {
    let memory = legacy_memory(&Legacy {
        marks: Default::default(),
        ..sample(20)
    });
    Kept::<_, LOSING>::resume(&AT_ONCE, memory.clone(), NOW).unwrap();
    let (mut back, _) = Kept::<_, LOSING>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
    back.state().unwrap().marks.insert(1, 1);
    let before = bytes_of(&memory);
    let error = back.save_legacy(&BACK, memory.clone()).unwrap_err();
    assert_eq!(error.code(), "E901");
    assert_eq!(bytes_of(&memory), before);
}

#[test]
fn what_is_left_out_without_a_word_is_noticed() {
    for plan in [AT_ONCE, PLAN] {
        let memory = legacy_memory(&sample(20));
        Kept::<_, FORGETFUL>::resume(&plan, memory.clone(), NOW).unwrap();
        let (mut back, _) =
            Kept::<_, FORGETFUL>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
        let before = bytes_of(&memory);
        let error = back.save_legacy(&BACK, memory.clone()).unwrap_err();
        assert_eq!(error.code(), "E906");
        let text = error.to_string();
        assert!(
            text.contains("\"marks\" has 5 entries, and 0 are read back"),
            "{text}"
        );
        assert_eq!(bytes_of(&memory), before);
    }
}

#[test]
fn a_memory_that_is_no_collections_has_no_place_in_a_legacy_value() {
    // A page of zeros holds nothing.
    let memory = with_another_memory();
    let (back, _) = Kept::<_>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
    back.managed()
        .unwrap()
        .memory(9)
        .unwrap()
        .write(70, b"a file");
    drop(back);
    let error = refused::<RIGHT>(&memory, &BACK);
    assert_eq!(error.code(), "E902");
    assert!(error.to_string().contains("virtual memory 9"), "{error}");
}

#[test]
fn without_a_manager_there_is_no_memory_0_to_go_back_to() {
    const TO_MEMORY_0: Reverse<Legacy, MessagePack> = Plan::new(3).reverse(Target::Memory0);
    let error = refused::<RIGHT>(&legacy_memory(&sample(3)), &TO_MEMORY_0);
    assert_eq!(error.code(), "E903");
}

#[test]
fn a_newer_release_is_not_gone_back_from() {
    let memory = legacy_memory(&sample(3));
    let four = Plan::<Legacy, MessagePack>::new(4);
    Kept::<_>::resume(&four, memory.clone(), NOW).unwrap();
    assert_eq!(refused::<RIGHT>(&memory, &BACK).code(), "E301");
}

#[test]
fn an_empty_memory_has_no_state() {
    assert_eq!(
        refused::<RIGHT>(&VectorMemory::default(), &BACK),
        Error::Empty
    );
}

/// Changes a byte of a text that stands in a stable map.
fn damage(memory: &VectorMemory) {
    let map = MemoryManager::init(memory.clone()).get(MemoryId::new(1));
    let mut bytes = vec![0; (map.size() * crate::PAGE_BYTES) as usize];
    map.read(0, &mut bytes);
    let at = bytes.windows(7).position(|text| text == b"text 11");
    map.write(at.unwrap() as u64, b"T");
}

#[test]
fn a_map_that_was_changed_past_the_library_does_not_become_the_state() {
    for moved in [None, Some(40)] {
        let memory = legacy_memory(&sample(20));
        let (mut store, _) = match moved {
            None => Kept::<_>::resume(&AT_ONCE, memory.clone(), NOW).unwrap(),
            Some(_) => Kept::<_>::resume(&PLAN, memory.clone(), NOW).unwrap(),
        };
        steps(&mut store, moved.unwrap_or(0));
        store.save(&AT_ONCE, NOW).unwrap();
        damage(&memory);
        let before = bytes_of(&memory);
        let (mut back, _) = Kept::<_>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
        let error = back.save_legacy(&BACK, memory.clone()).unwrap_err();
        assert_eq!(error.code(), "E905", "{error}");
        assert_eq!(bytes_of(&memory), before);
    }
}

#[test]
fn a_difference_that_nobody_has_decided_is_decided_first() {
    let memory = legacy_memory(&sample(20));
    let (mut store, _) = Kept::<_>::resume(&PLAN, memory.clone(), NOW).unwrap();
    steps(&mut store, 20);
    store.save(&PLAN, NOW).unwrap();
    damage(&memory);
    let (mut store, _) = Kept::<_>::resume(&PLAN, memory.clone(), NOW).unwrap();
    let (mover, state) = store.mover().unwrap().unwrap();
    while mover.has_work() {
        mover.step(state, &|| 0, NOW).unwrap();
    }
    assert_eq!(mover.status(state).phase, crate::Phase::Differs);
    store.save(&PLAN, NOW).unwrap();
    let error = refused::<RIGHT>(&memory, &BACK);
    assert_eq!(error.code(), "E904");
    assert!(error.to_string().contains("\"texts\""), "{error}");
    let (mut store, _) = Kept::<_>::resume(&PLAN, memory.clone(), NOW).unwrap();
    let (mover, state) = store.mover().unwrap().unwrap();
    mover
        .resolve(state, "texts", crate::Resolution::MoveAll)
        .unwrap();
    store.save(&PLAN, NOW).unwrap();
    let (mut back, _) = Kept::<_>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
    back.save_legacy(&BACK, memory.clone()).unwrap();
    holds_nothing_but(&memory, &sample(20));
}

/// A text whose encoding an earlier version of its type wrote otherwise: in capitals.
#[test]
fn an_entry_that_is_equal_in_another_encoding_is_the_same() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Quiet(String);

    impl Storable for Quiet {
        const BOUND: Bound = Bound::Unbounded;
        fn to_bytes(&self) -> Cow<'_, [u8]> {
            Cow::Borrowed(self.0.as_bytes())
        }
        fn into_bytes(self) -> Vec<u8> {
            self.0.into_bytes()
        }
        fn from_bytes(bytes: Cow<[u8]>) -> Self {
            Self(String::from_utf8_lossy(&bytes).to_lowercase())
        }
    }

    #[derive(Default, Serialize, Deserialize)]
    #[serde(bound = "")]
    struct Texts<V: Storable + Clone + Serialize + DeserializeOwned>(
        TieredMap<u64, V, VectorMemory>,
    );

    impl<V: Storable + Clone + Serialize + DeserializeOwned> Tiered<VectorMemory> for Texts<V> {
        type Hot = ();
        fn hot(&self) -> &() {
            &()
        }
        fn set_hot(&mut self, (): ()) {}
        fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
            vec![Tier::new("texts", 1, &mut self.0)]
        }
    }

    type Value = BTreeMap<u64, Quiet>;

    impl From<BTreeMap<u64, String>> for Texts<String> {
        fn from(texts: BTreeMap<u64, String>) -> Self {
            Self(texts.into_iter().collect())
        }
    }

    impl From<Value> for Texts<Quiet> {
        fn from(texts: Value) -> Self {
            Self(texts.into_iter().collect())
        }
    }

    impl ToLegacy for Texts<Quiet> {
        type Legacy<'a> = Value;
        fn to_legacy(&self) -> Value {
            self.0.iter().collect()
        }
    }

    const BEFORE: Plan<BTreeMap<u64, String>, MessagePack> = Plan::new(2);
    const BACK: Reverse<Value, MessagePack> = Plan::new(2).reverse(Target::Offset0);
    let texts = [(1, "first"), (2, "LOUD"), (3, "last")].map(|(key, text)| (key, text.to_owned()));
    let loud = BTreeMap::from(texts);
    let memory = memory_of(&rmp_serde::to_vec_named(&loud).unwrap());
    Store::<Texts<String>, _>::resume(&BEFORE, memory.clone(), NOW).unwrap();
    let (mut back, _) =
        Store::<Texts<Quiet>, _>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
    back.save_legacy(&BACK, memory.clone()).unwrap();
    let quiet = BTreeMap::from([(1, "first"), (2, "loud"), (3, "last")]);
    assert!(bytes_of(&memory).starts_with(&rmp_serde::to_vec_named(&quiet).unwrap()));
}

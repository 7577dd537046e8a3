use std::collections::{BTreeMap, HashMap};

use ic_stable_structures::VectorMemory;
use serde::{Deserialize, Serialize};

use super::*;
use crate::application::Application;
use crate::bucket_plan::BucketPlan;
use crate::managed::{Empty, Stamp};
use crate::test_memory::{Sample, sample_of};

/// A number that comes back one larger, if it is odd.
#[derive(Clone, Debug, PartialEq)]
struct Growing(u64);

impl Serialize for Growing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Growing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        Ok(Self(number + number % 2))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    owner: String,
    growing: Growing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bank {
    accounts: Vec<Account>,
    open: bool,
}

/// A text that is written and cannot be read.
#[derive(Debug, Serialize)]
struct Unreadable(u64);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("not today"))
    }
}

fn saved<T: Serialize + DeserializeOwned>(value: &T) -> Managed<VectorMemory> {
    let managed = Empty::of(VectorMemory::default(), 0)
        .format(BucketPlan::for_ceiling(0))
        .unwrap();
    let stamp = Stamp {
        release: 1,
        schema: 1,
        now: 0,
        application: Application::NONE,
    };
    managed.save::<_, Cbor>(value, stamp).unwrap();
    managed
}

fn bank(number: u64) -> Bank {
    let account = |growing| Account {
        owner: "ann".into(),
        growing: Growing(growing),
    };
    Bank {
        accounts: vec![account(4), account(number)],
        open: true,
    }
}

#[test]
fn what_comes_back_as_it_was_is_returned() {
    let state = sample_of(100_000);
    assert_eq!(read_back(&saved(&state), state.clone()), Ok(state));
    assert_eq!(read_back(&saved(&bank(2)), bank(2)), Ok(bank(2)));
}

#[test]
fn a_field_that_comes_back_otherwise_is_named_with_its_type() {
    let error = read_back(&saved(&bank(7)), bank(7)).unwrap_err();
    let told = "field `growing` of `Account` has another value";
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(holds(&saved(&bank(7)), &bank(7)), Err(error));
}

#[test]
fn what_is_written_and_cannot_be_read_is_told_in_the_decoders_words() {
    let error = read_back(&saved(&Unreadable(1)), Unreadable(1)).unwrap_err();
    assert!(matches!(error, Error::NotReadBack { .. }));
    assert!(error.to_string().contains("not today"), "{error}");
}

#[test]
fn a_hash_map_is_the_same_in_any_order() {
    let entries = |keys: Vec<u64>| keys.into_iter().map(|key| (key, key * key));
    let first: HashMap<u64, u64> = entries((0..100).collect()).collect();
    let second: HashMap<u64, u64> = entries((0..100).rev().collect()).collect();
    let [first, second] = [first, second].map(|map| Content::of(&map).unwrap());
    assert_eq!(first.same_as(&second), Ok(()));
}

#[test]
fn what_options_texts_and_numbers_say_is_told_apart() {
    fn differ<A: Serialize, B: Serialize>(a: A, b: B) {
        let (a, b) = (Content::of(&a).unwrap(), Content::of(&b).unwrap());
        assert!(a.same_as(&b).is_err());
    }
    differ(None::<Option<()>>, Some(None::<()>));
    differ(Some(None::<()>), Some(Some(())));
    differ((), None::<()>);
    differ("1", 1u8);
    differ(1u8, -1i8);
    differ(0.0f64, -0.0f64);
    differ((1u8, 2u8), (2u8, 1u8));
    differ(vec![1u8], vec![1u8, 1u8]);
    differ(BTreeMap::from([(1, 2)]), BTreeMap::from([(2, 1)]));
    differ(Sample::default(), sample_of(1));
}

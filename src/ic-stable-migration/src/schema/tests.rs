use std::collections::BTreeMap;
use std::panic::catch_unwind;

use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;
use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::*;
use crate::codec::{Cbor, Codec, StreamCodec};

/// What the first version was, in a release that knew of no versions.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct One {
    name: String,
    seen: u64,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Two {
    names: Vec<String>,
    seen: u64,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
struct Three {
    names: Vec<String>,
    seen: BTreeMap<u64, u64>,
}

first_schema!(One);

impl Schema for Two {
    const NUMBER: u32 = 2;
    type Before = One;

    fn step(before: One) -> Result<Self, String> {
        if before.name.is_empty() {
            return Err("nobody is without a name".into());
        }
        Ok(Self {
            names: vec![before.name],
            seen: before.seen,
        })
    }
}

impl Schema for Three {
    const NUMBER: u32 = 3;
    type Before = Two;

    fn step(before: Two) -> Result<Self, String> {
        Ok(Self {
            names: before.names,
            seen: [(0, before.seen)].into(),
        })
    }
}

/// The last of a chain whose older versions are read no more.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Later(Vec<String>);

impl Schema for Later {
    const NUMBER: u32 = 3;
    type Before = Oldest;

    fn step(before: Oldest) -> Result<Self, String> {
        match before {}
    }
}

fn one() -> One {
    One {
        name: "ann".into(),
        seen: 7,
    }
}

fn three() -> Three {
    Three {
        names: vec!["ann".into()],
        seen: [(0, 7)].into(),
    }
}

fn written<T: Serialize + DeserializeOwned>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    Cbor::encode(value, &mut bytes).unwrap();
    bytes
}

fn read<T: Chain>(bytes: &[u8]) -> Result<Versioned<T>, String> {
    <Cbor as Codec<Versioned<T>>>::decode(bytes).map_err(|reason| reason.to_string())
}

fn steps<T: Chain>(value: &Versioned<T>) -> Vec<(u32, u32)> {
    let steps = value.report().steps;
    steps.iter().map(|step| (step.from, step.to)).collect()
}

#[test]
fn a_value_of_the_first_version_is_taken_through_every_step() {
    let found = read::<Three>(&written(&Versioned::new(one()))).unwrap();
    assert_eq!(*found, three());
    assert_eq!(steps(&found), [(1, 2), (2, 3)]);
}

#[test]
fn a_value_from_before_there_were_versions_is_one_of_the_first() {
    let found = read::<Three>(&written(&one())).unwrap();
    assert_eq!(*found, three());
    assert_eq!(steps(&found), [(1, 2), (2, 3)]);
}

#[test]
fn a_value_of_the_last_version_takes_no_step_and_is_written_as_it_was() {
    let bytes = written(&Versioned::new(three()));
    let found = read::<Three>(&bytes).unwrap();
    assert_eq!(*found, three());
    assert_eq!(steps(&found), []);
    assert_eq!(written(&found), bytes);
}

#[test]
fn a_value_of_a_later_version_is_refused_and_the_text_says_what_to_install() {
    let refused = read::<Two>(&written(&Versioned::new(three()))).unwrap_err();
    assert!(
        refused.contains("it has schema 3, and this release knows schemas up to 2"),
        "{refused}"
    );
}

#[test]
fn a_version_that_was_dropped_is_refused_and_the_text_says_from_which_it_reads() {
    let refused = read::<Later>(&written(&Versioned::new(one()))).unwrap_err();
    assert!(refused.contains("reads schemas from 3 to 3"), "{refused}");
    let plain = read::<Later>(&written(&one())).unwrap_err();
    assert!(plain.contains("it has schema 1"), "{plain}");
    assert_eq!((Three::OLDEST, Later::OLDEST), (1, 3));
}

#[test]
fn a_step_that_cannot_be_taken_is_an_error_which_names_it() {
    let nameless = One {
        name: String::new(),
        seen: 0,
    };
    let refused = read::<Three>(&written(&nameless)).unwrap_err();
    assert!(
        refused.contains("the step from schema 1 to 2 failed: nobody is without a name"),
        "{refused}"
    );
}

#[test]
fn nothing_may_stand_beside_a_numbered_value() {
    let both = BTreeMap::from([("schema 2", 1), ("schema 3", 2)]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&both, &mut bytes).unwrap();
    assert!(read::<Three>(&bytes).is_err());
}

/// Stores a type as serde_json has it.
macro_rules! stored {
    ($($type:ty),*) => {$(
        impl Storable for $type {
            const BOUND: Bound = Bound::Unbounded;

            fn to_bytes(&self) -> std::borrow::Cow<'_, [u8]> {
                serde_json::to_vec(self).unwrap().into()
            }

            fn into_bytes(self) -> Vec<u8> {
                serde_json::to_vec(&self).unwrap()
            }

            fn from_bytes(bytes: std::borrow::Cow<[u8]>) -> Self {
                serde_json::from_slice(&bytes).unwrap()
            }
        }
    )*};
}
stored!(One, Two, Three);

#[test]
fn a_record_of_any_version_is_read_as_the_last_and_written_as_it() {
    let old = Record::new(one()).into_bytes();
    assert_eq!(old[0], 1);
    let found = Record::<Three>::from_bytes(old.into());
    assert_eq!(*found, three());
    let new = found.to_bytes().into_owned();
    assert_eq!(new[0], 3);
    assert_eq!(*Record::<Three>::from_bytes(new.into()), three());
}

#[test]
fn a_record_of_a_later_version_traps_with_the_version() {
    let later = Record::new(three()).into_bytes();
    let trap = catch_unwind(|| Record::<Two>::from_bytes(later.into()).into_inner());
    let trap = *trap.unwrap_err().downcast::<String>().unwrap();
    assert!(trap.contains("schema 3"), "{trap}");
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_reading_them_does_not_panic(bytes: Vec<u8>) {
        drop(read::<Three>(&bytes));
    }

    #[test]
    fn a_value_that_is_cut_short_or_changed_is_never_read_as_a_later_one(
        at in 0_usize..40, flip in 1_u8..,
    ) {
        let mut bytes = written(&Versioned::new(one()));
        let at = at % bytes.len();
        bytes[at] ^= flip;
        if let Ok(found) = read::<Three>(&bytes) {
            prop_assert_eq!(steps(&found).last().map_or(3, |step| step.1), 3);
        }
        drop(read::<Three>(&bytes[..at]));
    }
}

use std::borrow::Cow;
use std::collections::BTreeMap;

use ic_stable_structures::storable::{Bound, Storable};
use ic_stable_structures::{StableBTreeMap, StableCell, VectorMemory};
use serde::{Deserialize, Serialize};

use super::*;
use crate::codec::MessagePack;
use crate::mover::testing::*;
use crate::mover::{Mover, Phase, Tiered};
use crate::plan::Plan;
use crate::test_memory::bytes_of;
use crate::tiered::TieredMap;

const LATER: Plan<Legacy, MessagePack> = Plan::new(3).ceiling(4 << 30);

/// A canister that has moved.
fn moved() -> Canister<VectorMemory> {
    let mut canister = Canister::start(legacy_memory(&sample(20)));
    canister.finish();
    canister.upgrade(false)
}

type Resumed<S> = (S, Mover<VectorMemory>);

fn later<const DECLARED: u8>(
    memory: &VectorMemory,
) -> Result<Resumed<State<VectorMemory, DECLARED>>, Error> {
    let (state, mover, _) = LATER.resume_tiered(memory.clone(), NOW)?;
    Ok((state, mover))
}

fn refused<const DECLARED: u8>(memory: &VectorMemory) -> OwnershipError {
    let before = bytes_of(memory);
    let error = later::<DECLARED>(memory).err();
    assert!(*memory.borrow() == before, "written after all");
    match error {
        Some(Error::Ownership(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn what_a_later_release_gets_wrong_is_told_with_both_sides() {
    let memory = moved().memory;
    let told = [
        (
            refused::<ID_CHANGED>(&memory),
            r#"collection "texts" is in virtual memory 1, and this release looks for it in 5:"#,
        ),
        (
            refused::<IDS_SWAPPED>(&memory),
            r#""texts" is in virtual memory 1, and this release looks for it in 2, which belongs to "marks""#,
        ),
        (
            refused::<ID_SHARED>(&memory),
            r#""texts" and "marks" both ask for virtual memory 1"#,
        ),
        (
            refused::<MISSING>(&memory),
            r#""marks" is in virtual memory 2, and this release does not have it"#,
        ),
        (
            refused::<RENAMED_WITHOUT_A_WORD>(&memory),
            r#""texts" is in virtual memory 1, and this release does not have it, but "words" in its place"#,
        ),
        (
            refused::<NAME_SHARED>(&memory),
            r#"virtual memories 1 and 2 are both asked for by a collection "texts""#,
        ),
        (
            refused::<VERSION_DROPPED>(&memory),
            r#""texts" of virtual memory 1 has values of version 1, and this release reads version 2"#,
        ),
    ];
    for (error, part) in told {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_renamed_collection_keeps_its_entries_and_is_known_by_either_name() {
    let canister = moved();
    let content = canister.content();
    for _ in 0..2 {
        let (state, mover) = later::<RENAMED>(&canister.memory).unwrap();
        assert_eq!(
            state.texts.iter().collect::<BTreeMap<_, _>>(),
            content.texts
        );
        let journal = mover.managed().move_journal().unwrap().unwrap();
        assert_eq!(journal.registry[0].name, "words");
    }
}

#[test]
fn a_retired_collection_keeps_its_memory_and_its_id() {
    let memory = moved().memory;
    let (_, mover) = later::<RETIRED>(&memory).unwrap();
    let journal = mover.managed().move_journal().unwrap().unwrap();
    assert!(journal.registry[1].retired);
    assert_eq!(journal.collections.len(), 1);
    let error = refused::<ID_OF_THE_RETIRED>(&memory);
    assert!(
        error
            .to_string()
            .contains(r#"belongs to collection "marks", which is retired"#),
        "{error}"
    );
    let error = refused::<RIGHT>(&memory);
    assert!(
        error
            .to_string()
            .contains("was retired by an earlier release"),
        "{error}"
    );
    let kept = mover.managed().memory(2).unwrap();
    assert_eq!(StableBTreeMap::<u64, u64, _>::init(kept).len(), 5);
}

#[test]
fn a_collection_is_not_retired_while_it_moves() {
    let mut canister = Canister::start(legacy_memory(&sample(20)));
    canister.step(3);
    let error = refused::<RETIRED>(&canister.memory);
    assert!(
        error.to_string().contains("its move is not done"),
        "{error}"
    );
}

#[test]
fn a_map_that_something_else_overwrote_is_not_opened() {
    let canister = moved();
    let memory = canister.mover.managed().memory(1).unwrap();
    StableCell::new(memory, 7u64);
    let error = refused::<RIGHT>(&canister.memory);
    assert!(
        error.to_string().contains("it holds a StableCell"),
        "{error}"
    );
}

#[test]
fn the_header_of_a_map_is_not_trusted() {
    let damage: [(u64, &[u8], &str); 4] = [
        (3, &[9], "version 9"),
        (12, &[0; 8], "and its root at 0"),
        (12, &[0xff; 8], "outside of its"),
        (
            20,
            &[3, 0, 0, 0, 0, 0, 0, 0],
            "3 entries, and there were 20",
        ),
    ];
    for (at, bytes, part) in damage {
        let canister = moved();
        canister.mover.managed().memory(1).unwrap().write(at, bytes);
        let error = refused::<RIGHT>(&canister.memory);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_shared_map_with_a_damaged_node_is_not_opened() {
    let legacy = legacy_memory(&sample(20));
    let mut canister = Declared::<VectorMemory, SHARING>::start(legacy);
    canister.finish();
    let canister = canister.upgrade(false);
    let memory = canister.mover.managed().memory(SHARED_MEMORY).unwrap();
    let mut root = [0; 8];
    memory.read(12, &mut root);
    memory.write(u64::from_le_bytes(root), b"BTX");
    let error = refused::<SHARING>(&canister.memory).to_string();
    assert!(error.contains("and no node of layout 2"), "{error}");
}

/// A state of one collection whose values are of the same size as another's and encoded otherwise.
macro_rules! state_of {
    ($state:ident, $key:ty, $value:ty) => {
        #[derive(Serialize, Deserialize, Default)]
        #[serde(bound = "")]
        struct $state {
            hot: u64,
            map: TieredMap<$key, $value, VectorMemory>,
        }

        impl From<BTreeMap<u64, u64>> for $state {
            fn from(_: BTreeMap<u64, u64>) -> Self {
                Self::default()
            }
        }

        impl Tiered<VectorMemory> for $state {
            type Hot = u64;
            fn hot(&self) -> &u64 {
                &self.hot
            }
            fn set_hot(&mut self, hot: u64) {
                self.hot = hot;
            }
            fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
                vec![Tier::new("map", 1, &mut self.map)]
            }
        }
    };
}

/// Eight bytes that are told from others by their last: the lowest bit is not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Even(u64);

impl Storable for Even {
    const BOUND: Bound = Bound::Bounded {
        max_size: 8,
        is_fixed_size: true,
    };
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned((self.0 & !1).to_be_bytes().to_vec())
    }
    fn into_bytes(self) -> Vec<u8> {
        self.to_bytes().into_owned()
    }
    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        Self(u64::from_be_bytes(bytes))
    }
}

/// A text that says it has no more than four bytes.
#[derive(Clone, Debug)]
struct Short(String);

impl Storable for Short {
    const BOUND: Bound = Bound::Bounded {
        max_size: 4,
        is_fixed_size: false,
    };
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0.as_bytes())
    }
    fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        Self(String::from_utf8_lossy(&bytes).into_owned())
    }
}

state_of!(Numbers, u64, u64);
state_of!(Texts, u64, String);
state_of!(Evens, u64, Even);
state_of!(ByEven, Even, u64);
state_of!(Shorts, u64, Short);

const OTHER: Plan<BTreeMap<u64, u64>, MessagePack> = Plan::new(3).ceiling(2 << 30);

fn fresh<S: Tiered<VectorMemory>>(mut state: S) -> Result<VectorMemory, Error> {
    let memory = VectorMemory::default();
    OTHER.begin_tiered(memory.clone(), &mut state, NOW)?;
    Ok(memory)
}

#[test]
fn a_type_of_another_size_is_refused_by_what_is_written_down() {
    let memory = fresh(Numbers::default()).unwrap();
    let error = OTHER.resume_tiered::<Texts, _>(memory, NOW).err().unwrap();
    let told = "with a value of exactly 8 bytes, and this release has a value of any size";
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn a_type_that_encodes_otherwise_is_refused_by_the_entries() {
    let memory = fresh(Numbers::default()).unwrap();
    let (mut state, ..) = OTHER
        .resume_tiered::<Numbers, _>(memory.clone(), NOW)
        .unwrap();
    state.map.insert(2, 2);
    state.map.insert(3, 5);
    for error in [
        OTHER.resume_tiered::<Evens, _>(memory.clone(), NOW).err(),
        OTHER.resume_tiered::<ByEven, _>(memory.clone(), NOW).err(),
    ] {
        let error = error.unwrap().to_string();
        assert!(
            error.contains("the last entry of collection \"map\""),
            "{error}"
        );
        assert!(error.contains("encodes to other bytes"), "{error}");
    }
}

#[test]
fn entries_that_a_stable_map_cannot_keep_are_found_before_they_move() {
    let cases = [
        fresh(Shorts {
            hot: 0,
            map: [(7, Short("five!".into()))].into_iter().collect(),
        }),
        fresh(ByEven {
            hot: 0,
            map: [(Even(3), 1)].into_iter().collect(),
        }),
        fresh(Numbers {
            hot: 0,
            map: [(1, 1), (1, 2), (2, 3), (1, 4)].into_iter().collect(),
        }),
    ];
    let told = [
        "its value has 5 bytes, and the type is of at most 4 bytes",
        "its key comes back from its bytes as another",
        "of which 2 had a key that another had, too",
    ];
    for (outcome, told) in cases.into_iter().zip(told) {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn keys_with_one_encoding_are_neither_saved_nor_loaded() {
    let state = ByEven {
        hot: 0,
        map: [(Even(2), 1), (Even(3), 1)].into_iter().collect(),
    };
    let error = crate::journal::encode(&state).unwrap_err();
    assert!(error.to_string().contains("the same encoding"), "{error}");
}

#[test]
fn the_registry_stands_in_the_journal_for_every_tool_to_read() {
    let canister = moved();
    let journal = canister.mover.managed().move_journal().unwrap().unwrap();
    assert_eq!(journal.phase, Phase::Done);
    let texts = Registered {
        name: "texts".into(),
        id: 1,
        shape: Shape {
            kind: Kind::StableBTreeMap,
            key: Size::Exactly(8),
            value: Size::Unbounded,
        },
        values: Versions::FIRST,
        retired: false,
    };
    assert_eq!(journal.registry[0], texts);
    assert_eq!(journal.collections[1].name, "marks");
}

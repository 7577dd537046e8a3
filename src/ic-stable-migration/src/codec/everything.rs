//! A type with every shape that serde knows, and any value of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use candid::Principal;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

type Maybe<T> = Option<Option<Option<T>>>;
type Maybes = (
    Maybe<u8>,
    Maybe<()>,
    Maybe<Vec<u8>>,
    Option<Vec<Option<()>>>,
);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Everything {
    integers: (i8, i16, i32, i64, i128, u8, u16, u32, u64, u128),
    texts: (String, char, bool),
    nothing: (),
    owners: BTreeMap<Principal, Option<Principal>>,
    pub maybe: Maybes,
    bytes: Bytes,
    shapes: Vec<Shape>,
    by_pair: BTreeMap<(i8, Option<String>), Vec<Shape>>,
    by_shape: BTreeMap<Simple, Option<Unit>>,
    tagged: Vec<(Internal, Adjacent, Untagged)>,
    flat: Flat,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bytes {
    list: Vec<u8>,
    queue: VecDeque<u8>,
    set: BTreeSet<u8>,
    short: [u8; 3],
    long: [u8; 32],
    #[serde(with = "serde_bytes")]
    asked_for: Vec<u8>,
    numbers: Vec<u16>,
    mixed: (u8, u8, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Simple {
    One,
    Two(u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Unit,
    Newtype(Option<Unit>),
    Tuple(u8, u8),
    Struct {
        file: Vec<u8>,
        tree: Option<Box<Shape>>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Internal {
    Nothing,
    File { bytes: Vec<u8>, owner: Option<u64> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "content")]
pub enum Adjacent {
    Nothing,
    Bytes(Vec<u8>),
    Pair(u8, Option<()>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    Number(u64),
    Text(String),
    Bytes(Vec<u8>),
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Vec<Untagged>>,
}

prop_compose! {
    fn bytes()(
        list in prop::collection::vec(any::<u8>(), 0..40),
        queue in prop::collection::vec_deque(any::<u8>(), 0..40),
        set in prop::collection::btree_set(any::<u8>(), 0..40),
        short in any::<[u8; 3]>(),
        long in any::<[u8; 32]>(),
        asked_for in prop::collection::vec(any::<u8>(), 0..40),
        numbers in prop::collection::vec(any::<u16>(), 0..40),
        mixed in (any::<u8>(), any::<u8>(), "\\PC{0,5}"),
    ) -> Bytes {
        Bytes { list, queue, set, short, long, asked_for, numbers, mixed }
    }
}

fn a_few<S: Strategy>(of: S) -> impl Strategy<Value = Vec<S::Value>> {
    prop::collection::vec(of, 0..4)
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..30)
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Unit),
        prop::option::of(Just(Unit)).prop_map(Shape::Newtype),
        any::<(u8, u8)>().prop_map(|(a, b)| Shape::Tuple(a, b)),
    ];
    leaf.prop_recursive(6, 12, 1, |inner| {
        (files(), prop::option::of(inner.prop_map(Box::new)))
            .prop_map(|(file, tree)| Shape::Struct { file, tree })
    })
}

fn simples() -> impl Strategy<Value = Simple> {
    prop_oneof![Just(Simple::One), any::<u8>().prop_map(Simple::Two)]
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        any::<u64>().prop_map(Untagged::Number),
        "\\PC{0,5}".prop_map(Untagged::Text),
        files().prop_map(Untagged::Bytes),
        Just(Untagged::Nothing),
    ]
}

fn tagged() -> impl Strategy<Value = (Internal, Adjacent, Untagged)> {
    let internal = prop_oneof![
        Just(Internal::Nothing),
        (files(), any::<Option<u64>>()).prop_map(|(bytes, owner)| Internal::File { bytes, owner }),
    ];
    let adjacent = prop_oneof![
        Just(Adjacent::Nothing),
        files().prop_map(Adjacent::Bytes),
        any::<(u8, Option<()>)>().prop_map(|(a, b)| Adjacent::Pair(a, b)),
    ];
    (internal, adjacent, untagged())
}

pub fn everything() -> impl Strategy<Value = Everything> {
    let principal =
        || prop::collection::vec(any::<u8>(), 0..=29).prop_map(|id| Principal::from_slice(&id));
    let owners = prop::collection::btree_map(principal(), prop::option::of(principal()), 0..4);
    let maybe = (
        any::<Maybe<u8>>(),
        any::<Maybe<()>>(),
        prop::option::of(prop::option::of(prop::option::of(files()))),
        prop::option::of(a_few(any::<Option<()>>())),
    );
    let flat = (
        "\\PC{0,5}",
        prop::collection::btree_map("x\\PC{0,5}", a_few(untagged()), 0..4),
    )
        .prop_map(|(name, rest)| Flat { name, rest });
    let by_pair = prop::collection::btree_map(
        (any::<i8>(), prop::option::of("\\PC{0,5}")),
        a_few(shapes()),
        0..4,
    );
    let by_shape = prop::collection::btree_map(simples(), prop::option::of(Just(Unit)), 0..4);
    let first = (
        any::<(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128)>(),
        ("\\PC{0,9}", any::<(char, bool)>()),
    );
    (
        first,
        maybe,
        bytes(),
        a_few(shapes()),
        by_pair,
        by_shape,
        a_few(tagged()),
        (flat, owners),
        any::<Option<u64>>(),
    )
        .prop_map(
            |(
                (integers, (text, (letter, yes))),
                maybe,
                bytes,
                shapes,
                by_pair,
                by_shape,
                tagged,
                (flat, owners),
                omitted,
            )| Everything {
                integers,
                texts: (text, letter, yes),
                nothing: (),
                owners,
                maybe,
                bytes,
                shapes,
                by_pair,
                by_shape,
                tagged,
                flat,
                omitted,
            },
        )
}

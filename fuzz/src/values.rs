//! Values of every shape.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use arbitrary::{Arbitrary, Unstructured};
use candid::{CandidType, Principal};
use serde::{Deserialize, Serialize};

/// What all three codecs give back as it was.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize, CandidType)]
pub struct Plain {
    numbers: (i8, i16, i32, i64, u8, u16, u32, u64),
    wide: (u128, i128),
    scores: (f32, f64),
    text: String,
    yes: bool,
    maybe: Option<String>,
    list: Vec<u16>,
    file: Vec<u8>,
    #[serde(with = "serde_bytes")]
    blob: Vec<u8>,
    set: BTreeSet<u64>,
    by_name: BTreeMap<String, Case>,
    by_pair: BTreeMap<(u8, String), Vec<Case>>,
    #[arbitrary(with = principal)]
    owner: Principal,
    #[arbitrary(with = friends)]
    friends: BTreeMap<Principal, Option<Principal>>,
    tree: Option<Box<Tree>>,
}

fn principal(random: &mut Unstructured) -> arbitrary::Result<Principal> {
    let len = random.int_in_range(0..=Principal::MAX_LENGTH_IN_BYTES)?;
    Ok(Principal::from_slice(random.bytes(len)?))
}

fn friends(random: &mut Unstructured) -> arbitrary::Result<BTreeMap<Principal, Option<Principal>>> {
    let count = random.int_in_range(0..=3)?;
    (0..count)
        .map(|_| {
            let friend = principal(random)?;
            let known: bool = random.arbitrary()?;
            Ok((friend, known.then_some(friend)))
        })
        .collect()
}

/// An enum with one of each kind of case.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize, CandidType)]
pub enum Case {
    /// No content.
    Unit,
    /// One value.
    Newtype(u64),
    /// Two values.
    Tuple(u8, String),
    /// Values with names.
    Struct {
        /// Bytes in a case.
        file: Vec<u8>,
        /// An option in a case.
        owner: Option<u64>,
    },
}

/// Something in itself.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize, CandidType)]
pub struct Tree {
    value: u8,
    below: Vec<Tree>,
}

type Maybe<T> = Option<Option<Option<T>>>;

/// What CBOR, the codec of memory 0, gives back as it was: all that serde knows.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize)]
pub struct Rich {
    plain: Plain,
    letter: char,
    nothing: (),
    maybe: (
        Maybe<u8>,
        Maybe<()>,
        Maybe<Vec<u8>>,
        Option<Vec<Option<()>>>,
    ),
    queue: VecDeque<u8>,
    bytes: BTreeSet<u8>,
    short: [u8; 3],
    long: [u8; 32],
    by_case: BTreeMap<Simple, Option<Unit>>,
    tagged: Vec<(Internal, Adjacent, Untagged)>,
    flat: Flat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    omitted: Option<u64>,
}

/// Nothing with a name.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize)]
pub struct Unit;

/// An enum that can be a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Arbitrary, Serialize, Deserialize)]
pub enum Simple {
    /// No content.
    One,
    /// One value.
    Two(u8),
}

/// An enum with its tag inside.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Internal {
    /// No content.
    Nothing,
    /// Bytes beside the tag.
    File {
        /// The bytes.
        bytes: Vec<u8>,
        /// An option.
        owner: Option<u64>,
    },
}

/// An enum with its tag beside the content.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize)]
#[serde(tag = "kind", content = "content")]
pub enum Adjacent {
    /// No content.
    Nothing,
    /// Bytes.
    Bytes(Vec<u8>),
    /// Two values.
    Pair(u8, Option<()>),
}

/// An enum without a tag.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Null.
    Nothing,
}

/// A map among the fields.
#[derive(Clone, Debug, PartialEq, Arbitrary, Serialize, Deserialize)]
pub struct Flat {
    title: u8,
    #[serde(flatten)]
    rest: BTreeMap<Extra, Vec<Untagged>>,
}

/// A name that no field has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Extra(String);

impl<'a> Arbitrary<'a> for Extra {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self(format!("x{}", u.arbitrary::<&str>()?)))
    }
}

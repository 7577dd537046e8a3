use std::collections::BTreeMap;

use ic_stable_structures::VectorMemory;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::codec::{Cbor, LengthU32, MessagePack};
use crate::declare;
use crate::error::Error;
use crate::legacy::Trailing;
use crate::mover::{Tier, Tiered};
use crate::plan::Plan;
use crate::registry::{Changes, Held, OwnershipError};
use crate::reverse::{Reverse, Target};
use crate::tiered::TieredMap;

type Legacy = BTreeMap<u64, String>;

const NOW: u64 = 1_700_000_000_000_000_000;
const COLLECTIONS: &[Declared] = &[
    declare!("texts", 1, u64 => String),
    declare!("marks", 2, u64 => ()).sharing(9).versions(1, 3),
];
const CHANGES: Changes = Changes::new()
    .renamed(&[("words", "texts")])
    .retired(&["drafts"]);
const PLAN: Plan<Legacy, LengthU32<Cbor>> = Plan::new(7)
    .application("to do")
    .schema(3)
    .ceiling(2 << 30)
    .trailing(Trailing::Discard)
    .collections(COLLECTIONS)
    .changes(CHANGES);

crate::manifest!(PLAN.manifest());

/// The text cannot drift: this is version 1.
const GOLDEN: &str = "\nmanifest\t1\napplication\tto do\nrelease\t7\nreads\tCBOR\tu32\nkeeps\theader\n\
    schemas\t1\t3\nmemory\t0\nceiling\t2147483648\nbudget\t100000000000\ntrailing\tdiscard\ncollections\t2\n\
    collection\t1\town\t=8\t*\t1\t1\ttexts\tu64\tString\n\
    collection\t2\t9\t=8\t<0\t1\t3\tmarks\tu64\t()\n\
    renamed\twords\ttexts\nretired\tdrafts\nend\n";

#[test]
fn the_golden_text_of_version_1_stays_as_it_is() {
    const BYTES: [u8; PLAN.manifest().len()] = PLAN.manifest().bytes();
    assert_eq!(std::str::from_utf8(&BYTES), Ok(GOLDEN));
    let read = Manifest::read(&BYTES).unwrap().unwrap();
    assert_eq!(read.application.as_deref(), Some("to do"));
    assert_eq!(read.release, 7);
    assert_eq!(read.reads, ("CBOR".into(), "u32".into()));
    let header = read.header.unwrap();
    assert_eq!((header.schemas, header.memory), ((1, 3), 0));
    assert!(header.discards_trailing);
    let collections = header.collections.unwrap();
    let values = collections.declared[1].registered.values;
    assert_eq!((values.oldest, values.newest), (1, 3));
    assert_eq!(collections.retired, ["drafts"]);
}

#[test]
fn a_release_from_before_says_what_it_keeps_at_offset_0() {
    const SOURCE: ManifestSource =
        ManifestSource::of_value::<Legacy, MessagePack>(0).application("a");
    const BYTES: [u8; SOURCE.len()] = SOURCE.bytes();
    let read = Manifest::read(&BYTES).unwrap().unwrap();
    assert_eq!(read.header, None);
    assert_eq!(read.reads, ("MessagePack".into(), "none".into()));
}

#[test]
fn it_is_found_among_words_in_any_order() {
    let words = format!("layout 1 {GOLDEN}follows ");
    let other = format!("follows {GOLDEN}layout 1 ");
    let read = |text: &str| Manifest::read(text.as_bytes()).unwrap();
    assert!(read(&words).is_some());
    assert_eq!(read(&words), read(&other));
    assert_eq!(read("layout 1 follows "), None);
    assert_eq!(read(""), None);
}

#[test]
fn lines_of_later_versions_are_skipped_and_damaged_ones_named() {
    let with = |line: &str| GOLDEN.replace("memory\t0\n", &format!("memory\t0\n{line}\n"));
    let read = |text: &str| Manifest::read(text.as_bytes());
    assert_eq!(read(&with("colour\tblue")), read(GOLDEN));
    for (text, told) in [
        (GOLDEN.replace("manifest\t1", "manifest\t2"), "a version"),
        (GOLDEN.replace("\nend\n", "\n"), "no end"),
        (format!("{GOLDEN}{GOLDEN}"), "another manifest"),
        (with("memory\t0"), "said before"),
        (with("schemas\t1"), "cannot say"),
        (with("collection\t3"), "cannot say"),
        (GOLDEN.replace("memory\t0\n", ""), "missing"),
        (GOLDEN.replace("memory\t0", "memory\t256"), "number"),
        (GOLDEN.replace("\t=8\t*", "\t8\t*"), "size"),
        (GOLDEN.replace("schemas\t1\t3", "schemas\t4\t3"), "oldest"),
        (
            GOLDEN.replace("collections\t2", "collections\t3"),
            "as many",
        ),
        (format!("\nmanifest\t1\n{}", "x".repeat(1 << 20)), "1 MiB"),
        (with(&"retired\tx\n".repeat(1_001)), "more of them"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn a_release_that_goes_back_says_where_to() {
    const BACK: Reverse<Legacy, LengthU32<Cbor>> = PLAN.reverse(Target::Memory0);
    const BYTES: [u8; BACK.manifest().len()] = BACK.manifest().bytes();
    let with = GOLDEN.replace("discard\n", "discard\nback\tmemory\n");
    assert_eq!(std::str::from_utf8(&BYTES), Ok(&with[..]));
    let back =
        |text: &str| Manifest::read(text.as_bytes()).map(|read| read.unwrap().header.unwrap().back);
    assert_eq!(back(&with), Ok(Some(Target::Memory0)));
    assert_eq!(
        back(&with.replace("back\tmemory", "back\tvalue")),
        Ok(Some(Target::Offset0))
    );
    assert_eq!(back(GOLDEN), Ok(None));
    assert!(back(&with.replace("back\tmemory", "back\tsomewhere")).is_err());
}

#[test]
fn a_version_that_is_newer_is_told_from_one_that_is_none() {
    for (version, newer) in [
        ("2", Some(2)),
        ("4294967295", Some(u32::MAX)),
        ("0", None),
        ("x", None),
    ] {
        let text = GOLDEN.replace("manifest\t1", &format!("manifest\t{version}"));
        assert_eq!(
            Manifest::read(text.as_bytes()).unwrap_err().newer,
            newer,
            "{version}"
        );
    }
    let damaged = GOLDEN.replace("release\t7", "release\tx");
    assert_eq!(Manifest::read(damaged.as_bytes()).unwrap_err().newer, None);
}

proptest! {
    #[test]
    fn no_section_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = Manifest::read(&bytes);
    }

    #[test]
    fn no_change_of_a_manifest_makes_the_reader_panic(
        changes in prop::collection::vec((0..GOLDEN.len(), any::<u8>()), 1..8),
    ) {
        let mut bytes = GOLDEN.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        if let Ok(Some(read)) = Manifest::read(&bytes)
            && let Some(collections) = read.header.and_then(|header| header.collections)
        {
            let known: Vec<_> = collections.declared.iter().map(|one| one.registered.clone()).collect();
            let found = collections.disagreements(&known, 0, |_| Held::Moved);
            prop_assert!(found.len() <= 2 * known.len());
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(bound = "")]
struct State {
    hot: u64,
    texts: TieredMap<u64, String, VectorMemory>,
}

impl From<BTreeMap<u64, u64>> for State {
    fn from(_: BTreeMap<u64, u64>) -> Self {
        Self::default()
    }
}

impl Tiered<VectorMemory> for State {
    type Hot = u64;
    fn hot(&self) -> &u64 {
        &self.hot
    }
    fn set_hot(&mut self, hot: u64) {
        self.hot = hot;
    }
    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![Tier::new("texts", 1, &mut self.texts)]
    }
}

/// An eight-byte key that is no `u64`, and a value of any size that is no `String`.
type OtherKey = [u8; 8];
type OtherValue = Vec<u8>;

#[test]
fn a_plan_that_declares_something_else_than_the_state_is_refused_by_every_hook() {
    const PLAIN: Plan<BTreeMap<u64, u64>, MessagePack> = Plan::new(2).ceiling(2 << 30);
    const RIGHT: &[Declared] = &[declare!("texts", 1, u64 => String)];
    let memory = VectorMemory::default();
    PLAIN
        .begin_tiered(memory.clone(), &mut State::default(), NOW)
        .unwrap();
    PLAIN
        .collections(RIGHT)
        .resume_tiered::<State, _>(memory.clone(), NOW)
        .unwrap();
    const WRONG: [(&[Declared], &str); 7] = [
        (&[], "name"),
        (&[declare!("texts", 2, u64 => String)], "id"),
        (&[declare!("words", 1, u64 => String)], "name"),
        (&[declare!("texts", 1, OtherKey => String)], "key"),
        (&[declare!("texts", 1, u64 => OtherValue)], "value"),
        (
            &[declare!("texts", 1, u64 => String).sharing(9)],
            "structure",
        ),
        (
            &[
                declare!("texts", 1, u64 => String),
                declare!("marks", 2, u64 => ()),
            ],
            "name",
        ),
    ];
    for (declared, wrong) in WRONG {
        let plan = || Plan::<BTreeMap<u64, u64>, MessagePack>::new(2).collections(declared);
        let before = memory.borrow().clone();
        let begun = plan().begin_tiered(VectorMemory::default(), &mut State::default(), NOW);
        let resumed = plan().resume_tiered::<State, _>(memory.clone(), NOW);
        for error in [begun.err(), resumed.err()] {
            let Some(Error::Ownership(OwnershipError::NotAsDeclared { what, .. })) = error else {
                panic!("{error:?}");
            };
            assert_eq!(what, wrong);
        }
        assert!(*memory.borrow() == before, "written after all");
    }
    let changed = PLAIN
        .collections(RIGHT)
        .changes(CHANGES)
        .resume_tiered::<State, _>(memory, NOW);
    assert_eq!(changed.err().unwrap().code(), "E519");
    let stage_one = PLAIN.collections(RIGHT).begin(VectorMemory::default());
    assert_eq!(stage_one.err().unwrap().code(), "E519");
}

#[test]
fn a_disagreement_of_one_collection_does_not_hide_those_of_others() {
    let of = |text: &str| {
        let text = format!(
            "\nmanifest\t1\nrelease\t1\nreads\tCBOR\tnone\nkeeps\theader\nschemas\t1\t1\nmemory\t0\nceiling\t1\n\
             budget\t0\ntrailing\trefuse\ncollections\t3\n{text}end\n"
        );
        let read = Manifest::read(text.as_bytes()).unwrap().unwrap();
        read.header.unwrap().collections.unwrap()
    };
    let line = |id: u8, size: &str, name: &str| {
        format!("collection\t{id}\town\t=8\t{size}\t1\t1\t{name}\tu64\tu64\n")
    };
    let old = of(&(line(1, "=8", "a") + &line(2, "=8", "b") + &line(3, "=8", "c")));
    let known: Vec<_> = old
        .declared
        .iter()
        .map(|one| one.registered.clone())
        .collect();
    assert_eq!(old.disagreements(&known, 0, |_| Held::Moved), []);
    let new = of(&(line(2, "=8", "a") + &line(1, "=8", "b") + &line(4, "=8", "d")));
    let codes: Vec<_> = new
        .disagreements(&known, 0, |_| Held::Moved)
        .iter()
        .map(Error::code)
        .collect();
    assert_eq!(
        codes,
        ["E506", "E504", "E504"],
        "c is gone, a and b have changed places"
    );
}

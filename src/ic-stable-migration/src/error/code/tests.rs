use std::collections::BTreeSet;
use std::fmt::Display;

use super::*;
use crate::codec::Format;
use crate::error::{Glimpse, Place};
use crate::form::{Form, Frame};
use crate::key;
use crate::mover::Difference;
use crate::registry::{Size, Versions};
use crate::reverse::Lost;

/// The page that has an entry for every code.
const INDEX: &str = include_str!("../../guide/errors.md");

/// The sources in which the texts stand, of which every one has a sample below.
const SOURCES: [&str; 5] = [
    include_str!("../../error.rs"),
    include_str!("../../registry/ownership.rs"),
    include_str!("../../tree/error.rs"),
    include_str!("../../reverse/error.rs"),
    include_str!("../../key.rs"),
];

/// Code and text of an error.
type Told = (&'static str, String);

fn told<E: Display>(error: &E, code: impl Fn(&E) -> &'static str) -> Told {
    (code(error), error.to_string())
}

fn samples() -> Vec<Told> {
    let mut samples: Vec<Told> = errors().iter().map(|e| told(e, Error::code)).collect();
    samples.extend(ownership().iter().map(|e| told(e, OwnershipError::code)));
    samples.extend(tree().iter().map(|e| told(e, TreeError::code)));
    samples.extend(reverse().iter().map(|e| told(e, ReverseError::code)));
    let key = key::decode::<u64>(b"short").unwrap_err();
    samples.push(told(&key, KeyError::code));
    samples
}

#[test]
fn a_text_begins_with_its_code_and_no_two_errors_share_one() {
    let samples = samples();
    for (code, text) in &samples {
        let digits = code.strip_prefix('E').map(str::as_bytes);
        assert!(
            matches!(digits, Some([b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'])),
            "{code}"
        );
        assert!(text.starts_with(&format!("{code}: ")), "{code}: {text}");
    }
    let codes: BTreeSet<_> = samples.iter().map(|(code, _)| code).collect();
    assert_eq!(codes.len(), samples.len());
}

#[test]
fn every_variant_has_a_sample() {
    let texts = |source: &str| source.matches("#[error(").count();
    // `transparent`, twice, and the one that goes on behind the text of another.
    let wrappers = 3;
    assert_eq!(
        SOURCES.map(texts).iter().sum::<usize>() - wrappers,
        samples().len()
    );
}

#[test]
fn a_wrapper_tells_the_code_of_what_it_wraps_once() {
    for inner in ownership() {
        let (code, text) = (inner.code(), inner.to_string());
        let outer = Error::from(inner);
        assert_eq!(outer.code(), code);
        assert_eq!(outer.to_string(), format!("{text}; nothing was written"));
    }
    for inner in reverse() {
        let outer = Error::from(inner.clone());
        assert_eq!(told(&outer, Error::code), told(&inner, ReverseError::code));
    }
    for inner in tree() {
        let outer = Error::from(inner.clone());
        assert_eq!(told(&outer, Error::code), told(&inner, TreeError::code));
        let quoted = quoted(&inner);
        assert_eq!(outer.to_string(), format!("{}: {quoted}", inner.code()));
    }
}

#[test]
fn the_index_has_every_code_with_cause_and_remedy_and_no_other() {
    let entries: Vec<&str> = INDEX.split("\n### ").skip(1).collect();
    let indexed: Vec<&str> = entries.iter().map(|entry| &entry[..4]).collect();
    let mut codes: Vec<&str> = samples().iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    assert_eq!(indexed, codes);
    for entry in entries {
        for part in ["\n**Cause.** ", "\n**Remedy.** "] {
            assert_eq!(entry.matches(part).count(), 1, "{part:?} in {entry}");
        }
    }
}

const FOUND: &[u8] = b"MGR\x01";

fn errors() -> Vec<Error> {
    let (found, place, format) = (Glimpse::of(FOUND), Place::Memory0, Format::Cbor);
    let text = || String::from("…");
    vec![
        Error::Empty,
        Error::NotEmpty { pages: 1, found },
        Error::Unrecognized {
            offset: 0,
            found,
            expected: text(),
        },
        Error::decode(format, place, 1, text()),
        Error::DuplicateKeys {
            format,
            place,
            count: 1,
            offset: 2,
            key: text(),
        },
        Error::Length {
            place,
            length: 9,
            available: text(),
        },
        Error::Trailing {
            place,
            bytes: 1,
            offset: 2,
            found,
        },
        Error::NotReadBack {
            format,
            what: text(),
        },
        Error::encode(format, text()),
        Error::unknown_memory0(1, FOUND),
        Error::NoForm {
            pages: 1,
            found,
            tried: text(),
        },
        Error::Ambiguous {
            found,
            one: form(Frame::None),
            other: form(Frame::LengthU32),
        },
        Error::NothingSaved,
        Error::OtherMemories { memories: text() },
        Error::SavedElsewhere {
            found: 9,
            planned: 0,
        },
        Error::HeaderDamaged {
            found: 1,
            computed: 2,
        },
        Error::HeaderField {
            field: "codec",
            found: 9,
            known: "1",
        },
        Error::PayloadDamaged {
            part: "payload",
            expected: 1,
            computed: 2,
            bytes: 3,
        },
        Error::NewerRelease { found: 2, this: 1 },
        Error::NewerSchema {
            found: 2,
            this: 1,
            release: 3,
        },
        Error::OutOfStableMemory {
            pages: 1,
            needed: 2,
        },
        Error::Ceiling {
            buckets: 32_768,
            bucket_pages: 1,
            ceiling_bytes: 2 << 30,
            needed: 1,
        },
        Error::CeilingRaised {
            planned: 4 << 30,
            reached: 2 << 30,
            bucket_pages: 1,
        },
        Error::MoveBegun { release: 2 },
        Error::NoDifference {
            collection: text(),
            differing: Vec::new(),
        },
        Error::MoveDiffers {
            collection: text(),
            difference: DIFFERENCE,
        },
        Error::OriginalsGone,
        Error::ReservedMemory { id: 255 },
        Error::SchemaOfPlan { plan: 1, state: 2 },
        Error::OtherApplication {
            found: text(),
            this: None,
        },
    ]
}

const DIFFERENCE: Difference = Difference {
    expected_count: 1,
    found_count: 2,
    expected_sum: 3,
    found_sum: 4,
};

fn reverse() -> Vec<ReverseError> {
    let text = || String::from("…");
    vec![
        ReverseError::Unpromised {
            lost: vec![Lost::new("index", 3)],
        },
        ReverseError::OtherMemories { memories: text() },
        ReverseError::NoManager,
        ReverseError::Undecided { collection: text() },
        ReverseError::CollectionDiffers {
            collection: text(),
            difference: DIFFERENCE,
        },
        ReverseError::NotTheState {
            format: Format::Cbor,
            what: text(),
        },
    ]
}

fn form(frame: Frame) -> Form {
    Form {
        frame,
        format: Format::Cbor,
    }
}

fn ownership() -> Vec<OwnershipError> {
    let (key, found) = (Glimpse::of(FOUND), Glimpse::of(FOUND));
    let text = || String::from("…");
    let (name, id) = (text, 7);
    vec![
        OwnershipError::SharedId {
            id,
            first: text(),
            second: text(),
        },
        OwnershipError::SharedWithOwner {
            id,
            owner: text(),
            sharing: text(),
        },
        OwnershipError::SharedName {
            name: name(),
            first: 1,
            second: 2,
        },
        OwnershipError::IdChanged {
            name: name(),
            registered: 1,
            declared: 2,
            owner: None,
        },
        OwnershipError::IdTaken {
            id,
            registered: text(),
            retired: true,
            declared: text(),
        },
        OwnershipError::Missing {
            name: name(),
            id,
            in_its_place: None,
        },
        OwnershipError::Retired { name: name(), id },
        OwnershipError::RetiredTooEarly { name: name(), id },
        OwnershipError::Changed {
            name: name(),
            id,
            what: "key",
            registered: text(),
            declared: text(),
        },
        OwnershipError::InUse {
            name: name(),
            id,
            pages: 1,
            holds: text(),
            found,
        },
        OwnershipError::Foreign {
            name: name(),
            id,
            reason: text(),
            found,
        },
        OwnershipError::Misfit {
            name: name(),
            id,
            which: "first",
            key,
            reason: text(),
        },
        OwnershipError::Unstorable {
            name: name(),
            key,
            reason: text(),
        },
        OwnershipError::Oversized {
            name: name(),
            reason: text(),
        },
        OwnershipError::Unordered { id, key },
        OwnershipError::DuplicateKeys {
            name: name(),
            count: 1,
        },
        OwnershipError::Version {
            name: name(),
            id,
            found: Versions::only(2),
            read: Versions::FIRST,
        },
        OwnershipError::VersionDuringMove {
            name: name(),
            id,
            found: 1,
            declared: 2,
        },
        OwnershipError::NotAsDeclared {
            name: name(),
            what: "id",
            declared: text(),
            found: text(),
        },
    ]
}

fn tree() -> Vec<TreeError> {
    let (part, entry, bytes, what) = ("key", 1, 9, String::from("…"));
    vec![
        TreeError::SmallPage { page_bytes: 1 },
        TreeError::WrongSize {
            part,
            entry,
            bytes,
            size: Size::Exactly(8),
        },
        TreeError::TooLong { part, entry, bytes },
        TreeError::OutOfMemory {
            pages: 1,
            wanted: 2,
        },
        TreeError::ForeignRun { index: 0 },
        TreeError::MissingEntries {
            pushed: 2,
            joined: 1,
        },
        TreeError::Header {
            offset: 0,
            found: Glimpse::of(FOUND),
            expected: "map",
        },
        TreeError::Contradiction { what: what.clone() },
        TreeError::Damaged { address: 1, what },
    ]
}

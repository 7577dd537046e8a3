//! A value behind a length, a header of the canister's own, or other values.

use std::collections::BTreeMap;

use ic_stable_migration::{
    Cbor, Codec, Error, Framed, Front, MessagePack, Origin, Plan, Sequence, Skip, U32Be, U64Be,
};
use ic_stable_structures::Memory;

use crate::canister::{NOW, Value, cbor, goes_to_done, memory_of, messagepack, sample};

/// Magic, then where the value is and how long: 8, 8 and 8 bytes, big-endian.
struct Ledger;

impl Front for Ledger {
    const BYTES: usize = 24;

    fn value_bytes(front: &[u8]) -> Result<Option<u64>, String> {
        let rest = front.strip_prefix(b"LEDGER01").ok_or("no LEDGER01")?;
        let (offset, length) = rest.split_at(8);
        if offset != 24u64.to_be_bytes() {
            return Err("the value does not follow the header".into());
        }
        let length = length.first_chunk().ok_or("no length")?;
        Ok(Some(u64::from_be_bytes(*length)))
    }
}

fn ledger() -> Vec<u8> {
    let value = cbor(&sample());
    let front = [24u64.to_be_bytes(), (value.len() as u64).to_be_bytes()];
    [&b"LEDGER01"[..], front.as_flattened(), &value].concat()
}

fn is_legacy_of(bytes: usize, origin: Origin) {
    let Origin::Legacy { bytes: found, .. } = origin else {
        panic!("{origin:?}");
    };
    assert_eq!(found, bytes as u64);
}

#[test]
fn a_big_endian_length() {
    let value = cbor(&sample());
    let bytes = [&(value.len() as u32).to_be_bytes()[..], &value].concat();
    let origin = goes_to_done::<Value, Framed<U32Be, Cbor>, _>(|| memory_of(&bytes));
    is_legacy_of(bytes.len(), origin);
    let value = messagepack(&sample());
    let bytes = [&(value.len() as u64).to_be_bytes()[..], &value].concat();
    let origin = goes_to_done::<Value, Framed<U64Be, MessagePack>, _>(|| memory_of(&bytes));
    is_legacy_of(bytes.len(), origin);
}

#[test]
fn a_header_that_says_nothing_of_the_value() {
    let bytes = [&[7; 20][..], &cbor(&sample())].concat();
    let origin = goes_to_done::<Value, Framed<Skip<20>, Cbor>, _>(|| memory_of(&bytes));
    is_legacy_of(bytes.len(), origin);
}

#[test]
fn a_header_of_a_pages_length_with_a_probe_that_goes_into_the_next() {
    let bytes = [&[7; 65_536][..], &cbor(&sample())].concat();
    let origin = goes_to_done::<Value, Framed<Skip<65_536>, Cbor>, _>(|| memory_of(&bytes));
    is_legacy_of(bytes.len(), origin);
    // A memory of one page has no room for it, and is nothing that the release knows.
    let plan: Plan<Value, Framed<Skip<65_536>, Cbor>> = Plan::new(1);
    let refused = plan.resume::<Value, _>(memory_of(&[7; 9]), NOW);
    assert!(matches!(refused, Err(Error::Unrecognized { .. })));
}

#[test]
fn a_header_of_the_canisters_own() {
    let bytes = ledger();
    let origin = goes_to_done::<Value, Framed<Ledger, Cbor>, _>(|| memory_of(&bytes));
    is_legacy_of(bytes.len(), origin);
}

#[test]
fn a_front_inside_a_front() {
    let value = ledger();
    let bytes = [&(value.len() as u32).to_be_bytes()[..], &value].concat();
    type Both = Framed<U32Be, Framed<Ledger, Cbor>>;
    let origin = goes_to_done::<Value, Both, _>(|| memory_of(&bytes));
    is_legacy_of(bytes.len(), origin);
}

#[test]
fn several_values_one_behind_the_other() {
    let Value { owner, notes } = sample();
    let notes = messagepack(&notes);
    let length = (notes.len() as u64).to_be_bytes();
    let owner = messagepack(&[owner]);
    // A text alone starts no state; in a sequence the first value is one, here a list of one.
    type First = Sequence<(Cbor, Framed<U64Be, MessagePack>)>;
    let whole = [&cbor(&[sample().owner])[..], &length, &notes].concat();
    type Parts = ([String; 1], BTreeMap<u64, String>);
    let (read, _) = parts::<Parts, First>(&whole);
    assert_eq!(read, ([sample().owner], sample().notes));

    type Three = Sequence<(MessagePack, Framed<U64Be, MessagePack>, Cbor)>;
    let whole = [&owner[..], &length, &notes, &cbor(&(1, 2))].concat();
    type ThreeParts = ([String; 1], BTreeMap<u64, String>, (u8, u8));
    let (read, taken) = parts::<ThreeParts, Three>(&whole);
    assert_eq!(read, ([sample().owner], sample().notes, (1, 2)));
    assert_eq!(taken, whole.len());
    // Cut inside the last one.
    let cut = &whole[..whole.len() - 1];
    let read: Result<ThreeParts, _> = Three::decode(cut);
    assert!(read.is_err());
}

/// What codec and census take of the bytes, with more behind them.
fn parts<L, C: Codec<L>>(bytes: &[u8]) -> (L, usize) {
    let more = [bytes, &[0xff; 9]].concat();
    let mut rest = &more[..];
    let value = C::decode(&mut rest).unwrap();
    let census = C::census(&more[..]).unwrap().unwrap();
    assert_eq!(census.bytes, (more.len() - rest.len()) as u64);
    (value, more.len() - rest.len())
}

#[test]
fn a_front_that_announces_more_or_less_than_the_value_is_refused() {
    let value = cbor(&sample());
    let read = |length: usize| {
        let bytes = [&(length as u32).to_be_bytes()[..], &value].concat();
        let plan: Plan<Value, Framed<U32Be, Cbor>> = Plan::new(1);
        let memory = memory_of(&bytes);
        let before = memory.borrow().clone();
        let refused = plan.resume::<Value, _>(memory.clone(), NOW).unwrap_err();
        assert!(*memory.borrow() == before);
        refused
    };
    assert!(matches!(read(value.len() - 1), Error::Decode { .. }));
    assert!(matches!(read(value.len() + 1), Error::Decode { .. }));
    // More than the memory has.
    assert!(matches!(read(1 << 30), Error::Unrecognized { .. }));
}

#[test]
fn a_key_that_stands_twice_is_found_behind_a_front_and_its_place_is_told() {
    let twice = b"\xa2\x61a\x01\x61a\x02";
    let bytes = [&[0, 0, 0, twice.len() as u8][..], twice].concat();
    let plan: Plan<BTreeMap<String, u8>, Framed<U32Be, Cbor>> = Plan::new(1);
    let refused = plan.resume::<BTreeMap<String, u8>, _>(memory_of(&bytes), NOW);
    let Err(Error::DuplicateKeys { offset, .. }) = refused else {
        panic!("{:?}", refused.err());
    };
    assert_eq!(offset, 8);
    let memory = memory_of(&bytes);
    assert_eq!(memory.size(), 1);
}

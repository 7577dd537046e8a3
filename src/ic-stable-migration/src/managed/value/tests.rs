use std::collections::BTreeMap;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{StableBTreeMap, StableCell, VectorMemory};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::codec::{Candid, Format, LengthU32, StreamCodec};
use crate::open::{Opened, open};
use crate::plan::{Origin, Plan};
use crate::test_memory::{Sample, Untouchable, bytes_of, sample_of, samples};

const NOW: u64 = 1_700_000_000_000_000_000;

/// A manager with these bytes in memory 0.
fn holding(bytes: &[u8], bucket_pages: u16) -> VectorMemory {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
    let memory0 = manager.get(MemoryId::new(0));
    memory0.grow(bytes.len() as u64 / 65_536 + 1);
    memory0.write(0, bytes);
    memory
}

fn in_frame(frame: Frame, value: &[u8]) -> Vec<u8> {
    let short = (value.len() as u32).to_le_bytes();
    let front = match frame {
        Frame::LengthU32 => short.to_vec(),
        Frame::LengthU64 => (value.len() as u64).to_le_bytes().to_vec(),
        Frame::StableCell => [&b"SCL\x01"[..], &short].concat(),
        Frame::None | Frame::Own => Vec::new(),
    };
    [&front, value].concat()
}

fn encoded(format: Format, state: &Sample) -> Vec<u8> {
    let mut bytes = Vec::new();
    match format {
        Format::Cbor => Cbor::encode(state, &mut bytes).unwrap(),
        Format::MessagePack => MessagePack::encode(state, &mut bytes).unwrap(),
        Format::Candid => bytes = candid::encode_one(state).unwrap(),
        Format::Other(name) => panic!("no canister keeps {name} there"),
    }
    bytes
}

fn load<L: DeserializeOwned, C: Codec<L>>(
    memory: &VectorMemory,
    trailing: Trailing,
) -> Result<(L, Value), Error> {
    match open(Untouchable(memory.clone())) {
        Opened::Managed(managed) => managed.load_value::<L, C>(trailing),
        other => panic!("not managed: {other:?}"),
    }
}

/// What is read of these bytes in memory 0 by a plan whose codec is MessagePack.
fn read<L: DeserializeOwned>(bytes: &[u8]) -> Result<(L, Value), Error> {
    load::<L, MessagePack>(&holding(bytes, 1), Trailing::Refuse)
}

/// From the bytes to a saved state, with the buckets and the other memory as they were.
fn is_resumed<C: Codec<Sample>>(form: Form, state: &Sample, bucket_pages: u16) {
    let value = encoded(form.format, state);
    let memory = holding(&in_frame(form.frame, &value), bucket_pages);
    let manager = MemoryManager::init(memory.clone());
    let mut map = StableBTreeMap::init(manager.get(MemoryId::new(9)));
    map.insert(1u64, 2u64);
    let plan: Plan<Sample, C> = Plan::new(2);
    let resumed = plan.resume::<Sample, _>(memory.clone(), NOW).unwrap();
    assert_eq!(resumed.state, *state, "{form}");
    let origin = Origin::Value {
        form,
        bytes: value.len() as u64,
        repeated_pairs: 0,
        trailing_bytes: 0,
        read_back: true,
    };
    assert_eq!(resumed.origin, origin, "{form}");
    let again = plan.resume::<Sample, _>(memory.clone(), NOW).unwrap();
    assert_eq!(again.state, *state, "{form}");
    assert_eq!(again.origin, Origin::Memory0 { release: 2 });
    let table = again.managed.bucket_table().unwrap();
    assert_eq!(table.bucket_pages, bucket_pages.max(2), "{form}");
    let manager = MemoryManager::init(memory);
    let map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(manager.get(MemoryId::new(9)));
    assert_eq!(map.get(&1), Some(2));
}

#[test]
fn every_form_becomes_a_saved_state_whatever_the_bucket_size() {
    for bucket_pages in [1, 16, 128] {
        for frame in Frame::KNOWN {
            for (format, size) in [(Format::Cbor, 10), (Format::MessagePack, 100_000)] {
                let form = Form { frame, format };
                is_resumed::<MessagePack>(form, &sample_of(size), bucket_pages);
                is_resumed::<Cbor>(form, &sample_of(size), bucket_pages);
                is_resumed::<Candid>(form, &sample_of(size), bucket_pages);
            }
            let format = Format::Candid;
            is_resumed::<Candid>(Form { frame, format }, &sample_of(300), bucket_pages);
        }
    }
    let (frame, format) = (Frame::LengthU32, Format::Candid);
    let value = encoded(format, &sample_of(7));
    let memory = holding(&in_frame(frame, &value), 2);
    let (state, found) = load::<Sample, LengthU32<Candid>>(&memory, Trailing::Refuse).unwrap();
    assert_eq!((state, found.form), (sample_of(7), Form { frame, format }));
}

#[test]
fn what_a_cell_of_the_crate_holds_is_read() {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), 128);
    let mut cell = StableCell::init(
        manager.get(MemoryId::new(0)),
        encoded(Format::Cbor, &sample_of(900)),
    );
    // A shorter value, behind which the end of the longer one stays.
    cell.set(encoded(Format::Cbor, &sample_of(0)));
    let (state, found) = load::<Sample, MessagePack>(&memory, Trailing::Discard).unwrap();
    assert_eq!(state, sample_of(0));
    assert_eq!(found.form.to_string(), "CBOR in a StableCell");
    assert!(found.trailing_bytes > 0);
    // In a memory so large that the cell's magic can be a length.
    manager.get(MemoryId::new(0)).grow(400);
    let (state, found) = load::<Sample, MessagePack>(&memory, Trailing::Discard).unwrap();
    assert_eq!((state, found.form.frame), (sample_of(0), Frame::StableCell));
}

/// Two big-endian numbers in front, as some programs have them.
struct BigEndian;

impl<T: DeserializeOwned> Codec<T> for BigEndian {
    const FORMAT: Format = Format::Cbor;
    const PROBE_BYTES: usize = 16;

    fn can_start(first: &[u8], _: u64) -> bool {
        first.starts_with(&16u64.to_be_bytes())
    }

    fn decode<R: Read>(mut reader: R) -> Result<T, String> {
        let mut front = [0; 16];
        reader
            .read_exact(&mut front)
            .map_err(|error| error.to_string())?;
        Cbor::decode(reader)
    }
}

#[test]
fn a_frame_that_the_plan_teaches_is_read() {
    let value = encoded(Format::Cbor, &sample_of(5));
    let front = [16u64.to_be_bytes(), (value.len() as u64).to_be_bytes()].concat();
    let memory = holding(&[front, value].concat(), 4);
    let plan: Plan<Sample, BigEndian> = Plan::new(2);
    let resumed = plan.resume::<Sample, _>(memory.clone(), NOW).unwrap();
    assert_eq!(resumed.state, sample_of(5));
    let Origin::Value { form, .. } = resumed.origin else {
        panic!("{:?}", resumed.origin);
    };
    assert_eq!(form.to_string(), "CBOR as the plan's codec frames it");
    assert_eq!(
        plan.resume::<Sample, _>(memory, NOW).unwrap().state,
        sample_of(5)
    );
}

#[test]
fn two_readings_are_refused_with_both_names() {
    // MessagePack: [1, 2]. CBOR: [1, 2] and sixteen zeros.
    let error = read::<Vec<u64>>(b"\x92\x01\x02").unwrap_err();
    assert!(matches!(error, Error::Ambiguous { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("as CBOR without a length and as MessagePack without a length"),
        "{text}"
    );
    // With its length it is one or the other.
    for (bytes, is) in [
        (&b"\x03\0\0\0\x92\x01\x02"[..], vec![1, 2]),
        (b"\x02\0\0\0\x81\x07", vec![7]),
    ] {
        assert_eq!(read::<Vec<u64>>(bytes).unwrap().0, is);
    }
}

#[test]
fn a_reading_that_explains_everything_is_taken_before_one_that_does_not() {
    // A length of 0x91 bytes is [0] in MessagePack, with the value behind it.
    let value: Vec<u64> = (0..0x8f).map(|i| i % 20).collect();
    let mut cbor = Vec::new();
    Cbor::encode(&value, &mut cbor).unwrap();
    assert_eq!(cbor.len(), 0x91);
    let memory = holding(&in_frame(Frame::LengthU32, &cbor), 1);
    for trailing in [Trailing::Refuse, Trailing::Discard] {
        let (read, found) = load::<Vec<u64>, MessagePack>(&memory, trailing).unwrap();
        assert_eq!((read, found.form.frame), (value.clone(), Frame::LengthU32));
    }
}

#[test]
fn what_is_no_value_is_refused_with_what_was_found() {
    let refused = |bytes: &[u8], told: &[&str]| {
        let error = read::<Sample>(bytes).unwrap_err().to_string();
        assert!(told.iter().all(|told| error.contains(told)), "{error}");
    };
    refused(
        b"somebody else",
        &["starts with 73 6f 6d", "belongs to another program"],
    );
    refused(b"BTR\x01", &["a StableBTreeMap"]);
    refused(b"SCL\x01\0\0\0\0", &["a StableCell"]);
    refused(b"SCL\x02\x01\0\0\0\x80", &["a StableCell"]);
    refused(
        &encoded(Format::Candid, &sample_of(1)),
        &["Candid, which a plan"],
    );
    refused(
        b"\x85\x01",
        &[
            "CBOR without a length fails",
            "MessagePack without a length fails",
        ],
    );
    let short = encoded(Format::Cbor, &sample_of(50));
    refused(
        &in_frame(Frame::LengthU64, &short[..40]),
        &["no whole CBOR value"],
    );
    let longer = [&short[..], b"\x01"].concat();
    refused(
        &in_frame(Frame::StableCell, &longer),
        &["ends 1 bytes before that"],
    );
}

#[test]
fn keys_that_stand_twice_are_refused_in_every_form() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Ids {
        by_id: BTreeMap<u64, ()>,
    }
    for frame in Frame::KNOWN {
        let bytes = in_frame(frame, b"\x81\xa5by_id\x82\x01\xc0\x01\xc0");
        let start = bytes.len() as u64 - 12;
        let error = read::<Ids>(&bytes).unwrap_err();
        assert!(
            matches!(error, Error::DuplicateKeys { count: 1, offset, .. } if offset == start + 10),
            "{error:?}"
        );
    }
}

#[test]
fn what_stands_behind_the_value_is_refused_unless_it_is_discarded() {
    for frame in Frame::KNOWN {
        let value = in_frame(frame, &encoded(Format::Cbor, &sample_of(9)));
        let memory = holding(&[&value[..], b"a file"].concat(), 1);
        let error = load::<Sample, MessagePack>(&memory, Trailing::Refuse).unwrap_err();
        assert!(matches!(error, Error::Trailing { bytes: 6, .. }), "{error}");
        let (state, found) = load::<Sample, MessagePack>(&memory, Trailing::Discard).unwrap();
        assert_eq!((state, found.trailing_bytes), (sample_of(9), 6));
    }
}

#[test]
fn a_state_is_not_saved_over_what_was_not_read() {
    let memory = holding(&encoded(Format::Cbor, &sample_of(9)), 1);
    let before = bytes_of(&memory);
    let Opened::Managed(managed) = open(memory.clone()) else {
        panic!("not managed");
    };
    let plan: Plan<Sample, MessagePack> = Plan::new(1);
    let error = plan.save(&managed, &sample_of(1), NOW).unwrap_err();
    assert!(matches!(error, Error::UnknownMemory0 { .. }), "{error}");
    assert_eq!(bytes_of(&memory), before);
}

/// What values start with.
const STARTS: &[&[u8]] = &[
    b"", b"\x93", b"\x82", b"\xdf", b"\xdd", b"\x9b", b"\xbb", b"DIDL",
];

proptest! {
    #[test]
    fn any_state_comes_back_from_any_form(
        state in samples(),
        frame in prop::sample::select(&Frame::KNOWN[..]),
        format in prop::sample::select(&[Format::Cbor, Format::MessagePack][..]),
    ) {
        let bytes = in_frame(frame, &encoded(format, &state));
        let (read, found) = read::<Sample>(&bytes).unwrap();
        prop_assert_eq!(read, state);
        prop_assert_eq!(found.form, Form { frame, format });
    }

    #[test]
    fn no_bytes_make_a_reading_panic_or_write(
        mut bytes in prop::collection::vec(any::<u8>(), 1..300),
        start in prop::sample::select(STARTS),
        frame in prop::sample::select(&Frame::KNOWN[..]),
        length in prop::option::of(any::<u8>()),
    ) {
        bytes.splice(..0, start.iter().copied());
        let mut bytes = in_frame(frame, &bytes);
        if let (Some(length), Some(byte)) = (length, bytes.get_mut(4)) {
            *byte = length;
        }
        let memory = holding(&bytes, 1);
        for trailing in [Trailing::Refuse, Trailing::Discard] {
            let _ = load::<Sample, Candid>(&memory, trailing);
            let _ = load::<Vec<u64>, MessagePack>(&memory, trailing);
            let _ = load::<BTreeMap<u64, Vec<String>>, BigEndian>(&memory, trailing);
        }
    }
}

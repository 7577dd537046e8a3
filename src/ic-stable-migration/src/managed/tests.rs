use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{StableBTreeMap, VectorMemory};
use proptest::prelude::*;

use super::*;
use crate::application::Application;
use crate::codec::{Cbor, Format, MessagePack, StreamCodec};
use crate::form::{Form, Frame};
use crate::header::HEADER_BYTES;
use crate::legacy::Trailing;
use crate::open::{Opened, open};
use crate::test_memory::{Capped, Sample, Untouchable, bytes_of, sample_of, samples};

const STAMP: Stamp = Stamp {
    release: 2,
    schema: 3,
    now: 1_700_000_000_000_000_000,
    application: Application::NONE,
};

fn formatted(memory: VectorMemory) -> Managed<VectorMemory> {
    let Opened::Empty(empty) = open(memory) else {
        panic!("not empty");
    };
    empty.format(BucketPlan::for_ceiling(4 << 30)).unwrap()
}

fn reopened<M: Memory>(memory: M) -> Managed<M> {
    match open(memory) {
        Opened::Managed(managed) => managed,
        other => panic!("not managed: {other:?}"),
    }
}

fn saved(state: &Sample) -> VectorMemory {
    let memory = VectorMemory::default();
    formatted(memory.clone())
        .save::<_, Cbor>(state, STAMP)
        .unwrap();
    memory
}

/// Offset of memory 0 in these memories: the manager's page comes first.
const MEMORY0: u64 = PAGE_BYTES;

#[test]
fn a_new_canister_takes_one_page_until_it_saves() {
    let memory = VectorMemory::default();
    let managed = formatted(memory.clone());
    assert_eq!(memory.size(), 1);
    assert_eq!(managed.content(), Ok(Memory0Content::Unsaved));
    assert_eq!(managed.load::<Sample, Cbor>(), Err(Error::NothingSaved));
    managed.save::<_, Cbor>(&Sample::default(), STAMP).unwrap();
    assert_eq!(memory.size(), 3);
}

#[test]
fn saving_again_keeps_the_pages_and_counts() {
    let memory = saved(&sample_of(100_000));
    let pages = memory.size();
    reopened(memory.clone()).claim(STAMP, 4 << 30).unwrap();
    let small = sample_of(10);
    reopened(memory.clone())
        .save::<_, Cbor>(&small, STAMP)
        .unwrap();
    assert_eq!(memory.size(), pages);
    let managed = reopened(Untouchable(memory));
    assert_eq!(managed.load::<Sample, Cbor>(), Ok(small));
    let Memory0Content::Saved(header) = managed.content().unwrap() else {
        panic!("nothing saved");
    };
    assert_eq!((header.release, header.schema), (2, 3));
    assert_eq!(header.upgrades, 1);
    assert_eq!(header.saved_at, STAMP.now);
}

#[test]
fn structures_in_other_memories_are_left_alone() {
    let memory = saved(&sample_of(10));
    let managed = reopened(memory.clone());
    let mut map = StableBTreeMap::<u64, u64, _>::init(managed.memory(1).unwrap());
    map.insert(1, 2);
    managed.save::<_, Cbor>(&sample_of(300_000), STAMP).unwrap();
    let managed = reopened(memory);
    let map = StableBTreeMap::<u64, u64, _>::init(managed.memory(1).unwrap());
    assert_eq!(map.get(&1), Some(2));
    assert_eq!(managed.load::<Sample, Cbor>(), Ok(sample_of(300_000)));
    let report = managed.report().unwrap();
    assert_eq!(report.memories.len(), 2);
    assert_eq!(report.memories[1].pages, 1);
    assert_eq!(report.memories[1].slack_bytes, PAGE_BYTES);
    assert_eq!(report.unmanaged_pages, 0);
}

#[test]
fn memory_0_and_the_mark_of_free_buckets_are_not_handed_out() {
    let managed = formatted(VectorMemory::default());
    for id in [0, 255] {
        let error = managed.memory(id).err();
        assert_eq!(error, Some(Error::ReservedMemory { id }));
    }
}

#[test]
fn an_older_release_is_refused_and_told_which_one_to_install() {
    let memory = saved(&Sample::default());
    let managed = reopened(Untouchable(memory.clone()));
    let error = managed.guard(1, 3).unwrap_err();
    assert_eq!(error, Error::NewerRelease { found: 2, this: 1 });
    assert!(error.to_string().contains("install release 2"), "{error}");
    let error = managed.guard(2, 2).unwrap_err();
    assert!(error.to_string().contains("schema 3"), "{error}");
    // A release that claimed the memory counts, even if it never saved.
    reopened(memory.clone())
        .claim(
            Stamp {
                release: 5,
                ..STAMP
            },
            4 << 30,
        )
        .unwrap();
    let error = reopened(memory).guard(4, 3).unwrap_err();
    assert_eq!(error, Error::NewerRelease { found: 5, this: 4 });
}

#[test]
fn a_full_subnet_is_an_error_and_not_a_panic() {
    let memory = Capped {
        memory: VectorMemory::default(),
        max_pages: 4,
    };
    let Opened::Empty(empty) = open(memory.clone()) else {
        panic!("not empty");
    };
    let managed = empty.format(BucketPlan::for_ceiling(4 << 30)).unwrap();
    managed.save::<_, Cbor>(&sample_of(10), STAMP).unwrap();
    let error = managed
        .save::<_, Cbor>(&sample_of(200_000), STAMP)
        .unwrap_err();
    assert_eq!(
        error,
        Error::OutOfStableMemory {
            pages: 3,
            needed: 5
        }
    );
}

#[test]
fn the_bucket_limit_is_an_error_and_not_a_panic() {
    // The table says that all buckets are taken; the memory is only as long as it is.
    let table = BucketTable {
        bucket_pages: 1,
        owners: vec![9; 32_768],
        sizes: vec![(9, 32_768)],
    };
    let managed = Managed::of_checked(VectorMemory::default(), &table, Some(0));
    let error = managed
        .save::<_, Cbor>(&Sample::default(), STAMP)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Ceiling {
                buckets: 32_768,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_frame_of_2023_is_told_and_loaded_whatever_the_bucket_size() {
    for bucket_pages in [1, 2, 128] {
        let memory = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
        let memory0 = manager.get(MemoryId::new(0));
        let state = sample_of(100_000);
        let mut payload = Vec::new();
        Cbor::encode(&state, &mut payload).unwrap();
        memory0.grow(2);
        memory0.write(0, &(payload.len() as u32).to_le_bytes());
        memory0.write(4, &payload);
        let managed = reopened(Untouchable(memory.clone()));
        let bytes = payload.len() as u64;
        let form = Form {
            frame: Frame::LengthU32,
            format: Format::Cbor,
        };
        let Ok(Memory0Content::Value(forms)) = managed.content() else {
            panic!("{:?}", managed.content());
        };
        assert!(forms.iter().any(|fitting| fitting == form));
        let found = Value {
            form,
            bytes,
            repeated_pairs: 0,
            trailing_bytes: 0,
        };
        let loaded = managed.load_value::<Sample, Cbor>(Trailing::Refuse);
        assert_eq!(loaded, Ok((state, found)));
        // A length past the end of the memory is no frame.
        memory0.write(0, &u32::MAX.to_le_bytes());
        let error = reopened(Untouchable(memory)).content().unwrap_err();
        assert!(matches!(error, Error::UnknownMemory0 { .. }), "{error}");
    }
}

#[test]
fn a_payload_longer_than_the_memory_is_told() {
    let memory = saved(&Sample::default());
    let managed = reopened(memory.clone());
    let Ok(Memory0Content::Saved(mut header)) = managed.content() else {
        panic!("nothing saved");
    };
    for bytes in [u64::MAX, 2 * PAGE_BYTES] {
        header.payload_bytes = bytes;
        memory.write(MEMORY0, &header.to_bytes());
        let error = managed.load::<Sample, Cbor>().unwrap_err();
        assert!(matches!(error, Error::Length { .. }), "{error}");
        assert!(managed.claim(STAMP, 4 << 30).is_err());
    }
}

/// Memory 0 as version 1 of this library leaves it: the format cannot drift.
/// As an adopter's type may be that decodes with `unwrap`.
#[derive(Debug, PartialEq, serde::Serialize)]
struct Trusting(String);

impl<'de> serde::Deserialize<'de> for Trusting {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert_eq!(text, "as saved");
        Ok(Self(text))
    }
}

#[test]
fn damage_is_found_before_a_type_that_would_panic_sees_it() {
    let memory = VectorMemory::default();
    let managed = formatted(memory.clone());
    let value = Trusting("as saved".into());
    managed.save::<_, Cbor>(&value, STAMP).unwrap();
    assert_eq!(managed.load::<Trusting, Cbor>(), Ok(value));
    memory.write(MEMORY0 + HEADER_BYTES + 1, b"A");
    let error = reopened(memory).load::<Trusting, Cbor>().unwrap_err();
    assert!(matches!(error, Error::PayloadDamaged { .. }), "{error}");
}

#[test]
fn the_golden_memory_of_version_1_loads_and_is_written_the_same() {
    let golden = include_bytes!("golden/memory0-1.bin");
    let state = Sample {
        names: vec!["Ada".into(), "猫".into()],
        ..sample_of(300)
    };
    let memory = saved(&state);
    let mut found = vec![0; golden.len()];
    memory.read(MEMORY0, &mut found);
    assert_eq!(found, golden);
    memory.write(MEMORY0, golden);
    assert_eq!(reopened(memory).load::<Sample, Cbor>(), Ok(state));
}

proptest! {
    #[test]
    fn every_flipped_bit_in_header_or_payload_is_noticed(
        state in samples(),
        bit in any::<prop::sample::Index>(),
    ) {
        let memory = saved(&state);
        let Ok(Memory0Content::Saved(header)) = reopened(memory.clone()).content() else {
            panic!("nothing saved");
        };
        let bit = bit.index((HEADER_BYTES + header.payload_bytes) as usize * 8) as u64;
        let mut byte = [0];
        memory.read(MEMORY0 + bit / 8, &mut byte);
        memory.write(MEMORY0 + bit / 8, &[byte[0] ^ (1 << (bit % 8))]);
        let before = bytes_of(&memory);
        prop_assert!(reopened(Untouchable(memory.clone())).load::<Sample, Cbor>().is_err());
        prop_assert!(bytes_of(&memory) == before);
    }

    #[test]
    fn no_byte_string_in_memory_0_makes_a_loader_panic_or_write(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        framed in any::<bool>(),
    ) {
        let memory = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(memory.clone(), 1);
        let memory0 = manager.get(MemoryId::new(0));
        memory0.grow(1);
        memory0.write(if framed { 4 } else { 0 }, &bytes);
        if framed {
            memory0.write(0, &(bytes.len() as u32).to_le_bytes());
        }
        let managed = reopened(Untouchable(memory));
        let _ = managed.content();
        let _ = managed.report();
        let _ = managed.load::<Sample, Cbor>();
        let _ = managed.load::<Sample, MessagePack>();
        let _ = managed.load_value::<Sample, Cbor>(Trailing::Discard);
    }
}

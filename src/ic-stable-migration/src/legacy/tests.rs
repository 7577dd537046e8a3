use proptest::prelude::*;

use super::*;
use crate::application::Application;
use crate::bucket_plan::PAGE_BYTES;
use crate::codec::{Candid, Cbor, LengthU32, LengthU64, MessagePack};
use crate::header::HEADER_BYTES;
use crate::open::{OpenOptions, Opened};
use crate::test_memory::{Capped, Sample, Untouchable, memory_of, sample_of, samples};

const STAMP: Stamp = Stamp {
    release: 1,
    schema: 1,
    now: 5,
    application: Application::NONE,
};

fn legacy<C: Codec<Sample>, M: Memory>(memory: M) -> Legacy<M> {
    match OpenOptions::new().accept::<Sample, C>().open(memory) {
        Opened::Legacy(legacy) => legacy,
        other => panic!("not a legacy memory: {other:?}"),
    }
}

fn cbor(state: &Sample) -> Vec<u8> {
    let mut bytes = Vec::new();
    Cbor::encode(state, &mut bytes).unwrap();
    bytes
}

/// Legacy memory → read → adopt → load → save in the other codec → load.
fn survives<C: Codec<Sample>>(state: &Sample, bytes: &[u8]) -> Result<(), TestCaseError> {
    let memory = memory_of(&[bytes, b"what was there before"].concat());
    let (read, adoptable) = legacy::<C, _>(memory.clone()).read::<Sample, C>().unwrap();
    prop_assert_eq!(&read, state);
    prop_assert_eq!(adoptable.value_bytes(), bytes.len() as u64);
    let adoptable = adoptable.trailing(Trailing::Discard).unwrap();
    let buckets = BucketPlan::for_ceiling(4 << 30);
    let managed = adoptable.adopt::<_, Cbor>(buckets, &read, STAMP).unwrap();
    prop_assert_eq!(&managed.load::<Sample, Cbor>().unwrap(), state);
    managed.save::<_, MessagePack>(state, STAMP).unwrap();
    let Opened::Managed(managed) = crate::open(Untouchable(memory)) else {
        panic!("not managed after adoption");
    };
    prop_assert_eq!(&managed.load::<Sample, MessagePack>().unwrap(), state);
    Ok(())
}

proptest! {
    #[test]
    fn any_state_survives_adoption_and_saving_under_each_codec(state in samples()) {
        let messagepack = rmp_serde::to_vec_named(&state).unwrap();
        let cbor = cbor(&state);
        survives::<MessagePack>(&state, &messagepack)?;
        survives::<Cbor>(&state, &cbor)?;
        survives::<Candid>(&state, &candid::encode_one(&state).unwrap())?;
        let u32_length = (cbor.len() as u32).to_le_bytes();
        survives::<LengthU32<Cbor>>(&state, &[&u32_length[..], &cbor].concat())?;
        let u64_length = (messagepack.len() as u64).to_le_bytes();
        survives::<LengthU64<MessagePack>>(&state, &[&u64_length[..], &messagepack].concat())?;
    }

    #[test]
    fn no_byte_string_makes_reading_panic_or_write(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let memory = || Untouchable(memory_of(&bytes));
        let _ = Legacy::of(memory(), 0).read::<Sample, MessagePack>();
        let _ = Legacy::of(memory(), 0).read::<Sample, Cbor>();
        let _ = Legacy::of(memory(), 0).read::<Sample, Candid>();
        let _ = Legacy::of(memory(), 0).read::<Sample, LengthU32<Cbor>>();
    }

    #[test]
    fn adoption_takes_the_payload_and_two_pages_at_most(size in 0usize..400_000) {
        let state = sample_of(size);
        let memory = memory_of(&cbor(&state));
        let (read, adoptable) = legacy::<Cbor, _>(memory.clone()).read::<Sample, Cbor>().unwrap();
        let buckets = BucketPlan::for_ceiling(4 << 30);
        let managed = adoptable.adopt::<_, Cbor>(buckets, &read, STAMP).unwrap();
        let crate::Memory0Content::Saved(header) = managed.content().unwrap() else {
            panic!("nothing saved");
        };
        let saved = HEADER_BYTES + header.payload_bytes;
        prop_assert!(memory.size() <= saved.div_ceil(PAGE_BYTES) + 2);
    }
}

#[test]
fn a_truncated_value_is_told_with_its_place_and_changes_nothing() {
    let mut bytes = rmp_serde::to_vec_named(&sample_of(70_000)).unwrap();
    bytes.truncate(65_536);
    let memory = memory_of(&bytes);
    let error = legacy::<MessagePack, _>(Untouchable(memory))
        .read::<Sample, MessagePack>()
        .unwrap_err();
    assert!(
        matches!(error, Error::Decode { offset: 65_536, .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("the memory ends inside the value")
    );
}

#[test]
fn the_wrong_codec_is_an_error_that_names_it() {
    let memory = memory_of(&rmp_serde::to_vec_named(&Sample::default()).unwrap());
    let error = Legacy::of(Untouchable(memory), 0)
        .read::<Sample, Cbor>()
        .unwrap_err();
    assert!(error.to_string().contains("no whole CBOR value"), "{error}");
}

#[test]
fn a_full_subnet_is_an_error_to_trap_on() {
    let bytes = rmp_serde::to_vec_named(&sample_of(100_000)).unwrap();
    let memory = memory_of(&bytes);
    let capped = Capped {
        max_pages: memory.size(),
        memory: memory.clone(),
    };
    let (state, adoptable) = legacy::<MessagePack, _>(capped)
        .read::<Sample, MessagePack>()
        .unwrap();
    let error = adoptable
        .adopt::<_, Cbor>(BucketPlan::for_ceiling(4 << 30), &state, STAMP)
        .unwrap_err();
    assert_eq!(
        error,
        Error::OutOfStableMemory {
            pages: 2,
            needed: 3
        }
    );
}

#[test]
fn adopting_a_value_that_starts_like_a_manager_formats_all_the_same() {
    let value = vec![7u8; 22_169_421 - 5];
    let mut payload = Vec::new();
    Cbor::encode(&serde_bytes::ByteBuf::from(value), &mut payload).unwrap();
    assert_eq!(payload.len(), 22_169_421);
    // A list of one byte string, so that it starts with a container.
    payload.pop();
    payload.insert(0, 0x81);
    payload[5] = payload[5].wrapping_sub(1);
    let memory = memory_of(&[&22_169_421u32.to_le_bytes()[..], &payload].concat());
    type State = Vec<serde_bytes::ByteBuf>;
    let options = OpenOptions::new().accept::<State, LengthU32<Cbor>>();
    let Opened::Legacy(legacy) = options.open(memory.clone()) else {
        panic!("not legacy");
    };
    let (state, adoptable) = legacy.read::<State, LengthU32<Cbor>>().unwrap();
    let managed = adoptable
        .adopt::<_, Cbor>(BucketPlan::default(), &state, STAMP)
        .unwrap();
    assert_eq!(managed.load::<State, Cbor>().unwrap(), state);
}

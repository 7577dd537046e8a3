use ic_stable_structures::VectorMemory;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};

use super::*;
use crate::codec::Format;
use crate::codec::{MessagePack, StreamCodec};
use crate::form::{Form, Frame};
use crate::test_memory::{Sample, Untouchable, bytes_of, memory_of, sample_of};

mod home;

const NOW: u64 = 1_700_000_000_000_000_000;

fn release(number: u32) -> Plan<Sample, MessagePack> {
    Plan::new(number).ceiling(4 << 30)
}

fn legacy(state: &Sample) -> VectorMemory {
    memory_of(&rmp_serde::to_vec_named(state).unwrap())
}

fn upgrade(
    plan: &Plan<Sample, MessagePack>,
    memory: &VectorMemory,
) -> Resumed<Sample, VectorMemory> {
    plan.resume(memory.clone(), NOW).unwrap()
}

#[test]
fn a_legacy_canister_goes_through_every_release_in_order() {
    let state = sample_of(70_000);
    let memory = legacy(&state);
    let bytes = rmp_serde::to_vec_named(&state).unwrap().len() as u64;
    let first = upgrade(&release(1), &memory);
    assert_eq!(first.state, state);
    let format = Format::MessagePack;
    assert_eq!(
        first.origin,
        Origin::Legacy {
            format,
            bytes,
            repeated_pairs: 0,
            trailing_bytes: 0,
            read_back: true
        }
    );
    release(1).save(&first.managed, &sample_of(5), NOW).unwrap();
    let second = upgrade(&release(2), &memory);
    assert_eq!(second.state, sample_of(5));
    assert_eq!(second.origin, Origin::Memory0 { release: 1 });
    // The same release again, and without pre_upgrade: what was saved last.
    assert_eq!(upgrade(&release(2), &memory).state, sample_of(5));
    let error = release(1).resume::<Sample, _>(memory, NOW).unwrap_err();
    assert_eq!(error, Error::NewerRelease { found: 2, this: 1 });
}

#[test]
fn a_canister_that_missed_release_1_goes_straight_to_release_2() {
    let memory = legacy(&sample_of(5));
    let resumed = upgrade(&release(2), &memory);
    assert!(matches!(resumed.origin, Origin::Legacy { .. }));
    assert_eq!(upgrade(&release(2), &memory).state, sample_of(5));
}

#[test]
fn the_frame_of_2023_gets_a_header_at_once() {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init(memory.clone());
    let memory0 = manager.get(MemoryId::new(0));
    let mut payload = Vec::new();
    Cbor::encode(&sample_of(900), &mut payload).unwrap();
    memory0.grow(1);
    memory0.write(0, &(payload.len() as u32).to_le_bytes());
    memory0.write(4, &payload);
    let bytes = payload.len() as u64;
    let resumed = upgrade(&release(2), &memory);
    assert_eq!(
        resumed.origin,
        Origin::Value {
            form: Form {
                frame: Frame::LengthU32,
                format: Format::Cbor
            },
            bytes,
            repeated_pairs: 0,
            trailing_bytes: 0,
            read_back: true
        }
    );
    assert_eq!(resumed.state, sample_of(900));
    let again = upgrade(&release(2), &memory);
    assert_eq!(again.origin, Origin::Memory0 { release: 2 });
    assert_eq!(again.state, sample_of(900));
}

#[test]
fn the_large_buckets_of_2023_are_given_up_unless_another_memory_lives_in_one() {
    for others in [0, 1] {
        let memory = VectorMemory::default();
        let manager = MemoryManager::init(memory.clone());
        let memory0 = manager.get(MemoryId::new(0));
        let mut payload = Vec::new();
        Cbor::encode(&sample_of(200_000), &mut payload).unwrap();
        memory0.grow(4);
        memory0.write(0, &(payload.len() as u32).to_le_bytes());
        memory0.write(4, &payload);
        manager.get(MemoryId::new(7)).grow(others);
        let pages = ic_stable_structures::Memory::size(&memory);
        let resumed = upgrade(&release(2), &memory);
        assert_eq!(resumed.state, sample_of(200_000));
        let report = resumed.managed.report().unwrap();
        assert_eq!(report.stable_pages, pages);
        assert_eq!(report.bucket_pages, if others == 0 { 2 } else { 128 });
        assert_eq!(upgrade(&release(2), &memory).state, sample_of(200_000));
    }
}

#[test]
fn what_cannot_be_resumed_is_refused_without_a_write() {
    let refused = |memory: VectorMemory, sentence: &str| {
        let before = bytes_of(&memory);
        let error = release(2)
            .resume::<Sample, _>(Untouchable(memory.clone()), NOW)
            .unwrap_err()
            .to_string();
        assert!(error.contains(sentence), "{error}");
        assert!(bytes_of(&memory) == before);
    };
    refused(VectorMemory::default(), "stable memory is empty");
    refused(memory_of(&[0; 100]), "expected a memory manager");
    refused(memory_of(b"SPLC of somebody else"), "another program");
    refused(memory_of(&[0x8c, 1, 2]), "no whole MessagePack value");
    let new = VectorMemory::default();
    release(2).begin(new.clone()).unwrap();
    refused(new, "no state was saved");
    let damaged = legacy(&sample_of(5));
    upgrade(&release(1), &damaged);
    ic_stable_structures::Memory::write(&damaged, 65_536 + 140, &[0xff]);
    refused(damaged, "is damaged");
}

#[test]
fn only_an_empty_memory_can_begin() {
    let error = release(1)
        .begin(Untouchable(legacy(&sample_of(5))))
        .unwrap_err();
    assert!(matches!(error, Error::NotEmpty { pages: 1, .. }), "{error}");
}

#[test]
fn a_plan_that_names_no_ceiling_takes_the_payload_and_two_pages_at_most() {
    for size in [0, 10, 65_000, 66_000, 131_000, 400_000] {
        let memory = legacy(&sample_of(size));
        let plan: Plan<Sample, MessagePack> = Plan::new(1);
        let resumed = plan.resume::<Sample, _>(memory.clone(), NOW).unwrap();
        let crate::Memory0Content::Saved(header) = resumed.managed.content().unwrap() else {
            panic!("nothing saved");
        };
        let saved = crate::HEADER_BYTES + header.payload_bytes;
        let pages = saved.div_ceil(crate::PAGE_BYTES) + 2;
        assert!(memory.size() <= pages, "{} of {pages}", memory.size());
    }
}

#[test]
fn a_ceiling_raised_later_gives_the_memory_larger_buckets() {
    let state = sample_of(70_000);
    let memory = legacy(&state);
    upgrade(&release(1), &memory);
    let larger: Plan<Sample, MessagePack> = Plan::new(2).ceiling(64 << 30);
    let resumed = upgrade(&larger, &memory);
    assert_eq!(resumed.state, state);
    let table = resumed.managed.bucket_table().unwrap();
    assert_eq!(table.bucket_pages, 32);
    assert_eq!(upgrade(&larger, &memory).state, state);
    // A lower one later leaves them as they are.
    let lower: Plan<Sample, MessagePack> = Plan::new(3).ceiling(2 << 30);
    let table = upgrade(&lower, &memory).managed.bucket_table().unwrap();
    assert_eq!(table.bucket_pages, 32);
}

#[test]
fn stage_one_refuses_a_memory_in_which_a_move_has_begun() {
    use crate::mover::testing::{Canister, PLAN, legacy_memory, sample};
    let canister = Canister::start(legacy_memory(&sample(10)));
    let before = bytes_of(&canister.memory);
    let later: Plan<crate::mover::testing::Legacy, MessagePack> = Plan::new(3);
    type Legacy = crate::mover::testing::Legacy;
    let error = later.resume::<Legacy, _>(canister.memory.clone(), NOW);
    assert_eq!(error.err(), Some(Error::MoveBegun { release: 2 }));
    let managed = canister.mover.managed();
    let error = PLAN.save(managed, &sample(1), NOW).unwrap_err();
    assert_eq!(error, Error::MoveBegun { release: 2 });
    assert!(*canister.memory.borrow() == before);
}

#[test]
fn zeros_are_empty_where_the_plan_says_so() {
    let memory = VectorMemory::default();
    memory.grow(2);
    let plan = release(1);
    let error = plan.begin(memory.clone()).unwrap_err();
    assert!(matches!(error, Error::NotEmpty { pages: 2, .. }));
    let plan = plan.zeroed_is_empty(true);
    let error = plan.resume::<Sample, _>(memory.clone(), NOW).unwrap_err();
    assert_eq!(error, Error::Empty);
    plan.begin(memory).unwrap();
}

#[test]
fn keys_that_stand_twice_in_a_legacy_map_are_refused() {
    // {"by_id": {1: nil, 1: nil}}, in the map of a state.
    let bytes = b"\x81\xa5by_id\x82\x01\xc0\x01\xc0";
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Ids {
        by_id: std::collections::BTreeMap<u64, ()>,
    }
    let plan: Plan<Ids, MessagePack> = Plan::new(1);
    let memory = memory_of(bytes);
    let error = plan.resume::<Ids, _>(memory.clone(), NOW).unwrap_err();
    assert!(
        matches!(
            error,
            Error::DuplicateKeys {
                count: 1,
                offset: 10,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(bytes_of(&memory), bytes_of(&memory_of(bytes)));
}

#[test]
fn what_stands_behind_a_legacy_value_is_refused_discarded_or_known() {
    let state = sample_of(10);
    let value = rmp_serde::to_vec_named(&state).unwrap();
    let other = [&value[..], b"a file of the canister's"].concat();
    let error = release(1)
        .resume::<Sample, _>(memory_of(&other), NOW)
        .unwrap_err();
    assert!(
        matches!(error, Error::Trailing { bytes: 24, .. }),
        "{error:?}"
    );
    let discarding = release(1).trailing(Trailing::Discard);
    let origin = upgrade(&discarding, &memory_of(&other)).origin;
    assert!(matches!(
        origin,
        Origin::Legacy {
            trailing_bytes: 24,
            ..
        }
    ));
    // A canister whose value got shorter by an entry in its middle.
    let longer = rmp_serde::to_vec_named(&Sample {
        names: vec!["given up since".into()],
        ..state.clone()
    })
    .unwrap();
    let shrunk = [&value[..], &longer[value.len()..]].concat();
    let origin = upgrade(&release(1), &memory_of(&shrunk)).origin;
    assert!(
        matches!(
            origin,
            Origin::Legacy {
                trailing_bytes: 1..,
                ..
            }
        ),
        "{origin:?}"
    );
}

/// A number that comes back as none.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
struct Forgetful {
    number: Option<u64>,
}

impl<'de> serde::Deserialize<'de> for Forgetful {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer)?;
        Ok(Self { number: None })
    }
}

#[test]
fn a_save_that_does_not_come_back_is_found_by_a_plan_that_reads_every_save_back() {
    const PLAN: Plan<Forgetful, MessagePack> = Plan::new(1);
    let memory = memory_of(&rmp_serde::to_vec_named(&Forgetful { number: None }).unwrap());
    let mut resumed = PLAN.resume::<Forgetful, _>(memory, NOW).unwrap();
    resumed.state.number = Some(7);
    PLAN.save(&resumed.managed, &resumed.state, NOW).unwrap();
    let careful = PLAN.read_back(ReadBack::EverySave);
    let error = careful
        .save(&resumed.managed, &resumed.state, NOW)
        .unwrap_err();
    let told = "field `number` of `Forgetful` has another value";
    assert!(error.to_string().contains(told), "{error}");
}

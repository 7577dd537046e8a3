use ic_stable_structures::VectorMemory;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};

use super::*;
use crate::codec::{MessagePack, StreamCodec};
use crate::test_memory::{Sample, Untouchable, bytes_of, memory_of, sample_of};

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
        Origin::NaiveFrame {
            bytes,
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

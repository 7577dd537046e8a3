//! Memories that no upgrade may take for its own: each is refused with a sentence, and stays as it was.

use canister_host::{Limits, Module, PAGE_SIZE};
use canister_scenario::Fill;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, VectorMemory};
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2};
use scenarios::{Subject, sample};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The stable memory of a filled release-0 canister.
fn legacy() -> Vec<u8> {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_0).unwrap();
    subject.memory().to_vec().unwrap()
}

/// The stable memory of a filled release-1 canister.
fn adopted() -> Vec<u8> {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_1).unwrap();
    subject.memory().to_vec().unwrap()
}

/// Both stages refuse `memory` and say each of `words`.
fn both_refuse(memory: &[u8], words: &[&str]) {
    for release in [&RELEASE_1, &RELEASE_2] {
        refuses(release, memory, words);
    }
}

fn refuses(release: &Module, memory: &[u8], words: &[&str]) {
    let mut subject = Subject::with_memory(release, memory);
    let said = subject.refused(release, true);
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

/// Where the legacy value ends.
fn value_len(memory: &[u8]) -> usize {
    let mut rest = memory;
    IgnoredAny::deserialize(&mut rmp_serde::Deserializer::new(&mut rest)).unwrap();
    memory.len() - rest.len()
}

#[test]
fn a_legacy_value_cut_short() {
    let mut subject = Subject::filled(&RELEASE_0, &Fill::DEMO);
    subject.upgrade(&RELEASE_0).unwrap();
    let memory = subject.memory().to_vec().unwrap();
    let pages = value_len(&memory) / PAGE_SIZE as usize;
    assert!(pages > 0, "the value should cross a page");
    both_refuse(
        &memory[..pages * PAGE_SIZE as usize],
        &["MessagePack", "ends inside the value"],
    );
}

#[test]
fn a_value_in_another_codec() {
    let mut cbor = Vec::new();
    ciborium::into_writer(&[("all_created_posts", 1)], &mut cbor).unwrap();
    both_refuse(&cbor, &["MessagePack"]);
    let candid = candid::encode_one("a state saved with stable_save").unwrap();
    both_refuse(&candid, &["44 49 44 4c", "expected a memory manager"]);
}

#[test]
fn rubbish_behind_the_value_is_not_part_of_it() {
    let mut memory = legacy();
    let end = value_len(&memory);
    memory[end..].fill(0xa5);
    let mut clean = Subject::with_memory(&RELEASE_0, &legacy());
    clean.upgrade_skipping(&RELEASE_0).unwrap();
    let asked = clean.interview();
    for release in [&RELEASE_1, &RELEASE_2] {
        let mut subject = Subject::with_memory(release, &memory);
        subject.upgrade_skipping(release).unwrap();
        subject.assert_answers_are(&asked);
    }
}

#[test]
fn an_empty_memory() {
    both_refuse(&[], &["stable memory is empty"]);
}

#[test]
fn a_memory_of_zeros() {
    both_refuse(&[0; 70_000], &["expected a memory manager"]);
}

#[test]
fn the_memory_of_another_program() {
    both_refuse(b"\x7fELF and more", &["offset 0", "7f 45 4c 46"]);
    let memory = VectorMemory::default();
    let manager = MemoryManager::init(memory.clone());
    let memory_0 = manager.get(MemoryId::new(0));
    memory_0.grow(1);
    memory_0.write(0, b"BTR\x02 a map in memory 0");
    let bytes = memory.borrow().clone();
    both_refuse(&bytes, &["the state's virtual memory", "42 54 52 02"]);
}

#[test]
fn a_manager_with_impossible_sizes() {
    let mut memory = adopted();
    memory[4..6].copy_from_slice(&40_000u16.to_le_bytes());
    both_refuse(&memory, &["40000 buckets", "32768 is the most"]);
}

#[test]
fn a_damaged_header_and_a_damaged_payload() {
    let header = PAGE_SIZE as usize;
    let mut memory = adopted();
    memory[header + 20] ^= 1;
    both_refuse(&memory, &["header", "is damaged", "snapshot"]);
    let mut memory = adopted();
    memory[header + 1_000] ^= 1;
    both_refuse(&memory, &["payload", "is damaged", "snapshot"]);
}

#[test]
fn a_payload_longer_than_the_memory() {
    let mut memory = adopted();
    let at = PAGE_SIZE as usize;
    let bytes = memory[at..at + 128].first_chunk().unwrap();
    let mut header = ic_stable_migration::Header::from_bytes(bytes)
        .unwrap()
        .unwrap();
    header.payload_bytes = 1 << 40;
    memory[at..at + 128].copy_from_slice(&header.to_bytes());
    both_refuse(&memory, &["1099511627776 bytes"]);
}

#[test]
fn a_full_subnet_during_adoption() {
    for release in [&RELEASE_1, &RELEASE_2] {
        let mut subject = Subject::filled(&RELEASE_0, &sample());
        subject.upgrade(&RELEASE_0).unwrap();
        let asked = subject.interview();
        subject.lone.host.set_free_stable_pages(Some(0));
        let said = subject.refused(release, false);
        assert!(said.contains("cannot grow"), "{said}");
        subject.assert_answers_are(&asked);
        subject.lone.host.set_free_stable_pages(None);
        subject.upgrade(release).unwrap();
        subject.assert_answers_are(&asked);
    }
}

#[test]
fn a_canister_at_its_own_limit_during_adoption() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_0).unwrap();
    let asked = subject.interview();
    let limits = Limits {
        stable_pages: subject.stable_pages(),
        ..Limits::default()
    };
    subject
        .lone
        .host
        .set_limits(subject.lone.id, limits)
        .unwrap();
    let said = subject.refused(&RELEASE_1, false);
    assert!(said.contains("cannot grow"), "{said}");
    subject.assert_answers_are(&asked);
}

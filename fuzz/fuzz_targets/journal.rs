//! Any bytes behind the payload are a journal that agrees with the release, or an error before anything is written.

#![no_main]

use std::sync::LazyLock;

use fuzz::canister::{NOW, State, release, without_journal};
use fuzz::image::{MEMORY_0, repair_header, repair_journal};
use fuzz::memory::Watched;
use ic_stable_migration::{Opened, open};
use libfuzzer_sys::fuzz_target;

static MEMORY: LazyLock<(Vec<u8>, usize)> = LazyLock::new(without_journal);

fuzz_target!(|input: &[u8]| {
    let (mut bytes, at) = MEMORY.clone();
    let Some((repair, journal)) = input.split_first() else {
        return;
    };
    let journal = &journal[..journal.len().min(bytes.len() - at)];
    bytes[at..][..journal.len()].copy_from_slice(journal);
    if repair & 1 == 0 {
        repair_journal(&mut bytes[at..][..journal.len()]);
    }
    let header = bytes[MEMORY_0..].first_chunk_mut().unwrap();
    header[56..60].copy_from_slice(&(journal.len() as u32).to_le_bytes());
    repair_header(header);

    let memory = Watched::of(&bytes);
    let Opened::Managed(managed) = open(memory.clone()) else {
        panic!("a manager with a header was not recognized");
    };
    let told = managed.move_journal();
    assert!(!memory.was_changed());
    let resumed = release(2).resume_tiered::<State<_>, _>(memory.clone(), NOW);
    match (told, resumed) {
        (Ok(_), Ok(_)) => {}
        (_, Err(_)) => assert!(!memory.was_changed()),
        (Err(error), Ok(_)) => panic!("resumed from a journal that a tool cannot read: {error}"),
    }
});

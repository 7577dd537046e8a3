//! What the upgrades cost in pages of stable memory and heap.

use canister_host::PAGE_SIZE;
use ic_stable_migration::{HEADER_BYTES, Managed, Memory0Content, Opened, open};
use ic_stable_structures::VectorMemory;
use scenarios::modules::{RELEASE_0, RELEASE_1};
use scenarios::{Subject, fixtures, sample};

/// Stable memory of a canister, as the library sees it.
fn managed(subject: &Subject) -> Managed<VectorMemory> {
    let bytes = subject.memory().to_vec().unwrap();
    match open(std::rc::Rc::new(std::cell::RefCell::new(bytes))) {
        Opened::Managed(managed) => managed,
        other => panic!("not under a manager: {other:?}"),
    }
}

fn assert_stage_one_wastes_no_page(subject: &mut Subject) {
    let legacy_pages = subject.stable_pages();
    subject.upgrade(&RELEASE_1).unwrap();
    let Ok(Memory0Content::Saved(header)) = managed(subject).content() else {
        panic!("nothing saved");
    };
    let saved = HEADER_BYTES + header.payload_bytes;
    let bound = (saved.div_ceil(PAGE_SIZE) + 2).max(legacy_pages);
    assert!(
        subject.stable_pages() <= bound,
        "{} pages for {saved} bytes, where {bound} is the bound",
        subject.stable_pages()
    );
}

#[test]
fn stage_one_takes_two_pages_beside_the_payload_at_most() {
    assert_stage_one_wastes_no_page(&mut Subject::filled(&RELEASE_0, &sample()));
    for name in ["legacy-small", "legacy-medium"] {
        let Some(memory) = fixtures::memory(name) else {
            return;
        };
        let mut subject = Subject::with_memory(&RELEASE_0, &memory);
        subject.upgrade_skipping(&RELEASE_0).unwrap();
        assert_stage_one_wastes_no_page(&mut subject);
    }
}

#[test]
fn pre_upgrade_grows_the_heap_by_32_pages_at_most() {
    let Some(memory) = fixtures::memory("legacy-medium") else {
        return;
    };
    let mut subject = Subject::with_memory(&RELEASE_0, &memory);
    subject.upgrade_skipping(&RELEASE_0).unwrap();
    for _ in 0..3 {
        let before = subject.heap_pages();
        let report = subject.upgrade(&RELEASE_1).unwrap();
        let after = report.pre_upgrade.unwrap().heap_pages;
        assert!(after <= before + 32, "from {before} to {after} pages");
    }
}

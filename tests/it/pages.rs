//! What the upgrades cost in pages of stable memory and heap.

use canister_host::PAGE_SIZE;
use ic_stable_migration::{HEADER_BYTES, Managed, Memory0Content, Opened, open};
use ic_stable_structures::VectorMemory;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2};
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

/// Stable pages after the move: no more than before, or than the entries take with their lengths and nodes, and three.
fn assert_the_move_wastes_no_page(subject: &mut Subject, before: u64) {
    let status = subject.finish_move();
    assert_eq!(status.steps, 0);
    let of_each = status.collections.iter();
    let content: u64 = of_each.map(|each| each.bytes + 14 * each.moved).sum();
    let bound = before.max(content.div_ceil(PAGE_SIZE)) + 3;
    let after = subject.stable_pages();
    assert!(after <= bound, "{after} pages, where {bound} is the bound");
}

#[test]
fn a_move_in_the_upgrade_takes_no_more_pages_than_its_content_or_what_was_there() {
    for posts in [20, 100, 400] {
        let fill = canister_scenario::Fill {
            posts,
            likes: 20 * posts,
            ..sample()
        };
        let mut subject = Subject::filled(&RELEASE_0, &fill);
        subject.upgrade(&RELEASE_0).unwrap();
        let before = subject.stable_pages();
        let snapshot = subject.lone.snapshot().unwrap();
        subject.upgrade(&RELEASE_2).unwrap();
        assert_the_move_wastes_no_page(&mut subject, before);
        subject.lone.load(&snapshot).unwrap();
        subject.upgrade(&RELEASE_1).unwrap();
        subject.upgrade(&RELEASE_2).unwrap();
        assert_the_move_wastes_no_page(&mut subject, before);
    }
}

#[test]
fn deployed_canisters_come_out_small() {
    for (name, most) in [("legacy-small", 5), ("legacy-medium", 48)] {
        let Some(memory) = fixtures::memory(name) else {
            return;
        };
        let mut subject = Subject::with_memory(&RELEASE_0, &memory);
        subject.upgrade_skipping(&RELEASE_0).unwrap();
        subject.upgrade(&RELEASE_1).unwrap();
        subject.upgrade(&RELEASE_2).unwrap();
        let pages = subject.stable_pages();
        assert!(pages <= most, "{pages} pages of {name}");
    }
}

#[test]
fn a_new_canister_takes_two_pages() {
    let mut subject = Subject::installed(&RELEASE_2);
    assert!(subject.stable_pages() <= 2);
    subject.upgrade(&RELEASE_2).unwrap();
    assert!(subject.stable_pages() <= 2);
}

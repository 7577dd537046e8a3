use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, VectorMemory};
use proptest::prelude::*;

use super::*;

fn managed(bucket_pages: u16, grows: &[(u8, u64)]) -> VectorMemory {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
    for &(id, pages) in grows {
        assert_ne!(manager.get(MemoryId::new(id)).grow(pages), -1);
    }
    memory
}

fn spoil(memory: &VectorMemory, at: u64, bytes: &[u8]) -> String {
    memory.write(at, bytes);
    BucketTable::read(memory).expect_err("the header should not add up")
}

#[test]
fn a_legacy_length_that_reads_like_the_magic_is_not_believed() {
    let memory = VectorMemory::default();
    memory.grow(1);
    memory.write(0, &22_169_421u32.to_le_bytes());
    let contradiction = BucketTable::read(&memory).unwrap_err();
    assert!(
        contradiction.contains("bucket size of 0"),
        "{contradiction}"
    );
}

#[test]
fn every_field_is_checked_against_the_others() {
    let fresh = || managed(2, &[(0, 3), (7, 1)]);
    assert!(spoil(&fresh(), 4, &[4]).contains("need 9 pages of 7"));
    assert!(spoil(&fresh(), 4, &[2]).contains("an owner for bucket 2"));
    assert!(spoil(&fresh(), 6, &[0, 1]).contains("which need"));
    assert!(spoil(&fresh(), 40, &[9]).contains("9 pages for memory 0"));
    assert!(spoil(&fresh(), 2_080, &[NOBODY]).contains("no owner for the allocated bucket 0"));
    assert!(spoil(&fresh(), 4, &[0xff, 0xff]).contains("32768 is the most"));
}

proptest! {
    #[test]
    fn the_table_says_what_the_manager_says(
        bucket_pages in 1u16..40,
        grows in prop::collection::vec((0u8..255, 0u64..60), 0..20),
    ) {
        let memory = managed(bucket_pages, &grows);
        let table = BucketTable::read(&memory).unwrap().unwrap();
        prop_assert_eq!(table.bucket_pages, bucket_pages);
        prop_assert_eq!(table.pages(), memory.size().max(1));
        let manager = MemoryManager::init(memory);
        for id in 0..255 {
            prop_assert_eq!(table.size_of(id), manager.get(MemoryId::new(id)).size());
        }
    }

    #[test]
    fn no_byte_string_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
        let memory = VectorMemory::default();
        memory.grow(1);
        memory.write(0, &bytes);
        memory.write(0, MAGIC);
        let _ = BucketTable::read(&memory);
    }
}

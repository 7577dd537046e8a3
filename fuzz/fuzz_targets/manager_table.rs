//! A bucket table that is believed is the one that the memory manager itself reads, and lies in its memory.

#![no_main]

use fuzz::image::Image;
use fuzz::memory::Watched;
use ic_stable_migration::BucketTable;
use ic_stable_structures::Memory;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some(image) = Image::of(input) {
        read(&Watched::of(&image.bytes));
    }
});

fn read(memory: &Watched) {
    if let Ok(Some(table)) = BucketTable::read(memory) {
        assert!(table.pages() <= memory.size());
        let manager = MemoryManager::init(memory.clone());
        for id in 0..255 {
            let size = manager.get(MemoryId::new(id)).size();
            assert_eq!(table.size_of(id), size, "memory {id}");
        }
    }
    assert!(!memory.was_changed());
}

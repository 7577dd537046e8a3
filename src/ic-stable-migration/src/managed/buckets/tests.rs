use ic_stable_structures::VectorMemory;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use proptest::prelude::*;

use super::*;
use crate::test_memory::bytes_of;

/// What is done to a virtual memory.
#[derive(Clone, Debug)]
enum Act {
    Grow(u64),
    /// Writes so many bytes, this far into the memory in thousandths.
    Write(u64, usize),
    /// Goes on with what stands in stable memory.
    Reopen,
}

fn acts() -> impl Strategy<Value = Vec<(u8, Act)>> {
    let act = prop_oneof![
        3 => (0u64..6).prop_map(Act::Grow),
        5 => (0u64..1_000, 0usize..200_000).prop_map(|(at, len)| Act::Write(at, len)),
        1 => Just(Act::Reopen),
    ];
    prop::collection::vec((0u8..4, act), 1..40)
}

fn read(raw: &VectorMemory) -> Buckets {
    Buckets::of(&BucketTable::read(raw).unwrap().unwrap())
}

proptest! {
    #[test]
    fn it_leaves_the_bytes_that_the_crates_manager_leaves(
        bucket_pages in 1u16..4,
        acts in acts(),
    ) {
        let (theirs, ours) = (VectorMemory::default(), VectorMemory::default());
        let manager = MemoryManager::init_with_bucket_size(theirs.clone(), bucket_pages);
        ours.grow(1);
        let table = BucketTable { bucket_pages, owners: Vec::new(), sizes: Vec::new() };
        table.write(&ours);
        let mut buckets = read(&ours);
        for (step, (id, act)) in acts.into_iter().enumerate() {
            let memory = manager.get(MemoryId::new(id));
            match act {
                Act::Grow(pages) => {
                    let before = buckets.grow(&ours, id, pages).unwrap();
                    prop_assert_eq!(memory.grow(pages), before as i64);
                }
                Act::Write(at, len) => {
                    let end = memory.size() * PAGE_BYTES;
                    let at = at * end / 1_000;
                    let bytes = vec![step as u8 + 1; len.min((end - at) as usize)];
                    memory.write(at, &bytes);
                    buckets.pieces(id, at, bytes.len(), |to, piece| ours.write(to, &bytes[piece]));
                    let (mut one, mut other) = (vec![0; end as usize], vec![0; end as usize]);
                    memory.read(0, &mut one);
                    buckets.pieces(id, 0, other.len(), |from, piece| {
                        ours.read(from, &mut other[piece]);
                    });
                    prop_assert!(one == other);
                }
                Act::Reopen => buckets = read(&ours),
            }
            prop_assert_eq!(buckets.size(id), memory.size());
        }
        prop_assert!(bytes_of(&theirs) == bytes_of(&ours));
    }
}

#[test]
#[should_panic(expected = "2 bytes at 65535 of memory 3, which has 1 pages")]
fn a_read_beyond_the_end_panics() {
    let raw = VectorMemory::default();
    raw.grow(1);
    let table = BucketTable {
        bucket_pages: 1,
        owners: Vec::new(),
        sizes: Vec::new(),
    };
    let mut buckets = Buckets::of(&table);
    buckets.grow(&raw, 3, 1).unwrap();
    buckets.pieces(3, PAGE_BYTES - 1, 2, |_, _| {});
}

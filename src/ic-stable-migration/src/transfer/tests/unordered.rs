//! What entries in no order take of the heap.

use std::collections::BTreeMap;

use ic_stable_structures::VectorMemory;

use crate::bucket_plan::BucketPlan;
use crate::mover::testing::*;
use crate::test_heap::most_held;
use crate::transfer::drain::Drain;
use crate::transfer::ground::Ground;

/// Tells the key of an entry by its number.
type KeyOf = fn(u64) -> u64;

/// 64 pages.
const MOST_BYTES: u64 = 4 << 20;

/// Most bytes of the heap that are held while so many texts and marks go into maps, in the order of `of`.
fn held(entries: u64, of: KeyOf) -> u64 {
    let memory = VectorMemory::default();
    // Stable memory is not part of the heap.
    memory.borrow_mut().reserve(64 << 20);
    let (held, pages) = most_held(|| {
        let ground = Ground::free(memory.clone(), 0, BucketPlan::for_ceiling(2 << 30));
        let drain = Drain::unseen(ground.pages());
        let mut state = State::<VectorMemory, SHARING>::default();
        for at in 0..entries {
            let key = of(at);
            state.texts.insert(key, format!("{key:0>30}"));
            state.marks.insert(key, at);
            if at.is_multiple_of(16) {
                drain.some(&mut state).unwrap();
            }
        }
        drain.all(&mut state).unwrap();
        let (_, written) = drain.finish(&mut state).unwrap();
        assert!(written.iter().all(|of| of.content.count == entries));
        memory.borrow().len() >> 16
    });
    assert!(pages > (entries as usize * 80) >> 16, "{pages}");
    held
}

#[test]
fn the_heap_is_bounded_in_whatever_order_the_entries_come() {
    let mut most = BTreeMap::new();
    for entries in [100_000, 400_000] {
        let orders: [(&str, KeyOf); 3] = [
            ("ascending", |at| at),
            ("descending", |at| !at),
            // As from a hash map.
            ("none", |at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        ];
        for (name, of) in orders {
            most.insert((name, entries), held(entries, of));
        }
    }
    assert!(most.values().all(|held| *held < MOST_BYTES), "{most:?}");
    assert!(most[&("ascending", 400_000)] < MOST_BYTES / 8, "{most:?}");
}

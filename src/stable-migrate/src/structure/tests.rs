use std::cell::Cell;
use std::rc::Rc;

use ic_stable_migration::BucketTable;
use ic_stable_structures::VectorMemory;
use proptest::prelude::*;

use super::*;
use crate::test_images::{TestImage, one_of_each};

/// What stands in memory `id`, told without reading nodes or with.
fn look(raw: &VectorMemory, id: u8, depth: Depth) -> Result<Option<Recognized>, String> {
    let test = TestImage::of_memory(raw);
    let table = BucketTable::read(&*test.image).unwrap().unwrap();
    let memory = VirtualMemory::of(&test.image, &table, id);
    recognize(&memory, depth, None, &mut |_| {}).map_err(|flaw| match flaw {
        Flaw::Damaged(damage) => damage,
        Flaw::Unreadable(error) => panic!("{error}"),
    })
}

fn btree(raw: &VectorMemory, id: u8) -> BTree {
    match look(raw, id, Depth::Everything) {
        Ok(Some((Structure::StableBTreeMap(btree), _))) => btree,
        other => panic!("{other:?}"),
    }
}

/// Where memory 1 starts when it is the first to take a bucket.
const MEMORY1: usize = 65_536;

fn patched(raw: &VectorMemory, at: usize, bytes: &[u8]) -> VectorMemory {
    let copy = Rc::new(std::cell::RefCell::new(raw.borrow().clone()));
    copy.borrow_mut()[MEMORY1 + at..][..bytes.len()].copy_from_slice(bytes);
    copy
}

#[test]
fn a_map_is_told_with_its_entries_nodes_and_free_chunks() {
    let raw = one_of_each(1, 1_000);
    let texts = btree(&raw, 1);
    assert_eq!(texts.entries, 666);
    assert_eq!(texts.layout, 2);
    assert_eq!(texts.node_bytes, 1_024);
    let walk = texts.walk.unwrap();
    assert!(walk.overflow_pages > 0 && walk.free_chunks > 0);
    assert_eq!(walk.unreachable_chunks, 0);
    assert_eq!(texts.chunks, walk.nodes + walk.overflow_pages);
    assert!((3..5).contains(&walk.levels), "{walk:?}");

    let numbers = btree(&raw, 2);
    let walk = numbers.walk.unwrap();
    assert_eq!((numbers.entries, walk.overflow_pages), (1_000, 0));
    assert!((40.0..=100.0).contains(&walk.node_use_percent), "{walk:?}");
}

/// Memory 1 of `raw`, read with what is known of its keys.
fn walked(raw: &VectorMemory, keys: Option<KeyField>) -> Result<(BTree, Walk), String> {
    let test = TestImage::of_memory(raw);
    let table = BucketTable::read(&*test.image).unwrap().unwrap();
    let memory = VirtualMemory::of(&test.image, &table, 1);
    match recognize(&memory, Depth::Everything, keys, &mut |_| {}) {
        Ok(Some((Structure::StableBTreeMap(mut btree), _))) => {
            let walk = btree.walk.take().unwrap();
            Ok((btree, walk))
        }
        Err(Flaw::Damaged(damage)) => Err(damage),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_nodes_do_not_fill_is_counted_to_the_byte_whether_keys_are_written_down_or_not() {
    for entries in [1, 12, 100, 1_000] {
        let raw = one_of_each(1, entries);
        let left = (0..entries).filter(|key| key % 3 != 0);
        let content: u64 = left.map(|key| 8 + 4 + key * 37 % 500).sum();
        let (btree, walk) = walked(&raw, Some(KeyField::Fixed(8))).unwrap();
        let nodes = walk.nodes;
        let filled = 15 * nodes + 8 * nodes.saturating_sub(1) + content;
        let room = (nodes + walk.overflow_pages) * btree.node_bytes - 11 * walk.overflow_pages;
        assert_eq!(walk.unfilled_bytes, Some(room - filled));
        let (_, found_out) = walked(&raw, None).unwrap();
        assert!(entries < 100 || found_out == walk, "{found_out:?}");
        assert!(found_out.unfilled_bytes <= walk.unfilled_bytes);
    }
}

#[test]
fn keys_that_are_not_as_they_are_written_down_are_a_damage() {
    let raw = one_of_each(1, 1_000);
    for keys in [KeyField::Prefixed, KeyField::Fixed(7)] {
        let damage = walked(&raw, Some(keys)).unwrap_err();
        assert!(damage.contains("has a node"), "{damage}");
    }
}

#[test]
fn the_entries_of_a_map_come_in_the_order_of_its_keys() {
    let raw = one_of_each(1, 500);
    let test = TestImage::of_memory(&raw);
    let table = BucketTable::read(&*test.image).unwrap().unwrap();
    let memory = VirtualMemory::of(&test.image, &table, 1);
    let map = Map::open(&memory).unwrap();
    let mut entries = map.entries(KeyField::Fixed(8));
    for key in (0..500u64).filter(|key| key % 3 != 0) {
        let (found, value) = entries.next().unwrap().unwrap();
        assert_eq!(found, key.to_be_bytes());
        assert_eq!(value, vec![b'x'; (key * 37 % 500) as usize]);
    }
    assert!(entries.next().unwrap().is_none());
}

#[test]
fn an_empty_map_has_no_node() {
    let empty = btree(&one_of_each(1, 0), 3);
    assert_eq!((empty.entries, empty.chunks), (0, 0));
    let unfilled_bytes = Some(0);
    let walk = Walk {
        unfilled_bytes,
        ..Walk::default()
    };
    assert_eq!(empty.walk, Some(walk));
}

#[test]
fn the_flat_structures_say_how_much_they_use() {
    let raw = one_of_each(4, 100);
    for (id, expected, used) in [
        (4, Structure::StableCell { value_bytes: 11 }, 19),
        (
            5,
            Structure::StableLogIndex {
                entries: 100,
                data_bytes: 300,
            },
            40 + 800,
        ),
        (6, Structure::StableLogData { index_memory: None }, 32),
        (
            7,
            Structure::StableVec(Slots {
                entries: 100,
                slot_bytes: 8,
            }),
            64 + 800,
        ),
        (
            8,
            Structure::StableMinHeap(Slots {
                entries: 3,
                slot_bytes: 4,
            }),
            64 + 12,
        ),
    ] {
        for depth in [Depth::Headers, Depth::Everything] {
            assert_eq!(look(&raw, id, depth), Ok(Some((expected.clone(), used))));
        }
    }
}

#[test]
fn headers_alone_give_entries_and_no_nodes() {
    let raw = one_of_each(1, 100);
    let Ok(Some((Structure::StableBTreeMap(btree), used))) = look(&raw, 1, Depth::Headers) else {
        panic!("no map");
    };
    assert_eq!((btree.entries, btree.walk), (66, None));
    assert!(used > 0);
}

#[test]
fn the_walk_reports_every_node_it_has_read() {
    let raw = one_of_each(1, 1_000);
    let test = TestImage::of_memory(&raw);
    let table = BucketTable::read(&*test.image).unwrap().unwrap();
    let memory = VirtualMemory::of(&test.image, &table, 2);
    let told = Cell::new(0);
    let mut count = |bytes| told.set(told.get() + bytes);
    let (structure, _) = recognize(&memory, Depth::Everything, None, &mut count)
        .unwrap()
        .unwrap();
    let Structure::StableBTreeMap(BTree {
        walk: Some(walk),
        node_bytes,
        ..
    }) = structure
    else {
        panic!("no map");
    };
    assert_eq!(told.get(), walk.nodes * (16 + node_bytes));
}

/// A map of one internal root and its leaves, in memory 1.
fn small_tree() -> (VectorMemory, usize) {
    let raw = one_of_each(1, 40);
    let mut root = [0; 8];
    root.copy_from_slice(&raw.borrow()[MEMORY1 + 12..][..8]);
    (raw, u64::from_le_bytes(root) as usize)
}

#[test]
fn a_tree_that_leads_back_into_itself_is_damaged() {
    let (raw, root) = small_tree();
    let to_itself = patched(&raw, root + 15, &(root as u64).to_le_bytes());
    let damage = look(&to_itself, 1, Depth::Everything).unwrap_err();
    assert!(
        damage.contains("reached twice") || damage.contains("levels deep"),
        "{damage}"
    );

    let mut second = [0; 8];
    second.copy_from_slice(&raw.borrow()[MEMORY1 + root + 23..][..8]);
    let shared = patched(&raw, root + 15, &second);
    let damage = look(&shared, 1, Depth::Everything).unwrap_err();
    assert!(
        damage.contains("entries and its nodes hold") || damage.contains("twice"),
        "{damage}"
    );
}

#[test]
fn an_overflow_chain_that_leads_back_into_itself_is_damaged() {
    let (raw, root) = small_tree();
    let page = u64::from_le_bytes(raw.borrow()[MEMORY1 + root + 15..][..8].try_into().unwrap());
    // Make the first leaf's first page also an overflow page that follows itself.
    let looped = patched(&raw, page as usize, b"NOF");
    let looped = patched(&looped, page as usize + 3, &page.to_le_bytes());
    let looped = patched(&looped, root + 7, &page.to_le_bytes());
    let damage = look(&looped, 1, Depth::Everything).unwrap_err();
    assert!(damage.contains("one is reached twice"), "{damage}");
}

#[test]
fn addresses_outside_and_between_chunks_are_damaged() {
    let (raw, root) = small_tree();
    for (at, value, expected) in [
        (12, 1 << 40, "points to a node at 1099511627776"),
        (12, 117, "where no chunk starts"),
        (root + 15, u64::MAX, "points to a node"),
        (root + 7, 99, "points to a overflow page"),
        (76, 3, "points to a free chunk"),
        (68, 1 << 50, "chunks in use where"),
        (20, u64::MAX, "entries in"),
    ] {
        let hostile = patched(&raw, at, &u64::to_le_bytes(value));
        let damage = look(&hostile, 1, Depth::Everything).unwrap_err();
        assert!(damage.contains(expected), "{at}: {damage}");
    }
}

#[test]
fn counts_that_do_not_fit_are_damaged() {
    let raw = one_of_each(1, 10);
    // Buckets go in the order in which memories grow: 1, 2, 3, 4, 5, 6, 7, 8.
    for (bucket, at, bytes, expected) in [
        (
            3,
            4,
            &[0xff; 4][..],
            "a cell with a value of 4294967295 bytes",
        ),
        (4, 32, &[0xff; 8], "a log of 18446744073709551615 entries"),
        (6, 4, &[0xff; 8], "a vector of 18446744073709551615 entries"),
        (6, 16, &[7], "fixed-size flag is 7"),
    ] {
        let hostile = patched(&raw, bucket * 65_536 + at, bytes);
        let damage = look(&hostile, bucket as u8 + 1, Depth::Headers).unwrap_err();
        assert!(damage.contains(expected), "{damage}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Wherever a byte of the map's memory is changed, the walk ends, with an answer or a damage.
    #[test]
    fn no_change_makes_the_walk_panic_or_go_on_for_ever(
        changes in prop::collection::vec((0..130_000usize, any::<u64>(), 1..=8usize), 1..12),
        near_header in any::<bool>(),
    ) {
        let mut raw = one_of_each(2, 60);
        for (at, value, length) in changes {
            let at = if near_header { at % 160 } else { at };
            raw = patched(&raw, at, &value.to_le_bytes()[..length]);
        }
        let _ = look(&raw, 1, Depth::Everything);
    }
}

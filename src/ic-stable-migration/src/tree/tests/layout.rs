//! The layout is the crate's: byte for byte where both write the same nodes in the same order.

use ic_stable_structures::storable::Blob;
use ic_stable_structures::{StableBTreeMap, VectorMemory};

use super::super::page_size;
use super::super::testing::*;
use crate::registry::Size;
use crate::test_memory::bytes_of;

/// Maps of one node, which the crate fills in key order without splitting it.
fn one_node_has_the_bytes_of_the_crate<K: Datum, V: Datum>() {
    for count in 0..=11 {
        let entries = entries::<K, V>(count);
        let inserted = VectorMemory::default();
        let mut map = StableBTreeMap::<K, V, _>::init(inserted.clone());
        for (key, value) in entries.clone() {
            map.insert(key, value);
        }
        let page = page_size::of_crate(Size::of::<K>(), Size::of::<V>());
        let built = build_in(VectorMemory::default(), page, &[&entries]);
        assert!(
            bytes_of(&built.memory) == bytes_of(&inserted),
            "{count} entries have other bytes"
        );
    }
}

#[test]
fn one_node_of_fixed_entries_has_the_bytes_of_the_crate() {
    one_node_has_the_bytes_of_the_crate::<u64, u64>();
    one_node_has_the_bytes_of_the_crate::<[u8; 30], ()>();
}

#[test]
fn one_node_of_bounded_entries_has_the_bytes_of_the_crate() {
    one_node_has_the_bytes_of_the_crate::<Blob<20>, Blob<20>>();
}

#[test]
fn one_node_with_overflow_pages_has_the_bytes_of_the_crate() {
    one_node_has_the_bytes_of_the_crate::<Vec<u8>, String>();
}

/// Three nodes, written out by hand: 13 entries are 7 in a leaf, one in the root and 5 in a leaf.
#[test]
fn three_nodes_have_these_bytes() {
    let entries: Vec<_> = (0..13).map(|i| (Byte(i), Byte(100 + i))).collect();
    let built = build_in(VectorMemory::default(), 128, &[&entries]);
    let chunk = |in_use: u8| [&b"CHK\x01"[..], &[in_use, 0, 0, 0], &[0; 8]].concat();
    let node = |inner: u8, children: &[u64], keys: std::ops::Range<u8>| {
        let mut node = [&b"BTN\x02"[..], &[inner, keys.len() as u8, 0], &[0; 8]].concat();
        node.extend(children.iter().flat_map(|child| child.to_le_bytes()));
        node.extend(keys.clone());
        node.extend(keys.flat_map(|key| [1, 0, 0, 0, 100 + key]));
        node.resize(128, 0);
        [chunk(1), node].concat()
    };
    let header = [
        &b"BTR\x02"[..],
        &128u32.to_le_bytes(),
        &[255; 4],
        &(100u64 + 2 * 144 + 16).to_le_bytes(),
        &13u64.to_le_bytes(),
        &[0; 24],
        b"BTA\x01\0\0\0\0",
        &128u64.to_le_bytes(),
        &3u64.to_le_bytes(),
        &(100u64 + 3 * 144).to_le_bytes(),
        &[0; 16],
    ]
    .concat();
    let expected = [
        header,
        node(0, &[], 0..7),
        node(0, &[], 8..13),
        node(1, &[116, 260], 7..8),
        chunk(0),
    ]
    .concat();
    let bytes = bytes_of(&built.memory);
    assert_eq!(built.bytes, expected.len() as u64);
    assert_eq!(bytes[..expected.len()], expected);
}

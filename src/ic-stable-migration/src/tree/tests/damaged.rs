//! What a reader refuses, and in which words.

use std::ops::ControlFlow;

use ic_stable_structures::{Memory, VectorMemory};

use super::super::TreeReader;
use super::super::testing::*;
use crate::registry::Size;

/// Reads a tree of numbers in pages of 235 bytes, of which some bytes were replaced.
fn read(count: u64, at: u64, bytes: &[u8]) -> String {
    let built = build(&entries::<u64, u64>(count));
    built.memory.write(at, bytes);
    let open = TreeReader::open(built.memory, Size::Exactly(8), Size::Exactly(8));
    let read = open.and_then(|reader| {
        let _ = reader.walk(|_, _| ControlFlow::<()>::Continue(()))?;
        reader.check_structure()
    });
    match read {
        Ok(_) => "a sound tree".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_header_that_is_none_is_refused() {
    let says = |at, bytes: &[u8]| read(100, at, bytes);
    for (at, bytes, expected) in [
        (0, b"MGR", "StableBTreeMap of layout 2"),
        (3, b"\x01\0\0", "StableBTreeMap of layout 2"),
        (8, &[20, 0, 0], "page size that is a value"),
        (52, b"BTB", "allocator of layout 1"),
    ] {
        let text = says(at, bytes);
        assert!(text.ends_with(&format!("and no {expected}")), "{text}");
    }
    assert_eq!(
        says(4, &[100, 0]),
        "E708: the header says that a page has 100 bytes"
    );
    assert_eq!(
        says(60, &[1, 1]),
        "E708: the header says that a page has 235 bytes, and its allocator that one has 257"
    );
    assert_eq!(
        says(68, &[255, 255]),
        "E708: the header says that 65535 chunks are in use, where 260 fit"
    );
    assert_eq!(
        says(20, &[255]),
        "E708: the header says that there are 255 entries in 11 chunks, which hold 11 each at most"
    );
    assert_eq!(
        says(12, &[0; 8]),
        "E708: the header says that there are 100 entries, and that the root is at 0"
    );
    assert_eq!(
        says(20, &[99]),
        "E708: the header says that there are 99 entries, and the nodes hold 100"
    );
}

/// Where the `n`th chunk of such a tree has its page; the root is the ninth, and has an overflow page.
fn address(n: u64) -> u64 {
    100 + 16 + n * 251
}

#[test]
fn a_damaged_tree_is_refused_where_it_is_damaged() {
    let (leaf, root) = (address(2), address(9));
    let to = |address: u64| address.to_le_bytes();
    for (at, bytes, expected) in [
        (
            leaf,
            &b"BTX"[..],
            "02 00 0b 00 00 00 00 00 00 00 00 00, and no node of layout 2",
        ),
        (
            leaf + 3,
            &[1],
            "01 00 0b 00 00 00 00 00 00 00 00 00, and no node of layout 2",
        ),
        (
            leaf + 4,
            &[2],
            "02 02 0b 00 00 00 00 00 00 00 00 00, and no node of layout 2",
        ),
        (
            leaf + 5,
            &[0],
            "02 00 00 00 00 00 00 00 00 00 00 00, and no node of layout 2",
        ),
        (
            leaf + 5,
            &[12],
            "02 00 0c 00 00 00 00 00 00 00 00 00, and no node of layout 2",
        ),
        (
            leaf - 12,
            &[0],
            "starts with 43 48 4b 01 00, which is none in use",
        ),
        (leaf + 4, &[1], "is no chunk, where an address leads"),
        (
            leaf + 5,
            &[4],
            "the value of entry 0 has 0 bytes, and the type is of exactly 8 bytes",
        ),
        (
            leaf + 15 + 88,
            &[9],
            "the value of entry 0 has 9 bytes, and the type is of exactly 8 bytes",
        ),
        (
            leaf + 7,
            &to(root),
            "42 54 4e 02 01 08 00 42 0a 00 00, and no overflow page",
        ),
        (
            root + 7,
            &to(0),
            "stands a node that ends before the value of its entry 7 does",
        ),
        (
            address(10),
            b"NOX",
            "4e 4f 58 00 00 00 00 00 00 00 00, and no overflow page",
        ),
        (
            address(10) + 3,
            &to(address(10)),
            "the 11 chunks in use: one was reached twice",
        ),
        (
            root + 15,
            &to(root),
            "the 11 chunks in use: one was reached twice",
        ),
        (
            root + 15,
            &to(address(4)),
            "at 1120 is a chunk that was met before",
        ),
        (
            root + 15,
            &to(address(4) + 1),
            "at 1121 is no chunk, where an address leads",
        ),
        (
            root + 15,
            &to(u64::MAX),
            "at 18446744073709551615 is no chunk, where an address leads",
        ),
        (
            76,
            &to(address(11)),
            "stands no free chunk, where the free list leads",
        ),
        (
            76,
            &to(address(2) - 16),
            "stands no free chunk, where the free list leads",
        ),
        (76, &to(u64::MAX), "is no chunk, where the free list leads"),
        (
            address(11) - 8,
            &to(address(11) - 16),
            "at 2877 is a chunk that was met before",
        ),
    ] {
        let text = read(100, at, bytes);
        assert!(text.ends_with(expected), "{text}");
    }
}

/// Of trees that the walk reads, and of which a map would not know what to do.
#[test]
fn a_tree_that_is_not_filled_or_not_balanced_is_refused() {
    // Two leaves of 7 and 5 entries under a root: of the second, an entry is lost with the header's knowledge.
    let entries: Vec<_> = (0..13).map(|i| (Byte(i), Byte(i))).collect();
    let built = build_in(VectorMemory::default(), 128, &[&entries]);
    let leaf = 100 + 144 + 16;
    let keys_then_values = [
        8, 9, 10, 11, 1, 0, 0, 0, 8, 1, 0, 0, 0, 9, 1, 0, 0, 0, 10, 1, 0, 0, 0, 11,
    ];
    built.memory.write(leaf + 5, &[4]);
    built.memory.write(leaf + 15, &keys_then_values);
    built.memory.write(20, &[12]);
    let reader = TreeReader::open(built.memory, Size::Exactly(1), Size::Exactly(1)).unwrap();
    assert!(reader.walk(|_, _| ControlFlow::<()>::Continue(())).is_ok());
    let refused = reader.check_structure().unwrap_err().to_string();
    assert_eq!(refused, "E709: at 260 stands a node of 4 entries");

    // Of 13 leaves under two inner nodes, one inner node becomes a leaf of its entries.
    let entries: Vec<_> = (0..160).map(|i| (Byte(i), ())).collect();
    let built = build_in(VectorMemory::default(), 300, &[&entries]);
    let mut chunk = [0; 316];
    let inner = (0..built.nodes).map(|n| 100 + n * 316).find(|&at| {
        built.memory.read(at, &mut chunk);
        chunk[20] == 1
    });
    let at = inner.unwrap() + 16;
    let count = u64::from(chunk[21]);
    let fields = chunk[16 + 15 + 8 * (count as usize + 1)..].to_vec();
    built.memory.write(at + 4, &[0]);
    built.memory.write(at + 15, &fields[..5 * count as usize]);
    let reader = TreeReader::open(built.memory, Size::Exactly(1), Size::Exactly(0)).unwrap();
    let refused = reader.check_structure().unwrap_err().to_string();
    assert!(refused.ends_with("stands a leaf that is not as deep as the others"));
}

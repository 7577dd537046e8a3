//! Any bytes are a tree or an error; and what is built is a map that the crate goes on with.

#![no_main]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use arbitrary::Arbitrary;
use fuzz::memory::Watched;
use ic_stable_migration::Size;
use ic_stable_migration::tree::{TreeBuilder, TreeError, TreeReader};
use ic_stable_structures::{Memory, StableBTreeMap};
use libfuzzer_sys::fuzz_target;

/// Pages of a tree that has room to grow.
const MAX_PAGES: u64 = 32;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Debug, Arbitrary)]
enum Input {
    /// A memory as it is.
    Bytes(Vec<u8>),
    /// A tree with changes: where, and the bytes there.
    Damaged(Tree, Vec<(u16, [u8; 3])>),
    /// A tree that lives on.
    Changed(Tree, Vec<Change>),
}

#[derive(Debug, Arbitrary)]
struct Tree {
    page_size: u16,
    runs: Vec<Entry>,
}

/// So many entries that are like each other.
#[derive(Clone, Copy, Debug, Arbitrary)]
struct Entry {
    count: u16,
    key_bytes: u8,
    value_bytes: u16,
}

#[derive(Debug, Arbitrary)]
enum Change {
    Insert { key: u16, entry: Entry },
    Remove { key: u16 },
    PopFirst,
    PopLast,
}

fuzz_target!(|input: Input| match input {
    Input::Bytes(bytes) => {
        read(Watched::of(&bytes));
    }
    Input::Damaged(tree, changes) => {
        let Ok((_, memory)) = build(&tree) else {
            return;
        };
        let mut bytes = memory.bytes();
        for (at, change) in changes {
            let at = usize::from(at) % (bytes.len() - 3);
            bytes[at..][..3].copy_from_slice(&change);
        }
        read(Watched::of(&bytes));
    }
    Input::Changed(tree, changes) => {
        let Ok((entries, memory)) = build(&tree) else {
            return;
        };
        // Where a map cannot grow it traps.
        if memory.size() > MAX_PAGES {
            return;
        }
        assert_eq!(read(memory.clone()), Some(entries.clone()));
        go_on(memory, entries, changes);
    }
});

impl Entry {
    /// Keys are told apart by their first bytes, which are in their order.
    fn key(self, nth: u16) -> Vec<u8> {
        let mut key = vec![0; 2 + usize::from(self.key_bytes)];
        key[..2].copy_from_slice(&nth.to_be_bytes());
        key
    }

    fn value(self) -> Vec<u8> {
        vec![1; usize::from(self.value_bytes) % 2_000]
    }
}

fn build(tree: &Tree) -> Result<(Entries, Watched), TreeError> {
    let memory = Watched::of(&[]);
    let page_size = tree.page_size.into();
    let mut builder =
        TreeBuilder::new(memory.clone(), Size::Unbounded, Size::Unbounded, page_size)?;
    let mut entries = Entries::new();
    let mut runs = Vec::new();
    for entry in tree.runs.iter().take(6) {
        let mut run = builder.run();
        for _ in 0..entry.count % 700 {
            let (key, value) = (entry.key(entries.len() as u16), entry.value());
            builder.push(&mut run, &key, &value)?;
            entries.insert(key, value);
        }
        runs.push(run);
    }
    let built = builder.finish(runs)?;
    assert_eq!(built.entries, entries.len() as u64);
    assert_eq!(built.memory.size(), built.pages());
    Ok((entries, memory))
}

/// What a memory holds, where it is a tree. One that is sound throughout, the crate's map reads the same.
fn read(memory: Watched) -> Option<Entries> {
    let reader = TreeReader::open(memory.clone(), Size::Unbounded, Size::Unbounded).ok()?;
    let mut entries = Vec::new();
    let walked = reader.walk(|key, value| {
        entries.push((key.to_vec(), value.to_vec()));
        ControlFlow::<()>::Continue(())
    });
    let structure = reader.check_structure();
    if walked.is_err() {
        return None;
    }
    // The order of keys is for the one who knows their type; the map's iterator relies on it.
    if structure.is_ok() && entries.is_sorted_by(|a, b| a.0 < b.0) {
        let map: StableBTreeMap<Vec<u8>, Vec<u8>, _> = StableBTreeMap::load(memory);
        assert!(
            map.iter()
                .map(|entry| entry.into_pair())
                .eq(entries.iter().cloned())
        );
    }
    Some(entries.into_iter().collect())
}

fn go_on(memory: Watched, mut model: Entries, changes: Vec<Change>) {
    let mut map: StableBTreeMap<Vec<u8>, Vec<u8>, _> = StableBTreeMap::load(memory.clone());
    for change in changes {
        match change {
            Change::Insert { key, entry } => {
                let (key, value) = (entry.key(key), entry.value());
                let before = model.insert(key.clone(), value.clone());
                assert_eq!(map.insert(key, value), before);
            }
            Change::Remove { key } => {
                let key = model
                    .keys()
                    .nth(usize::from(key) % model.len().max(1))
                    .cloned();
                let key = key.unwrap_or_default();
                assert_eq!(map.remove(&key), model.remove(&key));
            }
            Change::PopFirst => assert_eq!(map.pop_first(), model.pop_first()),
            Change::PopLast => assert_eq!(map.pop_last(), model.pop_last()),
        }
    }
    assert_eq!(read(memory.clone()), Some(model.clone()));
    while let Some(last) = model.pop_last() {
        assert_eq!(map.pop_last(), Some(last));
    }
    let reader = TreeReader::open(memory, Size::Unbounded, Size::Unbounded).unwrap();
    assert_eq!(reader.check_structure().map(|left| left.nodes), Ok(0));
}

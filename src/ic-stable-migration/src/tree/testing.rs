//! Maps built for tests, and what must be true of them.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::rc::Rc;

use ic_stable_structures::storable::{Blob, Bound};
use ic_stable_structures::{Memory, StableBTreeMap, Storable, VectorMemory};

use super::{Built, Structure, TreeBuilder, TreeReader, page_size};
use crate::registry::Size;

/// A key or a value of a map under test.
pub trait Datum: Storable + Ord + Clone + Debug {
    /// The `i`th of them, in their order.
    fn nth(i: u64) -> Self;
}

impl Datum for u64 {
    fn nth(i: u64) -> Self {
        i
    }
}

/// Of a fixed size that is not a number's.
impl Datum for [u8; 30] {
    fn nth(i: u64) -> Self {
        let mut bytes = [7; 30];
        bytes[..8].copy_from_slice(&i.to_be_bytes());
        bytes
    }
}

impl Datum for [u8; 62] {
    fn nth(i: u64) -> Self {
        [i as u8; 62]
    }
}

/// A byte, fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Byte(pub u8);

impl Datum for Byte {
    fn nth(i: u64) -> Self {
        Self(i as u8)
    }
}

impl Storable for Byte {
    const BOUND: Bound = Bound::Bounded {
        max_size: 1,
        is_fixed_size: true,
    };

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(vec![self.0])
    }

    fn into_bytes(self) -> Vec<u8> {
        vec![self.0]
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        Self(bytes[0])
    }
}

/// Of any length by its type, and of one in fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const N: usize>(Vec<u8>);

impl<const N: usize> Datum for Text<N> {
    fn nth(i: u64) -> Self {
        let mut bytes = vec![b'x'; N];
        bytes[..8].copy_from_slice(&i.to_be_bytes());
        Self(bytes)
    }
}

impl<const N: usize> Storable for Text<N> {
    const BOUND: Bound = Bound::Unbounded;

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn from_bytes(bytes: Cow<[u8]>) -> Self {
        Self(bytes.into_owned())
    }
}

/// Nothing, in no bytes.
impl Datum for () {
    fn nth(_: u64) -> Self {}
}

/// Bounded, of any length up to the bound.
impl Datum for Blob<20> {
    fn nth(i: u64) -> Self {
        let bytes = [&i.to_be_bytes()[..], &[9; 12]].concat();
        Blob::try_from(&bytes[..8 + i as usize % 13]).unwrap()
    }
}

/// Of any length, 0 included.
impl Datum for Vec<u8> {
    fn nth(i: u64) -> Self {
        match i {
            0 => Vec::new(),
            _ => [&i.to_be_bytes()[..], &vec![5; i as usize * 37 % 90]].concat(),
        }
    }
}

/// Long: a few of them fill pages.
impl Datum for String {
    fn nth(i: u64) -> Self {
        format!("{i:05}{}", "long ".repeat(i as usize * 7 % 200))
    }
}

/// The first `count` entries of a type of map.
pub fn entries<K: Datum, V: Datum>(count: u64) -> Vec<(K, V)> {
    (0..count)
        .map(|i| (K::nth(i), V::nth(i * 5 % 61)))
        .collect()
}

/// A page size for these entries, as a caller would choose it.
pub fn page_for<K: Datum, V: Datum>(entries: &[(K, V)]) -> u32 {
    let lengths = entries
        .iter()
        .map(|(key, value)| (key.to_bytes().len(), value.to_bytes().len()));
    page_size::choose(Size::of::<K>(), Size::of::<V>(), lengths)
}

/// One map of all runs, in nodes of `page` bytes.
pub fn build_in<K: Datum, V: Datum, M: Memory>(
    memory: M,
    page: u32,
    runs: &[&[(K, V)]],
) -> Built<M> {
    let mut builder = TreeBuilder::new(memory, Size::of::<K>(), Size::of::<V>(), page).unwrap();
    let mut open: Vec<_> = runs.iter().map(|_| builder.run()).collect();
    // The runs take turns, as they would where one value holds several.
    let longest = runs.iter().map(|run| run.len()).max().unwrap_or(0);
    for i in 0..longest {
        for (run, entries) in open.iter_mut().zip(runs) {
            if let Some((key, value)) = entries.get(i) {
                builder
                    .push(run, &key.to_bytes(), &value.to_bytes())
                    .unwrap();
            }
        }
    }
    builder.finish(open).unwrap()
}

/// One map of one run.
pub fn build<K: Datum, V: Datum>(entries: &[(K, V)]) -> Built<VectorMemory> {
    build_in(VectorMemory::default(), page_for(entries), &[entries])
}

/// Checks the tree, all of it, and reads its entries.
pub fn sound<K: Datum, V: Datum>(memory: &VectorMemory) -> (Structure, Vec<(K, V)>) {
    let reader =
        TreeReader::open(memory.clone(), Size::of::<K>(), Size::of::<V>()).expect("a header");
    let structure = reader.check_structure().expect("a sound tree");
    let mut entries = Vec::new();
    let all = reader.walk(|key, value| {
        entries.push((K::from_bytes(key.into()), V::from_bytes(value.into())));
        ControlFlow::<()>::Continue(())
    });
    assert_eq!(all, Ok(ControlFlow::Continue(())));
    (structure, entries)
}

/// Opens a map and holds it against the entries that went in.
pub fn holds<K: Datum, V: Datum>(memory: &VectorMemory, entries: &[(K, V)]) {
    assert!(sound::<K, V>(memory).1 == entries);
    let map: StableBTreeMap<K, V, _> = StableBTreeMap::init(memory.clone());
    assert_eq!(map.len(), entries.len() as u64);
    let read: Vec<_> = map.iter().map(|entry| entry.into_pair()).collect();
    assert!(
        read == entries,
        "{} entries read differently",
        entries.len()
    );
    let backwards = map.iter().rev().map(|entry| entry.into_pair());
    assert!(backwards.eq(entries.iter().rev().cloned()));
    for (key, value) in entries.iter().step_by(1 + entries.len() / 40) {
        assert_eq!(map.get(key).as_ref(), Some(value));
        let after: Vec<_> = map.keys_range(key..).take(15).collect();
        let expected = entries.iter().skip_while(|(other, _)| other < key);
        assert!(expected.take(15).map(|(key, _)| key).eq(&after));
    }
}

/// A change that a canister makes to its map.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Insert(u64, u64),
    Remove(u64),
    PopFirst,
    PopLast,
}

/// Makes the changes to the map and to a model of it; then removes everything: no chunk is left.
pub fn lives<K: Datum, V: Datum>(
    memory: &VectorMemory,
    entries: &[(K, V)],
    changes: impl IntoIterator<Item = Change>,
) {
    let mut map: StableBTreeMap<K, V, _> = StableBTreeMap::init(memory.clone());
    let mut model: BTreeMap<K, V> = entries.iter().cloned().collect();
    for change in changes {
        match change {
            Change::Insert(key, value) => {
                let (key, value) = (K::nth(key), V::nth(value));
                assert_eq!(
                    map.insert(key.clone(), value.clone()),
                    model.insert(key, value)
                );
            }
            Change::Remove(key) => {
                assert_eq!(map.remove(&K::nth(key)), model.remove(&K::nth(key)));
            }
            Change::PopFirst => assert_eq!(map.pop_first(), model.pop_first()),
            Change::PopLast => assert_eq!(map.pop_last(), model.pop_last()),
        }
    }
    assert!(map.iter().map(|entry| entry.into_pair()).eq(model.clone()));
    assert!(sound::<K, V>(memory).1.into_iter().eq(model.clone()));
    for (at, (key, value)) in model.into_iter().enumerate() {
        assert_eq!(map.remove(&key), Some(value), "removal {at}");
    }
    let empty = sound::<K, V>(memory).0;
    assert_eq!((empty.nodes, empty.overflow_pages), (0, 0));
    map.insert(K::nth(1), V::nth(1));
    assert_eq!(map.len(), 1);
    map.clear_new();
    assert!(map.is_empty());
}

/// Numbers without a pattern, the same each time.
pub fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below.max(1)
    }
}

/// `count` changes of keys below `keys`.
pub fn changes(seed: u64, count: usize, keys: u64) -> impl Iterator<Item = Change> {
    let mut random = random(seed);
    std::iter::repeat_with(move || match random(12) {
        0..6 => Change::Insert(random(keys), random(61)),
        6..11 => Change::Remove(random(keys)),
        _ if random(2) == 0 => Change::PopFirst,
        _ => Change::PopLast,
    })
    .take(count)
}

/// A memory that counts writes and the bytes written.
#[derive(Clone, Default)]
pub struct Counting {
    pub memory: VectorMemory,
    pub writes: Rc<Cell<u64>>,
    pub grown: Rc<Cell<u64>>,
}

impl Memory for Counting {
    fn size(&self) -> u64 {
        self.memory.size()
    }
    fn grow(&self, pages: u64) -> i64 {
        self.grown.set(self.grown.get() + pages);
        self.memory.grow(pages)
    }
    fn read(&self, offset: u64, _: &mut [u8]) {
        panic!("read({offset}) of a memory that is only to be written");
    }
    fn write(&self, offset: u64, src: &[u8]) {
        self.writes.set(self.writes.get() + 1);
        self.memory.write(offset, src);
    }
}

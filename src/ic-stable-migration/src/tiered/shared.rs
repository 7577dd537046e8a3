//! Several collections in one stable map, each under a first byte of its own.
//!
//! ```text
//! key in the map     id of the collection (u8) │ encoded key
//! value in the map   encoded value
//! ```
//!
//! A map takes a page and a half-filled node at least, and its virtual memory whole buckets: in a fleet of small
//! canisters that is more than what stands in it. Together they waste it once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ops::Bound;
use std::rc::Rc;

use ic_stable_structures::{Memory, StableBTreeMap, Storable};

use super::collection::decoded;
use crate::managed::ManagedMemory;
use crate::registry::Size;
use crate::tree::{TreeError, TreeReader};

/// A key whose encoded bytes are ordered as the keys are: for two keys, `a < b` just where `a.to_bytes()` stands before
/// `b.to_bytes()`, compared byte by byte. Only such keys can [share](super::TieredMap::sharing) a memory.
///
/// Integers encoded big-endian, texts and fixed arrays of bytes are; a `Principal` is not, because it orders shorter
/// ones first. The move of a collection whose keys do not come in order of their bytes is refused.
///
/// ```
/// use std::borrow::Cow;
/// use ic_stable_migration::ByteOrdered;
/// use ic_stable_structures::{Storable, storable::Bound};
///
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
/// struct CommentKey {
///     post: u64,
///     comment: u32,
/// }
///
/// impl Storable for CommentKey {
///     const BOUND: Bound = Bound::Bounded { max_size: 12, is_fixed_size: true };
///     fn to_bytes(&self) -> Cow<'_, [u8]> {
///         let (post, comment) = (self.post.to_be_bytes(), self.comment.to_be_bytes());
///         Cow::Owned([&post[..], &comment[..]].concat())
///     }
///     fn into_bytes(self) -> Vec<u8> {
///         self.to_bytes().into_owned()
///     }
///     fn from_bytes(bytes: Cow<[u8]>) -> Self {
///         let (post, comment) = bytes.split_at(8);
///         Self {
///             post: u64::from_be_bytes(post.try_into().unwrap()),
///             comment: u32::from_be_bytes(comment.try_into().unwrap()),
///         }
///     }
/// }
///
/// impl ByteOrdered for CommentKey {}
/// ```
pub trait ByteOrdered: Storable + Ord {}

impl ByteOrdered for u8 {}
impl ByteOrdered for u16 {}
impl ByteOrdered for u32 {}
impl ByteOrdered for u64 {}
impl ByteOrdered for u128 {}
impl ByteOrdered for String {}
impl ByteOrdered for Vec<u8> {}
impl<const N: usize> ByteOrdered for [u8; N] {}

/// A stable map of raw entries.
pub type RawMap<M> = StableBTreeMap<Vec<u8>, Vec<u8>, ManagedMemory<M>>;

/// Opens the map in a memory, or makes one. Compiled once, because it is long.
#[inline(never)]
fn open<M: Memory>(memory: &ManagedMemory<M>) -> RawMap<M> {
    StableBTreeMap::init(memory.clone())
}

/// The map that collections share. It is made when the first entry arrives.
pub struct Common<M: Memory> {
    memory: ManagedMemory<M>,
    map: RefCell<Option<RawMap<M>>>,
}

impl<M: Memory> Common<M> {
    /// Over a memory that holds such a map, or nothing.
    pub fn over(memory: ManagedMemory<M>) -> Rc<Self> {
        let map = (memory.size() > 0).then(|| open(&memory));
        Rc::new(Self {
            memory,
            map: RefCell::new(map),
        })
    }

    /// The first and the last entry of a collection as they stand there, its prefix cut off.
    ///
    /// # Errors
    /// Those of reading a tree that something else wrote to.
    pub fn ends(&self, prefix: u8) -> Result<[Option<Pair>; 2], TreeError> {
        let map = TreeReader::open(self.memory.clone(), Size::Unbounded, Size::Unbounded)?;
        let first = map.around(|key| key < &[prefix][..])?.after;
        let last = match first {
            Some(_) => {
                let beyond = |key: &[u8]| key.first().is_some_and(|first| *first > prefix);
                map.around(|key| !beyond(key))?.before
            }
            None => None,
        };
        Ok([first, last].map(|entry| {
            let (mut key, value) = entry?;
            let of_prefix = key.first() == Some(&prefix);
            of_prefix.then(|| (key.split_off(1), value))
        }))
    }

    /// Opens the map that was written to the memory while there was none.
    fn open_written(&self) {
        let mut map = self.map.borrow_mut();
        if map.is_none() && self.memory.size() > 0 {
            *map = Some(open(&self.memory));
        }
    }

    fn read<R>(&self, read: impl FnOnce(&RawMap<M>) -> R) -> Option<R> {
        self.map.borrow().as_ref().map(read)
    }

    fn write<R>(&self, write: impl FnOnce(&mut RawMap<M>) -> R) -> R {
        let mut map = self.map.borrow_mut();
        write(map.get_or_insert_with(|| open(&self.memory)))
    }
}

/// What one collection has in a shared map.
pub struct Part<K, M: Memory> {
    common: Rc<Common<M>>,
    prefix: u8,
    of: PhantomData<K>,
}

impl<K: Storable + Ord, M: Memory> Part<K, M> {
    pub fn of(common: Rc<Common<M>>, prefix: u8) -> Self {
        Self {
            common,
            prefix,
            of: PhantomData,
        }
    }

    pub fn open_written(&self) {
        self.common.open_written();
    }

    fn key(&self, key: &K) -> Vec<u8> {
        let key = key.to_bytes();
        let mut bytes = Vec::with_capacity(1 + key.len());
        bytes.push(self.prefix);
        bytes.extend_from_slice(&key);
        bytes
    }

    pub fn get(&self, key: &K) -> Option<Vec<u8>> {
        self.common.read(|map| map.get(&self.key(key)))?
    }

    pub fn contains_key(&self, key: &K) -> bool {
        let found = self.common.read(|map| map.contains_key(&self.key(key)));
        found == Some(true)
    }

    pub fn insert(&self, key: &K, value: Vec<u8>) -> Option<Vec<u8>> {
        let key = self.key(key);
        self.common.write(|map| map.insert(key, value))
    }

    pub fn remove(&self, key: &K) -> Option<Vec<u8>> {
        let map = &mut *self.common.map.borrow_mut();
        map.as_mut()?.remove(&self.key(key))
    }

    pub fn clear(&self) {
        let (low, high) = self.bounds((Bound::Unbounded, Bound::Unbounded));
        let mut map = self.common.map.borrow_mut();
        while let Some(map) = map.as_mut() {
            let first = map.keys_range((low.clone(), high.clone())).next();
            match first {
                Some(key) => map.remove(&key),
                None => return,
            };
        }
    }

    /// The entries in `range`, in order.
    pub fn range(&self, range: (Bound<K>, Bound<K>)) -> Entries<'_, K, M> {
        let (low, high) = self.bounds(range);
        Entries {
            common: &self.common,
            low,
            high,
            all_read: false,
            batch: FIRST_BATCH,
            front: VecDeque::new(),
            back: VecDeque::new(),
            of: PhantomData,
        }
    }

    fn bounds(&self, (low, high): (Bound<K>, Bound<K>)) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        let bound = |bound: Bound<K>, none: Bound<Vec<u8>>| match bound {
            Bound::Included(key) => Bound::Included(self.key(&key)),
            Bound::Excluded(key) => Bound::Excluded(self.key(&key)),
            Bound::Unbounded => none,
        };
        let first = Bound::Included(vec![self.prefix]);
        let end = match self.prefix.checked_add(1) {
            Some(next) => Bound::Excluded(vec![next]),
            None => Bound::Unbounded,
        };
        (bound(low, first), bound(high, end))
    }
}

/// An encoded key with its prefix, and an encoded value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Entries read ahead at first, and at most: whoever wants one entry does not pay for many, and starting anew is cheap
/// against what lies between.
const FIRST_BATCH: usize = 2;
const LARGEST_BATCH: usize = 64;

/// The entries of a range of a shared map, from either end. They are read in batches, because no borrow of the map may
/// outlast a call: another collection may be written to between two entries.
pub struct Entries<'a, K, M: Memory> {
    common: &'a Common<M>,
    low: Bound<Vec<u8>>,
    high: Bound<Vec<u8>>,
    /// Nothing is left between the bounds.
    all_read: bool,
    batch: usize,
    front: VecDeque<Pair>,
    back: VecDeque<Pair>,
    of: PhantomData<K>,
}

impl<K: Storable, M: Memory> Entries<'_, K, M> {
    fn read(&mut self, from_back: bool) {
        let (low, high, batch) = (&self.low, &self.high, self.batch);
        let pairs = self.common.read(|map| {
            let entries = map.range((low.clone(), high.clone()));
            let pairs: Vec<Pair> = if from_back {
                let entries = entries.rev().take(batch);
                entries.map(|entry| entry.into_pair()).collect()
            } else {
                let entries = entries.take(batch);
                entries.map(|entry| entry.into_pair()).collect()
            };
            pairs
        });
        let pairs = pairs.unwrap_or_default();
        self.all_read = pairs.len() < batch;
        if let Some((last, _)) = pairs.last() {
            let bound = Bound::Excluded(last.clone());
            if from_back {
                self.high = bound;
            } else {
                self.low = bound;
            }
        }
        self.all_read |= empty(&self.low, &self.high);
        self.batch = (2 * batch).min(LARGEST_BATCH);
        if from_back {
            self.back.extend(pairs);
        } else {
            self.front.extend(pairs);
        }
    }
}

/// Whether no key lies between two bounds; the crate's map has no such range.
fn empty(low: &Bound<Vec<u8>>, high: &Bound<Vec<u8>>) -> bool {
    match (low, high) {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (Bound::Included(low) | Bound::Excluded(low), Bound::Excluded(high))
        | (Bound::Excluded(low), Bound::Included(high)) => low >= high,
        _ => false,
    }
}

impl<K: Storable, M: Memory> Iterator for Entries<'_, K, M> {
    type Item = (K, Vec<u8>);

    fn next(&mut self) -> Option<(K, Vec<u8>)> {
        if self.front.is_empty() && !self.all_read {
            self.read(false);
        }
        let pair = self.front.pop_front().or_else(|| self.back.pop_back())?;
        Some(entry(pair))
    }
}

impl<K: Storable, M: Memory> DoubleEndedIterator for Entries<'_, K, M> {
    fn next_back(&mut self) -> Option<(K, Vec<u8>)> {
        if self.back.is_empty() && !self.all_read {
            self.read(true);
        }
        let pair = self.back.pop_front().or_else(|| self.front.pop_back())?;
        Some(entry(pair))
    }
}

fn entry<K: Storable>((key, value): Pair) -> (K, Vec<u8>) {
    // Every key of a part has its prefix.
    (decoded(key.get(1..).unwrap_or_default()), value)
}

//! The maps as they are written: one builder for each memory, one run for each collection.

use std::cell::RefCell;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::pages::Pages;
use super::target::Target;
use crate::error::{Error, Glimpse};
use crate::ledger::{Digest, SlotIndex};
use crate::registry::{OwnershipError, Size};
use crate::tiered::intake::Intake;
use crate::tree::{Run, TreeBuilder, TreeError};

/// A collection that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Its id.
    pub id: u8,
    /// The memory in which its map is, or the one that it shares.
    pub memory: u8,
    pub key: Size,
    pub value: Size,
    /// Page size of the map.
    pub page_size: u32,
}

impl Wanted {
    /// Whether its map is one that it shares.
    pub fn shares(&self) -> bool {
        self.memory != self.id
    }
}

/// What was written of a collection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    pub content: Digest,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// The memories by id, and what was written of each collection.
pub type Finished<M> = (Vec<(u8, Target<M>)>, Vec<Written>);

/// See the [module](self).
pub struct Build<M: Memory> {
    /// Which of the collections each map of the payload is.
    collections: Vec<usize>,
    maps: RefCell<Vec<Map<M>>>,
    runs: RefCell<Vec<Collection>>,
    begun: RefCell<usize>,
    failure: RefCell<Option<Error>>,
}

struct Map<M: Memory> {
    id: u8,
    memory: Target<M>,
    builder: TreeBuilder<Target<M>>,
}

struct Collection {
    wanted: Wanted,
    map: usize,
    run: Run,
    written: Written,
    /// The encoded key with its prefix, where the collection shares a map.
    key: Vec<u8>,
}

impl<M: Memory> Build<M> {
    /// Builders for these collections; those of one memory follow each other as they are listed by id. `collections`
    /// tells which of them each map is, in the order in which their entries come.
    ///
    /// # Errors
    /// [`Error::Tree`] for a page size that no map can have.
    pub fn new(
        pages: &Rc<Pages<M>>,
        wanted: &[Wanted],
        collections: Vec<usize>,
    ) -> Result<Self, Error> {
        let mut maps: Vec<Map<M>> = Vec::new();
        let mut runs = Vec::new();
        for &wanted in wanted {
            let known = maps.iter().position(|map| map.id == wanted.memory);
            let at = match known {
                Some(at) => at,
                None => {
                    let memory = Target::new(Rc::clone(pages));
                    let (key, value) = match wanted.shares() {
                        true => (Size::Unbounded, Size::Unbounded),
                        false => (wanted.key, wanted.value),
                    };
                    maps.push(Map {
                        id: wanted.memory,
                        builder: TreeBuilder::new(memory.clone(), key, value, wanted.page_size)?,
                        memory,
                    });
                    maps.len() - 1
                }
            };
            runs.push(Collection {
                wanted,
                map: at,
                run: maps[at].builder.run(),
                written: Written::default(),
                key: Vec::new(),
            });
        }
        Ok(Self {
            collections,
            maps: RefCell::new(maps),
            runs: RefCell::new(runs),
            begun: RefCell::new(0),
            failure: RefCell::new(None),
        })
    }

    /// Appends an entry to the collection at place `at`.
    ///
    /// # Errors
    /// [`Error::Tree`], and why the memory could not grow.
    pub fn push(&self, at: usize, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let mut maps = self.maps.borrow_mut();
        let mut runs = self.runs.borrow_mut();
        let collection = &mut runs[at];
        let map = &mut maps[collection.map];
        let slot = SlotIndex {
            index: at,
            id: collection.wanted.id,
        };
        let shares = collection.wanted.shares();
        let last = collection.key.get(1..).unwrap_or_default();
        if shares && collection.run.entries() > 0 && last >= key {
            return Err(OwnershipError::Unordered {
                id: collection.wanted.id,
                key: Glimpse::of(key),
            }
            .into());
        }
        collection
            .written
            .content
            .add(slot.entry_digest(key, value));
        collection.written.bytes += (key.len() + value.len()) as u64;
        let pushed = if shares {
            collection.key.clear();
            collection.key.push(collection.wanted.id);
            collection.key.extend_from_slice(key);
            map.builder
                .push(&mut collection.run, &collection.key, value)
        } else {
            map.builder.push(&mut collection.run, key, value)
        };
        pushed.map_err(|error| map.failure(error))
    }

    /// Why an entry could not be taken, if one could not.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }

    /// Finishes every map that has an entry; the memories by id with their buckets, and what was written of each
    /// collection, in the order in which they were asked for.
    ///
    /// # Errors
    /// Those of [`Build::push`].
    pub fn finish(&self) -> Result<Finished<M>, Error> {
        let mut runs = self.runs.take();
        let written = runs.iter().map(|run| run.written).collect();
        // The prefix orders the collections of a shared map.
        runs.sort_by_key(|run| run.wanted.id);
        let mut of_map: Vec<Vec<Run>> = Vec::new();
        let maps = self.maps.take();
        of_map.resize_with(maps.len(), Vec::new);
        for run in runs {
            of_map[run.map].push(run.run);
        }
        let mut memories = Vec::new();
        for (map, runs) in maps.into_iter().zip(of_map) {
            if runs.iter().all(|run| run.entries() == 0) {
                continue;
            }
            let Map {
                id,
                memory,
                builder,
            } = map;
            builder
                .finish(runs)
                .map_err(|error| memory.failure().unwrap_or(error.into()))?;
            memories.push((id, memory));
        }
        Ok((memories, written))
    }
}

impl<M: Memory> Map<M> {
    /// What the memory says of a failure, where it was the memory's.
    fn failure(&self, error: TreeError) -> Error {
        self.memory.failure().unwrap_or(error.into())
    }
}

impl<M: Memory> Intake for Build<M> {
    fn begin(&self) -> usize {
        let mut begun = self.begun.borrow_mut();
        *begun += 1;
        *begun - 1
    }

    fn asks_for_order(&self) -> bool {
        false
    }

    fn entry(&self, map: usize, key: &[u8], value: &[u8], _ascending: bool) -> Result<(), String> {
        let Some(&at) = self.collections.get(map) else {
            return Err("a map that was not there before".into());
        };
        self.push(at, key, value).map_err(|error| {
            let text = error.to_string();
            self.failure.replace(Some(error));
            text
        })
    }
}

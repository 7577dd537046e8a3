//! The maps as they are written: one builder for each memory, one run or a few for each collection.

use std::cell::RefCell;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::pages::Pages;
use super::target::Target;
use crate::error::{Error, Glimpse};
use crate::ledger::{Digest, SlotIndex};
use crate::registry::{OwnershipError, Size};
use crate::tiered::intake::Intake;
use crate::tiered::runs::Spot;
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

impl Written {
    fn note(&mut self, index: usize, id: u8, key: &[u8], value: &[u8]) {
        let slot = SlotIndex { index, id };
        self.content.add(slot.entry_digest(key, value));
        self.bytes += (key.len() + value.len()) as u64;
    }
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
    /// In the order of their keys.
    runs: Vec<Part>,
    written: Written,
}

/// A run, and the ends of it where the collection shares a map: encoded keys with their prefix.
struct Part {
    run: Run,
    first: Vec<u8>,
    last: Vec<u8>,
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
                runs: Vec::new(),
                written: Written::default(),
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

    /// What is written.
    pub fn wanted(&self) -> Vec<Wanted> {
        let runs = self.runs.borrow();
        runs.iter().map(|collection| collection.wanted).collect()
    }

    /// Appends an entry to the collection at place `at`, behind all that it has.
    ///
    /// # Errors
    /// Those of [`Build::push`].
    pub fn append(&self, at: usize, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let spot = match self.runs.borrow()[at].runs.is_empty() {
            true => Spot::First(0),
            false => Spot::Behind(0),
        };
        self.push(at, spot, key, value)
    }

    /// Notes an entry of the collection at place `at` that will be written when the maps are built anew.
    pub fn note_late(&self, at: usize, key: &[u8], value: &[u8]) {
        let mut runs = self.runs.borrow_mut();
        let Collection {
            wanted, written, ..
        } = &mut runs[at];
        written.note(at, wanted.id, key, value);
    }

    /// Adds an entry to a run of the collection at place `at`.
    ///
    /// # Errors
    /// [`Error::Tree`], [`OwnershipError::Unordered`], and why the memory could not grow.
    pub fn push(&self, at: usize, spot: Spot, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let mut maps = self.maps.borrow_mut();
        let mut runs = self.runs.borrow_mut();
        let Collection {
            wanted,
            map,
            runs,
            written,
        } = &mut runs[at];
        let map = &mut maps[*map];
        let (place, is_first) = match spot {
            Spot::First(place) => {
                let part = Part {
                    run: map.builder.run(),
                    first: Vec::new(),
                    last: Vec::new(),
                };
                runs.insert(place, part);
                (place, true)
            }
            Spot::Behind(place) => (place, false),
            Spot::Late => return Err(unordered(wanted.id, key)),
        };
        let part = &mut runs[place];
        let shares = wanted.shares();
        let before = part.last.get(1..).unwrap_or_default();
        if shares && !is_first && before >= key {
            return Err(unordered(wanted.id, key));
        }
        written.note(at, wanted.id, key, value);
        let pushed = if shares {
            part.last.clear();
            part.last.push(wanted.id);
            part.last.extend_from_slice(key);
            if is_first {
                part.first.clone_from(&part.last);
            }
            map.builder.push(&mut part.run, &part.last, value)
        } else {
            map.builder.push(&mut part.run, key, value)
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
        let mut collections = self.runs.take();
        let written = collections.iter().map(|of| of.written).collect();
        // The prefix orders the collections of a shared map.
        collections.sort_by_key(|collection| collection.wanted.id);
        let mut of_map: Vec<Vec<Run>> = Vec::new();
        let maps = self.maps.take();
        of_map.resize_with(maps.len(), Vec::new);
        for Collection {
            wanted, map, runs, ..
        } in collections
        {
            let mut ends = runs.windows(2).map(|pair| (&pair[0].last, &pair[1].first));
            if let Some((_, key)) = ends.find(|(last, first)| wanted.shares() && last >= first) {
                return Err(unordered(wanted.id, key.get(1..).unwrap_or_default()));
            }
            of_map[map].extend(runs.into_iter().map(|part| part.run));
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

fn unordered(id: u8, key: &[u8]) -> Error {
    let key = Glimpse::of(key);
    OwnershipError::Unordered { id, key }.into()
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
        self.append(at, key, value).map_err(|error| {
            let text = error.to_string();
            self.failure.replace(Some(error));
            text
        })
    }
}

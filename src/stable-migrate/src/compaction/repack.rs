//! Maps written anew: in key order, as finished trees of full nodes.
//!
//! A map that was filled in key order has nodes that are half empty, one that shrank has free ones, and neither gets
//! smaller by itself. The library's writer of finished trees, which a move uses, writes the same entries into as few
//! nodes as there can be. The page size is chosen for the entries that are there.
//!
//! Only maps of collections are written anew: how the keys of others stand in their nodes is not written down.

use std::path::Path;
use std::rc::Rc;

use ic_stable_migration::tree::{TreeBuilder, TreeReader, page_size};
use ic_stable_migration::{MoveJournal, Opened, Size, open};

use super::scratch::ScratchMemory;
use super::{Compaction, header_of};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::structure::{Depth, KeyField, Map, Structure, recognize};
use crate::survey::{key_size, move_journal};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// Stretches of a map that the page size is chosen by, spread evenly over it.
const SAMPLES: u64 = 32;
/// Entries of a stretch: a full node.
const SAMPLE: u64 = 11;

/// What became of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repacked {
    /// Its virtual memory.
    pub memory: u8,
    /// What was done.
    pub outcome: RepackOutcome,
}

/// What was done with a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepackOutcome {
    /// It was written anew.
    Written {
        /// Its entries.
        entries: u64,
        /// Pages of 64 KiB before and after.
        pages: (u64, u64),
    },
    /// It would take as many pages as it does, and stays as it is.
    NoSmaller,
    /// No collection is written down for it, and it stays as it is.
    NoCollection,
    /// A structure of a layout that is not known here; it stays as it is.
    Newer {
        /// The version of its layout.
        layout: u8,
    },
}

/// A map that was written anew.
pub struct NewMap {
    /// Its virtual memory.
    pub id: u8,
    /// The memory as it will be.
    pub image: Rc<Image>,
    keys: KeyField,
    entries: u64,
}

impl Compaction<'_> {
    /// Writes the maps of all collections anew, into unnamed files in `directory`, before anything else is written.
    /// `progress` is told the bytes of nodes and entries that were read since its last call. Returns what became of each
    /// map, those that stay as they are included.
    ///
    /// A heap knows where the nodes of its maps were: it can go on only after an upgrade without pre_upgrade.
    ///
    /// # Errors
    /// [`Error::Contradicts`] for a map or a journal that is not in order, [`Error::CannotHold`], [`Error::Io`].
    pub fn repack(
        &mut self,
        directory: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Vec<Repacked>> {
        let journal = self.journal()?;
        let mut told = Vec::new();
        for &(id, pages) in &self.table.sizes {
            let memory = VirtualMemory::of(self.image, &self.table, id);
            let found = match recognize(&memory, Depth::Headers, None, progress) {
                Err(flaw) => return Err(self.refusal(id, flaw)),
                Ok(found) => found.map(|(structure, _)| structure),
            };
            let size = journal.as_ref().and_then(|journal| key_size(journal, id));
            let outcome = match (found, size) {
                (Some(Structure::StableBTreeMap(_)), Some(size)) if id != self.home => {
                    let made = write(&memory, id, size, directory, progress);
                    let made = made.map_err(|flaw| self.refusal(id, flaw))?;
                    if made.image.pages() < pages {
                        let outcome = RepackOutcome::Written {
                            entries: made.entries,
                            pages: (pages, made.image.pages()),
                        };
                        self.new_maps.push(made);
                        outcome
                    } else {
                        RepackOutcome::NoSmaller
                    }
                }
                (Some(Structure::StableBTreeMap(_)), _) => RepackOutcome::NoCollection,
                (Some(Structure::Newer { layout, .. }), _) => RepackOutcome::Newer { layout },
                _ => continue,
            };
            told.push(Repacked {
                memory: id,
                outcome,
            });
        }
        for made in &self.new_maps {
            if let Some((_, pages)) = self.sizes.iter_mut().find(|(id, _)| *id == made.id) {
                *pages = made.image.pages();
            }
        }
        self.bucket_pages = self.chosen_pages()?;
        Ok(told)
    }

    /// What is written down of the collections; nothing where the memory has no journal.
    fn journal(&self) -> Result<Option<MoveJournal>> {
        let Opened::Managed(managed) = open(Rc::clone(self.image)) else {
            return Ok(None);
        };
        let Ok(Some(header)) = header_of(&managed) else {
            return Ok(None);
        };
        let journal = move_journal(&managed, &header);
        self.image.check()?;
        journal.map_err(|damage| self.refusal(self.home, Flaw::Damaged(damage)))
    }

    fn refusal(&self, id: u8, flaw: Flaw) -> Error {
        match flaw {
            Flaw::Unreadable(error) => error,
            Flaw::Damaged(damage) => Error::Contradicts {
                path: self.image.path().to_owned(),
                damage: format!("memory {id}: {damage}"),
            },
        }
    }

    /// Compares a map that was written anew with the one that it stands for, entry by entry. The first entry that differs.
    pub(super) fn first_entry_that_differs(
        &self,
        new: &NewMap,
        made: &VirtualMemory,
    ) -> Result<Option<u64>> {
        let old = VirtualMemory::of(self.image, &self.table, new.id);
        first_difference(&old, made, new.keys).map_err(|flaw| self.refusal(new.id, flaw))
    }
}

/// Writes the entries of a map into a file.
fn write(
    memory: &VirtualMemory,
    id: u8,
    size: Size,
    directory: &Path,
    progress: &mut dyn FnMut(u64),
) -> std::result::Result<NewMap, Flaw> {
    let broken = |error: ic_stable_migration::tree::TreeError| Flaw::Damaged(error.to_string());
    let map = Map::open(memory)?;
    let keys = KeyField::from(size);
    // A value of any length stands in a node as one of a bounded type does.
    let page = page_size::choose(size, Size::Unbounded, sample(&map, keys)?);
    let scratch = ScratchMemory::new(directory)?;
    let mut builder = TreeBuilder::new(&scratch, size, Size::Unbounded, page).map_err(broken)?;
    let mut run = builder.run();
    let mut entries = map.entries(keys);
    while let Some((key, value)) = entries.next()? {
        builder.push(&mut run, &key, &value).map_err(broken)?;
        progress((key.len() + value.len()) as u64);
    }
    let written = builder.finish([run]).map_err(broken)?.entries;
    let image = Rc::new(scratch.into_image()?);
    let reader = TreeReader::open(Rc::clone(&image), size, Size::Unbounded).map_err(broken)?;
    let structure = reader.check_structure().map_err(broken)?;
    image.check()?;
    match structure.entries == map.len() && written == map.len() {
        true => Ok(NewMap {
            id,
            image,
            keys,
            entries: written,
        }),
        false => Err(Flaw::Damaged(format!(
            "its map has {} entries, and {written} were written",
            map.len()
        ))),
    }
}

/// Lengths of keys and values from all over a map, in its order.
fn sample(map: &Map, keys: KeyField) -> std::result::Result<Vec<(usize, usize)>, Flaw> {
    let stretch = (map.len() / SAMPLES).max(SAMPLE);
    let mut sample = Vec::new();
    let mut entries = map.entries(keys);
    let mut at = 0u64;
    while let Some((key, value)) = entries.next()? {
        if at % stretch < SAMPLE {
            sample.push((key.len(), value.len()));
        }
        at += 1;
    }
    Ok(sample)
}

fn first_difference(
    old: &VirtualMemory,
    new: &VirtualMemory,
    keys: KeyField,
) -> std::result::Result<Option<u64>, Flaw> {
    let (old, new) = (Map::open(old)?, Map::open(new)?);
    let (mut old, mut new) = (old.entries(keys), new.entries(keys));
    for at in 0.. {
        match (old.next()?, new.next()?) {
            (None, None) => break,
            (one, other) if one == other => {}
            _ => return Ok(Some(at)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;

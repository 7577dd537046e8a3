//! Rewriting a managed memory with other buckets: every virtual memory byte for byte the same, nothing else kept.
//!
//! Memory 0 under this library's header is cut behind its journal: the pages behind held a larger state once, no one
//! reads them, and the library reads the memory's size anew.
//!
//! Maps can be written anew beside that: see [`repack`].
//!
//! Memory 0 comes first, so that the library's header stands right behind the manager's page; then the others by
//! id, each in buckets that follow one another. The header's generation is raised by one: a heap that still holds
//! the old table sees by it that stable memory was rewritten. What lies in slack and behind the last bucket is left
//! out and reads as zeros.

use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use ic_stable_migration::{
    BucketPlan, BucketTable, HEADER_BYTES, Header, Managed, Memory0Content, Opened, PAGE_BYTES,
    open,
};

use crate::buckets;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::report::layout_text;
use crate::sparse::SparseWriter;
use crate::structure::Depth;
use crate::survey::Survey;
use crate::virtual_memory::VirtualMemory;

mod repack;
mod scratch;

use repack::NewMap;
pub use repack::{RepackOutcome, Repacked};

/// How large the new buckets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketChoice {
    /// As small as the release planned, or as leaves room: for 4 GiB or eight times the present size, and never larger
    /// than now.
    RightSize,
    /// This many pages of 64 KiB.
    Pages(u16),
    /// The smallest with which all memories together can reach this many bytes.
    Ceiling(u64),
}

/// A rewrite that was found possible.
pub struct Compaction<'a> {
    image: &'a Rc<Image>,
    table: BucketTable,
    choice: BucketChoice,
    bucket_pages: u16,
    /// The virtual memory of the state.
    home: u8,
    header: Option<Header>,
    /// What is kept of each virtual memory, in pages.
    sizes: Vec<(u8, u64)>,
    /// The maps that were written anew.
    new_maps: Vec<NewMap>,
}

impl<'a> Compaction<'a> {
    /// Looks at a memory and plans its rewrite. Writes nothing.
    ///
    /// # Errors
    /// [`Error::NothingToCompact`] for a memory without a manager, [`Error::Stable`] for a damaged header,
    /// [`Error::CannotHold`] for buckets with which the manager's limit would be passed, [`Error::Io`].
    pub fn plan(image: &'a Rc<Image>, choice: BucketChoice) -> Result<Self> {
        let path = || image.path().to_owned();
        let managed = match open(Rc::clone(image)) {
            Opened::Managed(managed) => managed,
            _ => {
                let survey = Survey::of(image, Depth::Headers, &mut |_| {})?;
                let found = match survey.damages.into_iter().next() {
                    Some(damage) => format!("something damaged: {damage}"),
                    None => layout_text(&survey.layout),
                };
                return Err(Error::NothingToCompact {
                    path: path(),
                    found,
                });
            }
        };
        let stable = |error| Error::Stable {
            path: path(),
            error,
        };
        let header = header_of(&managed).map_err(stable)?;
        let table = managed.bucket_table().map_err(stable)?;
        image.check()?;
        let home = managed.home();
        let kept = kept_sizes(&table, home, header.as_ref());
        let mut planned = Self {
            image,
            table,
            choice,
            bucket_pages: 0,
            home,
            header,
            sizes: kept,
            new_maps: Vec::new(),
        };
        planned.bucket_pages = planned.chosen_pages()?;
        Ok(planned)
    }

    /// Pages of a bucket, as chosen for what is kept.
    fn chosen_pages(&self) -> Result<u16> {
        let sizes = self.sizes.iter().map(|&(_, pages)| pages);
        let bucket_pages = match self.choice {
            BucketChoice::RightSize => {
                let planned = self.header.map_or(0, |header| header.ceiling);
                buckets::right_size(sizes.clone(), self.table.bucket_pages, planned).pages()
            }
            BucketChoice::Pages(pages) => pages,
            BucketChoice::Ceiling(bytes) => BucketPlan::for_ceiling(bytes).pages(),
        };
        match bucket_pages > 0 && buckets::can_hold(sizes.clone(), bucket_pages) {
            true => Ok(bucket_pages),
            false => Err(Error::CannotHold {
                path: self.image.path().to_owned(),
                pages: sizes.sum(),
                bucket_pages,
            }),
        }
    }

    /// Whether a memory carries this library's header, so that a heap can see by its generation what was done.
    pub fn raises_generation(&self) -> bool {
        self.header.is_some()
    }

    /// The generation that the header has afterwards; absent where there is no header.
    pub fn new_generation(&self) -> Option<u64> {
        self.header
            .map(|header| header.generation.saturating_add(1))
    }

    /// Pages of a bucket, before and after.
    pub fn bucket_pages(&self) -> (u16, u16) {
        (self.table.bucket_pages, self.bucket_pages)
    }

    /// Pages of the whole stable memory, before and after.
    pub fn stable_pages(&self) -> (u64, u64) {
        let sizes = self.sizes.iter().map(|&(_, pages)| pages);
        let after = buckets::managed_pages(sizes, self.bucket_pages);
        (self.image.pages(), after)
    }

    /// Pages that the memory of the state has too many behind its journal.
    pub fn pages_cut(&self) -> u64 {
        let kept = self.sizes.iter().find(|(id, _)| *id == self.home);
        let kept = kept.map_or(0, |&(_, pages)| pages);
        self.table.size_of(self.home).saturating_sub(kept)
    }

    /// What a memory is copied from.
    fn source(&self, id: u8, pages: u64) -> VirtualMemory<'_> {
        match self.new_maps.iter().find(|made| made.id == id) {
            Some(made) => VirtualMemory::whole(&made.image),
            None => VirtualMemory::of(self.image, &self.table, id).cut_to(pages),
        }
    }

    /// Bytes of all virtual memories together: what is copied, holes included.
    pub fn memory_bytes(&self) -> u64 {
        let pages: u64 = self.sizes.iter().map(|&(_, pages)| pages).sum();
        pages * PAGE_BYTES
    }

    /// Ids of the virtual memories that hold pages.
    pub fn memories(&self) -> impl Iterator<Item = u8> {
        self.sizes.iter().map(|&(id, _)| id)
    }

    /// Writes the new memory into an empty file, which errors call `name`. `progress` is told the bytes that were
    /// done since its last call, of [`Compaction::memory_bytes`].
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(
        &self,
        out: std::fs::File,
        name: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let io = || Error::io(name);
        let mut out = SparseWriter::new(out);
        let page = buckets::manager_page(self.image, &self.new_table())?;
        out.write_all(&page).map_err(io())?;
        let mut start = PAGE_BYTES;
        for &(id, pages) in &self.sizes {
            out.skip_to(start).map_err(io())?;
            if id == self.home
                && let Some(bytes) = self.new_header()
            {
                out.write_all(&bytes).map_err(io())?;
            }
            self.copy(&self.source(id, pages), start, &mut out, name, progress)?;
            let bucket_pages = u64::from(self.bucket_pages);
            start += pages.next_multiple_of(bucket_pages) * PAGE_BYTES;
        }
        out.skip_to(start).map_err(io())?;
        out.finish().map(drop).map_err(io())
    }

    /// The bucket table that is written: the memories by id, each in buckets that follow one another.
    fn new_table(&self) -> BucketTable {
        let owners = self.sizes.iter().flat_map(|&(id, pages)| {
            let buckets = pages.div_ceil(self.bucket_pages.into());
            std::iter::repeat_n(id, buckets as usize)
        });
        BucketTable {
            bucket_pages: self.bucket_pages,
            owners: owners.collect(),
            sizes: self.sizes.clone(),
        }
    }

    fn new_header(&self) -> Option<[u8; HEADER_BYTES as usize]> {
        let generation = self.new_generation()?;
        self.header.map(|header| {
            Header {
                generation,
                ..header
            }
            .to_bytes()
        })
    }

    /// Copies a memory to where the new one starts, from behind what was written of it already.
    fn copy(
        &self,
        source: &VirtualMemory,
        start: u64,
        out: &mut SparseWriter,
        name: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let mut told = 0;
        source.for_each_chunk(out.position() - start, |at, chunk| {
            out.skip_to(start + at)
                .and_then(|()| out.write_all(chunk))
                .map_err(Error::io(name))?;
            progress(at + chunk.len() as u64 - told);
            told = at + chunk.len() as u64;
            Ok(())
        })?;
        progress(source.bytes() - told);
        Ok(())
    }

    /// Reads both memories again and compares: the table, every byte of every virtual memory outside the header, and of
    /// the maps that were written anew every entry, in their order, with that of the old one.
    ///
    /// # Errors
    /// [`Error::NotTheSame`] with the first difference, [`Error::Io`].
    pub fn verify(&self, made: &Rc<Image>, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let differs = |what: String| Error::NotTheSame {
            path: made.path().to_owned(),
            what,
        };
        let table = BucketTable::read(&**made).map_err(differs)?;
        made.check()?;
        let table = table.ok_or_else(|| differs("it has no memory manager".into()))?;
        if table.sizes != self.sizes || table.bucket_pages != self.bucket_pages {
            return Err(differs("its virtual memories have other sizes".into()));
        }
        for &(id, pages) in &table.sizes {
            let has_header = id == self.home && self.header.is_some();
            let skip = if has_header { HEADER_BYTES } else { 0 };
            let new = VirtualMemory::of(made, &table, id);
            let source = self.source(id, pages);
            if let Some(at) = source.first_difference(&new, skip)? {
                return Err(differs(format!("memory {id} differs at byte {at}")));
            }
            let new_map = self.new_maps.iter().find(|made| made.id == id);
            if let Some(new_map) = new_map
                && let Some(entry) = self.first_entry_that_differs(new_map, &new)?
            {
                return Err(differs(format!(
                    "memory {id} differs in entry {entry} of its map"
                )));
            }
            progress(pages * PAGE_BYTES);
        }
        Ok(())
    }
}

/// The sizes of the virtual memories, that of the state without what lies behind its journal.
pub fn kept_sizes(table: &BucketTable, home: u8, header: Option<&Header>) -> Vec<(u8, u64)> {
    let mut sizes = table.sizes.clone();
    let of_home = sizes.iter_mut().find(|(id, _)| *id == home);
    if let (Some((_, pages)), Some(header)) = (of_home, header) {
        let end = header
            .journal_at()
            .saturating_add(header.journal_bytes.into());
        *pages = end.div_ceil(PAGE_BYTES).min(*pages);
    }
    sizes
}

/// The library's header; none where memory 0 holds something else.
pub fn header_of(
    managed: &Managed<Rc<Image>>,
) -> std::result::Result<Option<Header>, ic_stable_migration::Error> {
    match managed.content() {
        Ok(Memory0Content::Saved(header)) => Ok(Some(header)),
        Ok(_) | Err(ic_stable_migration::Error::UnknownMemory0 { .. }) => Ok(None),
        Err(damage) => Err(damage),
    }
}

#[cfg(test)]
mod tests;

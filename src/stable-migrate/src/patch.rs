//! One virtual memory taken out of a stable memory, and put back: for what no release can mend.
//!
//! ```text
//! 0 1 1 2 1      patch 1 with a bucket more:   0 1 1 2 1 1      as the manager grows it
//!                with a bucket fewer:          0 1 1 2          the buckets behind move down
//! ```
//! The other memories stay as they are, byte for byte. Of one that stays as large only its own bytes change, so that a
//! memory that was taken out and put back leaves the very same stable memory.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use ic_stable_migration::{BucketTable, MAX_BUCKETS, PAGE_BYTES};

use crate::buckets::manager_page;
use crate::error::{Error, Result};
use crate::image::{Image, MAX_BYTES};
use crate::report::layout_text;
use crate::sparse::SparseWriter;
use crate::structure::Depth;
use crate::survey::Survey;
use crate::virtual_memory::VirtualMemory;

/// The bucket table of an image.
///
/// # Errors
/// [`Error::NoVirtualMemories`] where no memory manager is, or one that does not add up; [`Error::Io`].
fn table(image: &Rc<Image>) -> Result<BucketTable> {
    let table = BucketTable::read(&**image);
    image.check()?;
    if let Ok(Some(table)) = table {
        return Ok(table);
    }
    let survey = Survey::of(image, Depth::Headers, &mut |_| {})?;
    let damage = survey.damages.into_iter().next();
    Err(Error::NoVirtualMemories {
        path: image.path().to_owned(),
        found: damage.unwrap_or_else(|| layout_text(&survey.layout)),
    })
}

/// Writes the bytes of virtual memory `id`, whole pages, into an empty file that lies at `path` and is called `name` in
/// errors, and compares. Returns how many pages these are.
///
/// # Errors
/// [`Error::NoVirtualMemories`], [`Error::NoMemory`], [`Error::NotTheSame`], [`Error::Io`].
pub fn extract(image: &Rc<Image>, id: u8, file: File, path: &Path, name: &Path) -> Result<u64> {
    let table = table(image)?;
    if !table.sizes.iter().any(|&(memory, _)| memory == id) {
        let ids = table.sizes.iter().map(|(id, _)| id.to_string());
        return Err(Error::NoMemory {
            path: image.path().to_owned(),
            memory: id,
            has: ids.collect::<Vec<_>>().join(", "),
        });
    }
    let memory = VirtualMemory::of(image, &table, id);
    let mut out = SparseWriter::new(file);
    memory.for_each_chunk(0, |at, chunk| {
        out.skip_to(at)
            .and_then(|()| out.write_all(chunk))
            .map_err(Error::io(name))
    })?;
    out.skip_to(memory.bytes()).map_err(Error::io(name))?;
    out.finish().map_err(Error::io(name))?;
    let made = Image::open_plain(path)?;
    refuse_difference(&memory, &VirtualMemory::whole(&made), id, name)?;
    Ok(table.size_of(id))
}

/// Copies `length` bytes of an image from `from` on to `to`.
fn copy_part(
    image: &Image,
    from: u64,
    length: u64,
    to: u64,
    out: &mut SparseWriter,
    name: &Path,
) -> Result<()> {
    image.for_each_chunk(from, from + length, |here, chunk| {
        out.skip_to(to + (here - from))
            .and_then(|()| out.write_all(chunk))
            .map_err(Error::io(name))
    })
}

fn refuse_difference(
    wanted: &VirtualMemory,
    made: &VirtualMemory,
    id: u8,
    name: &Path,
) -> Result<()> {
    let differs = |what| Error::NotTheSame {
        path: name.to_owned(),
        what,
    };
    if wanted.bytes() != made.bytes() {
        return Err(differs(format!("memory {id} has another size")));
    }
    match wanted.first_difference(made, 0)? {
        None => Ok(()),
        Some(at) => Err(differs(format!("memory {id} differs at byte {at}"))),
    }
}

/// A stable memory with other bytes in one of its virtual memories; found possible, and not written yet.
pub struct Patch<'a> {
    image: &'a Rc<Image>,
    content: &'a Image,
    id: u8,
    before: BucketTable,
    after: BucketTable,
}

impl<'a> Patch<'a> {
    /// Looks at a stable memory and plans to put `content`, whole pages, into virtual memory `id`, which may be a new one.
    ///
    /// # Errors
    /// [`Error::NoVirtualMemories`]; [`Error::CannotHold`] and [`Error::TooLarge`] where buckets or bytes would not
    /// suffice; [`Error::Io`].
    pub fn plan(image: &'a Rc<Image>, id: u8, content: &'a Image) -> Result<Self> {
        let before = table(image)?;
        let after = patched(&before, id, content.pages());
        let path = || image.path().to_owned();
        if after.owners.len() as u64 > MAX_BUCKETS {
            return Err(Error::CannotHold {
                path: path(),
                pages: after.sizes.iter().map(|&(_, pages)| pages).sum(),
                bucket_pages: after.bucket_pages,
            });
        }
        let bytes = after.pages() * PAGE_BYTES;
        if bytes > MAX_BYTES {
            return Err(Error::TooLarge {
                path: path(),
                found: format!("{bytes} bytes with the patched memory"),
                limit: MAX_BYTES,
            });
        }
        Ok(Self {
            image,
            content,
            id,
            before,
            after,
        })
    }

    /// Pages of the virtual memory, before and after.
    pub fn memory_pages(&self) -> (u64, u64) {
        (self.before.size_of(self.id), self.after.size_of(self.id))
    }

    /// Pages of the whole stable memory, before and after. What lies behind the last bucket is kept unless buckets are given
    /// back.
    pub fn stable_pages(&self) -> (u64, u64) {
        let after = match self.shrinks() {
            true => self.after.pages(),
            false => self.after.pages().max(self.image.pages()),
        };
        (self.image.pages(), after)
    }

    fn shrinks(&self) -> bool {
        self.after.owners.len() < self.before.owners.len()
    }

    /// Writes the new memory into an empty file, which errors call `name`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, file: File, name: &Path) -> Result<()> {
        let io = || Error::io(name);
        let mut out = SparseWriter::new(file);
        let page = match self.before == self.after {
            true => self.image_page()?,
            false => manager_page(self.image, &self.after)?,
        };
        out.write_all(&page).map_err(io())?;
        let bucket_bytes = u64::from(self.after.bucket_pages) * PAGE_BYTES;
        let old = offsets(&self.before);
        let mut taken = [0; 256];
        for (index, &owner) in self.after.owners.iter().enumerate() {
            let start = self.after.bucket_offset(index);
            let nth: usize = taken[usize::from(owner)];
            taken[usize::from(owner)] += 1;
            let mut own = 0;
            if owner == self.id {
                let from = nth as u64 * bucket_bytes;
                own = self.content.bytes().saturating_sub(from).min(bucket_bytes);
                copy_part(self.content, from, own, start, &mut out, name)?;
            }
            // Slack stays as it is where the memory stays as large.
            if (owner != self.id || self.before == self.after)
                && let Some(&old) = old[usize::from(owner)].get(nth)
            {
                let rest = bucket_bytes - own;
                copy_part(self.image, old + own, rest, start + own, &mut out, name)?;
            }
        }
        let end = self.after.pages() * PAGE_BYTES;
        if !self.shrinks() {
            let dead = self.image.bytes().saturating_sub(end);
            copy_part(self.image, end, dead, end, &mut out, name)?;
        }
        let bytes = self.stable_pages().1 * PAGE_BYTES;
        out.skip_to(bytes).map_err(io())?;
        out.finish().map(drop).map_err(io())
    }

    fn image_page(&self) -> Result<Vec<u8>> {
        let mut page = vec![0; PAGE_BYTES as usize];
        self.image.read_at(0, &mut page)?;
        Ok(page)
    }

    /// Reads what was written again: the patched memory is the content, and every other as it was. Returns what
    /// contradicts itself in the new memory, a sentence each.
    ///
    /// # Errors
    /// [`Error::NotTheSame`], [`Error::Io`].
    pub fn verify(&self, made: &Rc<Image>, name: &Path) -> Result<Vec<String>> {
        let found = table(made)?;
        if found != self.after {
            return Err(Error::NotTheSame {
                path: name.to_owned(),
                what: "its bucket table is another".into(),
            });
        }
        for &(id, _) in &self.after.sizes {
            let wanted = match id == self.id {
                true => VirtualMemory::whole(self.content),
                false => VirtualMemory::of(self.image, &self.before, id),
            };
            refuse_difference(&wanted, &VirtualMemory::of(made, &found, id), id, name)?;
        }
        let survey = Survey::of(made, Depth::Everything, &mut |_| {})?;
        Ok(survey.damages)
    }
}

/// The table in which memory `id` has `pages` pages: new buckets behind all others, and of those it has the last ones go.
fn patched(before: &BucketTable, id: u8, pages: u64) -> BucketTable {
    let needed = pages.div_ceil(before.bucket_pages.into());
    let mut kept = 0;
    let mut owners = before.owners.clone();
    owners.retain(|&owner| {
        kept += u64::from(owner == id);
        owner != id || kept <= needed
    });
    let missing = needed.saturating_sub(kept);
    // One more than there can be is enough to be refused.
    let room = (MAX_BUCKETS + 1).saturating_sub(owners.len() as u64);
    owners.extend(std::iter::repeat_n(id, missing.min(room) as usize));
    let mut sizes = before.sizes.clone();
    sizes.retain(|(memory, _)| *memory != id);
    if pages > 0 {
        sizes.push((id, pages));
        sizes.sort_unstable();
    }
    BucketTable {
        bucket_pages: before.bucket_pages,
        owners,
        sizes,
    }
}

/// Where the buckets of each memory start, by its id.
fn offsets(table: &BucketTable) -> Vec<Vec<u64>> {
    let mut offsets = vec![Vec::new(); 256];
    for (index, &owner) in table.owners.iter().enumerate() {
        offsets[usize::from(owner)].push(table.bucket_offset(index));
    }
    offsets
}

#[cfg(test)]
mod tests;

//! One virtual memory of a memory manager, read out of an image without trusting what it says of itself.

use ic_stable_migration::{BucketTable, PAGE_BYTES};

use crate::error::{self, Error};
use crate::image::Image;
use crate::recognition::Bytes;

/// Why a structure in a memory could not be followed.
#[derive(Debug)]
pub enum Flaw {
    /// The file could not be read.
    Unreadable(Error),
    /// The bytes contradict themselves or point outside; the sentence says where.
    Damaged(String),
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Self::Unreadable(error)
    }
}

/// The buckets of one virtual memory as one range of bytes.
pub struct VirtualMemory<'a> {
    image: &'a Image,
    bucket_bytes: u64,
    /// Where each bucket starts in the image, in the order of the memory.
    offsets: Vec<u64>,
    bytes: u64,
}

impl<'a> VirtualMemory<'a> {
    /// Memory `id` of a table that was read from `image`.
    pub fn of(image: &'a Image, table: &BucketTable, id: u8) -> Self {
        let owners = table.owners.iter().enumerate();
        let owned = owners.filter(|&(_, &owner)| owner == id);
        Self {
            image,
            bucket_bytes: u64::from(table.bucket_pages) * PAGE_BYTES,
            offsets: owned.map(|(index, _)| table.bucket_offset(index)).collect(),
            bytes: table.size_of(id) * PAGE_BYTES,
        }
    }

    /// A whole image, for a structure that was made without a manager.
    pub fn whole(image: &'a Image) -> Self {
        Self {
            image,
            bucket_bytes: image.bytes().max(1),
            offsets: vec![0],
            bytes: image.bytes(),
        }
    }

    /// The same without what lies behind its first `pages` pages.
    pub fn cut_to(self, pages: u64) -> Self {
        let bytes = self.bytes.min(pages * PAGE_BYTES);
        Self { bytes, ..self }
    }

    /// Calls `visit` with every stretch from `start` on that may hold anything but zeros, in order, at most 1 MiB at a time.
    ///
    /// # Errors
    /// [`Error::Io`], and those of `visit`.
    pub fn for_each_chunk(
        &self,
        start: u64,
        mut visit: impl FnMut(u64, &[u8]) -> error::Result<()>,
    ) -> error::Result<()> {
        let mut at = start;
        while at < self.bytes {
            let inside = at % self.bucket_bytes;
            let here = (self.bucket_bytes - inside).min(self.bytes - at);
            let Some(bucket) = self.offsets.get((at / self.bucket_bytes) as usize) else {
                return Ok(());
            };
            let from = bucket + inside;
            self.image
                .for_each_chunk(from, from + here, |there, chunk| {
                    visit(at + (there - from), chunk)
                })?;
            at += here;
        }
        Ok(())
    }

    /// The first byte from `start` on in which two memories of one size differ. Holes in both are not read.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn first_difference(&self, other: &Self, start: u64) -> error::Result<Option<u64>> {
        let one = self.first_that_is_not_in(other, start)?;
        let two = other.first_that_is_not_in(self, start)?;
        Ok(one.into_iter().chain(two).min())
    }

    fn first_that_is_not_in(&self, other: &Self, start: u64) -> error::Result<Option<u64>> {
        let mut found = None;
        let mut theirs = Vec::new();
        self.for_each_chunk(start, |at, chunk| {
            if found.is_none() {
                theirs.resize(chunk.len(), 0);
                found = match other.read(at, &mut theirs) {
                    Err(Flaw::Unreadable(error)) => return Err(error),
                    Err(Flaw::Damaged(_)) => Some(at),
                    Ok(()) => {
                        let differs = chunk.iter().zip(&theirs).position(|(a, b)| a != b);
                        differs.map(|here| at + here as u64)
                    }
                };
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Bytes in which two memories differ, a shorter one as if zeros followed. Holes in both are not read.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn changed_bytes(&self, other: &Self) -> error::Result<u64> {
        // A byte that differs is not zero on one side at least, and is counted there.
        let here = self.count_against(other, |mine, theirs| mine != 0 && mine != theirs)?;
        let there = other.count_against(self, |theirs, mine| theirs != 0 && mine == 0)?;
        Ok(here + there)
    }

    fn count_against(&self, other: &Self, counts: impl Fn(u8, u8) -> bool) -> error::Result<u64> {
        let mut count = 0;
        let mut theirs = Vec::new();
        self.for_each_chunk(0, |at, chunk| {
            theirs.clear();
            theirs.resize(chunk.len(), 0);
            let inside = other.bytes.saturating_sub(at).min(chunk.len() as u64);
            match other.read(at, &mut theirs[..inside as usize]) {
                Err(Flaw::Unreadable(error)) => return Err(error),
                // A byte inside its size has a bucket.
                Ok(()) | Err(Flaw::Damaged(_)) => {}
            }
            let pairs = chunk.iter().zip(&theirs);
            count += pairs
                .filter(|(mine, theirs)| counts(**mine, **theirs))
                .count() as u64;
            Ok(())
        })?;
        Ok(count)
    }

    /// Its size in bytes: whole pages.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fills `target` with the bytes at `at`.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] for a range that is not inside the memory.
    pub fn read(&self, at: u64, target: &mut [u8]) -> Result<(), Flaw> {
        let end = at.checked_add(target.len() as u64);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(Flaw::Damaged(format!(
                "bytes {at} to {at}+{} are outside its {} bytes",
                target.len(),
                self.bytes
            )));
        }
        let (mut at, mut rest) = (at, target);
        while !rest.is_empty() {
            let inside = at % self.bucket_bytes;
            let here = (self.bucket_bytes - inside).min(rest.len() as u64);
            let (part, behind) = rest.split_at_mut(here as usize);
            // The table adds up, so a byte inside the size has a bucket.
            let Some(offset) = self.offsets.get((at / self.bucket_bytes) as usize) else {
                return Err(Flaw::Damaged(format!("no bucket holds byte {at}")));
            };
            self.image.read_at(offset + inside, part)?;
            at += here;
            rest = behind;
        }
        Ok(())
    }

    /// The `N` bytes at `at`.
    ///
    /// # Errors
    /// Those of [`VirtualMemory::read`].
    pub fn bytes_at<const N: usize>(&self, at: u64) -> Result<[u8; N], Flaw> {
        let mut bytes = [0; N];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }

    /// The little-endian u64 at `at`.
    ///
    /// # Errors
    /// Those of [`VirtualMemory::read`].
    pub fn u64_at(&self, at: u64) -> Result<u64, Flaw> {
        self.bytes_at(at).map(u64::from_le_bytes)
    }

    /// The little-endian u32 at `at`.
    ///
    /// # Errors
    /// Those of [`VirtualMemory::read`].
    pub fn u32_at(&self, at: u64) -> Result<u32, Flaw> {
        self.bytes_at(at).map(u32::from_le_bytes)
    }
}

impl Bytes for VirtualMemory<'_> {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn fill(&self, at: u64, target: &mut [u8]) -> Result<(), Flaw> {
        self.read(at, target)
    }

    fn used(&self) -> Result<u64, Flaw> {
        let starts = (0..self.bytes).step_by(self.bucket_bytes as usize);
        let buckets: Vec<_> = starts.zip(&self.offsets).collect();
        for (start, &offset) in buckets.into_iter().rev() {
            let length = self.bucket_bytes.min(self.bytes - start);
            if let Some(end) = self.image.last_used(offset, offset + length)? {
                return Ok(start + (end - offset));
            }
        }
        Ok(0)
    }
}

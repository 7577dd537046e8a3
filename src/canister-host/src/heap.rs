//! The heap as of the last commit, and what was written to it since.
//!
//! On Linux the heap is a private mapping of a file in memory that holds the last commit.
//! The kernel copies a page when it is first written to, and tells which pages it copied:
//! a commit writes those to the file, a rollback drops them, and a heap of hundreds of MiB
//! of which a message touches a few pages costs those few pages. Elsewhere, and where the
//! kernel does not tell, a copy of the heap is kept, and heap and copy are compared.

#[cfg(target_os = "linux")]
mod mapped;
#[cfg(not(target_os = "linux"))]
#[path = "heap/unmapped.rs"]
mod mapped;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

pub(crate) use mapped::memory_creator;
use mapped::{Mapping, take_created};

/// What heaps are compared and counted in, as the network does.
const BLOCK: usize = 4096;

/// The last commit of a heap.
pub(crate) enum Image {
    /// In a file the heap is mapped from.
    Mapped(Arc<Mapping>),
    /// In a copy.
    Copied(Vec<u8>),
}

impl Image {
    /// Makes an instance and the image of its heap, in which nothing is committed yet.
    pub(crate) fn around<T, E>(
        instantiate: impl FnOnce() -> Result<T, E>,
    ) -> Result<(T, Image), E> {
        take_created();
        let instance = instantiate()?;
        let image = take_created().map_or(Image::Copied(Vec::new()), Image::Mapped);
        Ok((instance, image))
    }

    /// The size of the last commit, in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Image::Mapped(mapping) => mapping.committed(),
            Image::Copied(copy) => copy.len(),
        }
    }

    /// How many blocks of 4 KiB were written to since the last commit, or, where that is not
    /// known, changed.
    ///
    /// # Errors
    /// The system cannot tell.
    pub(crate) fn written(&self, heap: &[u8]) -> io::Result<u64> {
        match self {
            Image::Mapped(mapping) => mapping.count_written(),
            Image::Copied(copy) => Ok(count_changes(copy, heap)),
        }
    }

    /// Takes over what the heap is now.
    ///
    /// # Errors
    /// The system does not give the memory for it.
    pub(crate) fn commit(&mut self, heap: &[u8]) -> io::Result<()> {
        match self {
            Image::Mapped(mapping) => mapping.commit()?,
            Image::Copied(copy) => {
                for (new, old) in heap.chunks(BLOCK).zip(copy.chunks_mut(BLOCK)) {
                    if new != old {
                        old.copy_from_slice(new);
                    }
                }
                copy.extend_from_slice(&heap[copy.len()..]);
            }
        }
        Ok(())
    }

    /// Makes the heap what it was at the last commit. It has the size it had then.
    ///
    /// # Errors
    /// The system cannot tell what was written to.
    pub(crate) fn rollback(&self, heap: &mut [u8]) -> io::Result<()> {
        match self {
            Image::Mapped(mapping) => mapping.rollback(),
            Image::Copied(copy) => {
                for (new, old) in heap.chunks_mut(BLOCK).zip(copy.chunks(BLOCK)) {
                    if new != old {
                        new.copy_from_slice(old);
                    }
                }
                Ok(())
            }
        }
    }

    /// Makes this image and its heap, of another instance, what `last` holds, which has the
    /// heap's size.
    ///
    /// # Errors
    /// The system does not map the file anew.
    pub(crate) fn adopt(&mut self, last: Image, heap: &mut [u8]) -> io::Result<()> {
        match (&*self, last) {
            (Image::Mapped(mapping), Image::Mapped(last)) => mapping.adopt(&last),
            (Image::Mapped(mapping), Image::Copied(copy)) => {
                heap.copy_from_slice(&copy);
                mapping.commit()
            }
            (Image::Copied(_), last) => {
                match last {
                    Image::Mapped(last) => last.read(heap)?,
                    Image::Copied(copy) => heap.copy_from_slice(&copy),
                }
                *self = Image::Copied(heap.to_vec());
                Ok(())
            }
        }
    }
}

fn count_changes(copy: &[u8], heap: &[u8]) -> u64 {
    let (common, grown) = heap.split_at(copy.len().min(heap.len()));
    let both = common.chunks(BLOCK).zip(copy.chunks(BLOCK));
    let changed = both.filter(|(new, old)| new != old).count();
    let not_zero = |block: &&[u8]| block.iter().any(|&byte| byte != 0);
    (changed + grown.chunks(BLOCK).filter(not_zero).count()) as u64
}

//! Virtual memory 0, which says why it cannot grow instead of panicking.

use std::rc::Rc;

use ic_stable_structures::Memory;

use super::ManagedMemory;
use crate::bucket_plan::{MAX_BUCKETS, PAGE_BYTES};
use crate::error::Error;
use crate::stream::{Reserve, grow_to};

pub struct Memory0<M: Memory> {
    raw: Rc<M>,
    memory: ManagedMemory<M>,
}

impl<M: Memory> Memory0<M> {
    pub fn new(raw: Rc<M>, memory: ManagedMemory<M>) -> Self {
        Self { raw, memory }
    }

    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        self.memory.size().saturating_mul(PAGE_BYTES)
    }
}

impl<M: Memory> Memory for Memory0<M> {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn grow(&self, pages: u64) -> i64 {
        self.memory.grow(pages)
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        self.memory.read(offset, dst);
    }

    fn write(&self, offset: u64, src: &[u8]) {
        self.memory.write(offset, src);
    }
}

impl<M: Memory> Reserve for Memory0<M> {
    /// The manager panics when the memory beneath it cannot grow, so that one is grown first.
    fn reserve(&self, bytes: u64) -> Result<(), Error> {
        let size = self.memory.size();
        let pages = bytes.div_ceil(PAGE_BYTES);
        if pages <= size {
            return Ok(());
        }
        let mut fields = [0; 4];
        self.raw.read(4, &mut fields);
        let buckets = u64::from(u16::from_le_bytes([fields[0], fields[1]]));
        let bucket_pages = u16::from_le_bytes([fields[2], fields[3]]);
        let in_buckets = |pages: u64| pages.div_ceil(u64::from(bucket_pages));
        let needed = in_buckets(pages) - in_buckets(size);
        let ceiling = Error::Ceiling {
            buckets,
            bucket_pages,
            needed,
        };
        if buckets + needed > MAX_BUCKETS {
            return Err(ceiling);
        }
        grow_to(&self.raw, 1 + (buckets + needed) * u64::from(bucket_pages))?;
        match self.memory.grow(pages - size) {
            -1 => Err(ceiling),
            _ => Ok(()),
        }
    }
}

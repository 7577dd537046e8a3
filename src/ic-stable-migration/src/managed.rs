//! A stable memory under one memory manager: memory 0 for the header and the hot state, the others for the
//! canister's stable structures.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use ic_stable_structures::Memory;

use crate::application::Application;
use crate::bucket_plan::{BucketPlan, PAGE_BYTES};
use crate::error::{Error, Glimpse};
use crate::header::{GENERATION_AT, MAGIC};
use crate::journal::Journal;
use crate::manager::BucketTable;
use crate::registry::Recorded;
use crate::stream::grow_to;
use crate::tracked::Tracked;

mod buckets;
mod given_back;
mod memory;
mod memory0;
mod notes;
mod payload;
mod reclaim;
mod relayout;
mod tried;
mod unused;
mod value;

pub use memory::ManagedMemory;
use memory::Shared;
pub(crate) use memory0::Memory0;
pub use memory0::Memory0Content;
use reclaim::reclaim;
pub use relayout::MAX_RELAYOUT_PAGES;
use relayout::relayout;
use tried::Tried;
pub use value::Value;

/// A stable memory that holds nothing and may be formatted.
pub struct Empty<M> {
    memory: M,
    home: u8,
}

impl<M: Memory> Empty<M> {
    /// One that is to keep the state in virtual memory `home`.
    pub(crate) fn of(memory: M, home: u8) -> Self {
        Self { memory, home }
    }

    /// Formats a memory manager. Takes one page; memories take theirs when they are first written.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`] if not even that page can be had.
    pub fn format(self, buckets: BucketPlan) -> Result<Managed<M>, Error> {
        Managed::create(self.memory, buckets, self.home)
    }
}

impl<M> fmt::Debug for Empty<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Empty")
    }
}

/// Who saves, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The release that runs.
    pub release: u32,
    /// The schema version of the state it writes.
    pub schema: u32,
    /// Nanoseconds since 1970.
    pub now: u64,
    /// The application that it is a release of.
    pub application: Application,
}

/// A memory under a memory manager whose header added up when it was opened.
pub struct Managed<M: Memory> {
    shared: Rc<Shared<M>>,
    /// Where this instance last found the header, in bytes from the start of stable memory, and its generation.
    anchor: Cell<Option<(u64, u64)>>,
}

impl<M: Memory> Managed<M> {
    /// For a memory of which [`BucketTable::read`] has given this table, with its state in virtual memory `home`; where
    /// that is not said, in the one that has this library's header, or 0.
    pub(crate) fn of_checked(memory: M, table: &BucketTable, home: Option<u8>) -> Self {
        let raw = Rc::new(Tracked::new(memory));
        match home {
            Some(home) => Self::over(raw, table, home),
            None => {
                let managed = Self::over(raw, table, 0);
                match managed.ours_elsewhere(table) {
                    Some(home) if !managed.is_ours() => {
                        Self::over(Rc::clone(&managed.shared.raw), table, home)
                    }
                    _ => managed,
                }
            }
        }
    }

    fn over(raw: Rc<Tracked<M>>, table: &BucketTable, home: u8) -> Self {
        let managed = Self {
            shared: Rc::new(Shared::over(raw, table, home)),
            anchor: Cell::new(None),
        };
        managed.drop_anchor();
        managed
    }

    /// Formats whatever is there: the callers hold the capability to do so.
    pub(crate) fn create(memory: M, buckets: BucketPlan, home: u8) -> Result<Self, Error> {
        let raw = Rc::new(Tracked::new(memory));
        grow_to(&raw, 1)?;
        Ok(Self::formatted(raw, buckets, home))
    }

    fn formatted(raw: Rc<Tracked<M>>, buckets: BucketPlan, home: u8) -> Self {
        let table = BucketTable::empty(buckets);
        table.write(&raw);
        Self::over(raw, &table, home)
    }

    /// Writes the manager's page of a memory whose buckets were written already.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`], and those of [`Managed::bucket_table`] for a table that does not add up.
    pub(crate) fn laid_out(
        raw: Rc<Tracked<M>>,
        table: &BucketTable,
        home: u8,
    ) -> Result<Self, Error> {
        grow_to(&raw, table.pages())?;
        table.write(&raw);
        let table = table_of(&raw)?;
        Ok(Self::over(raw, &table, home))
    }

    /// Gives the memory buckets as planned: where memory 0 is all there is, which the caller has read and saves again,
    /// by formatting it anew; otherwise, where its buckets do not reach what is planned, by [`Managed::reaching`].
    /// Smaller ones matter because each stable map to come would take a bucket of the size that was chosen before. The
    /// memory is as large as it was; the pages behind the new buckets are taken by the next ones.
    ///
    /// # Errors
    /// Those of [`Managed::reaching`].
    pub(crate) fn with_planned_buckets(self, buckets: BucketPlan) -> Result<Self, Error> {
        let table = self.bucket_table()?;
        let home = self.home();
        let alone = table.owners.iter().all(|&owner| owner == home);
        if alone && buckets.pages() != table.bucket_pages {
            let raw = Rc::clone(&self.shared.raw);
            return Ok(Self::formatted(raw, buckets, home));
        }
        self.reaching(buckets)
    }

    /// Gives the memory larger buckets where those that it has do not reach what is planned. Up to 2 GiB of pages change
    /// places for that, at about four instructions a byte.
    ///
    /// # Errors
    /// [`Error::CeilingRaised`] for more than that, [`Error::OutOfStableMemory`], and those of
    /// [`Managed::bucket_table`].
    pub(crate) fn reaching(self, buckets: BucketPlan) -> Result<Self, Error> {
        if buckets.pages() <= self.shared.bucket_pages() {
            return Ok(self);
        }
        let raw = &self.shared.raw;
        let table = relayout(raw, &self.bucket_table()?, buckets)?;
        Self::laid_out(Rc::clone(raw), &table, self.home())
    }

    /// Gives the buckets back that memory 0 had for the entries of before the move, after which the buckets behind them
    /// move down: see [`reclaim`]. For a memory whose journal says that the move is done.
    ///
    /// # Errors
    /// Those of [`Managed::bucket_table`] and [`Managed::content`].
    pub(crate) fn reclaimed(self) -> Result<Self, Error> {
        let Memory0Content::Saved(header) = self.content()? else {
            return Ok(self);
        };
        let needed = header.journal_at() + u64::from(header.journal_bytes);
        // Nearly always so: the table need not be read.
        if self.memory0().size() <= needed.div_ceil(PAGE_BYTES) {
            return Ok(self);
        }
        let raw = &self.shared.raw;
        let home = self.home();
        match reclaim(raw, &self.bucket_table()?, home, needed) {
            Some(table) => Self::laid_out(Rc::clone(raw), &table, home),
            None => Ok(self),
        }
    }

    /// Virtual memory `id` for a stable structure. It takes no page until it grows.
    ///
    /// # Errors
    /// [`Error::ReservedMemory`] for that which holds the header and the hot state, and 255.
    pub fn memory(&self, id: u8) -> Result<ManagedMemory<M>, Error> {
        free_to_use(id, self.home())?;
        Ok(ManagedMemory::new(Rc::clone(&self.shared), id))
    }

    /// The memory of a tier: one that says why it cannot grow, because the map over it would not.
    pub(crate) fn tier_memory(&self, id: u8) -> Result<ManagedMemory<M>, Error> {
        free_to_use(id, self.home())?;
        Ok(ManagedMemory::trapping(Rc::clone(&self.shared), id))
    }

    /// What memory 0 holds. Reads its first 128 bytes.
    ///
    /// # Errors
    /// [`Error::HeaderDamaged`], [`Error::HeaderField`], [`Error::UnknownMemory0`], and [`Error::Length`] for a
    /// header whose payload is longer than the memory.
    pub fn content(&self) -> Result<Memory0Content, Error> {
        self.memory0().content()
    }

    /// The mover's journal; none where no move was begun, or nothing was saved. Where there is one, `expected` says which
    /// registry it is likely to have.
    pub(crate) fn read_journal(
        &self,
        expected: impl FnOnce() -> Result<Option<Recorded>, Error>,
    ) -> Result<Option<Journal>, Error> {
        match self.content()? {
            Memory0Content::Saved(header) if header.journal_bytes > 0 => {
                let bytes = self.memory0().journal(&header);
                Journal::from_bytes(&bytes, expected()?.as_ref()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Where the mover's journal starts in memory 0.
    pub(crate) fn journal_at(&self) -> Result<u64, Error> {
        Ok(self.memory0().header()?.journal_at())
    }

    /// Writes the mover's journal behind the payload; returns its offset in memory 0.
    pub(crate) fn write_journal(&self, bytes: &[u8]) -> Result<u64, Error> {
        self.memory0().write_journal(bytes)
    }

    /// Appends to the mover's journal.
    pub(crate) fn append_journal(&self, bytes: &[u8]) -> Result<(), Error> {
        self.memory0().append_journal(bytes)
    }

    /// Refuses a memory that a newer release wrote, or that holds a newer schema. Writes nothing.
    ///
    /// # Errors
    /// [`Error::NewerRelease`], [`Error::NewerSchema`], and those of [`Managed::content`].
    pub fn guard(&self, release: u32, schema: u32) -> Result<Memory0Content, Error> {
        let content = self.content()?;
        if let Memory0Content::Saved(header) = content {
            if header.release > release {
                return Err(Error::NewerRelease {
                    found: header.release,
                    this: release,
                });
            }
            if header.schema > schema {
                return Err(Error::NewerSchema {
                    found: header.schema,
                    this: schema,
                    release: header.release,
                });
            }
        }
        Ok(content)
    }

    /// The same for whoever has this stamp, and refuses the memory of another application: one that has a name takes no
    /// release that says none. Writes nothing.
    ///
    /// # Errors
    /// [`Error::OtherApplication`], and those of [`Managed::guard`].
    pub(crate) fn guard_stamp(&self, stamp: Stamp) -> Result<Memory0Content, Error> {
        if let Memory0Content::Saved(header) = self.content()?
            && let Some(found) = header.application.name()
            && header.application != stamp.application
        {
            return Err(Error::OtherApplication {
                found: found.into(),
                this: stamp.application.name().map(str::to_owned),
            });
        }
        self.guard(stamp.release, stamp.schema)
    }

    /// Remembers where the header stands and its generation, so that [`Managed::is_current`] is one short read.
    fn drop_anchor(&self) {
        let anchor = match self.content() {
            Ok(Memory0Content::Saved(header)) => {
                let start = self.shared.start(self.home());
                start.map(|at| (at, header.generation))
            }
            _ => None,
        };
        self.anchor.set(anchor);
    }

    /// Whether stable memory is still the one that this instance knows. It is not after a snapshot was loaded
    /// whose stable memory had been rewritten offline: the snapshot's heap then holds bucket tables of before.
    /// Ask at the start of every message, and go on with [`Managed::reopen`] if the answer is
    /// no. Costs one read of 56 bytes.
    pub fn is_current(&self) -> bool {
        let Some((offset, generation)) = self.anchor.get() else {
            return true;
        };
        let mut start = [0; GENERATION_AT + 8];
        if offset + start.len() as u64 > self.shared.raw.size().saturating_mul(PAGE_BYTES) {
            return false;
        }
        self.shared.raw.read(offset, &mut start);
        start.starts_with(MAGIC) && start[GENERATION_AT..] == generation.to_le_bytes()
    }

    /// Reads the manager's tables anew, after [`Managed::is_current`] has said no. Every memory that was handed out
    /// follows at its next use: an offline rewrite keeps the content of each.
    ///
    /// # Errors
    /// Those of [`Managed::bucket_table`].
    pub fn reopen(&self) -> Result<(), Error> {
        self.shared.reopen(&self.bucket_table()?);
        self.drop_anchor();
        Ok(())
    }

    /// The manager's bucket table as it stands in memory.
    ///
    /// # Errors
    /// [`Error::Unrecognized`] if it no longer adds up: something other than the manager wrote to its page.
    pub fn bucket_table(&self) -> Result<BucketTable, Error> {
        table_of(&self.shared.raw)
    }

    /// Size of the whole stable memory in pages of 64 KiB.
    pub fn stable_pages(&self) -> u64 {
        self.shared.raw.size()
    }

    /// The memory beneath the manager, for whoever lays it out anew.
    pub(crate) fn raw(&self) -> &Rc<Tracked<M>> {
        &self.shared.raw
    }

    /// The memory beneath the manager, which can count what is dirtied.
    pub(crate) fn tracked(&self) -> &Tracked<M> {
        &self.shared.raw
    }

    /// The virtual memory that has the header and the state: 0 unless the [plan](crate::Plan::memory) says otherwise.
    pub fn home(&self) -> u8 {
        self.shared.home
    }

    pub(crate) fn memory0(&self) -> Memory0<M> {
        self.as_memory0(self.home())
    }

    fn as_memory0(&self, id: u8) -> Memory0<M> {
        Memory0::new(ManagedMemory::new(Rc::clone(&self.shared), id))
    }
}

impl<M: Memory> fmt::Debug for Managed<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Managed {{ stable_pages: {} }}", self.shared.raw.size())
    }
}

fn table_of(raw: &impl Memory) -> Result<BucketTable, Error> {
    let contradiction = match BucketTable::read(raw) {
        Ok(Some(table)) => return Ok(table),
        Ok(None) => "no magic".into(),
        Err(contradiction) => contradiction,
    };
    let mut first = [0; 16];
    raw.read(0, &mut first);
    Err(Error::Unrecognized {
        offset: 0,
        found: Glimpse::of(&first),
        expected: format!("a memory manager that adds up (this one has {contradiction})"),
    })
}

/// Refuses the id of the memory that has the state, and that which marks free buckets.
///
/// # Errors
/// [`Error::ReservedMemory`].
pub(crate) fn free_to_use(id: u8, home: u8) -> Result<(), Error> {
    if id == home || id == u8::MAX {
        return Err(Error::ReservedMemory { id });
    }
    Ok(())
}

#[cfg(test)]
mod tests;

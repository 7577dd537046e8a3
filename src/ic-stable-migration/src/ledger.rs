//! What has to be known of collections while callers go on writing: of each the digest of what it must hold, and
//! during a move the keys that were removed since it began.
//!
//! Both stand in the [journal](crate::journal) and are brought up to date there in the message that makes the
//! change, so an upgrade that skips `pre_upgrade` finds them as they were when the last message ended.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use ic_stable_structures::Memory;
use twox_hash::XxHash64;

use crate::error::Error;
use crate::journal::{Removed, SLOT_BYTES, Slot};
use crate::managed::Memory0;

/// The content of a collection, whatever the order of its entries: their number and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// The sum, modulo 2^64, of XXH64 over each entry's encoded key and value.
    pub sum: u64,
    /// Number of entries.
    pub count: u64,
}

impl Digest {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            sum: self.sum.wrapping_add(other.sum),
            count: self.count.wrapping_add(other.count),
        }
    }

    /// Adds an entry by its hash.
    pub fn add(&mut self, entry: u64) {
        self.sum = self.sum.wrapping_add(entry);
        self.count = self.count.wrapping_add(1);
    }

    fn subtract(&mut self, entry: u64) {
        self.sum = self.sum.wrapping_sub(entry);
        self.count = self.count.wrapping_sub(1);
    }

    fn change(&mut self, removed: Option<u64>, added: Option<u64>) {
        if let Some(entry) = removed {
            self.subtract(entry);
        }
        if let Some(entry) = added {
            self.add(entry);
        }
    }
}

/// A collection's place in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotIndex {
    pub(crate) index: usize,
    /// The id of the collection's virtual memory, which tells its entries from another's.
    pub(crate) id: u8,
}

impl SlotIndex {
    /// The hash of one entry. The value's is seeded with the key's, so that no two splits of the same bytes are alike.
    pub fn entry_digest(self, key: &[u8], value: &[u8]) -> u64 {
        let key = XxHash64::oneshot(self.id.into(), key);
        XxHash64::oneshot(key, value)
    }
}

/// The digests and removals of all collections of a state; shared by the mover and the maps.
pub struct Ledger<M: Memory> {
    memory0: Memory0<M>,
    /// Whether the payload holds entries as they were before the move. While it does, removals are noted.
    originals: Cell<bool>,
    /// Where the slots start in memory 0.
    slots_at: Cell<u64>,
    books: RefCell<Vec<Book>>,
}

/// What the ledger keeps of one collection.
#[derive(Clone, Default)]
struct Book {
    slot: Slot,
    removed: BTreeSet<Vec<u8>>,
}

impl<M: Memory> Ledger<M> {
    pub(crate) fn new(memory0: Memory0<M>, originals: bool) -> Self {
        Self {
            memory0,
            originals: Cell::new(originals),
            slots_at: Cell::new(0),
            books: RefCell::default(),
        }
    }

    /// Opens a book for a collection of which `slot` is known.
    pub(crate) fn open(&self, slot: Slot, removed: &[Vec<u8>]) -> SlotIndex {
        let mut books = self.books.borrow_mut();
        books.push(Book {
            slot,
            removed: removed.iter().cloned().collect(),
        });
        SlotIndex {
            index: books.len() - 1,
            id: slot.id,
        }
    }

    /// Sets what a collection must hold.
    pub(crate) fn set_content(&self, slot: SlotIndex, content: Digest) {
        self.with(slot, |book| book.slot.content = content);
    }

    /// Sets what the audit has read of a collection.
    pub(crate) fn set_audit(&self, slot: SlotIndex, audit: Digest) {
        self.with(slot, |book| book.slot.audit = audit);
    }

    /// Forgets what the audit has read of a collection.
    pub(crate) fn restart_audit(&self, slot: SlotIndex) {
        self.with(slot, |book| book.slot.audit = Digest::default());
    }

    pub(crate) fn slot(&self, slot: SlotIndex) -> Slot {
        self.with(slot, |book| book.slot)
    }

    /// Tells where the journal stands that holds the slots.
    pub(crate) fn set_slots_at(&self, offset: u64) {
        self.slots_at.set(offset);
    }

    /// What is known of every collection, in order.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        self.books.borrow().iter().map(|book| book.slot).collect()
    }

    /// The keys of a collection that were removed since the move began.
    pub(crate) fn removed(&self, slot: SlotIndex) -> BTreeSet<Vec<u8>> {
        self.with(slot, |book| book.removed.clone())
    }

    /// Writes every slot to its place in the journal.
    pub(crate) fn write_slots(&self) {
        for (index, slot) in self.slots().into_iter().enumerate() {
            let at = self.slots_at.get() + SLOT_BYTES * index as u64;
            self.memory0.write(at, &slot.to_bytes());
        }
    }

    /// Every removal that the payload does not know of.
    pub(crate) fn all_removed(&self) -> Vec<Removed> {
        let books = self.books.borrow();
        let of = |book: &Book| {
            let id = book.slot.id;
            let keys = book.removed.iter();
            keys.map(|key| Removed {
                id,
                key: key.clone(),
            })
            .collect::<Vec<_>>()
        };
        books.iter().flat_map(of).collect()
    }

    /// Forgets every removal: the payload has no entry of before the move any more.
    pub(crate) fn originals_gone(&self) {
        self.originals.set(false);
        for book in self.books.borrow_mut().iter_mut() {
            book.removed.clear();
        }
    }

    /// A caller's write: `removed` and `added` are the hashes of the entry before and after; `audited` says
    /// whether the audit has passed its key.
    pub(crate) fn change(
        &self,
        slot: SlotIndex,
        removed: Option<u64>,
        added: Option<u64>,
        audited: bool,
    ) {
        let changed = self.with(slot, |book| {
            book.slot.content.change(removed, added);
            if audited {
                book.slot.audit.change(removed, added);
            }
            book.slot
        });
        let at = self.slots_at.get() + SLOT_BYTES * slot.index as u64;
        self.memory0.write(at, &changed.to_bytes());
    }

    /// An entry that the audit read.
    pub(crate) fn audited(&self, slot: SlotIndex, key: &[u8], value: &[u8]) {
        let entry = slot.entry_digest(key, value);
        self.with(slot, |book| book.slot.audit.add(entry));
    }

    /// A key that a caller removed. While the payload has entries of before the move, the journal has to say that this
    /// one is none of them any more.
    ///
    /// # Panics
    /// If the journal cannot grow: the caller's message is rolled back, as when a stable map cannot grow.
    pub(crate) fn note_removed(&self, slot: SlotIndex, key: &[u8]) {
        if !self.originals.get() {
            return;
        }
        let new = self.with(slot, |book| book.removed.insert(key.to_vec()));
        if new {
            let record = Removed {
                id: slot.id,
                key: key.to_vec(),
            };
            if let Err(error) = self.append(&record) {
                panic!("{error}");
            }
        }
    }

    fn append(&self, record: &Removed) -> Result<(), Error> {
        self.memory0.append_journal(&record.to_record())
    }

    fn with<R>(&self, slot: SlotIndex, f: impl FnOnce(&mut Book) -> R) -> R {
        let mut books = self.books.borrow_mut();
        f(&mut books[slot.index])
    }
}

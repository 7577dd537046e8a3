//! What has to be known of a move while callers go on writing: for each collection the digest of what it must
//! hold, and the keys that were removed before the mover came to them.
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
    /// The hash of one entry. The key's length goes first, so that no two splits of the same bytes are alike.
    pub fn entry_digest(self, key: &[u8], value: &[u8]) -> u64 {
        use std::hash::Hasher;
        let mut hasher = XxHash64::with_seed(self.id.into());
        hasher.write(&(key.len() as u64).to_le_bytes());
        hasher.write(key);
        hasher.write(value);
        hasher.finish()
    }
}

/// The digests and removals of all collections of a state; shared by the mover and the maps.
pub struct Ledger<M: Memory> {
    memory0: Memory0<M>,
    /// Whether a move or its audit is under way. Afterwards a write costs nothing here.
    active: Cell<bool>,
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
    pub(crate) fn new(memory0: Memory0<M>, active: bool) -> Self {
        Self {
            memory0,
            active: Cell::new(active),
            slots_at: Cell::new(0),
            books: RefCell::default(),
        }
    }

    /// The same books over the memory as it was opened anew.
    pub(crate) fn moved_to(&self, memory0: Memory0<M>) -> Self {
        let books = self.books.borrow();
        Self {
            memory0,
            active: self.active.clone(),
            slots_at: self.slots_at.clone(),
            books: RefCell::new(books.clone()),
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

    pub(crate) fn set_content(&self, slot: SlotIndex, content: Digest) {
        self.with(slot, |book| book.slot.content = content);
    }

    pub(crate) fn slot(&self, slot: SlotIndex) -> Slot {
        self.with(slot, |book| book.slot)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.get()
    }

    pub(crate) fn set_active(&self, active: bool) {
        self.active.set(active);
    }

    /// Tells where the journal stands that holds the slots.
    pub(crate) fn set_slots_at(&self, offset: u64) {
        self.slots_at.set(offset);
    }

    /// What is known of every collection, in order.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        self.books.borrow().iter().map(|book| book.slot).collect()
    }

    /// Every removal that the saved heap tiers do not know of.
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

    /// Forgets every removal: the heap tiers have been saved as they are.
    pub(crate) fn saved(&self) {
        for book in self.books.borrow_mut().iter_mut() {
            book.removed.clear();
        }
    }

    /// Forgets a collection's removals: it has no heap tier any more.
    pub(crate) fn forget_removed(&self, slot: SlotIndex) {
        self.with(slot, |book| book.removed.clear());
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

    /// A key that a caller removed before the mover came to it.
    ///
    /// # Panics
    /// If the journal cannot grow: the caller's message is rolled back, as when a stable map cannot grow.
    pub(crate) fn note_removed(&self, slot: SlotIndex, key: &[u8]) {
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

//! What a migration takes, reckoned from what its legacy value is made of.
//!
//! Every constant is a fit to what release 0 → 1 → 2 of the user canister took on the embedded host: the eleven sizes of
//! `bench/results.json`, from an empty canister to 270 000 entries, and fourteen states of other proportions, of texts,
//! bets, events or followers almost alone. The fit is that of the least error at worst, which stands above each part.
//! The tests of the bench hold it to a tenth, also for states that it was not fitted to; lists of thousands, which are sorted
//! one by one, take up to a fifth more in stage one. A canister of other types will differ; `rehearse` measures it.

use ic_stable_migration::{BucketPlan, HEADER_BYTES, PAGE_BYTES};

use crate::buckets::managed_pages;
use crate::recognition::Tally;

/// A measured share, in thousandths of what it is multiplied with.
#[derive(Clone, Copy)]
struct Thousandths(u64);

impl Thousandths {
    fn of(self, amount: u64) -> u64 {
        amount.saturating_mul(self.0) / 1_000
    }
}

// Stage one: pre_upgrade of release 0 and post_upgrade of release 1. Within 8 %.

/// Instructions whatever the value.
const ADOPTING: u64 = 1_999_000;
/// Instructions for a field of a record: its name is written, read and forgotten.
const ADOPTING_FIELD: u64 = 4_446;
/// Instructions for a byte of a byte string.
const ADOPTING_BLOB: Thousandths = Thousandths(411_740);
/// Instructions for a byte of a text.
const ADOPTING_TEXT: Thousandths = Thousandths(102_680);
/// Instructions for a member of a list or map.
const ADOPTING_MEMBER: u64 = 1_403;

// Stage two: pre_upgrade of release 1 and post_upgrade of release 2. Within 8 %.

/// Instructions whatever the state.
const MOVING: u64 = 1_807_000;
/// Instructions where there is an entry at all.
const MOVING_ANY: u64 = 810_000;
/// Instructions for a field.
const MOVING_FIELD: u64 = 218;
/// Instructions for a byte of a byte string.
const MOVING_BLOB: Thousandths = Thousandths(101_440);
/// Instructions for a byte of a text.
const MOVING_TEXT: Thousandths = Thousandths(35_420);
/// Instructions for a member.
const MOVING_MEMBER: u64 = 2_168;
/// Instructions for each of the first members beside that.
const MOVING_FIRST_MEMBER: u64 = 980;
/// How many members or entries are the first.
const FIRST_MEMBERS: u64 = 1_000;

// The same from a payload that release 1 saved, whose entries were counted, and not what they are made of. Within an eighth.

/// Instructions whatever the state.
const MOVING_PAYLOAD: u64 = 1_754_000;
/// Instructions where there is an entry at all.
const MOVING_PAYLOAD_ANY: u64 = 609_000;
/// Instructions for a byte of the payload.
const MOVING_PAYLOAD_BYTE: Thousandths = Thousandths(43_430);
/// Instructions for an entry.
const MOVING_ENTRY: u64 = 4_513;
/// Instructions for each of the first entries beside that.
const MOVING_FIRST_ENTRY: u64 = 1_059;

// What is written. Every measured number of stable pages is met.

/// Bytes of payload for a member, beside all bytes of the value that are no names: what makes its key.
const PAYLOAD_MEMBER: Thousandths = Thousandths(8_350);
/// Bytes of the maps for a byte of a text.
const MAP_TEXT: Thousandths = Thousandths(974);
/// Bytes of the maps for a byte of a byte string.
const MAP_BLOB: Thousandths = Thousandths(625);
/// Bytes of the maps for a field.
const MAP_FIELD: Thousandths = Thousandths(4_418);
/// Bytes of the maps for a member: its key, its place in a node.
const MAP_MEMBER: Thousandths = Thousandths(33_365);
/// Bytes of the maps for a byte of the payload.
const MAP_PAYLOAD_BYTE: Thousandths = Thousandths(1_036);
/// Bytes of the maps for an entry of it.
const MAP_ENTRY: Thousandths = Thousandths(14_020);

// Heap, beyond what the module begins with: 3 pages in the bench. In the bench's sizes within a tenth, or a page. A heap
// grows by what an allocator asks for, and in the other states it was up to a third more or less.

/// Bytes whatever the state.
const HEAP: u64 = PAGE_BYTES;
/// Bytes for a byte of the value, on release 1, which keeps it on the heap.
const HEAP_BYTE: Thousandths = Thousandths(1_626);
/// Bytes for a member of it.
const HEAP_MEMBER: Thousandths = Thousandths(53_480);
/// Bytes of buffers at most while entries are moved.
const MOST_BUFFERED: u64 = 2 * PAGE_BYTES;
/// Bytes of heap that a byte of the value takes on release 0: 1.9 to 2.3.
const LEGACY_HEAP_BYTE: Thousandths = Thousandths(2_150);

/// Bytes of heap on release 1 for a byte of the payload: 3.0 to 3.1 at the largest.
const HEAP_PAYLOAD_BYTE: Thousandths = Thousandths(3_050);

// A value of which no more than its length is known has the names and members of the middle of the bench's sizes.

/// Bytes of names of fields in a byte of the value: 0.2 to 0.6.
const USUAL_NAMES: Thousandths = Thousandths(400);
/// Fields in a byte of the value: one in 25 to 76.
const USUAL_FIELDS: Thousandths = Thousandths(28);
/// Bytes of texts in a byte of the value: 0.05 to 0.14.
const USUAL_TEXTS: Thousandths = Thousandths(100);
/// Bytes of byte strings in a byte of the value: 0.16 to 0.68.
const USUAL_BLOBS: Thousandths = Thousandths(350);
/// Members in a byte of the value: one in 41 to 130.
const USUAL_MEMBERS: Thousandths = Thousandths(13);

/// A state before it moves, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    tally: Tally,
}

impl Model {
    /// Of a value that was counted.
    pub fn of(tally: Tally) -> Self {
        Self { tally }
    }

    /// Of a value of which the length is known.
    pub fn of_value(bytes: u64) -> Self {
        Self::of(Tally {
            bytes,
            name_bytes: USUAL_NAMES.of(bytes),
            fields: USUAL_FIELDS.of(bytes),
            text_bytes: USUAL_TEXTS.of(bytes),
            blob_bytes: USUAL_BLOBS.of(bytes),
            members: USUAL_MEMBERS.of(bytes),
        })
    }

    /// Of a state on a heap of so many bytes beyond what its module begins with.
    pub fn of_heap(bytes: u64) -> Self {
        let state = u128::from(bytes.saturating_sub(HEAP)) * 1_000;
        let value = state / u128::from(LEGACY_HEAP_BYTE.0);
        Self::of_value(u64::try_from(value).unwrap_or(u64::MAX))
    }

    /// Heap that the legacy module has, beyond what it begins with, in bytes.
    pub fn legacy_heap(&self) -> u64 {
        HEAP.saturating_add(LEGACY_HEAP_BYTE.of(self.tally.bytes))
    }

    /// Instructions of both hooks of stage one.
    pub fn adopting(&self) -> u64 {
        ADOPTING
            .saturating_add(self.tally.fields.saturating_mul(ADOPTING_FIELD))
            .saturating_add(ADOPTING_BLOB.of(self.tally.blob_bytes))
            .saturating_add(ADOPTING_TEXT.of(self.tally.text_bytes))
            .saturating_add(self.tally.members.saturating_mul(ADOPTING_MEMBER))
    }

    /// Instructions of both hooks of stage two.
    pub fn moving(&self) -> u64 {
        let Tally { members, .. } = self.tally;
        let any = if members > 0 { MOVING_ANY } else { 0 };
        (MOVING + any + members.min(FIRST_MEMBERS) * MOVING_FIRST_MEMBER)
            .saturating_add(self.tally.fields.saturating_mul(MOVING_FIELD))
            .saturating_add(MOVING_BLOB.of(self.tally.blob_bytes))
            .saturating_add(MOVING_TEXT.of(self.tally.text_bytes))
            .saturating_add(members.saturating_mul(MOVING_MEMBER))
    }

    /// Heap after stage one, beyond what its module begins with, in bytes.
    pub fn adopted_heap(&self) -> u64 {
        HEAP.saturating_add(HEAP_BYTE.of(self.tally.bytes))
            .saturating_add(HEAP_MEMBER.of(self.tally.members))
    }

    /// Heap after stage two, beyond what its module begins with, in bytes.
    pub fn moved_heap(&self) -> u64 {
        HEAP + self.content().min(MOST_BUFFERED)
    }

    /// Stable pages after stage one in buckets of this size, where there are `before`.
    pub fn adopted_pages(&self, before: u64, buckets: BucketPlan) -> u64 {
        let keys = PAYLOAD_MEMBER.of(self.tally.members);
        let payload = self.content().saturating_add(keys);
        let pages = payload.saturating_add(HEADER_BYTES).div_ceil(PAGE_BYTES);
        managed_pages(std::iter::once(pages), buckets.pages()).max(before)
    }

    /// Stable pages that the maps and a small memory 0 need in buckets of this size.
    pub fn moved_pages(&self, buckets: BucketPlan) -> u64 {
        let maps = match self.tally.members {
            0 => 0,
            members => MAP_TEXT
                .of(self.tally.text_bytes)
                .saturating_add(MAP_BLOB.of(self.tally.blob_bytes))
                .saturating_add(MAP_FIELD.of(self.tally.fields))
                .saturating_add(MAP_MEMBER.of(members)),
        };
        moved_pages(maps, buckets)
    }

    /// Bytes of the value that are no names of fields.
    fn content(&self) -> u64 {
        self.tally.bytes.saturating_sub(self.tally.name_bytes)
    }
}

/// A state that was adopted and not moved yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Bytes of its payload.
    pub bytes: u64,
    /// Entries of collections in it.
    pub entries: u64,
}

impl Payload {
    /// Instructions of both hooks of stage two.
    pub fn moving(&self) -> u64 {
        let first = self.entries.min(FIRST_MEMBERS) * MOVING_FIRST_ENTRY;
        let any = if self.entries > 0 {
            MOVING_PAYLOAD_ANY
        } else {
            0
        };
        (MOVING_PAYLOAD + any + first)
            .saturating_add(MOVING_PAYLOAD_BYTE.of(self.bytes))
            .saturating_add(self.entries.saturating_mul(MOVING_ENTRY))
    }

    /// Heap of the release that has it on its heap, beyond what the module begins with, in bytes.
    pub fn adopted_heap(&self) -> u64 {
        HEAP.saturating_add(HEAP_PAYLOAD_BYTE.of(self.bytes))
    }

    /// Heap after stage two, beyond what its module begins with, in bytes.
    pub fn moved_heap(&self) -> u64 {
        HEAP + self.bytes.min(MOST_BUFFERED)
    }

    /// Stable pages that the maps and a small memory 0 need in buckets of this size.
    pub fn moved_pages(&self, buckets: BucketPlan) -> u64 {
        let maps = match self.entries {
            0 => 0,
            entries => MAP_PAYLOAD_BYTE
                .of(self.bytes)
                .saturating_add(MAP_ENTRY.of(entries)),
        };
        moved_pages(maps, buckets)
    }
}

fn moved_pages(map_bytes: u64, buckets: BucketPlan) -> u64 {
    let maps = map_bytes.div_ceil(PAGE_BYTES);
    managed_pages([1, maps].into_iter(), buckets.pages())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_nothing_takes_what_an_empty_canister_took() {
        let empty = Model::of(Tally {
            bytes: 852,
            fields: 37,
            name_bytes: 705,
            text_bytes: 24,
            blob_bytes: 78,
            members: 0,
        });
        let buckets = BucketPlan::for_ceiling(2 << 30);
        // `empty` of bench/results.json: 2 042 379 and 1 977 368 instructions.
        assert!(empty.adopting().abs_diff(2_042_379) < 204_238);
        assert!(empty.moving().abs_diff(1_977_368) < 197_737);
        assert_eq!(empty.adopted_pages(1, buckets), 2);
        assert_eq!(empty.moved_pages(buckets), 2);
    }

    #[test]
    fn no_size_is_too_large_to_be_reckoned() {
        let most = Model::of_value(u64::MAX);
        let buckets = BucketPlan::for_ceiling(u64::MAX);
        assert!(most.adopting() > 1 << 60 && most.moving() > 1 << 50);
        assert!(most.moved_pages(buckets) > 1 << 38);
        assert!(Model::of_heap(u64::MAX).tally.bytes > 1 << 62);
    }

    #[test]
    fn a_state_on_the_heap_is_as_long_as_the_value_that_fills_such_a_heap() {
        let value = Model::of_value(1_000_000);
        let found = Model::of_heap(value.legacy_heap()).tally.bytes;
        assert!(found.abs_diff(1_000_000) < 2, "{found}");
    }
}

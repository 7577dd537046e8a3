//! What a migration takes, reckoned from what its legacy value is made of.
//!
//! Every constant is a fit to `bench/results.json` (release 0 → 1 → 2 of the user canister, eleven sizes from an empty
//! canister to 270 000 entries), with the tally of the value each size began with. Behind each stands how far the fit is
//! from what was measured at worst. A canister of other types will differ; `rehearse` measures it.

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

// Stage one: pre_upgrade of release 0 and post_upgrade of release 1. Within 3 % at every size.

/// Instructions whatever the value: `empty`.
const ADOPTING: u64 = 1_847_000;
/// Instructions for a byte of a field's name, which is written, read and forgotten.
const ADOPTING_NAME_BYTE: Thousandths = Thousandths(207_800);
/// Instructions for any other byte.
const ADOPTING_BYTE: Thousandths = Thousandths(366_400);
/// Instructions for a member of a list or map.
const ADOPTING_MEMBER: u64 = 1_443;

// Stage two: pre_upgrade of release 1 and post_upgrade of release 2. Within 6 % at every size.

/// Instructions whatever the state: `empty`.
const MOVING: u64 = 1_977_000;
/// Instructions where there is an entry at all: `10`.
const MOVING_ANY: u64 = 685_000;
/// Instructions for a member.
const MOVING_MEMBER: u64 = 5_840;
/// Instructions for each of the first members, which share nodes and pages with few.
const MOVING_FIRST_MEMBER: u64 = 1_873;
/// How many these are.
const FIRST_MEMBERS: u64 = 1_000;
/// Instructions for a byte of a payload of which no more than its length is known: 134 to 150 from 5 pages on.
const MOVING_PAYLOAD_BYTE: u64 = 138;

// What is written. Every measured number of stable pages is met.

/// Bytes of payload for a byte that is no name: the value is encoded anew, in packs of entries.
const PAYLOAD_BYTE: Thousandths = Thousandths(1_000);
/// Bytes of payload for a member: what makes its key.
const PAYLOAD_MEMBER: Thousandths = Thousandths(8_350);
/// Bytes of the maps for a byte that is no name.
const MAP_BYTE: Thousandths = Thousandths(1_460);
/// Bytes of the maps for a member.
const MAP_MEMBER: u64 = 8;
/// Bytes of the maps for a byte of a payload of which no more than its length is known: 1.36 to 1.38.
const MAP_PAYLOAD_BYTE: Thousandths = Thousandths(1_370);

// Heap, beyond what the module begins with (3 pages in the bench). Within 10 %, or a page.

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

/// Bytes of heap on release 1 for a byte of a payload of which no more than its length is known: 3.0 to 3.1 at the largest.
const HEAP_PAYLOAD_BYTE: Thousandths = Thousandths(3_050);

// A value of which no more than its length is known has the names and members of the middle of the bench's sizes.

/// Names of fields in a byte of the value: 0.2 to 0.6.
const USUAL_NAMES: Thousandths = Thousandths(400);
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
            .saturating_add(ADOPTING_NAME_BYTE.of(self.tally.name_bytes))
            .saturating_add(ADOPTING_BYTE.of(self.content()))
            .saturating_add(self.tally.members.saturating_mul(ADOPTING_MEMBER))
    }

    /// Instructions of both hooks of stage two.
    pub fn moving(&self) -> u64 {
        let Tally { members, .. } = self.tally;
        let first = members.min(FIRST_MEMBERS) * MOVING_FIRST_MEMBER;
        let all = members.saturating_mul(MOVING_MEMBER);
        let any = if members > 0 { MOVING_ANY } else { 0 };
        (MOVING + any + first).saturating_add(all)
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
        let payload = PAYLOAD_BYTE
            .of(self.content())
            .saturating_add(PAYLOAD_MEMBER.of(self.tally.members));
        let pages = payload.saturating_add(HEADER_BYTES).div_ceil(PAGE_BYTES);
        managed_pages(std::iter::once(pages), buckets.pages()).max(before)
    }

    /// Stable pages that the maps and a small memory 0 need in buckets of this size.
    pub fn moved_pages(&self, buckets: BucketPlan) -> u64 {
        let maps = match self.tally.members {
            0 => 0,
            members => MAP_BYTE
                .of(self.content())
                .saturating_add(members.saturating_mul(MAP_MEMBER)),
        };
        moved_pages(maps, buckets)
    }

    fn content(&self) -> u64 {
        self.tally.bytes.saturating_sub(self.tally.name_bytes)
    }
}

/// A state that was adopted and not moved yet: the length of its payload is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its length in bytes.
    pub bytes: u64,
}

impl Payload {
    /// Instructions of both hooks of stage two.
    pub fn moving(&self) -> u64 {
        (MOVING + MOVING_ANY).saturating_add(self.bytes.saturating_mul(MOVING_PAYLOAD_BYTE))
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
        moved_pages(MAP_PAYLOAD_BYTE.of(self.bytes), buckets)
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
            name_bytes: 705,
            members: 0,
        });
        let buckets = BucketPlan::for_ceiling(2 << 30);
        // `empty` of bench/results.json: 2 042 379 and 1 977 368 instructions.
        assert_eq!(empty.adopting(), 2_047_360);
        assert_eq!(empty.moving(), 1_977_000);
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

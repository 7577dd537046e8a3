//! The entries of two maps side by side, in the order of their keys: one node a level and side is all that is kept.

use std::cmp::Ordering;

use serde::Serialize;

use super::Both;
use crate::structure::{Entries, Entry, KeyField, KeyOrder, Map};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// In what the entries of two maps differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct EntriesDiff {
    /// Keys that only the later map has.
    pub added: u64,
    /// Keys that only the earlier map has.
    pub removed: u64,
    /// Keys of both with other values.
    pub changed: u64,
    /// Entries that are the same.
    pub same: u64,
}

/// Compares two maps whose keys stand in the nodes as `keys` says; none is an empty one.
///
/// # Errors
/// [`Flaw::Damaged`] where a map contradicts itself, or its keys are in no order that is known, [`Flaw::Unreadable`].
pub fn compare(
    memories: Both<Option<&VirtualMemory>>,
    keys: KeyField,
) -> Result<EntriesDiff, Flaw> {
    let [before, after] = memories.map(|memory| memory.map(Map::open).transpose());
    let maps = [before?, after?];
    for order in KeyOrder::ALL {
        if let Some(diff) = in_order(maps.each_ref().map(Option::as_ref), keys, order)? {
            return Ok(diff);
        }
    }
    Err(Flaw::Damaged(
        "its keys are in no order that is known".into(),
    ))
}

/// Compares them in one order; none where the keys of one are not in it.
fn in_order(
    [before, after]: Both<Option<&Map>>,
    keys: KeyField,
    order: KeyOrder,
) -> Result<Option<EntriesDiff>, Flaw> {
    let mut before = Ascending::of(before, keys, order)?;
    let mut after = Ascending::of(after, keys, order)?;
    let mut diff = EntriesDiff::default();
    loop {
        let first = match (&before.next, &after.next) {
            (None, None) => return Ok(Some(diff)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((before, _)), Some((after, _))) => order.compare(before, after),
        };
        match first {
            Ordering::Less => diff.removed += 1,
            Ordering::Greater => diff.added += 1,
            Ordering::Equal if before.next == after.next => diff.same += 1,
            Ordering::Equal => diff.changed += 1,
        }
        let ascend = (first.is_gt() || before.advance()?) && (first.is_lt() || after.advance()?);
        if !ascend {
            return Ok(None);
        }
    }
}

/// The entries of a map whose keys should ascend.
struct Ascending<'a> {
    entries: Option<Entries<'a>>,
    order: KeyOrder,
    next: Option<Entry>,
}

impl<'a> Ascending<'a> {
    fn of(map: Option<&'a Map<'a>>, keys: KeyField, order: KeyOrder) -> Result<Self, Flaw> {
        let mut entries = map.map(|map| map.entries(keys));
        let next = entries.as_mut().map(Entries::next).transpose()?.flatten();
        Ok(Self {
            entries,
            order,
            next,
        })
    }

    /// Goes on to the next entry; false if its key does not come behind the last.
    fn advance(&mut self) -> Result<bool, Flaw> {
        let next = self
            .entries
            .as_mut()
            .map(Entries::next)
            .transpose()?
            .flatten();
        let ascends = match (&self.next, &next) {
            (Some((last, _)), Some((next, _))) => self.order.compare(last, next).is_lt(),
            _ => true,
        };
        self.next = next;
        Ok(ascends)
    }
}

//! Calls that wait no longer than they say: those with a best-effort response.
//!
//! When its time is over the caller is told that nobody knows how the call ended. What the
//! callee answers later is dropped, but the cycles that come back with it are not.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Origin;

/// The most seconds such a call waits.
pub(crate) const MOST_SECONDS: u32 = 300;

/// The calls that are open, and when their time is over.
#[derive(Default)]
pub(crate) struct Deadlines {
    open: BTreeMap<u64, (u64, Origin)>,
    due: BTreeSet<(u64, u64)>,
    next: u64,
}

impl Deadlines {
    /// Opens a call that comes from `origin`, and returns an origin that knows of it.
    pub(crate) fn open(&mut self, due: u64, origin: Origin) -> Origin {
        let number = self.next;
        self.next += 1;
        self.due.insert((due, number));
        let marked = match origin.clone() {
            Origin::Canister {
                canister,
                context,
                callback,
                ..
            } => Origin::Canister {
                canister,
                context,
                callback,
                best_effort: Some(number),
            },
            other => other,
        };
        self.open.insert(number, (due, origin));
        marked
    }

    pub(crate) fn is_open(&self, number: u64) -> bool {
        self.open.contains_key(&number)
    }

    /// Closes a call that is answered. False if its time was over before.
    pub(crate) fn close(&mut self, number: u64) -> bool {
        match self.open.remove(&number) {
            None => false,
            Some((due, _)) => self.due.remove(&(due, number)),
        }
    }

    /// Closes the first call whose time is over, and returns who waits.
    pub(crate) fn take_due(&mut self, now: u64) -> Option<Origin> {
        let (due, number) = *self.due.first()?;
        if due > now {
            return None;
        }
        self.due.pop_first();
        self.open.remove(&number).map(|(_, origin)| origin)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

//! What waits for the clock: answers that come later, and stops that may take no longer.

use std::collections::BTreeMap;

use candid::Principal;

use crate::context::Origin;
use crate::reject::Reject;

/// After how many nanoseconds a call ends that nobody answers: 5 minutes.
pub(super) const NO_ANSWER_AFTER: u64 = 300 * 1_000_000_000;

/// Who waits for an answer of the management canister.
pub(crate) struct Waiter {
    pub(super) origin: Origin,
    pub(super) caller: Principal,
    /// Cycles that came with the call and were not used.
    pub(super) cycles: u128,
    /// Whether the answer gets lost on its way.
    pub(super) lost: bool,
}

/// When something is due, and the how-manyth it is.
pub(super) type Key = (u64, u64);

pub(super) enum Later {
    /// An answer that is on its way.
    Answer(Waiter, Result<Vec<u8>, Reject>),
    /// A stop is given up.
    StopTimeout(Principal),
}

/// What waits, by when it is due and then by when it came.
#[derive(Default)]
pub(super) struct Agenda {
    entries: BTreeMap<Key, Later>,
    next: u64,
}

impl Agenda {
    pub(super) fn put(&mut self, due: u64, later: Later) -> Key {
        let key = (due, self.next);
        self.entries.insert(key, later);
        self.next += 1;
        key
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.entries.remove(&key);
    }

    /// Takes the first thing that is due.
    pub(super) fn take_due(&mut self, now: u64) -> Option<(Key, Later)> {
        let first = self.entries.first_entry()?;
        (first.key().0 <= now).then(|| first.remove_entry())
    }

    /// When the first thing is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.entries.first_key_value().map(|((due, _), _)| *due)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

//! The way on where the audit found a difference, and the audit asked for again.

use ic_stable_structures::Memory;
use serde::{Deserialize, Serialize};

use super::{Mover, Phase, Tiered};
use crate::codec::Cbor;
use crate::error::Error;
use crate::ledger::Digest;

/// How to go on with a collection in which the audit found a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub enum Resolution {
    /// What the stable map holds is right.
    KeepStable,
    /// The entries of before the move that the stable map lacks are moved again; what callers wrote since stays, and
    /// what they removed stays away.
    MoveMissing,
    /// The stable map is emptied, and the entries of before the move are moved again. What callers wrote to the
    /// collection since then is lost.
    MoveAll,
}

/// The first keys, encoded, in which a collection is not what it was before the move. What callers wrote since then
/// is among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct DifferingKeys {
    /// Keys of before the move that the stable map does not have, and that no caller removed.
    pub only_before: Vec<Vec<u8>>,
    /// Keys of the stable map that were not there before the move.
    pub only_stable: Vec<Vec<u8>>,
    /// Keys with another value in the stable map than before the move.
    pub other_value: Vec<Vec<u8>>,
}

impl<M: Memory> Mover<M> {
    /// Asks for the audit again: after a repair, or at any time after the move, to see that every collection holds
    /// what callers have put there. It goes on in steps, like the move; its end is in the status.
    ///
    /// Does nothing while a move or an audit is under way.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn verify<S: Tiered<M>>(&mut self, state: &mut S) -> Result<(), Error> {
        if !matches!(self.progress.phase, Phase::Done | Phase::Differs) {
            return Ok(());
        }
        for at in 0..self.slots.len() {
            self.restart_audit(state, at);
        }
        self.progress.phase = Phase::Auditing;
        self.write_journal(state)
    }

    /// Goes on with a collection that differs. Reads the payload and, except to keep the stable map, puts its entries
    /// on the heap, from where they move in steps: O(n) in this message.
    ///
    /// # Errors
    /// [`Error::NoDifference`] for a collection without one, [`Error::OriginalsGone`] for entries of before the move
    /// once that has been done, and to empty a map of which memory 0 has no entry; those of reading memory 0 and of
    /// writing the journal.
    pub fn resolve<S: Tiered<M>>(
        &mut self,
        state: &mut S,
        collection: &str,
        resolution: Resolution,
    ) -> Result<(), Error> {
        let at = self.differing(state, collection)?;
        let slot = self.slots[at];
        let held = self.ledger.slot(slot).audit;
        if resolution == Resolution::KeepStable {
            self.ledger.set_content(slot, held);
            self.progress.collections[at].difference = None;
            self.progress.phase = Phase::Auditing;
            return self.write_journal(state);
        }
        let mut before = self.originals::<S>()?;
        let emptied = resolution == Resolution::MoveAll;
        // Another collection's move may be what is under way, and this one's entries of before long given up.
        if emptied && self.tiers(&mut before)[at].map.heap_len() == 0 {
            return Err(Error::OriginalsGone);
        }
        let removed = self.ledger.removed(slot);
        let mut content = if emptied { Digest::default() } else { held };
        let mut tiers = self.tiers(state);
        let map = &mut tiers[at].map;
        map.move_again(emptied);
        self.tiers(&mut before)[at]
            .map
            .each_on_heap(&mut |key, value| {
                if !removed.contains(key) && map.put_back(key, value) {
                    content.add(slot.entry_digest(key, value));
                }
                true
            });
        drop(tiers);
        self.ledger.set_content(slot, content);
        self.restart_audit(state, at);
        let progress = &mut self.progress.collections[at];
        progress.complete = false;
        progress.cursor = None;
        self.progress.phase = Phase::Moving;
        self.write_journal(state)
    }

    /// The first keys, at most `limit` of each kind, in which a collection is not what it was before the move. Reads
    /// the payload and the stable map: O(n).
    ///
    /// # Errors
    /// [`Error::NoDifference`], [`Error::OriginalsGone`], and those of reading memory 0.
    pub fn differing_keys<S: Tiered<M>>(
        &self,
        state: &mut S,
        collection: &str,
        limit: usize,
    ) -> Result<DifferingKeys, Error> {
        let at = self.differing(state, collection)?;
        let mut before = self.originals::<S>()?;
        let before = &self.tiers(&mut before)[at].map;
        let now = &self.tiers(state)[at].map;
        let removed = self.ledger.removed(self.slots[at]);
        let mut keys = DifferingKeys::default();
        before.each_on_heap(&mut |key, value| {
            match now.in_stable(key) {
                None if !removed.contains(key) => note(&mut keys.only_before, key, limit),
                Some(other) if other != value => note(&mut keys.other_value, key, limit),
                _ => {}
            }
            keys.only_before.len() < limit || keys.other_value.len() < limit
        });
        now.each_stable_key(&mut |key| {
            if before.on_heap(key).is_none() {
                note(&mut keys.only_stable, key, limit);
            }
            keys.only_stable.len() < limit
        });
        Ok(keys)
    }

    /// Where a collection that differs stands among the others.
    fn differing<S: Tiered<M>>(&self, state: &mut S, collection: &str) -> Result<usize, Error> {
        let tiers = self.tiers(state);
        let found = tiers.iter().position(|tier| tier.name == collection);
        found
            .filter(|&at| {
                self.progress.phase == Phase::Differs
                    && self.progress.collections[at].difference.is_some()
            })
            .ok_or_else(|| Error::NoDifference {
                collection: collection.into(),
                differing: self.differing_names(state),
            })
    }

    fn differing_names<S: Tiered<M>>(&self, state: &mut S) -> Vec<String> {
        let tiers = self.tiers(state);
        let both = tiers.iter().zip(&self.progress.collections);
        both.filter(|(_, at)| at.difference.is_some())
            .map(|(tier, _)| tier.name.to_owned())
            .collect()
    }

    /// The state as it was before the move.
    fn originals<S: Tiered<M>>(&self) -> Result<S, Error> {
        if !self.progress.originals {
            return Err(Error::OriginalsGone);
        }
        self.managed.load::<S, Cbor>()
    }

    pub(super) fn restart_audit<S: Tiered<M>>(&mut self, state: &mut S, at: usize) {
        self.tiers(state)[at].map.restart_audit();
        self.ledger.restart_audit(self.slots[at]);
        self.seen.begin_anew();
        let progress = &mut self.progress.collections[at];
        progress.audited = false;
        progress.audit_cursor = None;
        progress.difference = None;
    }
}

fn note(keys: &mut Vec<Vec<u8>>, key: &[u8], limit: usize) {
    if keys.len() < limit {
        keys.push(key.to_vec());
    }
}

#[cfg(test)]
mod tests;

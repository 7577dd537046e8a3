//! Writing the journal: what changed at its end, or all of it where too much of it no longer counts.

use ic_stable_structures::Memory;

use super::{Mover, Tiered};
use crate::error::Error;
use crate::journal::{Journal, SLOTS_AT, encode, news};
use crate::stream::checksum;

/// Bytes of a journal that may be outdated before it is written anew, however short the journal is.
const OUTDATED_BYTES: u64 = 4_096;

/// What is known of the journal as it stands.
#[derive(Default)]
pub(super) struct Journaled {
    /// Its length when it was last written as a whole or appended to by the mover; none before that.
    bytes: Option<u64>,
    /// Bytes of records that a later one has outdated, at most.
    outdated: u64,
    /// Length and checksum of the hot state in it; none if the payload's is the newest.
    hot: Option<(u64, u64)>,
}

impl Journaled {
    /// Length of the hot state in the journal.
    pub fn hot_bytes(&self) -> Option<u64> {
        self.hot.map(|(bytes, _)| bytes)
    }
}

impl<M: Memory> Mover<M> {
    /// Journals how the move goes, and the hot state if it is not the one that is journaled already.
    pub(super) fn write_journal<S: Tiered<M>>(&mut self, state: &S) -> Result<(), Error> {
        let hot = encode(state.hot())?;
        let known = (hot.len() as u64, checksum(&hot));
        let newer = (self.journaled.hot != Some(known)).then_some(&hot[..]);
        let news = news(&self.progress, newer)?;
        let outdated = self.journaled.outdated + news.len() as u64;
        match self.journaled.bytes {
            Some(bytes) if outdated <= OUTDATED_BYTES.max(bytes / 2) => {
                self.ledger.write_slots();
                self.managed.append_journal(&news)?;
                self.journaled = Journaled {
                    bytes: Some(bytes + news.len() as u64),
                    outdated,
                    hot: Some(known),
                };
                Ok(())
            }
            _ => self.write_whole_journal(Some(hot)),
        }
    }

    /// Goes on with the journal as it stands. The next one is written as a whole: how much of this one counts is not known.
    pub(super) fn keep_journal(&mut self) -> Result<(), Error> {
        let at = self.managed.journal_at()?;
        self.ledger.set_slots_at(at + SLOTS_AT);
        Ok(())
    }

    /// Writes all of the journal behind the payload; `hot` if it is newer than the payload's.
    pub(super) fn write_whole_journal(&mut self, hot: Option<Vec<u8>>) -> Result<(), Error> {
        let journal = Journal {
            slots: self.ledger.slots(),
            registry: self.registry.clone(),
            progress: self.progress.clone(),
            hot,
            removed: self.ledger.all_removed(),
        };
        let bytes = journal.to_bytes()?;
        let at = self.managed.write_journal(&bytes)?;
        self.ledger.set_slots_at(at + SLOTS_AT);
        self.journaled = Journaled {
            bytes: Some(bytes.len() as u64),
            outdated: 0,
            hot: journal.hot.map(|hot| (hot.len() as u64, checksum(&hot))),
        };
        Ok(())
    }
}

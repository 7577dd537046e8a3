//! What a release notes in the header without touching the payload.

use ic_stable_structures::Memory;

use super::{Managed, Memory0Content, Stamp};
use crate::error::Error;
use crate::header::Header;

impl<M: Memory> Managed<M> {
    /// Notes in the header that a release took the memory over, its application, and the ceiling in bytes that it plans: from
    /// here on an older release and another application are refused, even if this one never saves.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] without a header, [`Error::OtherApplication`], and those of [`Managed::guard`].
    pub fn claim(&self, stamp: Stamp, ceiling: u64) -> Result<Header, Error> {
        let Memory0Content::Saved(mut header) = self.guard_stamp(stamp)? else {
            return Err(Error::NothingSaved);
        };
        header.release = stamp.release;
        header.application = stamp.application.or(header.application);
        header.ceiling = ceiling;
        header.upgrades = header.upgrades.saturating_add(1);
        self.memory0().write(0, &header.to_bytes());
        Ok(header)
    }

    /// Notes in the header that a release saved without touching the payload.
    pub(crate) fn note_saved(&self, stamp: Stamp) -> Result<Header, Error> {
        self.change_header(|header| {
            header.release = stamp.release;
            header.saved_at = stamp.now;
            header.application = stamp.application.or(header.application);
        })
    }

    /// Notes in the header the ceiling that was planned, in bytes.
    pub(crate) fn note_ceiling(&self, ceiling: u64) -> Result<Header, Error> {
        self.change_header(|header| header.ceiling = ceiling)
    }

    /// Notes in the header what a controller says of the move: how many instructions it may take of the upgrade that
    /// begins it, instead of what the release plans. 0: none, the move goes in steps. `None`: as the release plans.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] without a header, and those of [`Managed::content`].
    pub fn set_move_budget(&self, instructions: Option<u64>) -> Result<(), Error> {
        self.change_header(|header| header.move_budget = instructions)
            .map(drop)
    }

    /// Takes over what the header of before said of the memory's past and of its owner's will.
    pub(crate) fn carry_over(&self, before: &Header) -> Result<Header, Error> {
        self.change_header(|header| {
            header.upgrades = before.upgrades;
            header.generation = before.generation;
            header.move_budget = before.move_budget;
        })
    }

    /// Notes in the header what the hook of the last save cost.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] without a header, and those of [`Managed::content`].
    pub fn note_save_instructions(&self, instructions: u64) -> Result<(), Error> {
        self.change_header(|header| header.save_instructions = instructions)
            .map(drop)
    }

    fn change_header(&self, change: impl FnOnce(&mut Header)) -> Result<Header, Error> {
        let memory0 = self.memory0();
        let mut header = memory0.header()?;
        change(&mut header);
        memory0.write(0, &header.to_bytes());
        Ok(header)
    }
}

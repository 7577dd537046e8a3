//! Counts of what an execution does, and where they end it.

use crate::config::STABLE_ACCESS_PAGE;
use crate::fault::{Armed, Event};
use crate::profile::Recorder;
use crate::stop::Stop;
use crate::touched::Touched;

#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// The instructions the execution may use.
    pub(crate) limit: u64,
    /// Instructions that were used where fuel could not be taken.
    pub(crate) owed: u64,
    /// Instructions used, set when the execution has ended.
    pub(crate) used: u64,
    pub(crate) system_calls: u64,
    pub(crate) stable_writes: u64,
    pub(crate) stable_grows: u64,
    pub(crate) dirty_stable_pages: u64,
    /// The stable pages read or written, and how many of them may be.
    pub(crate) touched: Touched,
    pub(crate) access_limit: u64,
    /// The fault to be injected, if it is for this execution.
    pub(crate) fault: Option<Armed>,
    /// Who spends the instructions, if the module tells.
    pub(crate) profile: Option<Recorder>,
}

impl Meter {
    pub(crate) fn new(limit: u64, access_limit: u64, fault: Option<Armed>) -> Self {
        Meter {
            limit,
            access_limit,
            fault,
            ..Meter::default()
        }
    }

    /// The fuel to start with: what the limit allows, or less where a fault strikes first.
    pub(crate) fn fuel(&self) -> u64 {
        match self.fault_at() {
            Some(at) => at.min(self.limit),
            None => self.limit,
        }
    }

    /// Instructions used while `fuel` is left.
    pub(crate) fn used_at(&self, fuel: u64) -> u64 {
        self.fuel().saturating_sub(fuel) + self.owed
    }

    /// What it means that there is no fuel left.
    pub(crate) fn out_of_fuel(&self) -> Stop {
        match &self.fault {
            Some(fault) if self.fault_at().is_some_and(|at| at <= self.limit) => {
                Stop::Injected(fault.describe())
            }
            _ => Stop::InstructionLimit(self.limit),
        }
    }

    /// Counts one event.
    ///
    /// # Errors
    /// The fault strikes at it.
    pub(crate) fn count(&mut self, event: Event) -> Result<(), Stop> {
        *match event {
            Event::SystemCall => &mut self.system_calls,
            Event::StableWrite => &mut self.stable_writes,
            Event::StableGrow => &mut self.stable_grows,
        } += 1;
        if let Some(fault) = &mut self.fault
            && fault.strikes(event)
        {
            return Err(Stop::Injected(fault.describe()));
        }
        Ok(())
    }

    /// Counts the pages of a range of stable memory that was read or written, `dirtied` of
    /// them for the first time.
    ///
    /// # Errors
    /// They are more than the execution may touch.
    pub(crate) fn access(&mut self, offset: u64, size: u64, dirtied: u64) -> Result<(), Stop> {
        self.dirty_stable_pages += dirtied;
        self.touched.mark(offset, size);
        let what = if self.dirty_stable_pages > self.access_limit {
            "modified"
        } else if self.touched.count() > self.access_limit {
            "accessed"
        } else {
            return Ok(());
        };
        Err(Stop::StableAccess {
            what,
            limit_kib: self.access_limit * STABLE_ACCESS_PAGE / 1024,
        })
    }

    fn fault_at(&self) -> Option<u64> {
        self.fault.as_ref().and_then(Armed::instructions_left)
    }
}

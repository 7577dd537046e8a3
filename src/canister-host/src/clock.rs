//! The clock. It moves only when it is told to.

use std::time::Duration;

use crate::host::Host;

impl Host {
    /// The clock, in nanoseconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Sets the clock, in nanoseconds since 1970. What becomes due waits as with
    /// [`advance_time`](Host::advance_time).
    pub fn set_time(&mut self, time: u64) {
        self.time = time;
        self.pass_rounds_of_clock();
    }

    /// Moves the clock on. Timers that become due wait for [`tick`](Host::tick), answers of
    /// the management canister for that or the next call.
    pub fn advance_time(&mut self, by: Duration) {
        self.set_time(self.time.saturating_add(nanoseconds(by)));
    }

    /// The time at which the next thing is due that waits for the clock: a timer of a canister that runs, an answer of the
    /// management canister. Now, where messages are queued or something is overdue; none if nothing waits. Whoever has nothing
    /// to do meanwhile moves the clock there.
    pub fn next_due(&self) -> Option<u64> {
        if !self.queue.is_empty() {
            return Some(self.time);
        }
        let running = self
            .canisters
            .values()
            .filter(|it| it.check_running().is_ok());
        let timers = running.map(|canister| canister.state.global_timer);
        let timers = timers.filter(|due| *due != 0);
        let due = timers.chain(self.management.next_due()).min()?;
        Some(due.max(self.time))
    }
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

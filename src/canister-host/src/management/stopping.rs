//! Starting and stopping. A stop waits until every call the canister works on is over.

use candid::Principal;

use super::command::nothing;
use super::later::{Key, Later, Waiter};
use crate::canister::Canister;
use crate::error::HostError;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::{Reject, code};

/// After how many nanoseconds a stop is given up on the network: 5 minutes.
const STOP_TIMEOUT: u64 = 300 * 1_000_000_000;

/// Whether a canister takes calls. The numbers are those of `ic0.canister_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum RunStatus {
    /// It does, and its timers run.
    Running = 1,
    /// It does not any more, and still works on some.
    Stopping = 2,
    /// It does not.
    Stopped = 3,
}

/// The same, with those who wait until it has stopped.
#[derive(Default)]
pub(crate) enum RunState {
    #[default]
    Running,
    Stopping(Vec<Stop>),
    Stopped,
}

/// A call of `stop_canister` that waits.
pub(crate) struct Stop {
    /// Where on the agenda it is given up.
    timeout: Key,
    waiter: Waiter,
}

impl RunState {
    pub(crate) fn status(&self) -> RunStatus {
        match self {
            RunState::Running => RunStatus::Running,
            RunState::Stopping(_) => RunStatus::Stopping,
            RunState::Stopped => RunStatus::Stopped,
        }
    }
}

impl Canister {
    /// A canister that is stopping or has stopped takes no calls and no queries.
    pub(crate) fn check_running(&self) -> Result<(), Reject> {
        let (code, state) = match self.run_state.status() {
            RunStatus::Running => return Ok(()),
            RunStatus::Stopping => (code::STOPPING, "stopping"),
            RunStatus::Stopped => (code::STOPPED, "stopped"),
        };
        Err(Reject::new(
            code,
            format!("Canister {} is {state}", self.id),
        ))
    }
}

impl Host {
    /// Whether a canister runs, is stopping, or has stopped.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn run_status(&self, id: Principal) -> Result<RunStatus, HostError> {
        Ok(self.canister(id)?.run_state.status())
    }

    pub(super) fn stop_for(&mut self, id: Principal, waiter: Waiter) {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return self.answer(waiter, Err(canister_not_found(id)));
        };
        if let RunState::Running = canister.run_state {
            canister.run_state = RunState::Stopping(Vec::new());
        }
        let RunState::Stopping(stops) = &mut canister.run_state else {
            return self.answer(waiter, nothing());
        };
        let due = self.time.saturating_add(STOP_TIMEOUT);
        let timeout = self.management.agenda.put(due, Later::StopTimeout(id));
        stops.push(Stop { timeout, waiter });
        self.finish_stop(id);
    }

    /// A canister that is stopping and has nothing left to work on has stopped.
    pub(crate) fn finish_stop(&mut self, id: Principal) {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        if let (RunState::Stopping(stops), true) =
            (&mut canister.run_state, canister.contexts.is_empty())
        {
            let stops = std::mem::take(stops);
            canister.run_state = RunState::Stopped;
            for stop in stops {
                self.management.agenda.remove(stop.timeout);
                self.answer(stop.waiter, nothing());
            }
        }
    }

    /// A stop took too long. The canister goes on stopping.
    pub(super) fn give_up_stop(&mut self, id: Principal, timeout: Key) {
        let canister = self.canisters.get_mut(&id);
        let Some(RunState::Stopping(stops)) = canister.map(|c| &mut c.run_state) else {
            return;
        };
        if let Some(at) = stops.iter().position(|stop| stop.timeout == timeout) {
            let stop = stops.remove(at);
            let message = format!(
                "stop_canister of {id} timed out: calls it works on are open, and it goes on \
                 stopping"
            );
            self.answer(stop.waiter, Err(Reject::new(code::STOP_TIMEOUT, message)));
        }
    }

    pub(super) fn start_canister(&mut self, id: Principal) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get_mut(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        if let RunState::Stopping(stops) = std::mem::take(&mut canister.run_state) {
            for stop in stops {
                self.management.agenda.remove(stop.timeout);
                let message = format!("canister {id} was started before it had stopped");
                self.answer(stop.waiter, Err(Reject::new(code::STOP_CANCELLED, message)));
            }
        }
        nothing()
    }
}

//! Calls that are answered later: when the clock has moved.

use std::time::Duration;

use candid::Principal;

use crate::host::Host;
use crate::reject::Reject;

/// A call that waits for its answer: see [`Host::submit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubmittedCall(u64);

impl Host {
    /// Calls a method as an update and leaves it in the queue, for the next
    /// [`tick`](Host::tick): for calls that are answered only when the clock has moved.
    ///
    /// # Errors
    /// The canister does not take the call.
    pub fn submit(
        &mut self,
        id: Principal,
        sender: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<SubmittedCall, Reject> {
        self.inspect(id, sender, method, arg)?;
        Ok(SubmittedCall(self.enqueue(id, sender, method, arg)))
    }

    /// Takes the answer to a call that was submitted; `None` if there is none yet, or it was
    /// taken.
    pub fn take_answer(&mut self, call: SubmittedCall) -> Option<Result<Vec<u8>, Reject>> {
        self.answers.remove(&call.0)
    }

    /// Moves the clock by a step and [ticks](Host::tick), again and again, until a call that
    /// was submitted is answered, and takes the answer; `None` if so many steps do not bring
    /// it.
    pub fn run_until_answered(
        &mut self,
        call: SubmittedCall,
        step: Duration,
        most: usize,
    ) -> Option<Result<Vec<u8>, Reject>> {
        self.tick();
        for _ in 0..most {
            if let Some(answer) = self.take_answer(call) {
                return Some(answer);
            }
            self.advance_time(step);
            self.tick();
        }
        self.take_answer(call)
    }
}

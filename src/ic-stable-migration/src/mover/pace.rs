//! How far a move is, how fast it goes, and what holds it up.

use std::collections::VecDeque;

use ic_stable_structures::Memory;
use serde::{Deserialize, Serialize};

use super::{MoveStatus, Mover, Phase, Tiered};

/// Steps that the rate is taken over, at most.
const WINDOW_STEPS: usize = 32;

/// How far a move is, how fast it goes, and what holds it up: beside [`MoveStatus`] what depends on the time, and on what
/// this instance of the module has seen of the move. It is not journaled, so that after an upgrade rate and time left are
/// unknown until the second step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct Pace {
    /// How much of the move is done, 0 to 100, rounded down. An entry counts twice: when it is in stable memory, and when
    /// the audit has read it there. So where callers neither add nor remove entries it never falls within one move; an audit
    /// that is asked for later begins at 50. 100 once the audit has held and not before, also where there was
    /// nothing to move; work after the move does not count.
    pub percent: u8,
    /// How fast it goes; none before the second step of this instance or after a pause, and where nothing is being done.
    pub rate: Option<Rate>,
    /// Nanoseconds until nothing is left to do, if it goes on at that rate; the audit is reckoned to take as long for an
    /// entry as what is being done now, which is more than it takes after entries were inserted. 0 when all is done. None
    /// where the rate is not known or 0, where the move stands still, and while a job goes on, which does not say
    /// how much it has left.
    pub nanoseconds_left: Option<u64>,
    /// What holds it up; none where it goes on as planned, and where there is nothing to do.
    pub hindrance: Option<Hindrance>,
}

/// How fast a move goes: over the last steps of this instance, until now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct Rate {
    /// Entries that were moved, read by the audit, or looked at by work after the move.
    pub entries_per_second: f64,
    /// Encoded bytes of the entries that were moved; what an audit or other work reads is not counted in bytes.
    pub bytes_per_second: f64,
    /// Steps that it is taken over, 1 to 32.
    pub steps: u32,
    /// Nanoseconds that it is taken over. They end now, so that a move without steps gets slower.
    pub nanoseconds: u64,
}

/// What holds a move up, as far as the mover can know. A canister without cycles runs no timer and answers no query; it is
/// seen by the rate only, when it answers again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub enum Hindrance {
    /// It was paused, by a call that only a controller and the canister itself may make. It stands still until it is resumed,
    /// through upgrades too.
    Paused,
    /// The release that runs goes back to the legacy value: the move rests where it was.
    GoesBack,
    /// It stands still because a step of one entry has trapped; [`MoveStatus::stuck`] says where and why.
    Stuck,
    /// It stands still because the audit found a difference; the collections of the status say which.
    Differs,
    /// A step has trapped, for want of memory or instructions for example. It goes on with smaller steps.
    Trapped {
        /// What the trap said.
        reason: String,
        /// How many times the budget of the next step is halved.
        halvings: u32,
    },
    /// The last step could not be called, for want of cycles or of a place in the queue. The next tick tries again.
    NotCalled {
        /// Why not.
        reason: String,
    },
}

impl Hindrance {
    /// Whether nothing is done until somebody does something about it.
    pub const fn stands_still(&self) -> bool {
        !matches!(self, Self::Trapped { .. } | Self::NotCalled { .. })
    }
}

/// What an instance of a module has seen of the move. Not journaled.
#[derive(Default)]
pub(super) struct Seen {
    /// The last steps, the newest at the back.
    steps: VecDeque<Counts>,
    /// What the last trap said, until the budget is whole again.
    trap: Option<String>,
    /// Why the last step could not be called.
    not_called: Option<String>,
    /// The release that runs lets the move rest.
    goes_back: bool,
}

/// What all steps had done when one of them was done.
#[derive(Clone, Copy)]
struct Counts {
    /// Nanoseconds since 1970.
    at: u64,
    entries: u64,
    bytes: u64,
}

/// What was done in some time.
struct Passed {
    steps: usize,
    entries: u64,
    bytes: u64,
    nanoseconds: u64,
}

impl Seen {
    /// Forgets the steps: what comes is not to be compared with them.
    pub fn begin_anew(&mut self) {
        self.steps.clear();
    }

    pub fn note_goes_back(&mut self) {
        self.goes_back = true;
    }

    pub fn note_resumed(&mut self) {
        self.goes_back = false;
        self.begin_anew();
    }

    pub fn note_trap(&mut self, reason: &str) {
        self.trap = Some(reason.into());
    }

    fn since_the_first(&self, now: u64) -> Option<Passed> {
        let (first, last) = (self.steps.front()?, self.steps.back()?);
        let nanoseconds = now.checked_sub(first.at).filter(|passed| *passed > 0)?;
        (self.steps.len() > 1).then(|| Passed {
            steps: self.steps.len() - 1,
            entries: last.entries.saturating_sub(first.entries),
            bytes: last.bytes.saturating_sub(first.bytes),
            nanoseconds,
        })
    }
}

impl Passed {
    fn rate(&self) -> Rate {
        let seconds = self.nanoseconds as f64 / 1e9;
        Rate {
            entries_per_second: self.entries as f64 / seconds,
            bytes_per_second: self.bytes as f64 / seconds,
            steps: self.steps as u32,
            nanoseconds: self.nanoseconds,
        }
    }

    /// Nanoseconds that so many entries take.
    fn reckon(&self, entries: u64) -> Option<u64> {
        let all = u128::from(self.nanoseconds) * u128::from(entries);
        u64::try_from(all.checked_div(self.entries.into())?).ok()
    }
}

impl<M: Memory> Mover<M> {
    /// How far the move is at `now`, nanoseconds since 1970, how fast it goes, and what holds it up.
    pub fn pace<S: Tiered<M>>(&self, state: &mut S, now: u64) -> Pace {
        let status = self.status(state);
        let left: u64 = status.collections.iter().map(|of| of.left).sum();
        let all = self.counted(|_, content, _| content);
        let to_read = all.saturating_sub(self.counted(|_, _, read| read));
        let hindrance = self.hindrance();
        let goes_on = self.has_work();
        let passed = self.seen.since_the_first(now).filter(|_| goes_on);
        let to_do = match status.phase {
            Phase::Renewing => left_after(&status),
            _ => Some(left.saturating_add(to_read)),
        };
        Pace {
            percent: match status.phase.has_moved() {
                true => 100,
                false => percent(all, left, to_read),
            },
            rate: passed.as_ref().map(Passed::rate),
            nanoseconds_left: match (status.phase, to_do) {
                (Phase::Done, _) => Some(0),
                (_, Some(to_do)) => passed.and_then(|passed| passed.reckon(to_do)),
                (_, None) => None,
            },
            hindrance,
        }
    }

    fn hindrance(&self) -> Option<Hindrance> {
        match (self.progress.told_phase(), &self.seen) {
            (Phase::Done, _) => None,
            (Phase::Stuck, _) => Some(Hindrance::Stuck),
            (Phase::Differs, _) => Some(Hindrance::Differs),
            (_, seen) if seen.goes_back => Some(Hindrance::GoesBack),
            _ if self.progress.paused => Some(Hindrance::Paused),
            (
                _,
                Seen {
                    trap: Some(trap), ..
                },
            ) => Some(Hindrance::Trapped {
                reason: trap.clone(),
                halvings: self.failures,
            }),
            (_, seen) => {
                let reason = seen.not_called.clone()?;
                Some(Hindrance::NotCalled { reason })
            }
        }
    }

    /// Notes that a step was done at `now`.
    pub(super) fn note_step(&mut self, now: u64) {
        let bytes = self.progress.collections.iter().map(|at| at.bytes).sum();
        let works = self.progress.work.iter().map(|work| work.entries);
        let entries = self.counted(|moved, _, read| moved.saturating_add(read));
        let steps = &mut self.seen.steps;
        if steps.len() > WINDOW_STEPS {
            steps.pop_front();
        }
        steps.push_back(Counts {
            at: now,
            entries: works.fold(entries, u64::saturating_add),
            bytes,
        });
        self.seen.not_called = None;
        if self.failures == 0 {
            self.seen.trap = None;
        }
    }

    /// Notes that the next step could not be called, so that [`Mover::pace`] says so; nothing was done, and nothing undone.
    pub fn step_not_called(&mut self, reason: &str) {
        self.seen.not_called = Some(reason.into());
    }

    /// The sum over all collections of a count, given the entries that steps moved, those that it has to hold, and those of
    /// them that the audit has read.
    fn counted(&self, count: fn(u64, u64, u64) -> u64) -> u64 {
        let collections = self.progress.collections.iter().zip(&self.slots);
        let counts = collections.map(|(at, slot)| {
            let slot = self.ledger.slot(*slot);
            let content = slot.content.count;
            let read = match at.audited {
                true => content,
                false => slot.audit.count.min(content),
            };
            count(at.moved, content, read)
        });
        counts.fold(0, u64::saturating_add)
    }
}

/// Entries that work after the move has left; none where a job does not say.
fn left_after(status: &MoveStatus) -> Option<u64> {
    let mut works = status.work.iter().filter(|work| work.finished.is_none());
    works.try_fold(0_u64, |sum, work| Some(sum.saturating_add(work.left?)))
}

/// How much is done of a move of `all` entries, with so many on the heap, and so many that the audit has not read; at most 99.
fn percent(all: u64, left: u64, to_read: u64) -> u8 {
    let all = u128::from(all);
    let done = (2 * all).saturating_sub(u128::from(left) + u128::from(to_read));
    let percent = (100 * done).checked_div(2 * all).unwrap_or(0);
    percent.min(99) as u8
}

#[cfg(test)]
mod tests;

//! The course of one canister: what an answer, a loss or the operator makes of its record.

use crate::call::{Answer, Call, SnapshotId};
use crate::cause::{Cause, Class};
use crate::plan::{Plan, Snapshots, WayBack};
use crate::record::{End, Leg, Record, State, Step};
use crate::time::Time;

mod failure;
mod sight;

/// One canister's record, with what decides its course.
pub(crate) struct Course<'a> {
    pub plan: &'a Plan,
    pub record: &'a mut Record,
    pub now: Time,
    /// Whether the operator has ended the run.
    pub called_off: bool,
}

impl Course<'_> {
    /// Its turn has come.
    pub fn begin(&mut self, leg: Leg) {
        self.record.began = self.now;
        self.record.top_ups = 0;
        self.record.refused_stops = 0;
        self.go(leg, Step::Look);
    }

    /// Its call was made.
    pub fn asked(&mut self, call: &Call) {
        self.record.asked = Some(self.now);
        match call {
            // From here on it may be stopped, whatever becomes of the call.
            Call::Stop => {
                self.record.stopped = true;
                self.record.touched = true;
            }
            Call::Deposit { .. } => self.record.top_ups = self.record.top_ups.saturating_add(1),
            _ => {}
        }
    }

    /// What became of its call. False if that is no answer to this call; nothing is changed then.
    pub fn answered(&mut self, answer: &Answer) -> bool {
        let (Some(call), Some(asked)) = (self.record.call(self.plan), self.record.asked) else {
            return false;
        };
        let fits = match (&call, answer) {
            (_, Answer::Refused(_) | Answer::Lost) => true,
            (Call::Look, answer) => matches!(answer, Answer::Seen(_)),
            (Call::TakeSnapshot, answer) => matches!(answer, Answer::Taken(_)),
            (Call::Progress, answer) => matches!(answer, Answer::Moving { .. } | Answer::Done),
            (_, answer) => *answer == Answer::Done,
        };
        if !fits {
            return false;
        }
        self.record.asked = None;
        match answer {
            Answer::Lost => self.lost(&call, asked),
            Answer::Refused(cause) => self.refused(cause.clone()),
            Answer::Seen(sight) if self.record.unsure => self.found_out(sight),
            Answer::Seen(sight) => self.seen(sight),
            Answer::Moving { done, total } => self.moving(*done, *total),
            Answer::Taken(snapshot) => {
                self.has_snapshot(snapshot.clone());
                self.done();
            }
            Answer::Done => self.done(),
        }
        true
    }

    /// Nobody knows what became of the call that was made then.
    pub fn lost(&mut self, call: &Call, asked: Time) {
        self.record.asked = None;
        if call.only_reads() {
            self.refused(Cause::new(Class::Lost, "no answer"));
        } else {
            self.record.unsure = true;
            self.record.due = asked.after(self.plan.settle).max(self.now);
        }
    }

    /// The operator takes it out. What is under way is brought to where it can be left.
    pub fn call_off(&mut self) {
        if self.record.asked.is_some() || self.record.unsure {
            // The answer decides where it is; `settled` asks again.
            return;
        }
        if let State::Active { leg, step } = &self.record.state
            && matches!(leg, Leg::Rehearsal | Leg::Forward)
            && matches!(
                step,
                Step::Look | Step::Stop | Step::Snapshot | Step::Rehearse | Step::Upgrade
            )
        {
            self.out(called_off());
        }
    }

    /// The operator takes this one out.
    pub fn exclude(&mut self) {
        self.record.excluded = true;
        self.called_off = true;
        if self.record.state == State::Waiting {
            self.end_with(called_off());
        } else {
            self.call_off();
        }
    }

    /// The operator ends it as it is, whatever that may be.
    pub fn give_up(&mut self) {
        let why = match &self.record.last {
            Some(cause) => format!("given up; last: {cause}"),
            None => "given up".to_owned(),
        };
        let cause = Cause::new(Class::CalledOff, why);
        if self.record.stopped || self.record.unsure {
            self.end(End::Unknown(cause));
        } else {
            self.end_with(cause);
        }
    }

    /// The present step was done.
    fn done(&mut self) {
        if self.record.topping_up {
            self.record.topping_up = false;
            self.record.attempts = 0;
            self.record.due = self.now;
            return self.settled();
        }
        let State::Active { leg, step } = self.record.state.clone() else {
            return;
        };
        match step {
            Step::Start | Step::LetRun => {
                self.record.stopped = false;
                self.record.moving_since = self.now;
            }
            Step::Upgrade => {
                self.record.module = self.place_of_stage(self.record.stage);
                self.record.upgrades = self.record.upgrades.saturating_add(1);
            }
            Step::Load => self.record.module = self.record.snapshot_of,
            Step::GoBack => {
                let release = self.plan.releases_back().get(usize::from(self.record.back));
                self.record.module = release.and_then(|module| self.plan.place(*module));
                self.record.back = self.record.back.saturating_add(1);
            }
            Step::Forget => {
                self.record.snapshot = self.record.older.pop();
                self.record.snapshot_of = None;
            }
            _ => {}
        }
        match leg {
            leg if step == Step::LetRun => self.tries_to_stop_later(leg),
            Leg::Rehearsal => self.rehearsal_after(step),
            Leg::Forward => self.forward_after(step),
            Leg::Out(cause) => self.out(cause),
            Leg::Back(cause) => self.back_after(step, cause),
        }
        self.settled();
    }

    fn rehearsal_after(&mut self, step: Step) {
        let next = match step {
            Step::Look => Step::Stop,
            Step::Stop => Step::Snapshot,
            Step::Snapshot => Step::Start,
            Step::Start => Step::Rehearse,
            Step::Rehearse => {
                self.record.rehearsed = true;
                Step::Forget
            }
            _ if self.called_off => return self.end_with(called_off()),
            _ => {
                self.record.state = State::Waiting;
                return;
            }
        };
        self.go(Leg::Rehearsal, next);
    }

    fn forward_after(&mut self, step: Step) {
        let stage = self.plan.stages.get(usize::from(self.record.stage));
        let next = match step {
            Step::Look => Step::Stop,
            Step::Stop if self.wants_snapshot() => Step::Snapshot,
            Step::Stop | Step::Snapshot => Step::Upgrade,
            Step::Upgrade => Step::Start,
            Step::Start if stage.is_some_and(|stage| stage.moves) => Step::Settle,
            Step::Start | Step::Settle => Step::Verify,
            // Also those of earlier tries, one after the other.
            Step::Verify | Step::Forget if self.forgets_snapshot() => Step::Forget,
            _ => return self.stage_done(),
        };
        self.go(Leg::Forward, next);
    }

    fn stage_done(&mut self) {
        self.record.stage = self.record.stage.saturating_add(1);
        if self.is_through() {
            self.end(End::Migrated);
        } else if self.called_off {
            self.out(called_off());
        } else {
            self.go(Leg::Forward, Step::Look);
        }
    }

    fn back_after(&mut self, step: Step, cause: Cause) {
        let more = usize::from(self.record.back) < self.plan.releases_back().len();
        let next = match step {
            Step::Stop if self.plan.way_back == WayBack::Snapshot => Step::Load,
            Step::Stop => Step::GoBack,
            Step::GoBack if more => Step::GoBack,
            Step::Load | Step::GoBack => {
                // The first snapshot is of before all stages, any other of before this one.
                self.record.upgrades = match self.plan.snapshots {
                    Snapshots::First if step == Step::Load => 0,
                    _ => self.record.upgrades.saturating_sub(1),
                };
                Step::Start
            }
            Step::Start if self.record.snapshot.is_some() => Step::Forget,
            _ => return self.end(End::Returned(cause)),
        };
        self.go(Leg::Back(cause), next);
    }

    /// Out, running: started if it may be stopped, without a snapshot that is of no more use.
    fn out(&mut self, cause: Cause) {
        let useless = self.record.snapshot.is_some()
            && self.record.snapshot_of.is_some()
            && self.record.snapshot_of == self.record.module;
        if self.record.stopped {
            self.go(Leg::Out(cause), Step::Start);
        } else if useless {
            self.go(Leg::Out(cause), Step::Forget);
        } else {
            self.end_with(cause);
        }
    }

    /// Ended, running, for this reason.
    fn end_with(&mut self, cause: Cause) {
        let end = if self.record.upgrades > 0 {
            End::Between(cause)
        } else if self.record.touched {
            End::Unchanged(cause)
        } else {
            End::Passed(cause)
        };
        self.end(end);
    }

    fn end(&mut self, end: End) {
        if let Some(cause) = end.cause() {
            self.record.last = Some(cause.clone());
        }
        self.record.state = State::Ended(end);
        self.record.ended = self.now;
        self.record.asked = None;
        self.record.unsure = false;
        self.record.topping_up = false;
        self.record.attempts = 0;
        self.record.others = Vec::new();
    }

    /// One more; what it had from an earlier try is kept until all is well.
    fn has_snapshot(&mut self, snapshot: SnapshotId) {
        self.record
            .older
            .extend(self.record.snapshot.replace(snapshot));
        self.record.snapshot_of = self.record.module;
    }

    fn moving(&mut self, done: u64, total: u64) {
        self.record.attempts = 0;
        self.record.moved = (done, total);
        let passed = self.now.since(self.record.moving_since);
        if passed >= self.plan.move_limit {
            let text = format!("{done} of {total} after {passed} seconds");
            self.went_wrong(Cause::new(Class::TooSlow, text));
        } else {
            self.record.due = self.now.after(self.plan.poll.max(1));
        }
    }

    /// After every answer: what the operator called off goes no further.
    fn settled(&mut self) {
        if self.called_off {
            self.call_off();
        }
    }

    fn go(&mut self, leg: Leg, step: Step) {
        self.record.state = State::Active { leg, step };
        self.record.attempts = 0;
        self.record.due = self.now;
    }

    fn is_through(&self) -> bool {
        usize::from(self.record.stage) >= self.plan.stages.len()
    }

    fn place_of_stage(&self, stage: u8) -> Option<u8> {
        let stage = self.plan.stages.get(usize::from(stage))?;
        self.plan.place(stage.module)
    }

    fn wants_snapshot(&self) -> bool {
        match self.plan.snapshots {
            Snapshots::Each => true,
            Snapshots::First => self.record.snapshot.is_none(),
            Snapshots::Never => false,
        }
    }

    fn forgets_snapshot(&self) -> bool {
        let last = usize::from(self.record.stage) + 1 >= self.plan.stages.len();
        self.record.snapshot.is_some()
            && match self.plan.snapshots {
                Snapshots::Each => !(last && self.plan.keep_snapshot),
                Snapshots::First => last && !self.plan.keep_snapshot,
                Snapshots::Never => false,
            }
    }

    fn tops_up(&self) -> bool {
        self.plan
            .top_up
            .is_some_and(|top_up| self.record.top_ups < top_up.times)
    }
}

fn called_off() -> Cause {
    Cause::new(Class::CalledOff, "called off by the operator")
}

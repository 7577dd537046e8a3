//! The course of one canister: what an answer, a loss or the operator makes of its record.

use crate::call::{Answer, Call, Running, Sight};
use crate::cause::{Cause, Class};
use crate::plan::{MAX_SNAPSHOTS, Plan, Snapshots, WayBack};
use crate::record::{End, Leg, Record, State, Step};
use crate::time::Time;

/// Looks at a canister that is stopping, after the answer to its stop was lost, before it is held not to stop. The first
/// look comes when the call has settled.
const STOPPING_LOOKS: u8 = 40;

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
                self.record.snapshot = Some(snapshot.clone());
                self.record.snapshot_of = self.record.module;
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
            Step::Forget => self.record.snapshot = None,
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
            Step::Verify if self.forgets_snapshot() => Step::Forget,
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
                self.record.upgrades = self.record.upgrades.saturating_sub(1);
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

    /// A look before a stage.
    fn seen(&mut self, sight: &Sight) {
        let Some(module) = sight.module else {
            return self.out(Cause::new(Class::NoModule, "no module is installed"));
        };
        let Some(stage) = self.plan.next_stage(module) else {
            let text = format!("{module} is installed, from which no stage starts");
            return self.out(Cause::new(Class::UnknownModule, text));
        };
        self.record.module = self.plan.place(module);
        self.record.stage = stage;
        self.record.others.clone_from(&sight.snapshots);
        if self.is_through() {
            return match self.record.upgrades {
                0 => self.end(End::Already),
                _ => self.end(End::Migrated),
            };
        }
        if sight.running != Running::Running && !self.record.stopped {
            let text = "it was not running when its turn came, and is left as it is";
            return self.out(Cause::new(Class::WasStopped, text));
        }
        if self.plan.snapshots != Snapshots::Never && sight.snapshots.len() >= MAX_SNAPSHOTS {
            let text = format!("it has {} snapshots: delete one", sight.snapshots.len());
            return self.out(Cause::new(Class::SnapshotsFull, text));
        }
        if sight.spare_cycles < self.plan.spare_cycles {
            let text = format!(
                "{} cycles above what freezes it, {} wanted",
                sight.spare_cycles, self.plan.spare_cycles
            );
            return self.refused(Cause::new(Class::TooFewCycles, text));
        }
        self.done();
    }

    /// A look after a call of which the answer was lost.
    fn found_out(&mut self, sight: &Sight) {
        let State::Active { step, .. } = self.record.state.clone() else {
            return;
        };
        if sight.running == Running::Stopping && step == Step::Stop {
            if self.record.attempts < STOPPING_LOOKS {
                self.record.attempts += 1;
                self.record.due = self.now.after(self.plan.poll.max(1));
                return;
            }
            // Nobody waits for it any more: it would be left stopping.
            self.record.unsure = false;
            let text = "its stop was not answered, and it is stopping still";
            return self.refused(Cause::new(Class::DoesNotStop, text));
        }
        self.record.unsure = false;
        if self.record.topping_up {
            // Whether it came is told by what is refused next; the number of gifts is counted.
            return self.done();
        }
        let place = sight.module.and_then(|module| self.plan.place(module));
        let before = self.record.module;
        let back = self.plan.releases_back().get(usize::from(self.record.back));
        let took_effect = match step {
            Step::Stop => sight.running == Running::Stopped,
            Step::Start | Step::LetRun => sight.running == Running::Running,
            Step::Snapshot => {
                let known = &self.record.others;
                let new = sight
                    .snapshots
                    .iter()
                    .find(|id| !known.contains(id))
                    .cloned();
                self.record.snapshot_of = before;
                self.record.snapshot = new;
                self.record.snapshot.is_some()
            }
            Step::Upgrade => place.is_some() && place == self.place_of_stage(self.record.stage),
            Step::Load => place.is_some() && place == self.record.snapshot_of,
            Step::GoBack => back.is_some() && sight.module == back.copied(),
            Step::Forget => {
                let id = self.record.snapshot.as_ref();
                id.is_none_or(|id| !sight.snapshots.contains(id))
            }
            Step::Look | Step::Rehearse | Step::Settle | Step::Verify => false,
        };
        if took_effect {
            self.done();
        } else if step == Step::Upgrade && place != before {
            let text = "another module was installed by somebody else while it was being upgraded";
            self.out(Cause::new(Class::Interfered, text));
        } else {
            self.refused(Cause::new(Class::Lost, "no answer, and no effect"));
        }
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

    /// The call was refused, or had no effect.
    fn refused(&mut self, cause: Cause) {
        let State::Active { leg, step } = self.record.state.clone() else {
            return;
        };
        self.record.last = Some(cause.clone());
        if cause.class == Class::NotFound && (self.record.touched || self.record.unsure) {
            return self.end(End::Unknown(cause));
        }
        if self.must_end_well(&leg, step, cause.class) {
            return self.later();
        }
        if cause.class == Class::TooFewCycles && self.tops_up() {
            self.record.topping_up = true;
            self.record.due = self.now;
            return;
        }
        if cause.class == Class::DoesNotStop && step == Step::Stop {
            return self.let_run_on(leg, cause);
        }
        if self.plan.retries(cause.class) && self.record.attempts < self.plan.retry.times {
            return self.later();
        }
        self.record.topping_up = false;
        match (leg, step) {
            (Leg::Forward, Step::Settle | Step::Verify) => self.went_wrong(cause),
            // It went well; that a snapshot is left over is told by the record.
            (Leg::Forward, Step::Forget) => self.stage_done(),
            (Leg::Rehearsal, Step::Rehearse) if !self.plan.retries(cause.class) => {
                self.out(Cause::new(
                    Class::RehearsalRefused,
                    format!("{}: {}", cause.class, cause.text),
                ))
            }
            (Leg::Rehearsal | Leg::Forward, _) => self.out(cause),
            (Leg::Out(first), Step::Forget) => self.end_with(first),
            (Leg::Back(first), Step::Forget) => self.end(End::Returned(first)),
            (Leg::Out(first), _) => self.out(first),
            (Leg::Back(first), _) => {
                let text = format!("{}; the way back failed: {cause}", first.text);
                self.out(Cause::new(first.class, text));
            }
        }
    }

    /// A canister that does not stop takes its calls again, and is tried later; after some times it is left.
    fn let_run_on(&mut self, leg: Leg, cause: Cause) {
        self.record.refused_stops = self.record.refused_stops.saturating_add(1);
        let last = self.record.refused_stops > self.plan.retry.times;
        match leg {
            Leg::Back(first) if last => {
                let text = format!("{}; it did not stop to go back", first.text);
                self.out(Cause::new(first.class, text));
            }
            Leg::Rehearsal | Leg::Forward if last || self.called_off => self.out(cause),
            leg => self.go(leg, Step::LetRun),
        }
    }

    fn tries_to_stop_later(&mut self, leg: Leg) {
        let step = match leg {
            Leg::Back(_) => Step::Stop,
            _ => Step::Look,
        };
        self.go(leg, step);
        self.record.due = self.now.after(self.plan.retry.most);
    }

    /// What is tried without end: what must be known, what must run, and after an upgrade took effect whatever fails only
    /// because the network does not answer. The operator may give such a canister up.
    fn must_end_well(&self, leg: &Leg, step: Step, class: Class) -> bool {
        let upgraded = matches!(leg, Leg::Back(_)) || matches!(step, Step::Settle | Step::Verify);
        self.record.unsure
            || matches!(step, Step::Start | Step::LetRun)
            || (upgraded && step != Step::Forget && self.plan.retries(class))
    }

    /// The stage took effect, and the canister is not as it should be.
    fn went_wrong(&mut self, cause: Cause) {
        self.record.last = Some(cause.clone());
        if self.record.can_go_back(self.plan) {
            self.record.back = 0;
            self.record.refused_stops = 0;
            self.go(Leg::Back(cause), Step::Stop);
        } else {
            self.out(cause);
        }
    }

    /// The same call once more, after a while.
    fn later(&mut self) {
        let retry = self.plan.retry;
        let doubled = retry.first.max(1) << u32::from(self.record.attempts).min(20);
        self.record.attempts = self.record.attempts.saturating_add(1);
        self.record.due = self.now.after(doubled.min(retry.most.max(1)));
        self.settled();
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
            Snapshots::First => self.record.upgrades == 0,
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

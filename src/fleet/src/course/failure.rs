//! What a refusal leads to: the same call again, the way out, the way back.

use crate::cause::{Cause, Class};
use crate::course::Course;
use crate::record::{End, Leg, State, Step};

impl Course<'_> {
    /// The call was refused, or had no effect.
    pub(super) fn refused(&mut self, cause: Cause) {
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

    pub(super) fn tries_to_stop_later(&mut self, leg: Leg) {
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
    pub(super) fn went_wrong(&mut self, cause: Cause) {
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
}

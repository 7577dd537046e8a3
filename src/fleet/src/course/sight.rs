//! What a look at a canister tells: whether a stage may begin, or what became of a call without an answer.

use crate::call::{Running, Sight};
use crate::cause::{Cause, Class};
use crate::course::Course;
use crate::plan::{MAX_SNAPSHOTS, Snapshots};
use crate::record::{End, State, Step};

impl Course<'_> {
    /// A look before a stage.
    pub(super) fn seen(&mut self, sight: &Sight) {
        let Some(module) = sight.module else {
            return self.out(Cause::new(Class::NoModule, "no module is installed"));
        };
        let Some(stage) = self.plan.next_stage(module) else {
            let text = format!("no stage starts from the module that is installed, {module}");
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
    pub(super) fn found_out(&mut self, sight: &Sight) {
        let State::Active { step, .. } = self.record.state.clone() else {
            return;
        };
        self.record.unsure = false;
        if step == Step::Stop && sight.running == Running::Stopping && !self.record.topping_up {
            // A stop is over after 5 minutes, and this look came later.
            let text = "it was still stopping when its stop was over";
            return self.refused(Cause::new(Class::DoesNotStop, text));
        }
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
                let taken = new.is_some();
                if let Some(new) = new {
                    self.has_snapshot(new);
                }
                taken
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
}

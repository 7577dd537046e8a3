//! A chain of upgrades on a canister's real state, with everything that can be told about it.

use canister_host::{InstallReport, Snapshot};
use canister_questions::{Asking, Coverage, NO_ARGUMENT, Questionnaire};
use serde::Serialize;

use super::again::{self, Before, Cost, Room};
use super::canister::{Canister, Setting, Step};
use super::faults::{self, FaultRun};
use super::migration::Standing;
use super::upgraded::Upgraded;

/// Traps of a fault run where the interval is not given.
const FAULTS: u64 = 100;

/// What is to be rehearsed.
pub struct Rehearsal {
    /// The canister's id, its controller, the limit.
    pub setting: Setting,
    /// The upgrades, in order.
    pub steps: Vec<Step>,
    /// The argument of the upgrade once more with the last module; none is the same as before.
    pub argument_again: Option<Vec<u8>>,
    /// What is asked before and after.
    pub asking: Asking,
    /// Wait for the move after every upgrade, not only after the last.
    pub wait_each: bool,
    /// Repeat each upgrade with a trap at every k-th stable write; 0 is as many as make about 100 traps.
    pub fault_every: Option<u64>,
    /// A timer that was set before may be gone after.
    pub timer_may_stop: bool,
}

/// What a rehearsal found.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Rehearsed {
    /// Whether nothing is wrong.
    pub held: bool,
    /// Everything that is wrong, a sentence each.
    pub failures: Vec<String>,
    /// Whether an answer was compared at all.
    pub compared: bool,
    /// How much of the interface is asked.
    pub interface: Coverage,
    /// The upgrades, up to the one that failed.
    pub upgrades: Vec<Upgraded>,
    /// Modules that were not tried, because an upgrade before them failed.
    pub not_tried: Vec<String>,
    /// The last module once more; absent where an upgrade failed.
    pub again: Option<Upgraded>,
    /// How far the state may grow; absent where an upgrade runs no hook.
    pub room: Option<Room>,
}

impl Rehearsal {
    /// Runs the chain on `snapshot`, and the last upgrade once more. Where `knows_answers` is false, because only
    /// the stable memory is known, the questions are first asked after the first upgrade. `stage` is told what is
    /// being done.
    ///
    /// # Errors
    /// A sentence for what could not be tried: a snapshot that is none, a call that cannot be asked. An upgrade that
    /// fails is not an error but part of what was found.
    pub fn run(
        &self,
        snapshot: &Snapshot,
        knows_answers: bool,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Rehearsed, String> {
        stage("restoring the snapshot");
        let mut canister = Canister::restore(snapshot, &self.setting)?;
        let mut questions = None;
        if knows_answers {
            stage("asking");
            questions = Some(Questionnaire::begin(&mut canister, &self.asking)?);
        } else if let Some(Ok(first)) = self.steps.first().map(|step| &step.module) {
            self.asking.check(first)?;
        }
        // The timer of a move under way may end with it.
        let timer_was_set = canister.timer()?.is_some()
            && !matches!(canister.standing(), Ok(Standing::UnderWay(_)));
        let mut upgrades: Vec<Upgraded> = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let last = index + 1 == self.steps.len();
            let upgraded = self.upgrade(&mut canister, step, last, &mut questions, stage)?;
            let failed = upgraded.failed.is_some();
            upgrades.push(upgraded);
            if failed {
                break;
            }
        }
        let not_tried = &self.steps[upgrades.len()..];
        let mut again = None;
        let mut room = None;
        if let (Some(step), Some(last)) = (self.steps.last(), upgrades.last())
            && last.failed.is_none()
        {
            let before = Before {
                pages: canister.pages()?,
                timer_was_set: timer_was_set || canister.timer()?.is_some(),
            };
            let once_more = self.once_more(&mut canister, step, last, before, &questions, stage)?;
            if once_more.failed.is_none() {
                // A memory 0 that cannot be read is among the failures already.
                let now = Cost::of(&once_more, canister.saved_bytes().unwrap_or(None));
                room = Room::of(&once_more, now, self.cost_of_empty(step));
            }
            again = Some(once_more);
        }
        let mut failures = Vec::new();
        for (number, upgraded) in (1..).zip(&upgrades) {
            let place = format!("upgrade {number}, {}", upgraded.module);
            failures.extend(
                upgraded
                    .failures
                    .iter()
                    .map(|failure| format!("{place}: {failure}")),
            );
        }
        if let Some(again) = &again {
            let place = format!("the upgrade after it, {} once more", again.module);
            failures.extend(
                again
                    .failures
                    .iter()
                    .map(|failure| format!("{place}: {failure}")),
            );
        }
        let compared = upgrades.iter().chain(&again);
        let mut compared = compared.filter_map(|upgraded| upgraded.answers.as_ref());
        Ok(Rehearsed {
            held: failures.is_empty(),
            failures,
            compared: compared.any(|answers| answers.same > 0),
            interface: questions
                .map(|asked| asked.coverage().clone())
                .unwrap_or_default(),
            upgrades,
            not_tried: not_tried.iter().map(|step| step.name.clone()).collect(),
            again,
            room,
        })
    }

    fn upgrade(
        &self,
        canister: &mut Canister,
        step: &Step,
        last: bool,
        questions: &mut Option<Questionnaire>,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Upgraded, String> {
        let before = match self.fault_every {
            Some(_) => Some(canister.snapshot()?),
            None => None,
        };
        stage(&format!("upgrading to {}", step.name));
        let limit = self.setting.install_instructions;
        let (mut upgraded, report) = Upgraded::run(canister, step, limit)?;
        if report.is_some() && (self.wait_each || last) {
            stage("waiting for the move");
            match canister.wait() {
                Ok(moved) => upgraded.settle(moved),
                Err(reason) => upgraded.failures.push(reason),
            }
        }
        stage("asking");
        match questions {
            Some(questions) => upgraded.compare(questions.compare(canister)),
            None if report.is_some() => {
                *questions = Some(Questionnaire::begin(canister, &self.asking)?);
            }
            None => {}
        }
        if let (Some(before), Some(report)) = (before, report) {
            upgraded.try_faults(self.faults(&before, step, &report, stage)?);
        }
        Ok(upgraded)
    }

    /// Upgrades with the last module once more, to what it has written itself.
    fn once_more(
        &self,
        canister: &mut Canister,
        step: &Step,
        last: &Upgraded,
        before: Before,
        questions: &Option<Questionnaire>,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Upgraded, String> {
        stage(&format!("upgrading to {} once more", step.name));
        let unfinished = canister.standing() != Ok(Standing::Done);
        let step = self.again(step);
        let limit = self.setting.install_instructions;
        let (mut again, report) = Upgraded::run(canister, &step, limit)?;
        if report.is_none() {
            return Ok(again);
        }
        if !unfinished {
            let failures = again::failures(last, &again, before, self.timer_may_stop);
            again.failures.extend(failures);
            match canister.wait() {
                Ok(moved) => again.settle(moved),
                Err(reason) => again.failures.push(reason),
            }
        }
        if let Some(questions) = questions {
            again.compare(questions.compare(canister));
        }
        Ok(again)
    }

    /// The upgrade once more with the last module.
    fn again(&self, step: &Step) -> Step {
        let argument = self.argument_again.as_ref().unwrap_or(&step.argument);
        step.again(argument.clone())
    }

    /// What an upgrade of an empty canister of the module takes, where it can be installed with the same argument
    /// or none.
    fn cost_of_empty(&self, step: &Step) -> Option<Cost> {
        let module = step.module.as_ref().ok()?;
        let arguments = [&step.argument[..], NO_ARGUMENT];
        let mut installed = arguments
            .into_iter()
            .filter_map(|argument| Canister::fresh(module, argument, &self.setting).ok());
        let mut canister = installed.next()?;
        let step = self.again(step);
        let limit = self.setting.install_instructions;
        let (upgraded, report) = Upgraded::run(&mut canister, &step, limit).ok()?;
        report?;
        Some(Cost::of(&upgraded, canister.saved_bytes().ok()?))
    }

    fn faults(
        &self,
        before: &Snapshot,
        step: &Step,
        report: &InstallReport,
        stage: &mut dyn FnMut(&str),
    ) -> Result<FaultRun, String> {
        let writes = report.stable_writes();
        let every = match self.fault_every.unwrap_or(0) {
            0 => writes.div_ceil(FAULTS).max(1),
            every => every,
        };
        let total = faults::points(writes, every).count();
        let mut done = 0;
        let mut progress = || {
            done += 1;
            stage(&format!(
                "traps in the upgrade to {}: {done} of {total}",
                step.name
            ));
        };
        faults::run(before, &self.setting, step, writes, every, &mut progress)
    }
}

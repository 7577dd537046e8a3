//! A canister that is upgraded offline and asked after each upgrade, from its snapshot to the snapshot that is made of it.

use crate::error::{Error, Result};
use crate::image::Image;
use crate::run::{
    Asking, Canister, MoveOutcome, Questionnaire, Setting, Standing, Step, TIMER_LOST, Upgraded,
    of_directory, write_over,
};
use crate::snapshot_dir::{NewSnapshotDir, SnapshotDir};
use crate::structure::Depth;
use crate::survey::Survey;

use super::Outcome;

/// See the [module](self).
pub struct Trial<'a> {
    setting: &'a Setting,
    directory: &'a SnapshotDir,
    timer_may_stop: bool,
    questions: Questionnaire,
    pub canister: Canister,
    pub outcome: Outcome,
}

impl<'a> Trial<'a> {
    /// Restores the snapshot and asks for the first time.
    ///
    /// # Errors
    /// [`Error::Run`] for a snapshot that is none, and for a call that cannot be asked.
    pub fn begin(
        directory: &'a SnapshotDir,
        setting: &'a Setting,
        asking: &Asking,
        timer_may_stop: bool,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let run = |reason| failed(directory, reason);
        let mut outcome = Outcome::default();
        stage("restoring the snapshot");
        let before = of_directory(directory)?;
        let mut canister = Canister::restore(&before, setting).map_err(run)?;
        outcome.at = canister.now();
        outcome.timer[0] = canister.timer().map_err(run)?;
        // The timer of a move under way may end with it.
        let timer_may_stop =
            timer_may_stop || matches!(canister.standing(), Ok(Standing::UnderWay(_)));
        stage("asking");
        let questions = Questionnaire::begin(&mut canister, asking).map_err(run)?;
        outcome.interface = questions.coverage().clone();
        let mut trial = Self {
            setting,
            directory,
            timer_may_stop,
            questions,
            canister,
            outcome,
        };
        trial.note_pages()?;
        Ok(trial)
    }

    /// Upgrades, does the steps of the move with `step_method` if there is one, and asks; false if something is wrong.
    ///
    /// # Errors
    /// [`Error::Run`], if the canister is gone.
    pub fn upgrade(
        &mut self,
        what: &'static str,
        step: &Step,
        step_method: Option<&str>,
    ) -> Result<bool> {
        let upgraded = self.upgraded(step, step_method);
        let upgraded = upgraded.map_err(|reason| failed(self.directory, reason))?;
        Ok(self.outcome.take_up(what, upgraded))
    }

    fn upgraded(
        &mut self,
        step: &Step,
        step_method: Option<&str>,
    ) -> std::result::Result<Upgraded, String> {
        let limit = self.setting.install_instructions;
        let (mut upgraded, report) = Upgraded::run(&mut self.canister, step, limit)?;
        if report.is_none() {
            return Ok(upgraded);
        }
        if let Some(method) = step_method {
            let moved = self.canister.step_through(method)?;
            let paused = moved
                .as_ref()
                .is_some_and(|moved| moved.outcome == MoveOutcome::Paused);
            upgraded.settle(moved);
            if paused {
                let failure = "the move was paused by a controller: resume it on chain, then take another snapshot";
                upgraded.failures.push(failure.into());
            }
        }
        upgraded.compare(self.questions.compare(&mut self.canister));
        Ok(upgraded)
    }

    /// Notes how large the canister is now.
    ///
    /// # Errors
    /// [`Error::Run`], if the canister is gone.
    pub fn note_pages(&mut self) -> Result<()> {
        let pages = self.canister.pages();
        let pages = pages.map_err(|reason| failed(self.directory, reason))?;
        self.outcome.pages.push(pages);
        Ok(())
    }

    /// Writes the canister's snapshot, whose stable memory lies over `source`, and asks it. `judge` looks at the memory
    /// that was written and says what is wrong with it.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a memory that contradicts itself, and those of writing.
    pub fn write(
        mut self,
        source: &Image,
        making: &NewSnapshotDir,
        judge: impl FnOnce(&Survey, &mut Outcome),
        stage: &mut dyn FnMut(&str),
    ) -> Result<Outcome> {
        let run = |reason| failed(self.directory, reason);
        self.outcome.timer[1] = self.canister.timer().map_err(run)?;
        if let ([Some(_), None], false) = (self.outcome.timer, self.timer_may_stop) {
            self.outcome.failures.push(TIMER_LOST.into());
            return Ok(self.outcome.failed());
        }
        stage("writing");
        let done = self.canister.snapshot().map_err(run)?;
        making.copy_chunks(self.directory)?;
        let made = write_over(&done, Some(source), self.directory.metadata(), making)?;

        stage("asking what was written");
        // Every memory of it is looked into.
        let survey = Survey::of(made.stable(), Depth::Everything, &mut |_| {})?;
        if let Some(damage) = survey.damages.first() {
            return Err(Error::Damaged(damage.clone()));
        }
        let mut outcome = self.outcome;
        judge(&survey, &mut outcome);
        let made = of_directory(&made)?;
        let mut canister = Canister::restore(&made, self.setting).map_err(run)?;
        let answers = self.questions.compare(&mut canister);
        if let Some(difference) = answers.different.first() {
            let failure = format!(
                "what was written: not the same answer: {}",
                difference.question
            );
            outcome.failures.push(failure);
        }
        outcome.made = Some(answers);
        outcome.held = outcome.failures.is_empty();
        Ok(outcome)
    }
}

/// The error of a canister that cannot be run.
pub fn failed(directory: &SnapshotDir, reason: String) -> Error {
    Error::Run {
        what: directory.path().display().to_string(),
        reason,
    }
}

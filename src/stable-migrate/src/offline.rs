//! The offline upgrade: a canister's snapshot becomes the snapshot of the upgraded, migrated and compacted canister.
//!
//! ```text
//! snapshot ── upgrade ── steps of the move until it is done ── upgrade again: state saved, heap fresh
//!          ── stable memory compacted ── upgrade without pre_upgrade: a heap that knows the new buckets ── snapshot
//! ```
//! Nothing else of the canister runs: no timer, no heartbeat, and no call leaves it. The steps are calls of one
//! method, the library's own where the module was built with it. Timers that post_upgrade sets are in the snapshot
//! and run when it is loaded; a timer that the snapshot had and the new one has not is a failure.
//!
//! The last upgrade loses nothing, because nothing happened since the one before saved everything; and it leaves a
//! heap that was built on the rewritten memory, so that a module need not notice anything. The questions are asked at
//! the start, after every one of these steps, and of what was written. What is not the canister's is not written.

use std::fs::File;
use std::path::Path;
use std::rc::Rc;

use canister_host::{Snapshot, StableMemory};
use serde::Serialize;

use crate::compaction::{BucketChoice, Compaction};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::run::{
    Asking, Canister, Compared, Coverage, MoveOutcome, Questionnaire, Setting, Standing, Step,
    TIMER_LOST, Upgraded, of_directory, stable_over, write_over, write_stable,
};
use crate::snapshot_dir::{NewSnapshotDir, SnapshotDir};
use crate::structure::Depth;
use crate::survey::Survey;

/// What is to be done.
pub struct OfflineUpgrade {
    /// The canister's id, its controller, the limit.
    pub setting: Setting,
    /// The module to upgrade to.
    pub step: Step,
    /// The argument of the upgrades after the first, with the same module.
    pub argument_again: Vec<u8>,
    /// The update method that does a step of the move.
    pub step_method: String,
    /// What is asked at every point.
    pub asking: Asking,
    /// The size of the new buckets.
    pub buckets: BucketChoice,
    /// A timer that was set before may be gone after.
    pub timer_may_stop: bool,
}

/// What was done and checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether nothing is wrong. Only then is the snapshot the canister's.
    pub held: bool,
    /// Everything that is wrong, a sentence each.
    pub failures: Vec<String>,
    /// How much of the interface is asked.
    pub interface: Coverage,
    /// The upgrades with what they are for, up to the one that failed.
    pub upgrades: Vec<(&'static str, Upgraded)>,
    /// The answers of the snapshot that was made, against those at the start; absent where none was made.
    pub made: Option<Compared>,
    /// Pages of heap and of stable memory: in the snapshot, after the move, at the end; as far as it came.
    pub pages: Vec<(u64, u64)>,
    /// Bucket sizes before and after; none where there is no manager to compact.
    pub buckets: Option<(u16, u16)>,
    /// The canister's clock in both snapshots, in nanoseconds since 1970.
    pub at: u64,
    /// When the global timer was due in the snapshot and is due in the new one, in nanoseconds since 1970; none
    /// where it is not set.
    pub timer: [Option<u64>; 2],
}

impl Outcome {
    fn failed(mut self) -> Self {
        for (what, upgraded) in &self.upgrades {
            let failures = upgraded.failures.iter();
            self.failures
                .extend(failures.map(|failure| format!("{what}: {failure}")));
        }
        self
    }

    /// Notes an upgrade; false if something is wrong with it.
    fn take_up(&mut self, what: &'static str, upgraded: Upgraded) -> bool {
        let held = upgraded.failures.is_empty();
        self.upgrades.push((what, upgraded));
        held
    }
}

impl OfflineUpgrade {
    /// Does it, and makes the new snapshot, which gets its name `output` when it is finished: do that if nothing is
    /// wrong with it. `stage` is told what is being done.
    ///
    /// # Errors
    /// [`Error::Run`] for what cannot be tried: a snapshot that is none, a call that cannot be asked;
    /// [`Error::Damaged`] if the memory that comes out contradicts itself; those of compacting and writing. An
    /// upgrade that fails is not an error but part of the outcome.
    pub fn run(
        &self,
        directory: &SnapshotDir,
        output: &Path,
        stage: &mut dyn FnMut(&str),
    ) -> Result<(Outcome, NewSnapshotDir)> {
        let making = NewSnapshotDir::begin(output)?;
        let outcome = self.make(directory, &making, stage)?;
        Ok((outcome, making))
    }

    fn make(
        &self,
        directory: &SnapshotDir,
        making: &NewSnapshotDir,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Outcome> {
        let run = |reason| Error::Run {
            what: directory.path().display().to_string(),
            reason,
        };
        let mut outcome = Outcome::default();
        stage("restoring the snapshot");
        let before = of_directory(directory)?;
        let mut canister = Canister::restore(&before, &self.setting).map_err(run)?;
        outcome.at = canister.now();
        outcome.timer[0] = canister.timer().map_err(run)?;
        // The timer of a move under way may end with it.
        let timer_may_stop =
            self.timer_may_stop || matches!(canister.standing(), Ok(Standing::UnderWay(_)));
        stage("asking");
        let questions = Questionnaire::begin(&mut canister, &self.asking).map_err(run)?;
        outcome.interface = questions.coverage().clone();
        outcome.pages.push(canister.pages().map_err(run)?);

        stage("upgrading");
        let first = self
            .upgrade(&mut canister, &self.step, &questions)
            .map_err(run)?;
        outcome.pages.push(canister.pages().map_err(run)?);
        if !outcome.take_up("the upgrade", first) {
            return Ok(outcome.failed());
        }

        stage("upgrading again, which saves the state and gives the heap back");
        let mut again = self.step.again(self.argument_again.clone());
        let second = self
            .upgrade(&mut canister, &again, &questions)
            .map_err(run)?;
        if !outcome.take_up("a second upgrade", second) {
            return Ok(outcome.failed());
        }

        stage("compacting");
        let saved = canister.snapshot().map_err(run)?;
        let image = self.written(&saved.stable, directory.stable(), making)?;
        let Compacted { image, buckets } = self.compacted(image, making)?;
        outcome.buckets = buckets;
        let mut canister = self.on_image(&saved, &image).map_err(run)?;
        if buckets.is_some() {
            again.skip_pre_upgrade = true;
            let third = self
                .upgrade(&mut canister, &again, &questions)
                .map_err(run)?;
            if !outcome.take_up("an upgrade after compacting", third) {
                return Ok(outcome.failed());
            }
        }
        outcome.pages.push(canister.pages().map_err(run)?);
        outcome.timer[1] = canister.timer().map_err(run)?;
        if let ([Some(_), None], false) = (outcome.timer, timer_may_stop) {
            outcome.failures.push(TIMER_LOST.into());
            return Ok(outcome.failed());
        }

        stage("writing");
        let done = canister.snapshot().map_err(run)?;
        making.copy_chunks(directory)?;
        let made = write_over(&done, Some(&image), directory.metadata(), making)?;

        stage("asking what was written");
        check_memory(&made)?;
        let made = of_directory(&made)?;
        let mut canister = Canister::restore(&made, &self.setting).map_err(run)?;
        let answers = questions.compare(&mut canister);
        outcome.held = answers.different.is_empty();
        if let Some(difference) = answers.different.first() {
            let failure = format!(
                "what was written: not the same answer: {}",
                difference.question
            );
            outcome.failures.push(failure);
        }
        outcome.made = Some(answers);
        Ok(outcome)
    }

    /// Upgrades, does the steps of the move, and asks.
    fn upgrade(
        &self,
        canister: &mut Canister,
        step: &Step,
        questions: &Questionnaire,
    ) -> std::result::Result<Upgraded, String> {
        let limit = self.setting.install_instructions;
        let (mut upgraded, report) = Upgraded::run(canister, step, limit)?;
        if report.is_none() {
            return Ok(upgraded);
        }
        let moved = canister.step_through(&self.step_method)?;
        let paused = moved
            .as_ref()
            .is_some_and(|moved| moved.outcome == MoveOutcome::Paused);
        upgraded.settle(moved);
        if paused {
            let failure = "the move was paused by a controller: resume it on chain, then take another snapshot";
            upgraded.failures.push(failure.into());
        }
        upgraded.compare(questions.compare(canister));
        Ok(upgraded)
    }

    /// The canister of `saved` on the stable memory in `image`.
    fn on_image(&self, saved: &Snapshot, image: &Image) -> std::result::Result<Canister, String> {
        let stable = stable_over(image).map_err(|error| error.to_string())?;
        let snapshot = Snapshot {
            stable,
            ..saved.clone()
        };
        Canister::restore(&snapshot, &self.setting)
    }

    /// A stable memory in an unnamed file on the disk where the output is made.
    fn written(
        &self,
        stable: &StableMemory,
        source: &Image,
        making: &NewSnapshotDir,
    ) -> Result<Rc<Image>> {
        let (file, path) = unnamed(making)?;
        let copy = file.try_clone().map_err(Error::io(&path))?;
        write_stable(stable, Some(source), copy, &path, &mut |_| {})?;
        Ok(Rc::new(Image::of(&path, file)?))
    }

    /// The same memory compacted, and the bucket sizes; as it is, where there is no manager.
    fn compacted(&self, image: Rc<Image>, making: &NewSnapshotDir) -> Result<Compacted> {
        let compaction = match Compaction::plan(&image, self.buckets) {
            Err(Error::NothingToCompact { .. }) => {
                let buckets = None;
                return Ok(Compacted { image, buckets });
            }
            planned => planned?,
        };
        let (file, path) = unnamed(making)?;
        let copy = file.try_clone().map_err(Error::io(&path))?;
        compaction.write(copy, &path, &mut |_| {})?;
        let made = Rc::new(Image::of(&path, file)?);
        compaction.verify(&made, &mut |_| {})?;
        let buckets = Some(compaction.bucket_pages());
        let image = made;
        Ok(Compacted { image, buckets })
    }
}

/// A memory after compacting; as it was, and without bucket sizes, where there is no manager.
struct Compacted {
    image: Rc<Image>,
    buckets: Option<(u16, u16)>,
}

fn unnamed(making: &NewSnapshotDir) -> Result<(File, std::path::PathBuf)> {
    let path = making.stable_path();
    let directory = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::tempfile_in(directory).map_err(Error::io(directory))?;
    Ok((file, making.stable_target()))
}

/// Looks into every memory of what was written.
fn check_memory(made: &SnapshotDir) -> Result<()> {
    let survey = Survey::of(made.stable(), Depth::Everything, &mut |_| {})?;
    match survey.damages.into_iter().next() {
        Some(damage) => Err(Error::Damaged(damage)),
        None => Ok(()),
    }
}

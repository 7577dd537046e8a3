//! The offline upgrade: a canister's snapshot becomes the snapshot of the upgraded, migrated and compacted canister.
//!
//! ```text
//! snapshot ── upgrade ── timers until the migration is done ── upgrade again: state saved, heap fresh
//!          ── stable memory compacted ── upgrade without pre_upgrade: a heap that knows the new buckets ── snapshot
//! ```
//! The last upgrade loses nothing, because nothing happened since the one before saved everything; and it leaves a
//! heap that was built on the rewritten memory, so that a module need not notice anything. The questions are asked at
//! the start, after every one of these steps, and of what was written.

use std::fs::File;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use canister_host::{InstallReport, Snapshot, StableMemory};

use crate::compaction::{BucketChoice, Compaction};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::run::{
    Canister, Compared, Questionnaire, Setting, Settled, Step, of_directory, settled, stable_over,
    write_over, write_stable,
};
use crate::snapshot_dir::{NewSnapshotDir, SnapshotDir};
use crate::structure::Depth;
use crate::survey::Survey;

/// Seconds on the canister's clock that a migration may take.
const PATIENCE: u64 = 1_000_000;

/// What is to be done.
pub struct OfflineUpgrade {
    /// The canister's id, its controller, the limit.
    pub setting: Setting,
    /// The module to upgrade to.
    pub step: Step,
    /// The argument of the upgrades after the first, with the same module.
    pub argument_again: Vec<u8>,
    /// Text of a file of calls to ask beside the queries without an argument.
    pub calls: Option<String>,
    /// Queries that are not asked.
    pub left_out: Vec<String>,
    /// The size of the new buckets.
    pub buckets: BucketChoice,
}

/// What was done and checked.
pub struct Outcome {
    /// The upgrade itself, and how long it took here.
    pub upgrade: (InstallReport, Duration),
    /// The migration; none where there was nothing to wait for.
    pub settled: Option<Settled>,
    /// The answers at each point, against those at the start.
    pub checks: Vec<(&'static str, Compared)>,
    /// Queries that are there and were not asked.
    pub left_out: Vec<String>,
    /// Pages of heap and of stable memory: in the snapshot, after the migration, at the end.
    pub pages: [(u64, u64); 3],
    /// Bucket sizes before and after; none where there is no manager to compact.
    pub buckets: Option<(u16, u16)>,
}

impl Outcome {
    /// Whether every answer was the same at every point.
    pub fn held(&self) -> bool {
        self.checks
            .iter()
            .all(|(_, compared)| compared.different.is_empty())
    }
}

impl OfflineUpgrade {
    /// Does it, and writes the new snapshot as `output`, unless an answer is not the same. `stage` is told what is
    /// being done.
    ///
    /// # Errors
    /// [`Error::Run`] if the snapshot, the module or a call is not one, or if an upgrade or the migration fails;
    /// [`Error::Damaged`] if the memory that comes out contradicts itself; those of compacting and writing.
    pub fn run(
        &self,
        directory: &SnapshotDir,
        output: &Path,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Outcome> {
        let making = NewSnapshotDir::begin(output)?;
        let run = |reason| Error::Run {
            what: directory.path().display().to_string(),
            reason,
        };
        stage("restoring the snapshot");
        let before = of_directory(directory)?;
        let mut canister = Canister::restore(&before, &self.setting).map_err(run)?;
        let calls = self.calls.as_deref();
        let questions =
            Questionnaire::begin(&mut canister, self.setting.sender, calls, &self.left_out);
        let questions = questions.map_err(run)?;
        let pages_at_start = canister.pages().map_err(run)?;

        stage("upgrading");
        let upgrade = canister.upgrade(&self.step).map_err(run)?;
        stage("waiting for the migration");
        let waited = canister.wait(PATIENCE, &mut || {}).map_err(run)?;
        let settled = settled(waited, &canister).map_err(run)?;
        let pages_migrated = canister.pages().map_err(run)?;
        let mut checks = vec![("after the migration", questions.compare(&mut canister))];

        stage("upgrading again, which saves the state and gives the heap back");
        self.upgrade_again(&mut canister, false).map_err(run)?;
        checks.push(("after a second upgrade", questions.compare(&mut canister)));

        stage("compacting");
        let saved = canister.snapshot().map_err(run)?;
        let image = self.written(&saved.stable, directory.stable(), &making)?;
        let Compacted { image, buckets } = self.compacted(image, &making)?;
        let mut canister = self.on_image(&saved, &image).map_err(run)?;
        if buckets.is_some() {
            self.upgrade_again(&mut canister, true).map_err(run)?;
            checks.push(("after compacting", questions.compare(&mut canister)));
        }

        stage("writing");
        let done = canister.snapshot().map_err(run)?;
        making.copy_chunks(directory)?;
        let made = write_over(&done, Some(&image), directory.metadata(), &making)?;

        stage("asking what was written");
        check_memory(&made)?;
        let made = of_directory(&made)?;
        let mut canister = Canister::restore(&made, &self.setting).map_err(run)?;
        checks.push(("of what was written", questions.compare(&mut canister)));
        let outcome = Outcome {
            upgrade,
            settled,
            checks,
            left_out: questions.left_out().to_vec(),
            pages: [
                pages_at_start,
                pages_migrated,
                canister.pages().map_err(run)?,
            ],
            buckets,
        };
        if outcome.held() {
            making.finish()?;
        }
        Ok(outcome)
    }

    fn upgrade_again(
        &self,
        canister: &mut Canister,
        skip_pre_upgrade: bool,
    ) -> std::result::Result<(), String> {
        let again = Step {
            argument: self.argument_again.clone(),
            skip_pre_upgrade,
            ..self.step.clone()
        };
        let failed = |reason| format!("the upgrade with the same module once more fails: {reason}");
        canister.upgrade(&again).map_err(failed)?;
        canister.wait(PATIENCE, &mut || {}).map(drop)
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

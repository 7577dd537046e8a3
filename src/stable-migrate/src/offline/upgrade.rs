//! The offline upgrade: a canister's snapshot becomes the snapshot of the upgraded, migrated and compacted canister.
//!
//! ```text
//! snapshot ── upgrade ── steps of the move until it is done ── upgrade again: state saved, heap fresh
//!          ── stable memory compacted ── upgrade without pre_upgrade: a heap that knows the new buckets ── snapshot
//! ```
//! The steps are calls of one method, the library's own where the module was built with it. The last upgrade loses nothing,
//! because nothing happened since the one before saved everything; and it leaves a heap that was built on the rewritten
//! memory, so that a module need not notice anything.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use canister_host::{Snapshot, StableMemory};

use super::Outcome;
use super::trial::{Trial, failed};
use crate::compaction::{BucketChoice, Compaction};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::run::{Asking, Canister, Setting, Step, stable_over, write_stable};
use crate::snapshot_dir::{NewSnapshotDir, SnapshotDir};

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
    /// Whether the maps of collections are written anew as well, in full nodes.
    pub repack: bool,
    /// A timer that was set before may be gone after.
    pub timer_may_stop: bool,
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
        let run = |reason| failed(directory, reason);
        let mut trial = Trial::begin(
            directory,
            &self.setting,
            &self.asking,
            self.timer_may_stop,
            stage,
        )?;
        let method = Some(&*self.step_method);
        stage("upgrading");
        let held = trial.upgrade("the upgrade", &self.step, method)?;
        trial.note_pages()?;
        if !held {
            return Ok(trial.outcome.failed());
        }

        stage("upgrading again, which saves the state and gives the heap back");
        let mut again = self.step.again(self.argument_again.clone());
        if !trial.upgrade("a second upgrade", &again, method)? {
            return Ok(trial.outcome.failed());
        }

        stage("copying stable memory");
        let saved = trial.canister.snapshot().map_err(run)?;
        let image = self.written(&saved.stable, directory.stable(), making)?;
        let Compacted { image, buckets } = self.compacted(image, making, stage)?;
        trial.outcome.buckets = buckets;
        trial.canister = self.on_image(&saved, &image).map_err(run)?;
        if buckets.is_some() {
            again.skip_pre_upgrade = true;
            if !trial.upgrade("an upgrade after compacting", &again, method)? {
                return Ok(trial.outcome.failed());
            }
        }
        trial.note_pages()?;
        trial.write(&image, making, |_, _| {}, stage)
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
    fn compacted(
        &self,
        image: Rc<Image>,
        making: &NewSnapshotDir,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Compacted> {
        let mut compaction = match Compaction::plan(&image, self.buckets) {
            Err(Error::NothingToCompact { .. }) => {
                let buckets = None;
                return Ok(Compacted { image, buckets });
            }
            planned => planned?,
        };
        if self.repack {
            compaction.repack(&directory_of(making), &mut |_| {})?;
        }
        let (file, path) = unnamed(making)?;
        let copy = file.try_clone().map_err(Error::io(&path))?;
        stage("compacting");
        compaction.write(copy, &path, &mut |_| {})?;
        let made = Rc::new(Image::of(&path, file)?);
        stage("comparing what was compacted");
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

/// Where the output is made.
fn directory_of(making: &NewSnapshotDir) -> PathBuf {
    let path = making.stable_path();
    path.parent().map_or_else(|| ".".into(), Path::to_owned)
}

fn unnamed(making: &NewSnapshotDir) -> Result<(File, PathBuf)> {
    let directory = directory_of(making);
    let file = tempfile::tempfile_in(&directory).map_err(Error::io(&directory))?;
    Ok((file, making.stable_target()))
}

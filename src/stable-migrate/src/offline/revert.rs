//! The way back offline: a canister's snapshot becomes the snapshot of the canister that has gone back to its old layout,
//! with everything that was written since.
//!
//! ```text
//! snapshot ── upgrade to the release that goes back ── upgrade to the old module, or to that release once more ── snapshot
//! ```
//! The second upgrade is what writes the old layout: it begins with the pre_upgrade of the release that goes back. No step of
//! a move is done.

use std::path::Path;

use super::Outcome;
use super::trial::Trial;
use crate::check::Outline;
use crate::error::Result;
use crate::report::{content_text, layout_text};
use crate::run::{Asking, Setting, Step};
use crate::snapshot_dir::{NewSnapshotDir, SnapshotDir};
use crate::survey::{Content, Layout, ManagedSurvey, MemorySurvey};

/// Where the value has to be in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// One value from offset 0.
    Legacy,
    /// A value in the virtual memory of the state, and no header of this library.
    Memory0,
}

impl Goal {
    /// Whether a memory has it. A value in a form of the canister's own is one, too.
    fn is_reached(self, layout: &Layout) -> bool {
        match (self, layout) {
            (Self::Legacy, Layout::Legacy(_) | Layout::NotOurs(_)) => true,
            (Self::Memory0, Layout::Managed(managed)) => matches!(
                home(managed).map(|memory| &memory.content),
                Some(Content::NaiveFrame { .. } | Content::Value(_) | Content::Unknown { .. })
            ),
            _ => false,
        }
    }

    fn asked_for(self) -> &'static str {
        match self {
            Self::Legacy => "a value at offset 0",
            Self::Memory0 => "a value in memory 0",
        }
    }
}

/// The virtual memory of the state.
fn home(managed: &ManagedSurvey) -> Option<&MemorySurvey> {
    let mut memories = managed.memories.iter();
    memories.find(|memory| memory.id == managed.home)
}

/// What a memory holds, in a line; of a manager also what is in the memory of the state.
fn told(layout: &Layout) -> String {
    let text = layout_text(layout);
    match layout {
        Layout::Managed(managed) => match home(managed) {
            Some(memory) => format!(
                "{text}; memory {}: {}",
                memory.id,
                content_text(&memory.content)
            ),
            None => text,
        },
        _ => text,
    }
}

/// What is to be done.
pub struct OfflineRevert {
    /// The canister's id, its controller, the limit.
    pub setting: Setting,
    /// The release that goes back.
    pub back: Step,
    /// The module that takes over; where there is none, the release that goes back runs on.
    pub old: Option<Step>,
    /// What is asked at every point.
    pub asking: Asking,
    /// Where the value has to be in the end.
    pub goal: Goal,
    /// A timer that was set before may be gone after.
    pub timer_may_stop: bool,
}

impl OfflineRevert {
    /// Does it, and makes the new snapshot, which gets its name `output` when it is finished: do that if nothing is
    /// wrong with it. `stage` is told what is being done.
    ///
    /// # Errors
    /// Those of [`OfflineUpgrade::run`](super::OfflineUpgrade::run).
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

    /// Methods of the snapshot's module that a module of the way back does not have: what a later release brought goes with
    /// it, and is no answer that is lost.
    fn gone(&self, directory: &SnapshotDir) -> Result<Vec<String>> {
        let module = directory.module()?;
        let Ok(module) = Outline::read(&module) else {
            return Ok(Vec::new());
        };
        let steps = [Some(&self.back), self.old.as_ref()];
        let modules = steps.into_iter().flatten().flat_map(|step| &step.module);
        let modules: Vec<_> = modules.collect();
        let has = |method: &&str| {
            let mut modules = modules.iter();
            modules.all(|module| module.queries().any(|query| query == *method))
        };
        let gone = module.methods().filter(|method| !has(method));
        Ok(gone.map(str::to_owned).collect())
    }

    fn make(
        &self,
        directory: &SnapshotDir,
        making: &NewSnapshotDir,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Outcome> {
        let gone = self.gone(directory)?;
        let mut asking = self.asking.clone();
        asking.left_out.extend(gone.iter().cloned());
        let mut trial = Trial::begin(
            directory,
            &self.setting,
            &asking,
            self.timer_may_stop,
            stage,
        )?;
        let not_asked = trial.outcome.interface.not_asked.iter_mut();
        for one in not_asked.filter(|one| gone.contains(&one.query)) {
            one.reason = "not in the modules of the way back".into();
        }
        stage("upgrading to the release that goes back");
        let held = trial.upgrade("the release that goes back", &self.back, None)?;
        trial.note_pages()?;
        if !held {
            return Ok(trial.outcome.failed());
        }
        let (what, last) = match &self.old {
            Some(old) => ("the old module", old.clone()),
            None => ("going back", self.back.again(self.back.argument.clone())),
        };
        stage("going back");
        let held = trial.upgrade(what, &last, None)?;
        trial.note_pages()?;
        if !held {
            return Ok(trial.outcome.failed());
        }
        let goal = self.goal;
        trial.write(
            directory.stable(),
            making,
            |survey, outcome| {
                let found = told(&survey.layout);
                if !goal.is_reached(&survey.layout) {
                    let asked = goal.asked_for();
                    outcome.failures.push(format!(
                        "stable memory was to have {asked}, and has: {found}"
                    ));
                }
                outcome.layout = Some(found);
            },
            stage,
        )
    }
}

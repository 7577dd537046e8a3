//! A chain of upgrades on a canister's real state, with everything that can be told about it.

use std::time::Duration;

use canister_host::{InstallReport, MessageReport, Snapshot};
use serde::Serialize;

use super::canister::{Canister, Setting, Step, Waited, hook_name};
use super::faults::{self, FaultRun};
use super::questions::{Compared, Questionnaire};

/// Seconds on the canister's clock that a migration may take.
const PATIENCE: u64 = 1_000_000;

/// Traps of a fault run where the interval is not given.
const FAULTS: u64 = 100;

/// What is to be rehearsed.
pub struct Rehearsal {
    /// The canister's id, its controller, the limit.
    pub setting: Setting,
    /// The upgrades, in order.
    pub steps: Vec<Step>,
    /// Text of a file of calls to ask beside the queries without an argument.
    pub calls: Option<String>,
    /// Queries that are not asked.
    pub left_out: Vec<String>,
    /// Wait for the migration after every upgrade, not only after the last.
    pub wait_each: bool,
    /// Repeat each upgrade with a trap at every k-th stable write; 0 is as many as make about 100 traps.
    pub fault_every: Option<u64>,
}

/// What a rehearsal found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsed {
    /// Whether every answer was the same and every trap was undone.
    pub held: bool,
    /// Questions asked before and after each upgrade.
    pub questions: u64,
    /// Queries that are there and were not asked.
    pub left_out: Vec<String>,
    /// The upgrades.
    pub upgrades: Vec<Upgraded>,
}

/// One upgrade.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Upgraded {
    /// The module's name.
    pub module: String,
    /// The hooks that ran.
    pub hooks: Vec<Hook>,
    /// What compiling is charged.
    pub compile_instructions: u64,
    /// All instructions of the installation.
    pub instructions: u64,
    /// How many it may take.
    pub instructions_limit: u64,
    /// Pages of heap of the running module, and the most that any hook had: a heap does not shrink.
    pub heap_pages: u64,
    /// The most that any hook had, that of the module before included.
    pub heap_high_water: u64,
    /// Pages of stable memory.
    pub stable_pages: u64,
    /// How long it took here.
    pub milliseconds: u64,
    /// What waiting for the migration took; absent where it was not waited for.
    pub settled: Option<Settled>,
    /// The answers against those before the first upgrade; absent where there were none.
    pub answers: Option<Compared>,
    /// What came of the traps; absent where none were asked for.
    pub faults: Option<FaultRun>,
}

/// One hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hook {
    /// Its name.
    pub name: &'static str,
    /// Instructions it took.
    pub instructions: u64,
    /// Heap and stable bytes it dirtied, in pages of 4 KiB.
    pub dirty_bytes: u64,
    /// Heap pages of 64 KiB at its end.
    pub heap_pages: u64,
    /// Stable pages of 64 KiB at its end.
    pub stable_pages: u64,
}

/// A migration that came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Messages that timers set off.
    pub messages: u64,
    /// Instructions of all of them.
    pub instructions: u64,
    /// Instructions of the largest.
    pub largest_message: u64,
    /// Seconds on the canister's clock.
    pub seconds: u64,
    /// Heap pages at its end.
    pub heap_pages: u64,
    /// Stable pages at its end.
    pub stable_pages: u64,
}

impl Rehearsal {
    /// Runs the chain on `snapshot`. Where `knows_answers` is false, because only the stable memory is known, the
    /// questions are first asked after the first upgrade. `stage` is told what is being done.
    ///
    /// # Errors
    /// A sentence, if a snapshot, module, argument or call is not one, or if an upgrade or the migration fails.
    pub fn run(
        &self,
        snapshot: &Snapshot,
        knows_answers: bool,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Rehearsed, String> {
        stage("restoring the snapshot");
        let mut canister = Canister::restore(snapshot, &self.setting)?;
        let mut questionnaire = None;
        if knows_answers {
            questionnaire = Some(self.questions(&mut canister)?);
        }
        let mut upgrades = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let before = match self.fault_every {
                Some(_) => Some(canister.snapshot()?),
                None => None,
            };
            stage(&format!("upgrading to {}", step.name));
            let named = |reason| format!("{}: {reason}", step.name);
            let (report, took) = canister.upgrade(step).map_err(named)?;
            let last = index + 1 == self.steps.len();
            let mut upgraded = self.told(step, &report, took, &canister)?;
            if self.wait_each || last {
                stage("waiting for the migration");
                let waited = canister.wait(PATIENCE, &mut || {}).map_err(named)?;
                upgraded.settled = settled(waited, &canister)?;
            }
            match &questionnaire {
                Some(questions) => upgraded.answers = Some(questions.compare(&mut canister)),
                None => questionnaire = Some(self.questions(&mut canister)?),
            }
            if let Some(before) = before {
                upgraded.faults = Some(self.faults(&before, step, &report, stage)?);
            }
            upgrades.push(upgraded);
        }
        let (questions, left_out) = questionnaire
            .map(|asked| (asked.len(), asked.left_out().to_vec()))
            .unwrap_or_default();
        Ok(Rehearsed {
            held: upgrades.iter().all(Upgraded::held),
            questions,
            left_out,
            upgrades,
        })
    }

    fn questions(&self, canister: &mut Canister) -> Result<Questionnaire, String> {
        let calls = self.calls.as_deref();
        Questionnaire::begin(canister, self.setting.sender, calls, &self.left_out)
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
            .map_err(|reason| format!("{}: {reason}", step.name))
    }

    fn told(
        &self,
        step: &Step,
        report: &InstallReport,
        took: Duration,
        canister: &Canister,
    ) -> Result<Upgraded, String> {
        let (heap_pages, stable_pages) = canister.pages()?;
        let hook_heaps = report.hooks().map(|hook| hook.heap_pages);
        Ok(Upgraded {
            module: step.name.clone(),
            hooks: report.hooks().map(Hook::of).collect(),
            compile_instructions: report.compile_instructions,
            instructions: report.instructions(),
            instructions_limit: self.setting.install_instructions,
            heap_pages,
            heap_high_water: hook_heaps.max().unwrap_or(0).max(heap_pages),
            stable_pages,
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            settled: None,
            answers: None,
            faults: None,
        })
    }
}

impl Upgraded {
    fn held(&self) -> bool {
        let answers = self.answers.as_ref();
        let faults = self.faults.as_ref();
        answers.is_none_or(|answers| answers.different.is_empty())
            && faults.is_none_or(|faults| faults.failures.is_empty())
    }
}

impl Hook {
    fn of(message: &MessageReport) -> Self {
        Self {
            name: hook_name(message),
            instructions: message.instructions,
            dirty_bytes: message.dirty_bytes(),
            heap_pages: message.heap_pages,
            stable_pages: message.stable_pages,
        }
    }
}

/// None where there was nothing to wait for.
pub fn settled(waited: Waited, canister: &Canister) -> Result<Option<Settled>, String> {
    if waited.seconds == 0 {
        return Ok(None);
    }
    let (heap_pages, stable_pages) = canister.pages()?;
    Ok(Some(Settled {
        messages: waited.messages,
        instructions: waited.instructions,
        largest_message: waited.largest,
        seconds: waited.seconds,
        heap_pages,
        stable_pages,
    }))
}

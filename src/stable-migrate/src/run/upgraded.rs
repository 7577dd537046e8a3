//! What an upgrade did, as it is reported.

use std::time::Duration;

use canister_host::{InstallReport, MessageReport};
use canister_questions::Compared;
use serde::Serialize;

use super::canister::{Canister, Refused, Step, hook_name};
use super::faults::FaultRun;
use super::moving::{Moved, Outcome};
use super::price::Price;

/// One upgrade.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Upgraded {
    /// The module's name.
    pub module: String,
    /// Why it did not happen, if it did not.
    pub failed: Option<Failed>,
    /// The hooks that ran, the one that trapped included.
    pub hooks: Vec<Hook>,
    /// What compiling is charged.
    pub compile_instructions: u64,
    /// All instructions of the installation.
    pub instructions: u64,
    /// How many it may take.
    pub instructions_limit: u64,
    /// What it costs on the network.
    pub price: Price,
    /// Bytes of heap the canister may have.
    pub heap_limit: u64,
    /// Pages of heap of the running module, and the most that any hook had: a heap does not shrink.
    pub heap_pages: u64,
    /// The most that any hook had, that of the module before included.
    pub heap_high_water: u64,
    /// Pages of stable memory.
    pub stable_pages: u64,
    /// How long it took here.
    pub milliseconds: u64,
    /// The canister's clock, in nanoseconds since 1970.
    pub at: u64,
    /// When the global timer was due before it and is due after it, in nanoseconds since 1970; none where it is
    /// not set.
    pub timer: [Option<u64>; 2],
    /// Entries that the upgrade itself moved to stable maps; absent where it moved none.
    pub moved_at_once: Option<u64>,
    /// The move that was waited for; absent where there was none.
    pub settled: Option<Moved>,
    /// The answers against those before the first upgrade; absent where there were none.
    pub answers: Option<Compared>,
    /// What came of the traps; absent where none were asked for.
    pub faults: Option<FaultRun>,
    /// Everything that is wrong, a sentence each.
    pub failures: Vec<String>,
}

/// An upgrade that did not happen: the canister is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Failed {
    /// The hook that trapped; none where no hook is to blame.
    pub hook: Option<&'static str>,
    /// What was said.
    pub reason: String,
}

/// One hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Hook {
    /// Its name.
    pub name: &'static str,
    /// Instructions it took.
    pub instructions: u64,
    /// Heap and stable bytes it dirtied, in pages of 4 KiB.
    pub dirty_bytes: u64,
    /// Of these, stable bytes.
    pub dirty_stable_bytes: u64,
    /// Heap pages of 64 KiB at its end.
    pub heap_pages: u64,
    /// Stable pages of 64 KiB at its end.
    pub stable_pages: u64,
}

impl Upgraded {
    /// Runs an upgrade and tells what it did; the host's own report too, if it happened.
    ///
    /// # Errors
    /// A sentence, if the canister is gone.
    pub fn run(
        canister: &mut Canister,
        step: &Step,
        instructions_limit: u64,
    ) -> Result<(Self, Option<InstallReport>), String> {
        let before = canister.timer()?;
        // A journal that cannot be read is told of where it matters.
        let moved = |canister: &Canister| canister.moved().ok().flatten();
        let moved_before = moved(canister).is_some();
        let outcome = canister.upgrade(step);
        let mut upgraded = Self {
            module: step.name.clone(),
            instructions_limit,
            at: canister.now(),
            timer: [before, canister.timer()?],
            ..Self::default()
        };
        let report = match outcome {
            Ok((report, took)) => {
                upgraded.take_up(&report, took, canister)?;
                upgraded.moved_at_once = moved(canister).filter(|&n| n > 0 && !moved_before);
                Some(report)
            }
            Err(refused) => {
                let Refused {
                    hook,
                    reason,
                    report,
                    took,
                } = *refused;
                upgraded.take_up(&report, took, canister)?;
                upgraded.failures.push(match hook {
                    Some(hook) => format!("{hook} failed: {reason}"),
                    None => format!("it was refused: {reason}"),
                });
                upgraded.failed = Some(Failed { hook, reason });
                None
            }
        };
        Ok((upgraded, report))
    }

    fn take_up(
        &mut self,
        report: &InstallReport,
        took: Duration,
        canister: &Canister,
    ) -> Result<(), String> {
        (self.heap_pages, self.stable_pages) = canister.pages()?;
        self.hooks = report.hooks().map(Hook::of).collect();
        self.compile_instructions = report.compile_instructions;
        self.instructions = report.instructions();
        self.price = Price::of(report, canister.prices());
        self.heap_limit = canister.heap_limit();
        let heaps = self.hooks.iter().map(|hook| hook.heap_pages);
        self.heap_high_water = heaps.max().unwrap_or(0).max(self.heap_pages);
        self.milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Notes how the move went.
    pub fn settle(&mut self, moved: Option<Moved>) {
        if let Some(moved) = &moved
            && moved.outcome == Outcome::Unfinished
        {
            let reason = moved.reason.as_deref().unwrap_or("it does not say why");
            self.failures
                .push(format!("the move is not done: {reason}"));
        }
        self.settled = moved;
    }

    /// Notes how the answers were.
    pub fn compare(&mut self, answers: Compared) {
        if let [first, rest @ ..] = &answers.different[..] {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            self.failures
                .push(format!("not the same answer: {}{more}", first.question));
        }
        self.answers = Some(answers);
    }

    /// Notes what came of the traps.
    pub fn try_faults(&mut self, faults: FaultRun) {
        self.failures.extend(faults.failures.iter().cloned());
        self.faults = Some(faults);
    }

    /// Instructions of a hook; 0 if it did not run.
    pub fn of_hook(&self, name: &str) -> u64 {
        let hook = self.hooks.iter().find(|hook| hook.name == name);
        hook.map_or(0, |hook| hook.instructions)
    }

    /// Instructions of all hooks.
    pub fn of_hooks(&self) -> u64 {
        self.hooks.iter().map(|hook| hook.instructions).sum()
    }
}

impl Hook {
    fn of(message: &MessageReport) -> Self {
        Self {
            name: hook_name(&message.entry),
            instructions: message.instructions,
            dirty_bytes: message.dirty_bytes(),
            dirty_stable_bytes: message.dirty_stable_pages * 4096,
            heap_pages: message.heap_pages,
            stable_pages: message.stable_pages,
        }
    }
}

//! The third act: the timer moves the collections to stable maps, step by step.

use canister_host::{EntryPoint, MessageReport};
use ic_stable_migration::{CollectionStatus, MoveStatus, Phase};

use crate::moved::{MovedCollection, Steps};
use crate::rehearsal::{Rehearsal, RehearsalError};

/// The method that the timer calls for a step.
const STEP: &str = "migration_step";

/// Seconds that a move may take beyond four for each of its entries. A step moves or audits one at
/// least, and before one that traps again and again it gets smaller, or stuck.
const PATIENCE: u64 = 100;

/// Why the move did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The canister cannot be asked.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    /// The module moves nothing.
    #[error("its module moves no collections; expected is one of release 2 or newer")]
    NoMove,
    /// A controller has stopped it.
    #[error("a controller has paused it (steps done: {steps}); `migration_resume` lets it go on")]
    Paused {
        /// Steps done.
        steps: u64,
    },
    /// The audit found another content than had to be there.
    #[error("the audit found what was not moved there, or did not find what was:{}", lines(.collections))]
    Differs {
        /// Each collection that differs, in words.
        collections: Vec<String>,
    },
    /// A step of one entry trapped.
    #[error(
        "it is stuck in {collection} at the key {key}: {reason}\n\
         Everything is where it was and the service goes on; with the cause removed, `migration_resume` goes on."
    )]
    Stuck {
        /// The collection's name.
        collection: String,
        /// The encoded key, in hex.
        key: String,
        /// What the trap said.
        reason: String,
    },
    /// It takes longer than it can take.
    #[error(
        "it is not over after {seconds} s on the canister's clock: {moved} of {entries} entries moved, \
         {steps} steps done and {undone} undone{}", last(.trap)
    )]
    Endless {
        /// Time that went by on the canister's clock.
        seconds: u64,
        /// Entries that are in stable maps.
        moved: u64,
        /// All entries.
        entries: u64,
        /// Steps done.
        steps: u64,
        /// Steps that trapped.
        undone: u64,
        /// What the last trap said.
        trap: Option<String>,
    },
}

type Result<T> = std::result::Result<T, MoveError>;

/// A move as it is watched from outside.
#[derive(Debug)]
pub struct Moving {
    status: MoveStatus,
    /// All entries, wherever they are.
    entries: u64,
    steps: Steps,
    /// What the last step that trapped said.
    trap: Option<String>,
}

impl Moving {
    /// Asks where the move stands.
    ///
    /// # Errors
    /// `NoMove` if there is none, and those of [`Moving::tick`].
    pub fn begin(rehearsal: &mut Rehearsal) -> Result<Self> {
        let status = rehearsal.move_status()?.ok_or(MoveError::NoMove)?;
        let each = status.collections.iter();
        let moving = Self {
            entries: each.map(|at| at.left + at.stable).sum(),
            status,
            steps: Steps::default(),
            trap: None,
        };
        moving.check()?;
        Ok(moving)
    }

    /// Lets the timer do a step, and returns every message that took.
    ///
    /// # Errors
    /// `Differs`, `Stuck`, `Paused` if the status says so, `Endless` if the move should have come to
    /// its end long ago.
    pub fn tick(&mut self, rehearsal: &mut Rehearsal) -> Result<Vec<MessageReport>> {
        let step = EntryPoint::Update(STEP.to_owned());
        self.steps.seconds += 1;
        let messages = rehearsal.tick();
        for message in messages.iter().filter(|message| message.entry == step) {
            self.count(message);
        }
        self.status = rehearsal.move_status()?.ok_or(MoveError::NoMove)?;
        self.check()?;
        Ok(messages)
    }

    fn count(&mut self, step: &MessageReport) {
        match &step.trap {
            Some(trap) => {
                self.steps.undone += 1;
                self.trap = Some(trap.to_string());
            }
            None => {
                let steps = &mut self.steps;
                steps.done += 1;
                steps.instructions += step.instructions;
                steps.most_instructions = steps.most_instructions.max(step.instructions);
                steps.most_dirty_bytes = steps.most_dirty_bytes.max(step.dirty_bytes());
            }
        }
    }

    fn check(&self) -> Result<()> {
        let status = &self.status;
        match (status.phase, &status.stuck) {
            (Phase::Done, _) => Ok(()),
            (Phase::Differs, _) => Err(MoveError::Differs {
                collections: status.collections.iter().filter_map(difference).collect(),
            }),
            (Phase::Stuck, stuck) => {
                let stuck = stuck.as_ref();
                let key = stuck.map(|stuck| stuck.key.iter().map(|byte| format!("{byte:02x}")));
                Err(MoveError::Stuck {
                    collection: stuck.map(|at| at.collection.clone()).unwrap_or_default(),
                    key: key.map(Iterator::collect).unwrap_or_default(),
                    reason: stuck.map(|at| at.reason.clone()).unwrap_or_default(),
                })
            }
            (Phase::Moving | Phase::Auditing | Phase::Renewing, _) if status.paused => {
                Err(MoveError::Paused {
                    steps: status.steps,
                })
            }
            (Phase::Moving | Phase::Auditing | Phase::Renewing, _) => self.check_patience(),
        }
    }

    fn check_patience(&self) -> Result<()> {
        if self.steps.seconds <= 4 * self.entries + PATIENCE {
            return Ok(());
        }
        Err(MoveError::Endless {
            seconds: self.steps.seconds,
            moved: self.moved(),
            entries: self.entries,
            steps: self.steps.done,
            undone: self.steps.undone,
            trap: self.trap.clone(),
        })
    }

    /// Whether a step is still to be done.
    pub fn is_under_way(&self) -> bool {
        self.status.phase != Phase::Done
    }

    /// All entries.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Entries that are in stable maps.
    pub fn moved(&self) -> u64 {
        self.status.collections.iter().map(|at| at.stable).sum()
    }

    /// Where the move stands, in the canister's own words.
    pub fn status(&self) -> &MoveStatus {
        &self.status
    }

    /// What the steps did.
    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    /// The collections.
    pub fn collections(&self) -> Vec<MovedCollection> {
        let each = self.status.collections.iter();
        each.map(MovedCollection::new).collect()
    }
}

fn difference(at: &CollectionStatus) -> Option<String> {
    let difference = at.difference?;
    Some(format!(
        "{}: {} entries with digest {:016x}, expected {} with {:016x}",
        at.name,
        difference.found_count,
        difference.found_sum,
        difference.expected_count,
        difference.expected_sum,
    ))
}

fn lines(collections: &[String]) -> String {
    collections
        .iter()
        .map(|line| format!("\n  {line}"))
        .collect()
}

fn last(trap: &Option<String>) -> String {
    let told = trap.as_ref().map(|trap| format!("; the last trap: {trap}"));
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! The way of one canister through its releases, with the same questions asked at every stage.

use std::collections::BTreeMap;

use canister_host::{InstallReport, Module, Snapshot};
use canister_scenario::{Answers, Fill, Interview};

use crate::error::{Error, Result};
use crate::layout::{Contents, Layout};
use crate::moved::{Moved, Pages};
use crate::progress;
use crate::rehearsal::{Rehearsal, RehearsalError};
use crate::stage::Stage;

mod moving;

pub use moving::{MoveError, Moving};

/// The compiled modules of the releases, and what they answer in.
pub struct Releases {
    /// Release 0 first.
    pub modules: [Module; 3],
    /// The Candid interface of the newest.
    pub interface: String,
}

/// A canister at its first stage or later, and what it answered at the first.
pub struct Journey {
    rehearsal: Rehearsal,
    interview: Interview,
    first: Answers,
    stages: Vec<Stage>,
    moved: Option<Moved>,
    /// Pages before the last upgrade.
    before: Option<Pages>,
    ahead: Vec<Act>,
    /// The canister after the last upgrade to each release, where somebody wants it.
    snapshots: Option<BTreeMap<usize, Snapshot>>,
}

/// Something that is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// An upgrade to a release.
    Upgrade { name: &'static str, release: usize },
    /// The move of the collections to stable maps.
    Move,
}

const AGAIN_0: Act = Act::Upgrade {
    name: "0 again",
    release: 0,
};
const TO_1: Act = Act::Upgrade {
    name: "stage one: 0 → 1",
    release: 1,
};
const TO_2: Act = Act::Upgrade {
    name: "stage two: 1 → 2",
    release: 2,
};
const AGAIN_2: Act = Act::Upgrade {
    name: "2 again",
    release: 2,
};
const ONCE_MORE: Act = Act::Upgrade {
    name: "2 once more",
    release: 2,
};

/// The stages of the move.
const HALF_WAY: &str = "the move, half way";
const MOVED: &str = "the move, done";

impl Journey {
    /// Starts with a release-0 canister that is filled through its endpoints.
    ///
    /// # Errors
    /// `Rehearsal` if the canister refuses the installation or a call, `Mute` if it answers nothing.
    pub fn generated(releases: &Releases, fill: Fill) -> Result<Self> {
        let name = "0, filled";
        let start = || {
            let mut rehearsal = Rehearsal::install(&releases.modules[0])?;
            rehearsal.fill(&fill.steps())?;
            Ok(rehearsal)
        };
        let rehearsal = start().map_err(at(name))?;
        let hooks = InstallReport::default();
        let ahead = vec![AGAIN_0, TO_1, TO_2, Act::Move, ONCE_MORE];
        Self::start(releases, name, rehearsal, &hooks, ahead)
    }

    /// Starts with a canister that takes up `memory`, in the oldest release that can read it.
    ///
    /// # Errors
    /// `Memory` if no release reads it; `Rehearsal` if the release that should does not,
    /// `Mute` if it answers nothing.
    pub fn from_memory(releases: &Releases, memory: &[u8]) -> Result<Self> {
        let (name, release, ahead) = match Contents::of(memory.to_vec()).layout {
            Layout::Legacy => (
                "0, memory restored",
                0,
                vec![TO_1, TO_2, Act::Move, ONCE_MORE],
            ),
            Layout::Value | Layout::Managed { .. } => {
                ("2, memory restored", 2, vec![AGAIN_2, Act::Move, ONCE_MORE])
            }
            layout @ (Layout::Empty | Layout::Unsaved | Layout::Unrecognized(_)) => {
                return Err(Error::Memory {
                    layout: layout.to_string(),
                });
            }
        };
        let module = &releases.modules[release];
        let mut rehearsal = Rehearsal::install(module).map_err(at(name))?;
        let hooks = rehearsal.restore(memory, module).map_err(at(name))?;
        Self::start(releases, name, rehearsal, &hooks, ahead)
    }

    fn start(
        releases: &Releases,
        name: &'static str,
        mut rehearsal: Rehearsal,
        hooks: &InstallReport,
        ahead: Vec<Act>,
    ) -> Result<Self> {
        let interview = rehearsal.interview(&releases.interface);
        let first = rehearsal.answers(&interview);
        if first.refused() == first.len() {
            return Err(Error::Mute {
                stage: name.to_owned(),
                questions: first.len(),
            });
        }
        let size = rehearsal.size().map_err(at(name))?;
        let stage = Stage::new(name, hooks, &size, first.len(), first.len());
        Ok(Self {
            rehearsal,
            interview,
            first,
            stages: vec![stage],
            moved: None,
            before: None,
            ahead,
            snapshots: None,
        })
    }

    /// Keeps a snapshot of the canister after the last upgrade to each release.
    pub fn keep_snapshots(&mut self) {
        self.snapshots = Some(BTreeMap::new());
    }

    /// Goes all the way, asking everything again after each upgrade, in the middle of the move and
    /// after it.
    ///
    /// # Errors
    /// `Rehearsal` if an upgrade is refused, `Move` if the move does not come to its end, `Lost` if
    /// an answer differs; the stages up to there are kept.
    pub fn go(&mut self, releases: &Releases) -> Result<()> {
        for act in std::mem::take(&mut self.ahead) {
            match act {
                Act::Upgrade { name, release } => {
                    let module = &releases.modules[release];
                    self.before = Some(self.pages(name)?);
                    let hooks = self.rehearsal.upgrade(module).map_err(at(name))?;
                    self.compare(name, &hooks)?;
                    if let Some(snapshots) = &mut self.snapshots {
                        let snapshot = self.rehearsal.snapshot().map_err(at(name))?;
                        snapshots.insert(release, snapshot);
                    }
                }
                Act::Move => self.move_collections()?,
            }
        }
        Ok(())
    }

    /// Runs the timer until the move is over. A move that is over already, in the upgrade before, is no stage.
    fn move_collections(&mut self) -> Result<()> {
        let mut moving = Moving::begin(&mut self.rehearsal).map_err(unmoved)?;
        if !moving.is_under_way() {
            let after = self.pages(MOVED)?;
            self.moved = Some(Moved {
                steps: *moving.steps(),
                collections: moving.collections(),
                before: self.before.take().unwrap_or_else(|| after.clone()),
                after,
            });
            return Ok(());
        }
        let before = self.pages(MOVED)?;
        let bar = progress::bar("Moving to stable maps", moving.entries() as usize);
        bar.set_position(moving.moved());
        let mut asked_half_way = false;
        while moving.is_under_way() {
            moving.tick(&mut self.rehearsal).map_err(unmoved)?;
            bar.set_position(moving.moved());
            let half_way = moving.is_under_way() && 2 * moving.moved() >= moving.entries();
            if half_way && !asked_half_way {
                asked_half_way = true;
                bar.suspend(|| self.compare(HALF_WAY, &InstallReport::default()))?;
            }
        }
        drop(bar);
        self.compare(MOVED, &InstallReport::default())?;
        let after = self.pages(MOVED)?;
        self.moved = Some(Moved {
            steps: *moving.steps(),
            collections: moving.collections(),
            before,
            after,
        });
        Ok(())
    }

    fn pages(&self, stage: &'static str) -> Result<Pages> {
        Ok(self.rehearsal.size().map_err(at(stage))?.into())
    }

    /// Asks everything again after what was done at the stage `name`, at the cost of `hooks`.
    fn compare(&mut self, name: &'static str, hooks: &InstallReport) -> Result<()> {
        let answers = self.rehearsal.answers(&self.interview);
        let size = self.rehearsal.size().map_err(at(name))?;
        let equal = self.first.equal(&answers);
        let stage = Stage::new(name, hooks, &size, answers.len(), equal);
        self.stages.push(stage);
        match self.first.first_difference(&answers) {
            None => Ok(()),
            Some(difference) => Err(Error::Lost {
                stage: name.to_owned(),
                different: answers.len() - equal,
                questions: answers.len(),
                difference: Box::new(difference),
            }),
        }
    }

    /// The stages so far.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// What was kept, by release.
    pub fn snapshots(&self) -> impl Iterator<Item = (usize, &Snapshot)> {
        let kept = self.snapshots.iter().flatten();
        kept.map(|(release, snapshot)| (*release, snapshot))
    }

    /// The move, once it is over.
    pub fn moved(&self) -> Option<&Moved> {
        self.moved.as_ref()
    }
}

fn unmoved(source: MoveError) -> Error {
    Error::Move {
        source: Box::new(source),
    }
}

fn at(stage: &'static str) -> impl FnOnce(RehearsalError) -> Error {
    move |source| Error::Rehearsal {
        stage,
        source: Box::new(source),
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

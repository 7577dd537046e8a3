//! The way of one canister through its releases, with the same questions asked at every stage.

use canister_host::{InstallReport, Module};
use canister_scenario::{Answers, Fill, Interview};

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::rehearsal::{Rehearsal, RehearsalError};
use crate::stage::Stage;

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
    ahead: Vec<Upgrade>,
}

/// One upgrade that is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Upgrade {
    name: &'static str,
    release: usize,
}

const AGAIN_0: Upgrade = Upgrade {
    name: "0 again",
    release: 0,
};
const TO_1: Upgrade = Upgrade {
    name: "stage one: 0 → 1",
    release: 1,
};
const TO_2: Upgrade = Upgrade {
    name: "stage two: 1 → 2",
    release: 2,
};
const AGAIN_2: Upgrade = Upgrade {
    name: "2 again",
    release: 2,
};

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
        Self::start(releases, name, rehearsal, &hooks, vec![AGAIN_0, TO_1, TO_2])
    }

    /// Starts with a canister that takes up `memory`, in the oldest release that can read it.
    ///
    /// # Errors
    /// `Memory` if no release reads it; `Rehearsal` if the release that should does not,
    /// `Mute` if it answers nothing.
    pub fn from_memory(releases: &Releases, memory: &[u8]) -> Result<Self> {
        let (name, release, ahead) = match Layout::of(memory.to_vec()) {
            Layout::Legacy => ("0, memory restored", 0, vec![TO_1, TO_2]),
            Layout::Naive | Layout::Managed(_) => ("2, memory restored", 2, vec![AGAIN_2]),
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
        ahead: Vec<Upgrade>,
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
            ahead,
        })
    }

    /// Goes all the way, asking everything again after each upgrade.
    ///
    /// # Errors
    /// `Rehearsal` if an upgrade is refused, `Lost` if an answer differs after one; the stages up
    /// to there are kept.
    pub fn go(&mut self, releases: &Releases) -> Result<()> {
        for Upgrade { name, release } in std::mem::take(&mut self.ahead) {
            let module = &releases.modules[release];
            let hooks = self.rehearsal.upgrade(module).map_err(at(name))?;
            let answers = self.rehearsal.answers(&self.interview);
            let size = self.rehearsal.size().map_err(at(name))?;
            let equal = self.first.equal(&answers);
            let stage = Stage::new(name, &hooks, &size, answers.len(), equal);
            self.stages.push(stage);
            if let Some(difference) = self.first.first_difference(&answers) {
                return Err(Error::Lost {
                    stage: name.to_owned(),
                    different: answers.len() - equal,
                    questions: answers.len(),
                    difference: Box::new(difference),
                });
            }
        }
        Ok(())
    }

    /// The stages so far.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }
}

fn at(stage: &'static str) -> impl FnOnce(RehearsalError) -> Error {
    move |source| Error::Rehearsal {
        stage,
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests;

//! Rehearsing a snapshot: downloaded, restored on the embedded host, and taken through all stages there.

use std::path::Path;
use std::sync::Arc;

use ::fleet::{Answer, Cause, Class, SnapshotId};
use candid::Principal;
use canister_host::{Module, ModuleError, Prices};
use canister_questions::Asking;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::agent::{Connection, Failure};
use super::error::FleetError;
use crate::run::{OwnSettings, Rehearsal, Setting, Step, of_directory};
use crate::snapshot_dir::SnapshotDir;
use crate::survey::INSTALL_INSTRUCTIONS;

/// Rehearses snapshots, some at a time, in this process.
pub struct Rehearser {
    steps: Arc<Vec<Step>>,
    operator: Principal,
    left_out: Vec<String>,
    jobs: Semaphore,
}

impl Rehearser {
    /// Compiles the modules of the stages, in order, each with its name and the argument of the upgrade.
    ///
    /// # Errors
    /// [`FleetError::Given`] for what is no module.
    pub fn new(
        stages: &[(String, Vec<u8>, Vec<u8>)],
        operator: Principal,
        left_out: Vec<String>,
        jobs: usize,
    ) -> Result<Self, FleetError> {
        let mut steps = Vec::new();
        for (name, bytes, argument) in stages {
            let module = match Module::new(bytes) {
                Ok(module) => Ok(module),
                // The network would refuse the upgrade: that is found where it is tried.
                Err(ModuleError::Rule(rule)) => Err(rule),
                Err(error) => return Err(FleetError::Given(format!("stage {name}: {error}"))),
            };
            steps.push(Step {
                name: name.clone(),
                module,
                argument: argument.clone(),
                skip_pre_upgrade: false,
            });
        }
        Ok(Self {
            steps: Arc::new(steps),
            operator,
            left_out,
            jobs: Semaphore::new(jobs.max(1)),
        })
    }

    /// Downloads a snapshot and rehearses it.
    ///
    /// # Errors
    /// Why it could not be downloaded, or what a stage did wrong.
    pub async fn rehearse(
        &self,
        connection: &Connection,
        canister: Principal,
        snapshot: &SnapshotId,
    ) -> Result<Answer, Failure> {
        let unknown = |reason: String| Failure::Unknown(reason);
        let _job = self.jobs.acquire().await;
        let directory = tempfile::tempdir().map_err(|error| unknown(error.to_string()))?;
        connection
            .download(canister, snapshot, directory.path())
            .await?;
        let steps = self.steps.clone();
        let rehearsal = Rehearsal {
            setting: Setting {
                canister: Some(canister),
                sender: self.operator,
                install_instructions: INSTALL_INSTRUCTIONS,
                // What it costs is not told.
                prices: Prices::default(),
                own: OwnSettings::default(),
            },
            steps: steps.to_vec(),
            argument_again: None,
            asking: Asking {
                sender: self.operator,
                calls: None,
                left_out: self.left_out.clone(),
            },
            wait_each: false,
            fault_every: None,
            timer_may_stop: false,
        };
        let outcome = spawn_blocking(move || {
            let outcome = rehearse(&rehearsal, directory.path());
            drop(directory);
            outcome
        });
        match outcome.await {
            Ok(outcome) => outcome.map(|()| Answer::Done).map_err(Failure::Found),
            Err(error) => Err(unknown(error.to_string())),
        }
    }
}

fn rehearse(rehearsal: &Rehearsal, directory: &Path) -> Result<(), Cause> {
    let other = |text: String| Cause::new(Class::Other, text);
    let opened = SnapshotDir::open(directory).map_err(|error| other(error.to_string()))?;
    let snapshot = of_directory(&opened).map_err(|error| other(error.to_string()))?;
    // A canister that is past the first stages goes through the others only.
    let rehearsal = onward(rehearsal, &snapshot.module);
    let rehearsed = rehearsal.run(&snapshot, true, &mut |_| {}).map_err(other)?;
    if rehearsed.held {
        return Ok(());
    }
    let failed = rehearsed
        .upgrades
        .iter()
        .any(|upgrade| upgrade.failed.is_some());
    let class = match failed {
        true => Class::Trapped,
        false => Class::WrongAnswers,
    };
    let first = rehearsed.failures.first();
    Err(Cause::new(
        class,
        first.map_or("it did not hold", String::as_str),
    ))
}

/// The stages that are left for a canister with this module.
fn onward(rehearsal: &Rehearsal, module: &[u8]) -> Rehearsal {
    let installed = Module::new(module).ok().map(|module| module.hash());
    let reached = rehearsal.steps.iter().position(|step| {
        let hash = step.module.as_ref().ok().map(Module::hash);
        hash.is_some() && hash == installed
    });
    let steps = &rehearsal.steps[reached.map_or(0, |stage| stage + 1)..];
    Rehearsal {
        setting: rehearsal.setting,
        steps: steps.to_vec(),
        argument_again: None,
        asking: Asking {
            sender: rehearsal.asking.sender,
            calls: None,
            left_out: rehearsal.asking.left_out.clone(),
        },
        wait_each: false,
        fault_every: None,
        timer_may_stop: false,
    }
}

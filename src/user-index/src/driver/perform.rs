//! One call of the engine, made and answered.

use candid::Principal;
use fleet::{Answer, Call, Cause, Class, ModuleHash, Sight, migration_status};
use ic_management_canister_types::CanisterInstallMode;

use super::verify::{self, Expected};
use crate::management::{self, Failure, Seen};
use crate::state::hot::{Hot, Run, StoredModule};

/// A call to make, with all that it takes.
pub struct Job {
    id: Principal,
    call: Call,
    /// What is installed, if something is.
    module: Option<StoredModule>,
    argument: Vec<u8>,
    expected: Expected,
}

impl Job {
    /// What a call to a canister takes.
    pub fn new(hot: &Hot, place: u32, id: Principal, call: Call) -> Self {
        let run = hot.run.as_ref();
        let hash = run.and_then(|run| installed_by(run, &call));
        let module = hot.modules.iter().find(|module| Some(module.hash) == hash);
        let stage = super::with_fleet(|fleet| {
            let record = fleet.records().get(place as usize)?;
            fleet.plan().stages.get(usize::from(record.stage)).cloned()
        });
        let stage = stage.flatten();
        Self {
            id,
            call,
            module: module.cloned(),
            argument: run.map_or_else(Vec::new, |run| run.argument.to_vec()),
            expected: Expected {
                module: stage.as_ref().map(|stage| stage.module),
                moves: stage.is_some_and(|stage| stage.moves),
                checks: run.map_or_else(Vec::new, |run| run.checks.clone()),
            },
        }
    }

    /// Makes the call.
    pub async fn perform(self) -> Answer {
        match self.answer().await {
            Ok(answer) => answer,
            Err(Failure::Rejected(reject)) => reject.answer(&self.call),
            Err(Failure::Refused(cause)) => Answer::Refused(cause),
            Err(Failure::Lost) => Answer::Lost,
        }
    }

    async fn answer(&self) -> Result<Answer, Failure> {
        let id = self.id;
        match &self.call {
            Call::Look => look(id).await.map(Answer::Seen),
            Call::Deposit { cycles } => done(management::deposit(id, *cycles).await),
            Call::Stop => done(management::stop(id).await),
            Call::Start => done(management::start(id).await),
            Call::TakeSnapshot => management::take_snapshot(id).await.map(Answer::Taken),
            Call::LoadSnapshot { snapshot } => {
                done(management::load_snapshot(id, snapshot.clone()).await)
            }
            Call::DeleteSnapshot { snapshot } => {
                done(management::delete_snapshot(id, snapshot.clone()).await)
            }
            Call::Upgrade { .. } | Call::GoBack { .. } => self.install().await,
            Call::Rehearse { .. } => Err(Failure::refused(
                Class::RehearsalRefused,
                "a canister cannot rehearse: `stable-migrate fleet` does",
            )),
            Call::Progress => {
                let answer = management::moved(id).await?;
                migration_status::progress(&answer).map_err(Failure::Refused)
            }
            Call::Verify => done(verify::verify(id, &self.expected).await),
        }
    }

    async fn install(&self) -> Result<Answer, Failure> {
        let Some(module) = &self.module else {
            let text = "the module is not in the index any more: upload it again";
            return Err(Failure::refused(Class::Refused, text));
        };
        let mode = CanisterInstallMode::Upgrade(None);
        done(management::install(self.id, mode, module, self.argument.clone()).await)
    }
}

fn done(result: Result<(), Failure>) -> Result<Answer, Failure> {
    result.map(|()| Answer::Done)
}

/// The module that a call installs.
fn installed_by(run: &Run, call: &Call) -> Option<ModuleHash> {
    match call {
        Call::Upgrade { stage } => run.plan.stages.get(usize::from(*stage)).map(|it| it.module),
        Call::GoBack { release } => match &run.plan.way_back {
            fleet::WayBack::Releases(modules) => modules.get(usize::from(*release)).copied(),
            _ => None,
        },
        _ => None,
    }
}

/// What the management canister says of a canister.
async fn look(id: Principal) -> Result<Sight, Failure> {
    let Seen {
        running,
        module,
        spare_cycles,
        ..
    } = management::status(id).await?;
    let snapshots = management::snapshots(id).await?;
    Ok(Sight {
        running,
        module,
        snapshots,
        spare_cycles,
    })
}

impl Failure {
    /// It was refused, in these words.
    pub fn refused(class: Class, text: impl AsRef<str>) -> Self {
        Self::Refused(Cause::new(class, text))
    }
}

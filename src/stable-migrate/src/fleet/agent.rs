//! The network's agent: signed calls over HTTP, whose answers are checked against the network's key.
//!
//! A call that changes something is signed once, and sent again with the same bytes when the connection fails: the network
//! executes a request once, however often it arrives. What became of it is then read from the certified state. Only where
//! that cannot be read until the request has expired and settled is the answer lost.

mod checks;
mod connection;
mod management;
mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

use ::fleet::{Answer, Call, Cause, Class, ModuleHash, Plan, migration_status};

use super::network::{Ask, Network, Reply};
use super::plan_file::{Checks, FleetPlan};
use super::rehearsal::Rehearser;

pub use connection::{Connection, Failure};
pub use management::{MAX_MODULE, Status, spare};

/// A network that an agent reaches.
pub struct AgentNetwork {
    connection: Connection,
    plan: Plan,
    checks: Checks,
    modules: BTreeMap<ModuleHash, Arc<Vec<u8>>>,
    arguments: BTreeMap<ModuleHash, Vec<u8>>,
    rehearser: Option<Rehearser>,
}

impl AgentNetwork {
    /// The network of a plan, with the modules that it names.
    pub fn new(
        connection: Connection,
        plan: &FleetPlan,
        modules: Vec<(ModuleHash, Vec<u8>)>,
        rehearser: Option<Rehearser>,
    ) -> Self {
        let modules = modules
            .into_iter()
            .map(|(hash, bytes)| (hash, Arc::new(bytes)));
        Self {
            connection,
            plan: plan.plan.clone(),
            checks: plan.checks.clone(),
            modules: modules.collect(),
            arguments: plan
                .modules
                .iter()
                .map(|file| (file.sha256, file.argument.clone()))
                .collect(),
            rehearser,
        }
    }

    async fn make(&self, ask: &Ask) -> Result<Answer, Failure> {
        let (connection, canister) = (&self.connection, ask.canister);
        match &ask.call {
            Call::Look => connection.sight(canister).await.map(Answer::Seen),
            Call::Deposit { cycles } => done(connection.deposit(canister, *cycles).await),
            Call::Stop => done(connection.stop(canister).await),
            Call::Start => done(connection.start(canister).await),
            Call::TakeSnapshot => connection.take_snapshot(canister).await.map(Answer::Taken),
            Call::LoadSnapshot { snapshot } => {
                done(connection.load_snapshot(canister, snapshot).await)
            }
            Call::DeleteSnapshot { snapshot } => {
                done(connection.delete_snapshot(canister, snapshot).await)
            }
            Call::Upgrade { stage } => {
                let stage = self.plan.stages.get(usize::from(*stage));
                self.install(ask, stage.map(|stage| stage.module)).await
            }
            Call::GoBack { release } => {
                let module = match &self.plan.way_back {
                    ::fleet::WayBack::Releases(modules) => modules.get(usize::from(*release)),
                    _ => None,
                };
                self.install(ask, module.copied()).await
            }
            Call::Progress => {
                let answer = connection.moved(canister).await?;
                migration_status::progress(&answer).map_err(Failure::Found)
            }
            Call::Verify => {
                let stage = self.plan.stages.get(usize::from(ask.stage));
                let stage = stage.ok_or_else(|| Failure::unplanned("the stage"))?;
                checks::verify(connection, ask, stage, &self.checks).await
            }
            Call::Rehearse { snapshot } => {
                let rehearser = self.rehearser.as_ref();
                let rehearser = rehearser.ok_or_else(|| Failure::unplanned("a rehearsal"))?;
                rehearser.rehearse(connection, canister, snapshot).await
            }
        }
    }

    async fn install(&self, ask: &Ask, module: Option<ModuleHash>) -> Result<Answer, Failure> {
        let planned = module.and_then(|module| {
            let bytes = self.modules.get(&module)?;
            Some((bytes, self.arguments.get(&module)?))
        });
        let (bytes, argument) = planned.ok_or_else(|| Failure::unplanned("the module"))?;
        done(self.connection.upgrade(ask.canister, bytes, argument).await)
    }
}

impl Network for AgentNetwork {
    async fn ask(&self, ask: Ask) -> Reply {
        let answer = match self.make(&ask).await {
            Ok(answer) => answer,
            Err(failure) => told(&ask.call, failure),
        };
        let Answer::Seen(sight) = &answer else {
            return answer.into();
        };
        if !ask.keep || !checks::stage_follows(&self.plan, sight) {
            return answer.into();
        }
        match checks::keep(&self.connection, ask.canister, &self.checks).await {
            Ok(kept) => Reply {
                answer,
                kept: Some(kept),
            },
            Err(failure) => told(&ask.call, failure).into(),
        }
    }
}

fn done(outcome: Result<(), Failure>) -> Result<Answer, Failure> {
    outcome.map(|()| Answer::Done)
}

/// What a failure means for the engine.
fn told(call: &Call, failure: Failure) -> Answer {
    match failure {
        Failure::Rejected(reject) => reject.answer(call),
        Failure::NotSent(text) => Answer::Refused(Cause::new(Class::Transient, text)),
        Failure::Unknown(text) if call.only_reads() => {
            Answer::Refused(Cause::new(Class::Transient, text))
        }
        Failure::Unknown(_) => Answer::Lost,
        Failure::Found(cause) => Answer::Refused(cause),
    }
}

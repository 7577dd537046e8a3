//! A runner on a fake network: whatever ends it, the next one comes to the same end.

mod fake;
mod interrupted;
mod journals;
mod reports;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::fleet::{Event, Fleet, Found, Plan, Report, Stage, Time, Unfit};
use candid::Principal;

use self::fake::{FakeNetwork, Fault};
use super::clock::Clock;
use super::error::FleetError;
use super::journal::Journal;
use super::plan_file::{Checks, FleetPlan, NetworkAddress, Operator, RootKey};
use super::runner::{Finish, Observer, Runner};

/// Nobody.
struct Unseen;

impl Observer for Unseen {
    fn happened(&mut self, _: &Fleet, _: &[Event]) {}
    fn commanded(&mut self, _: &::fleet::Command, _: Option<&Unfit>) {}
    fn passed(&mut self, _: &Fleet) {}
}

fn id(number: u64) -> Principal {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend([1, 1]);
    Principal::from_slice(&bytes)
}

fn module(number: u8) -> ::fleet::ModuleHash {
    ::fleet::ModuleHash([number; 32])
}

/// Two stages, over canisters of which some are faulty in each way.
pub fn plan(canisters: u64) -> FleetPlan {
    let stage = |name: &str, to: u8, from: Vec<u8>, moves| Stage {
        name: name.to_owned(),
        module: module(to),
        from: from.into_iter().map(module).collect(),
        moves,
    };
    let stages = vec![
        stage("adopt", 1, vec![0], false),
        stage("move", 2, vec![], true),
    ];
    let mut engine = Plan::careful(stages);
    engine.budget.failures = 1_000;
    engine.retry.most = 60;
    let found: Vec<Found> = (0..canisters)
        .map(|number| Found {
            id: id(number),
            subnet: (number % 2) as u16,
            module: Some(module(0)),
            layout: String::new(),
            bytes: 1 << (16 + number % 4),
            changes: 3,
        })
        .collect();
    FleetPlan {
        format: FleetPlan::FORMAT,
        network: NetworkAddress {
            url: "http://fake".to_owned(),
            root_key: RootKey::Fetch,
        },
        operator: Operator {
            principal: Principal::anonymous(),
            identity: "fake".to_owned(),
        },
        modules: Vec::new(),
        plan: engine,
        checks: Checks {
            ask: Vec::new(),
            same: vec!["balance".to_owned()],
        },
        subnets: Vec::new(),
        members: ::fleet::deal(&found, &[1, 8], 2, 7),
        found,
    }
}

/// A runner with a fresh fleet or that of the journal.
fn runner(
    path: &Path,
    plan: &FleetPlan,
    network: &Arc<FakeNetwork>,
    clock: Clock,
) -> Result<Runner<FakeNetwork>, FleetError> {
    let opened = Journal::run(path, plan)?;
    let plan = Arc::new(plan.clone());
    Ok(Runner::new(plan, opened, network.clone(), clock))
}

fn clock() -> Clock {
    Clock::Since(tokio::time::Instant::now(), Time(1_000_000))
}

/// Lets what a runner that ended has left behind come to its effect.
async fn dust_settles() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

/// An undisturbed run.
async fn whole_run(path: &Path, plan: &FleetPlan, faults: &[Fault]) -> (Report, Arc<FakeNetwork>) {
    let network = Arc::new(FakeNetwork::new(plan, faults));
    let mut runner = runner(path, plan, &network, clock()).unwrap();
    let finish = runner.run(&mut Unseen).await.unwrap();
    assert_eq!(finish, Finish::Finished);
    (Report::of(runner.fleet()), network)
}

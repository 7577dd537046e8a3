//! A fleet of twelve on its way through both stages.

use std::sync::LazyLock;

use canister_host::{HostConfig, Module, Principal};
use canister_scenario::Fill;
use fleet_host::{FleetOnHost, modules, plan, waves};
use user_index::api::views::PlanArgs;

pub static INDEX: LazyLock<Module> = LazyLock::new(|| load("user-index"));
pub static LEGACY: LazyLock<Module> = LazyLock::new(|| load("release-0-legacy"));
pub static ADOPT: LazyLock<Module> = LazyLock::new(|| load("release-1-adopt"));
pub static TODAY: LazyLock<Module> = LazyLock::new(|| load("individual-user"));

fn load(name: &str) -> Module {
    modules::load(name).unwrap_or_else(|error| panic!("{error}"))
}

/// A fleet of which a plan was set.
pub struct Twelve {
    pub fleet: FleetOnHost,
    pub users: Vec<Principal>,
}

pub const USERS: usize = 12;

impl Twelve {
    /// Twelve legacy canisters, in waves of 1, 4 and 7, with the plan as it is by default.
    pub fn planned() -> Self {
        Self::planned_with(|_| {})
    }

    pub fn planned_with(change: impl FnOnce(&mut PlanArgs)) -> Self {
        let mut twelve = Self::uploaded(HostConfig::default());
        let mut plan = twelve.plan();
        change(&mut plan);
        twelve.set(plan);
        twelve
    }

    /// The same without a plan.
    pub fn uploaded(config: HostConfig) -> Self {
        let mut fleet = FleetOnHost::new(config, &INDEX).unwrap();
        fleet.upload("adopt", ADOPT.bytes()).unwrap();
        fleet.upload("today", TODAY.bytes()).unwrap();
        let first = fleet.add_filled(&LEGACY, &Fill::SMALL).unwrap();
        let memory = fleet.host.stable_memory(first).unwrap();
        let mut users = vec![first];
        while users.len() < USERS {
            users.push(fleet.add_with_memory(&LEGACY, memory.clone()).unwrap());
        }
        Self { fleet, users }
    }

    pub fn plan(&self) -> PlanArgs {
        plan::stages(&LEGACY, &plan::hash(&ADOPT), &plan::hash(&TODAY))
    }

    pub fn set(&mut self, plan: PlanArgs) {
        let members = waves(&self.users, &[1, 4]);
        self.fleet.set_plan(plan, members).unwrap();
    }

    /// How many are on today's release, running, with no snapshot left.
    pub fn there(&self) -> usize {
        let host = &self.fleet.host;
        let is_there = |id: &&Principal| {
            host.module(**id).unwrap().hash() == TODAY.hash()
                && host.run_status(**id).unwrap() == canister_host::RunStatus::Running
                && host.snapshot_ids(**id).unwrap().is_empty()
        };
        self.users.iter().filter(is_there).count()
    }
}

/// The report of a run in which nothing goes wrong.
pub fn clean_report() -> &'static str {
    static REPORT: LazyLock<String> = LazyLock::new(|| {
        let mut twelve = Twelve::planned();
        twelve.fleet.begin().unwrap();
        twelve.fleet.run_to_end().unwrap();
        twelve.fleet.report().unwrap()
    });
    &REPORT
}

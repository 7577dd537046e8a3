//! A fleet of real canisters on the embedded host, brought through both stages by the index canister.

use std::collections::BTreeMap;
use std::time::Duration;

use candid::Principal;
use canister_host::{EntryPoint, Fault, FaultPoint, HostConfig, INSTALL_RATE, Module, RunStatus};
use fleet::{Found, ModuleHash, Report, WAVES, deal};
use fleet_host::{FleetError, FleetOnHost, modules, plan};
use indicatif::ProgressBar;
use user_index::api::plan::{GivenMember, Members};
use user_index::api::status::Status;
use user_index::api::views::{PlanArgs, TopUpArg};

use super::origin::{Maker, Modules, Origin, Wrong};
use crate::artifacts::INDEX;

/// The method by which the index makes each call in a message of its own.
const PERFORM: &str = "perform_call";
/// A round of the network.
const ROUND: Duration = Duration::from_secs(1);
/// Canisters with fewer cycles are given some.
const SPARE: u128 = 500_000_000_000;

/// What befalls the index on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// Nothing.
    Undisturbed,
    /// It is upgraded in the middle of waves, so many times.
    Upgraded(u32),
    /// It traps in the middle of waves, so many times.
    Traps(u32),
}

/// What became of the canisters.
pub struct Run {
    pub report: Report,
    /// How many there were of each origin, and how many of those are on the last release now.
    pub origins: BTreeMap<Origin, (u32, u32)>,
    /// What was wrong with some of them, and what became of each.
    pub wrongs: Vec<(Wrong, String)>,
    pub status: Status,
    /// Calls of the management canister.
    pub calls: usize,
    /// Bytes of the index's memory.
    pub index_heap: u64,
    pub index_stable: u64,
    /// Canisters that are not running and were when it began: none, or the engine has a fault.
    pub left_stopped: u32,
}

/// Runs a fleet of this many canisters, of which `faulty` in 1 000 have something wrong with them.
///
/// # Errors
/// The host refuses what the run needs; the run does not come to its end.
pub fn run(
    modules: &Modules,
    canisters: u32,
    faulty: u32,
    index: Index,
    bar: &ProgressBar,
) -> Result<Run, FleetError> {
    let module = modules::load(INDEX)?;
    let config = HostConfig {
        round: Some(ROUND),
        install_rate: Some(INSTALL_RATE),
        ..HostConfig::default()
    };
    let mut maker = Maker::new(modules, FleetOnHost::new(config, &module)?);
    let (mut found, mut wrongs) = (Vec::new(), Vec::new());
    let mut origins = BTreeMap::new();
    // The places of those with something wrong are spread over the fleet.
    let number = (u64::from(canisters) * u64::from(faulty)).div_ceil(1_000);
    let apart = u64::from(canisters)
        .checked_div(number)
        .unwrap_or(u64::MAX)
        .max(1);
    for place in 0..canisters as usize {
        let origin = Origin::of(place);
        let mut id = maker.make(origin)?;
        if place as u64 % apart == apart / 2 {
            let wrong = Wrong::ALL[(place as u64 / apart) as usize % Wrong::ALL.len()];
            id = maker.spoil(id, wrong)?;
            wrongs.push((wrong, id));
        }
        origins.insert(id, origin);
        let hash = maker
            .fleet
            .host
            .module(id)
            .map(|module| ModuleHash(module.hash()));
        found.push(Found {
            id,
            subnet: 0,
            module: hash.ok(),
            layout: origin.name().to_owned(),
            bytes: maker.fleet.host.memory_usage(id).unwrap_or(0),
            changes: 1,
        });
        bar.inc(1);
    }
    let mut fleet = maker.fleet;
    let running = |fleet: &FleetOnHost, id| fleet.host.run_status(id) == Ok(RunStatus::Running);
    let ran: Vec<Principal> = found
        .iter()
        .map(|found| found.id)
        .filter(|id| running(&fleet, *id))
        .collect();
    fleet.upload("adopt", modules.adopt.bytes())?;
    fleet.upload("today", modules.today.bytes())?;
    let members = deal(&found, WAVES, 0, 1)
        .into_iter()
        .map(|member| GivenMember {
            canister: member.id,
            subnet: 0,
            wave: member.wave,
            rehearse: false,
        });
    fleet.set_plan(plan_of(modules), Members::Given(members.collect()))?;
    let calls_before = fleet.host.management_calls().len();
    fleet.begin()?;
    go(&mut fleet, index, &module, canisters, bar)?;
    let status = fleet.run_to_end()?;
    bar.set_position(2 * u64::from(canisters));

    let report = serde_json::from_str(&fleet.report()?)
        .map_err(|error| FleetError::Idle(error.to_string()))?;
    let states: BTreeMap<Principal, String> = fleet
        .canisters()?
        .into_iter()
        .map(|canister| (canister.canister, canister.state))
        .collect();
    let mut by_origin: BTreeMap<Origin, (u32, u32)> = BTreeMap::new();
    for (id, origin) in &origins {
        let there = fleet
            .host
            .module(*id)
            .is_ok_and(|module| module.hash() == modules.today.hash());
        let counted = by_origin.entry(*origin).or_default();
        *counted = (counted.0 + 1, counted.1 + u32::from(there));
    }
    let state = |id: &Principal| states.get(id).cloned().unwrap_or_default();
    Ok(Run {
        report,
        origins: by_origin,
        wrongs: wrongs
            .iter()
            .map(|(wrong, id)| (*wrong, state(id)))
            .collect(),
        calls: fleet.host.management_calls().len() - calls_before,
        index_heap: fleet.host.heap_pages(fleet.index)? * ic_stable_migration::PAGE_BYTES,
        index_stable: fleet.host.stable_pages(fleet.index)? * ic_stable_migration::PAGE_BYTES,
        left_stopped: ran.iter().filter(|id| !running(&fleet, **id)).count() as u32,
        status,
    })
}

/// Both stages; failures halt nothing, so that every kind of them is seen.
fn plan_of(modules: &Modules) -> PlanArgs {
    let (adopt, today) = (plan::hash(&modules.adopt), plan::hash(&modules.today));
    let mut args = plan::stages(&modules.legacy, &adopt, &today);
    let (first, second) = modules.origins();
    args.stages[0].from = first.map(plan::hash).to_vec();
    args.stages[1].from = second.map(plan::hash).to_vec();
    args.stages[0].moves = false;
    args.spare_cycles = Some(SPARE);
    args.top_up = Some(TopUpArg {
        cycles: 4 * SPARE,
        times: 2,
    });
    args
}

/// Runs with what befalls the index, at moments that are spread over the fleet.
fn go(
    fleet: &mut FleetOnHost,
    index: Index,
    module: &Module,
    canisters: u32,
    bar: &ProgressBar,
) -> Result<(), FleetError> {
    let times = match index {
        Index::Undisturbed => 0,
        Index::Upgraded(times) | Index::Traps(times) => times,
    };
    for time in 1..=times {
        let ended = canisters * time / (times + 1);
        fleet.run_until_ended(ended)?;
        bar.set_position(u64::from(canisters + ended));
        match index {
            Index::Upgraded(_) => {
                fleet.upgrade_index(module)?;
            }
            // In turn where it takes an answer in and where it makes a call, each time somewhere else in it. A trap of the
            // timer itself is another matter: its operator has to set it again, by any command.
            _ => {
                let entry = match time % 2 {
                    0 => EntryPoint::ReplyCallback,
                    _ => EntryPoint::Update(PERFORM.to_owned()),
                };
                let fault = Fault::within(entry, FaultPoint::Call(u64::from(time) * 7));
                fleet.host.set_fault(fleet.index, Some(fault))?;
            }
        }
    }
    Ok(())
}

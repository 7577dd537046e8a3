//! Where the plan stands: as a whole, by canister, by event.

use std::collections::BTreeMap;

use candid::{CandidType, Principal};
use fleet::{Fleet, Phase, Report, State as Standing, Tally};
use serde::{Deserialize, Serialize};

use crate::state::hot::Logged;
use crate::{driver, state};

/// What the index is at.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// There is no plan.
    NoPlan,
    /// There is a plan, and it was not begun.
    Planned,
    /// In this wave.
    Wave(u16),
    /// After this wave.
    After(u16),
    /// Nothing is left to do.
    Finished,
}

/// Where the plan stands.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is at.
    pub at: At,
    /// Whether no further canister is begun until `resume`.
    pub paused: bool,
    /// The same, because too many failed.
    pub halted: bool,
    /// Whether it was aborted.
    pub aborted: bool,
    /// Seconds since 1970; none if it was not begun.
    pub began: Option<u64>,
    /// The time of the last event, in seconds since 1970.
    pub now: u64,
    /// All canisters.
    pub canisters: u32,
    /// That have ended, however.
    pub ended: u32,
    /// How each wave stands.
    pub waves: Vec<WaveStatus>,
    /// How many canisters are at what, those under way.
    pub steps: Vec<(String, u32)>,
    /// Canisters that ended without being where they should be, alike ones together.
    pub groups: Vec<GroupStatus>,
    /// Canisters that ended in an hour, on average since it began.
    pub per_hour: Option<u64>,
    /// Seconds that the others will take at that rate.
    pub seconds_left: Option<u64>,
    /// Calls without an answer.
    pub open_calls: u32,
    /// Cycles that the index may use.
    pub cycles: u128,
    /// Whether it waits because these are too few.
    pub short_of_cycles: bool,
    /// What went wrong with the index last.
    pub last_error: Option<String>,
}

/// How the canisters of one wave stand.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct WaveStatus {
    /// Which.
    pub wave: u16,
    /// All of it.
    pub canisters: u32,
    /// Whose turn has not come.
    pub waiting: u32,
    /// Under way.
    pub active: u32,
    /// All stages, verified.
    pub migrated: u32,
    /// There before.
    pub already: u32,
    /// Passed over, unchanged.
    pub passed: u32,
    /// That failed, whatever became of them.
    pub failed: u32,
    /// That were taken out.
    pub called_off: u32,
}

/// Canisters that ended alike.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus {
    /// The class of the cause, for `retry_class`.
    pub class: String,
    /// How they ended.
    pub end: String,
    /// How many.
    pub canisters: u32,
    /// What was said of the first.
    pub text: String,
    /// The first of them.
    pub examples: Vec<Principal>,
}

/// Where one canister stands.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CanisterStatus {
    /// Its place in the plan, by which events name it.
    pub place: u32,
    /// The canister.
    pub canister: Principal,
    /// Its wave.
    pub wave: u16,
    /// What it is at, or how it ended.
    pub state: String,
    /// The stage that it goes through, from 0.
    pub stage: u8,
    /// Stages that took effect.
    pub upgrades: u8,
    /// Whether it may be stopped because the index asked for it.
    pub stopped: bool,
    /// Whether a call has no answer yet; since when, in seconds since 1970.
    pub asked: Option<u64>,
    /// Failures of the present call in sequence.
    pub attempts: u8,
    /// Entries that were moved, and of how many.
    pub moved: (u64, u64),
    /// Whether it has a snapshot to go back to.
    pub snapshot: bool,
    /// What went wrong last, whether or not it was mended since.
    pub last: Option<String>,
    /// When its turn came, in seconds since 1970; 0 if it has not.
    pub began: u64,
    /// When it ended; 0 if it has not.
    pub finished: u64,
}

/// Something that happened.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// Its number.
    pub number: u64,
    /// What, as JSON.
    pub event: String,
}

/// Something that went wrong with the index itself.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ErrorLine {
    /// Seconds since 1970.
    pub at: u64,
    /// What.
    pub text: String,
}

/// Where the plan stands.
#[ic_cdk::query(guard = "super::controller")]
fn status() -> Status {
    driver::with_fleet(status_of).unwrap_or_else(no_plan)
}

fn no_plan() -> Status {
    Status {
        at: At::NoPlan,
        paused: false,
        halted: false,
        aborted: false,
        began: None,
        now: 0,
        canisters: 0,
        ended: 0,
        waves: Vec::new(),
        steps: Vec::new(),
        groups: Vec::new(),
        per_hour: None,
        seconds_left: None,
        open_calls: 0,
        cycles: ic_cdk::api::canister_liquid_cycle_balance(),
        short_of_cycles: driver::is_short_of_cycles(),
        last_error: last_error(),
    }
}

fn last_error() -> Option<String> {
    state::with(|state| state.hot.errors.last().map(|error| error.text.clone()))
}

fn status_of(fleet: &Fleet) -> Status {
    let head = fleet.head();
    let waves: Vec<WaveStatus> = fleet.waves().map(WaveStatus::from).collect();
    let ended = fleet.tally().ended();
    let canisters = fleet.members().len() as u32;
    let passed = head.began.map(|began| head.now.since(began).max(1));
    let per_hour = passed.map(|seconds| u64::from(ended) * 3600 / seconds);
    let left = u64::from(canisters.saturating_sub(ended));
    Status {
        at: match head.phase {
            Phase::Planned => At::Planned,
            Phase::Wave(wave) => At::Wave(wave),
            Phase::Rest(wave, _) => At::After(wave),
            Phase::Finished => At::Finished,
        },
        paused: head.paused,
        halted: head.halted,
        aborted: head.aborted,
        began: head.began.map(|time| time.0),
        now: head.now.0,
        canisters,
        ended,
        waves,
        steps: steps(fleet),
        groups: groups(fleet),
        per_hour,
        seconds_left: per_hour.and_then(|rate| (left * 3600).checked_div(rate)),
        open_calls: fleet.open_calls().count() as u32,
        cycles: ic_cdk::api::canister_liquid_cycle_balance(),
        short_of_cycles: driver::is_short_of_cycles(),
        last_error: last_error(),
    }
}

fn steps(fleet: &Fleet) -> Vec<(String, u32)> {
    let mut steps: BTreeMap<&str, u32> = BTreeMap::new();
    for place in fleet.active() {
        if let Some(record) = fleet.records().get(place as usize) {
            *steps.entry(record.state.name()).or_default() += 1;
        }
    }
    steps
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

fn groups(fleet: &Fleet) -> Vec<GroupStatus> {
    let groups = Report::of(fleet).groups.into_iter();
    let groups = groups.map(|group| GroupStatus {
        class: group.class.to_string(),
        end: group.end,
        canisters: group.canisters,
        text: group.text,
        examples: group.examples,
    });
    groups.collect()
}

impl From<(u16, Tally)> for WaveStatus {
    fn from((wave, tally): (u16, Tally)) -> Self {
        Self {
            wave,
            canisters: tally.canisters,
            waiting: tally.waiting,
            active: tally.active,
            migrated: tally.migrated,
            already: tally.already,
            passed: tally.passed,
            failed: tally.failed,
            called_off: tally.called_off,
        }
    }
}

/// The report, as JSON: what `stable-migrate fleet report` writes.
#[ic_cdk::query(guard = "super::controller")]
fn report() -> Result<String, String> {
    let report = driver::with_fleet(Report::of).ok_or("there is no plan")?;
    serde_json::to_string_pretty(&report).map_err(|error| error.to_string())
}

/// Where canisters stand, from a place in the plan on.
#[ic_cdk::query(guard = "super::controller")]
fn canisters(from: u32, limit: u32) -> Vec<CanisterStatus> {
    let page = |fleet: &Fleet| {
        let places = (from..).take(super::page(limit));
        places
            .map_while(|place| canister_of(fleet, place))
            .collect()
    };
    driver::with_fleet(page).unwrap_or_default()
}

/// Where one canister stands.
#[ic_cdk::query(guard = "super::controller")]
fn canister(id: Principal) -> Result<CanisterStatus, String> {
    let place = driver::place_of(id)?;
    let found = driver::with_fleet(|fleet| canister_of(fleet, place));
    found.flatten().ok_or_else(|| "it is gone".to_owned())
}

fn canister_of(fleet: &Fleet, place: u32) -> Option<CanisterStatus> {
    let member = fleet.members().get(place as usize)?;
    let record = fleet.records().get(place as usize)?;
    let cause = match &record.state {
        Standing::Ended(end) => end.cause(),
        _ => None,
    };
    let last = cause.or(record.last.as_ref());
    Some(CanisterStatus {
        place,
        canister: member.id,
        wave: record.wave,
        state: record.state.name().to_owned(),
        stage: record.stage,
        upgrades: record.upgrades,
        stopped: record.stopped,
        asked: record.asked.map(|time| time.0),
        attempts: record.attempts,
        moved: record.moved,
        snapshot: record.snapshot.is_some(),
        last: last.map(ToString::to_string),
        began: record.began.0,
        finished: record.ended.0,
    })
}

/// What happened, from an event on; of the last 2 000.
#[ic_cdk::query(guard = "super::controller")]
fn events(from: u64, limit: u32) -> Vec<EventLine> {
    state::with(|state| {
        let events = state.events.range(from..).take(super::page(limit));
        events
            .map(|(number, event)| EventLine { number, event })
            .collect()
    })
}

/// What went wrong with the index itself, oldest first.
#[ic_cdk::query(guard = "super::controller")]
fn errors() -> Vec<ErrorLine> {
    let line = |error: &Logged| ErrorLine {
        at: error.at,
        text: error.text.clone(),
    };
    state::with(|state| state.hot.errors.iter().map(line).collect())
}

//! What became of every canister: as text, as JSON and as one page.
//!
//! None has times in it but the page the date that it was made, so that a run that was interrupted tells the same as one that was not.

mod html;
mod text;

use ::fleet::{Fleet, Report, State};
use candid::Principal;
use serde::Serialize;

use super::plan_file::FleetPlan;
use crate::hex::hex;

pub use html::fleet_html;
pub use text::fleet_text;

/// The engine's report, and a row for each canister.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Whole {
    /// Whether everything is where it should be.
    pub held: bool,
    /// What the fleet is at.
    pub at: &'static str,
    /// How it stands.
    pub report: Report,
    /// Every canister, in the order of the plan.
    pub canisters: Vec<Row>,
}

/// Where one canister stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The canister.
    pub canister: Principal,
    /// Its wave.
    pub wave: u16,
    /// Its state, by the name that the counts have.
    pub state: &'static str,
    /// The stage that it is in or goes through next; none behind the last.
    pub stage: Option<String>,
    /// The class of what went wrong.
    pub class: Option<&'static str>,
    /// What was said.
    pub said: Option<String>,
    /// Whether it may be stopped.
    pub may_be_stopped: bool,
    /// Whether it has a snapshot of this run.
    pub snapshot: Option<String>,
    /// Whether somebody has to look at it.
    pub needs_hands: bool,
}

impl Whole {
    /// Of a fleet as it stands.
    pub fn of(plan: &FleetPlan, fleet: &Fleet) -> Self {
        let rows: Vec<Row> = fleet
            .members()
            .iter()
            .zip(fleet.records())
            .map(|(member, record)| {
                let cause = match &record.state {
                    State::Ended(end) => end.cause(),
                    State::Active { .. } => record.last.as_ref(),
                    State::Waiting => None,
                };
                let ended = match &record.state {
                    State::Ended(end) => Some(end),
                    _ => None,
                };
                let stage = plan.plan.stages.get(usize::from(record.stage));
                Row {
                    canister: member.id,
                    wave: record.wave,
                    state: record.state.name(),
                    stage: stage.map(|stage| stage.name.clone()),
                    class: cause.map(|cause| cause.class.name()),
                    said: cause.map(|cause| cause.text.clone()),
                    may_be_stopped: record.stopped,
                    snapshot: record.snapshot.as_deref().map(hex),
                    needs_hands: ended.is_some_and(|end| end.cause().is_some()),
                }
            })
            .collect();
        Self {
            held: fleet.is_finished() && rows.iter().all(|row| !row.needs_hands),
            at: at(fleet),
            report: Report::of(fleet),
            canisters: rows,
        }
    }
    /// The rows of canisters that somebody has to look at.
    fn by_hand(&self) -> impl Iterator<Item = &Row> {
        self.canisters
            .iter()
            .filter(|row| row.needs_hands || row.may_be_stopped)
    }
}

/// What a fleet is at, in a word.
fn at(fleet: &Fleet) -> &'static str {
    let head = fleet.head();
    match () {
        () if fleet.is_finished() && head.aborted => "aborted",
        () if fleet.is_finished() => "finished",
        () if head.aborted => "being aborted",
        () if head.halted => "halted",
        () if head.paused => "paused",
        () if head.began.is_none() => "planned",
        () => "under way",
    }
}

/// What to do about a class of failures, in a sentence.
fn advice(class: ::fleet::Class) -> &'static str {
    use ::fleet::Class;
    match class {
        Class::Transient | Class::Lost => "when the network answers again: fleet retry --class",
        Class::RateLimited => "wait some minutes: fleet retry --class rate-limited",
        Class::TooFewCycles => {
            "give it cycles, or plan with --top-up: fleet retry --class too-few-cycles"
        }
        Class::ReservationLimit => {
            "raise its reserved_cycles_limit (0 forbids all growth on a full subnet): fleet retry --class reservation-limit"
        }
        Class::NotController => {
            "have its controllers add the operator: fleet retry --class not-controller"
        }
        Class::NotFound => "take its id out of the list",
        Class::NoModule => "nothing is installed: nothing to do here",
        Class::UnknownModule => {
            "find out what is installed; plan it with --from if it may be upgraded"
        }
        Class::WasStopped => {
            "find out why it is stopped and start it: fleet retry --class was-stopped"
        }
        Class::SnapshotsFull => "delete a snapshot: fleet retry --class snapshots-full",
        Class::RehearsalRefused => "download a snapshot and look: stable-migrate rehearse",
        Class::DoesNotStop => {
            "it has calls open that do not end: fleet retry --class does-not-stop at a quiet hour"
        }
        Class::Trapped => "the upgrade was undone: rehearse its snapshot before trying again",
        Class::Refused => "the module or the call is not accepted: make a new plan",
        Class::Stuck => "read its migration_status; migration_resume goes on",
        Class::Differs => "read its migration_differences before anything else",
        Class::TooSlow => "look again later: fleet retry --class too-slow",
        Class::WrongAnswers => "compare its answers by hand before anything else",
        Class::Interfered => "somebody else changes this canister: find out who",
        Class::CalledOff => "as you wanted: fleet include brings it in again",
        Class::Other => "read what was said",
    }
}

//! Setting a plan, and what canisters it is for.

use candid::{CandidType, Principal};
use fleet::{Fleet, Member, deal};
use serde::{Deserialize, Serialize};

use super::views::{PlanArgs, plan_of, told};
use crate::driver;
use crate::limits::{self, MAX_ARGUMENT_BYTES, MAX_CALLS, MAX_CANISTERS, MAX_CHECKS};
use crate::state::hot::Run;
use crate::state::stored::Stored;
use crate::state::{self, State};
use crate::{modules, survey as finds, users};

/// Canisters to find out about.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum SurveyOf {
    /// Those that were created here.
    Users,
    /// These.
    Canisters(Vec<Principal>),
}

/// Canisters that a plan is for.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// These, in this order.
    Given(Vec<GivenMember>),
    /// Those of the last survey, dealt out so that each wave has some of each kind.
    Surveyed(Deal),
}

/// A canister and its wave.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct GivenMember {
    /// The canister.
    pub canister: Principal,
    /// Number of its subnet, in any order; 0 if there is one, or none is known.
    pub subnet: u16,
    /// Its wave, from 0.
    pub wave: u16,
    /// Has to be false: the index cannot rehearse.
    pub rehearse: bool,
}

/// How canisters are dealt out.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// Sizes of the waves; what is left goes in a last one.
    pub waves: Vec<u32>,
    /// The same number deals the same waves.
    pub seed: u64,
    /// Has to be 0: the index cannot rehearse.
    pub rehearsed: u32,
}

/// How far a survey is.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SurveyStatus {
    /// Canisters in all.
    pub canisters: u32,
    /// That were asked about, or are now.
    pub asked: u32,
    /// That could not be asked about.
    pub failed: u32,
    /// Subnets that the network's registry has them on; 0 where there is no registry.
    pub subnets: u32,
}

/// What is said of a plan with rehearsals.
const NO_REHEARSAL: &str = "a canister cannot run another one's snapshot, so the index cannot rehearse: rehearse with \
    `stable-migrate fleet`, and set the plan here without";

/// Asks the management canister about canisters, to deal them out to waves. In the background; see `survey_status`.
#[ic_cdk::update(guard = "super::controller")]
fn survey(of: SurveyOf) -> Result<(), String> {
    match of {
        SurveyOf::Users => finds::begin(&users::all()),
        SurveyOf::Canisters(canisters) => finds::begin(&canisters),
    }
}

/// How far the survey is.
#[ic_cdk::query(guard = "super::controller")]
fn survey_status() -> SurveyStatus {
    state::with(|state| {
        let survey = &state.hot.survey;
        SurveyStatus {
            canisters: survey.canisters,
            asked: survey.next,
            failed: survey.failed,
            subnets: survey.subnets.len() as u32,
        }
    })
}

/// Sets a plan, in place of the one before and all that was kept of it. Returns the plan with everything that was left out.
#[ic_cdk::update(guard = "super::controller")]
fn set_plan(plan: PlanArgs, members: Members) -> Result<PlanArgs, String> {
    if driver::is_under_way() {
        return Err("a plan is under way: `abort` it first, and wait for its end".to_owned());
    }
    let run = run_of(plan)?;
    let members = state::with(|state| listed(state, members))?;
    let fleet = Fleet::new(run.plan.clone(), members).map_err(|error| error.to_string())?;
    let told = told(&run);
    state::with(|state| keep(state, run, &fleet));
    driver::set_fleet(fleet);
    Ok(told)
}

/// The plan, with everything that was left out.
#[ic_cdk::query(guard = "super::controller")]
fn plan() -> Option<PlanArgs> {
    state::with(|state| state.hot.run.as_ref().map(told))
}

/// A run of a plan whose modules are there.
fn run_of(args: PlanArgs) -> Result<Run, String> {
    let argument = args.argument.clone().unwrap_or_default();
    let checks = args.checks.clone().unwrap_or_default();
    if argument.len() > MAX_ARGUMENT_BYTES || checks.len() > MAX_CHECKS {
        return Err("the argument or the list of checks is too long".to_owned());
    }
    for check in &checks {
        limits::name(check, "the name of a query")?;
    }
    let plan = plan_of(args)?;
    plan.check().map_err(|error| error.to_string())?;
    if plan.limits.calls > MAX_CALLS {
        let calls = plan.limits.calls;
        return Err(format!(
            "{calls} calls at one time; the index can have {MAX_CALLS}"
        ));
    }
    for stage in &plan.stages {
        limits::name(&stage.name, "a stage's name")?;
        modules::get(stage.module)?;
    }
    if let fleet::WayBack::Releases(releases) = &plan.way_back {
        for release in releases {
            modules::get(*release)?;
        }
    }
    Ok(Run {
        plan,
        head: fleet::Head::default(),
        begun: false,
        argument,
        checks,
    })
}

fn listed(state: &State, members: Members) -> Result<Vec<Member>, String> {
    let list = match members {
        Members::Given(given) if given.iter().any(|member| member.rehearse) => {
            return Err(NO_REHEARSAL.to_owned());
        }
        Members::Surveyed(deal) if deal.rehearsed > 0 => return Err(NO_REHEARSAL.to_owned()),
        Members::Given(given) => {
            let members = given.into_iter().map(|member| Member {
                id: member.canister,
                subnet: member.subnet,
                wave: member.wave,
                rehearse: false,
            });
            members.collect()
        }
        Members::Surveyed(how) => deal(&finds::found(state)?, &how.waves, 0, how.seed),
    };
    if list.len() > MAX_CANISTERS {
        return Err(format!(
            "{} canisters; a plan has at most {MAX_CANISTERS}",
            list.len()
        ));
    }
    Ok(list)
}

fn keep(state: &mut State, run: Run, fleet: &Fleet) {
    state::clear(&mut state.members);
    state::clear(&mut state.records);
    for (place, member) in (0..).zip(fleet.members()) {
        state.members.insert(place, Stored(member.clone()));
    }
    for (place, record) in (0..).zip(fleet.records()) {
        state.records.insert(place, Stored(record.clone()));
    }
    state.hot.run = Some(run);
}

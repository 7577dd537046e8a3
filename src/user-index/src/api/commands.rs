//! What an operator may want while a plan is under way.

use candid::Principal;
use fleet::{Class, Command};

use crate::{driver, state};

/// Begins with the plan.
#[ic_cdk::update(guard = "super::controller")]
fn begin() -> Result<(), String> {
    state::with(|state| match &mut state.hot.run {
        None => Err("there is no plan: `set_plan` first".to_owned()),
        Some(run) if run.begun => Err("it was begun already".to_owned()),
        Some(run) => {
            run.begun = true;
            Ok(())
        }
    })?;
    driver::go_on();
    Ok(())
}

/// Begins no further canister; those that were begun are brought to an end.
#[ic_cdk::update(guard = "super::controller")]
fn pause() -> Result<(), String> {
    driver::command(Command::Pause)
}

/// Goes on: after a pause, after too many failures, and with the next wave where the plan asks for that.
#[ic_cdk::update(guard = "super::controller")]
fn resume() -> Result<(), String> {
    driver::command(Command::Resume)
}

/// Ends the run: what was stopped is started, what was upgraded is brought to an end, nothing else is begun.
#[ic_cdk::update(guard = "super::controller")]
fn abort() -> Result<(), String> {
    driver::command(Command::Abort)
}

/// Takes a canister out.
#[ic_cdk::update(guard = "super::controller")]
fn exclude(canister: Principal) -> Result<(), String> {
    driver::command(Command::Exclude(driver::place_of(canister)?))
}

/// Takes a canister in again, in the present wave.
#[ic_cdk::update(guard = "super::controller")]
fn include(canister: Principal) -> Result<(), String> {
    driver::command(Command::Include(driver::place_of(canister)?))
}

/// Begins again with a canister that failed.
#[ic_cdk::update(guard = "super::controller")]
fn retry(canister: Principal) -> Result<(), String> {
    driver::command(Command::Retry(driver::place_of(canister)?))
}

/// Begins again with every canister that failed with this class, by its name in the report.
#[ic_cdk::update(guard = "super::controller")]
fn retry_class(class: String) -> Result<(), String> {
    let class: Class = class.parse().map_err(|unknown| format!("{unknown}"))?;
    driver::command(Command::RetryClass(class))
}

/// Ends a canister whose next call is tried without end. It may be left stopped.
#[ic_cdk::update(guard = "super::controller")]
fn give_up(canister: Principal) -> Result<(), String> {
    driver::command(Command::GiveUp(driver::place_of(canister)?))
}

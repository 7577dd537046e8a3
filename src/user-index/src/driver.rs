//! The loop: decide, keep what was decided, make the calls, apply their answers, decide again.
//!
//! ```text
//! alarm ── tick: decide(now) ── keep ── perform_call(place) … one message to itself for each call
//!   ↑                                        │ management canister
//!   └──────────── alarm at once ←── answered: apply ── keep
//! ```
//!
//! Every arrow ends in a message of its own, which either keeps the fleet, its records and what it asks for together, or
//! nothing of it. A trap in an answer takes no other with it, because each call has a call context of its own; a watch
//! finds that nobody waits for it any more and tells the engine that its answer is lost.

use std::cell::RefCell;

use candid::Principal;
use fleet::{Answer, Call, Cause, Class, Command, Event, Fleet, PlanError, Time, Unfit, What};
use ic_cdk::call::Call as Request;

use crate::state;

mod alarm;
mod calls;
mod keeping;
mod perform;
mod verify;

pub use alarm::{arm_now, watch_on};
pub use calls::OpenCallsError;
pub use keeping::note_error;
pub use perform::Job;

/// Cycles that the index keeps for itself: with fewer it decides nothing, so that no canister is stopped that it could not
/// start again.
pub const RESERVE: u128 = 200_000_000_000;

/// Seconds until the balance is looked at again.
const LOOK_AGAIN: u64 = 60;

/// The method by which it makes each call in a message of its own.
const PERFORM: &str = "perform_call";

thread_local! {
    static FLEET: RefCell<Option<Fleet>> = const { RefCell::new(None) };
}

/// What time it is, as the engine counts it.
pub fn now() -> Time {
    Time(ic_cdk::api::time() / 1_000_000_000)
}

/// Reads the fleet, if there is one.
pub fn with_fleet<R>(read: impl FnOnce(&Fleet) -> R) -> Option<R> {
    FLEET.with_borrow(|fleet| fleet.as_ref().map(read))
}

/// Takes a fleet for the present one.
pub fn set_fleet(fleet: Fleet) {
    FLEET.set(Some(fleet));
}

/// Makes the fleet again of what was kept, after an upgrade. Answers to calls of before can come no more.
///
/// # Errors
/// What was kept does not belong together.
pub fn restore() -> Result<(), PlanError> {
    let kept = state::with(|state| {
        let run = state.hot.run.clone()?;
        let members = state.members.iter().map(|(_, member)| member.0).collect();
        let records = state.records.iter().map(|(_, record)| record.0).collect();
        Some((run, members, records))
    });
    if let Some((run, members, records)) = kept {
        set_fleet(Fleet::restore(run.plan, members, records, run.head)?);
        if with_fleet(|fleet| fleet.open_calls().next().is_some()) == Some(true) {
            happen_or_note(What::Restarted);
        }
    }
    crate::survey::go_on();
    go_on();
    Ok(())
}

/// Sets the timers again, if there is something to do.
pub fn go_on() {
    if is_under_way() {
        watch_on();
        arm_now();
    }
}

/// Whether a plan was begun and is not finished.
pub fn is_under_way() -> bool {
    state::with(|state| state.hot.run.as_ref().is_some_and(|run| run.begun))
        && with_fleet(|fleet| !fleet.is_finished()) == Some(true)
}

/// Refuses an upgrade while calls are open: their answers would come to a heap that does not know them.
///
/// # Errors
/// How many there are, and what to do.
pub fn refuse_open_calls() -> Result<(), OpenCallsError> {
    calls::refuse_open()
}

/// Applies something that came from outside, keeps it, and decides soon.
///
/// # Errors
/// It does not fit, and changed nothing.
pub fn happen(what: What) -> Result<(), Unfit> {
    let event = Event { at: now(), what };
    FLEET.with_borrow_mut(|fleet| {
        let Some(fleet) = fleet else {
            return Err(Unfit::NotNow("there is no plan"));
        };
        fleet.apply(&event)?;
        keeping::keep(fleet, std::slice::from_ref(&event));
        Ok(())
    })
}

/// The same for what is no operator's doing: that it does not fit is noted.
fn happen_or_note(what: What) {
    if let Err(unfit) = happen(what) {
        note_error(format!("an event did not fit: {unfit}"));
    }
}

/// What the operator wants.
///
/// # Errors
/// It does not fit, and changed nothing.
pub fn command(command: Command) -> Result<(), String> {
    happen(What::Commanded { command }).map_err(|unfit| unfit.to_string())?;
    go_on();
    Ok(())
}

/// Decides, and asks for what was decided.
fn tick() {
    watch();
    if !is_under_way() {
        return;
    }
    let now = now();
    if is_short_of_cycles() {
        note_error(format!(
            "it has fewer than {RESERVE} cycles that it may use, and waits: send it some"
        ));
        return alarm::arm(now.after(LOOK_AGAIN));
    }
    let (asked, wake) = FLEET.with_borrow_mut(|fleet| {
        let Some(fleet) = fleet else {
            return (Vec::new(), None);
        };
        let events = fleet.decide(now);
        keeping::keep(fleet, &events);
        let asked = events.iter().filter_map(|event| match &event.what {
            What::Asked { canister, .. } => Some(*canister),
            _ => None,
        });
        (asked.collect(), fleet.wake_at(now))
    });
    for place in asked {
        send(place, now);
    }
    if let Some(at) = wake {
        alarm::arm(at);
    }
}

/// Whether it has fewer cycles than it keeps for itself.
pub fn is_short_of_cycles() -> bool {
    ic_cdk::api::canister_liquid_cycle_balance() < RESERVE
}

/// Sends a message to itself that makes the call of a canister.
fn send(place: u32, now: Time) {
    let token = calls::sent(place, now);
    let request = Request::unbounded_wait(ic_cdk::api::canister_self(), PERFORM);
    if let Err(error) = request.with_args(&(place, token)).oneway() {
        calls::ended(place, token);
        let cause = Cause::new(
            Class::Transient,
            format!("the index could not send: {error}"),
        );
        happen_or_note(What::Answered {
            canister: place,
            answer: Answer::Refused(cause),
        });
        arm_now();
    }
}

/// Whether the canister calls itself.
///
/// # Errors
/// A sentence for everybody else.
fn itself() -> Result<(), String> {
    if ic_cdk::api::msg_caller() == ic_cdk::api::canister_self() {
        return Ok(());
    }
    Err("only the canister itself may do this".to_owned())
}

/// Makes a call that was decided.
#[ic_cdk::update(hidden = true, guard = "itself")]
async fn perform_call(place: u32, token: u64) {
    let Some(job) = calls::made(place, token).then(|| job(place)).flatten() else {
        return;
    };
    let waiting = calls::Waiting { place, token };
    let answer = job.perform().await;
    answered(place, token, answer);
    drop(waiting);
}

/// What is to be done with a canister, with all that this takes.
fn job(place: u32) -> Option<Job> {
    let (id, call) = with_fleet(|fleet| {
        let member = fleet.members().get(place as usize)?;
        let record = fleet.records().get(place as usize)?;
        record.asked?;
        Some((member.id, record.call(fleet.plan())?))
    })??;
    Some(state::with(|state| Job::new(&state.hot, place, id, call)))
}

/// Applies an answer, unless the call was given up meanwhile.
fn answered(place: u32, token: u64, answer: Answer) {
    if !calls::ended(place, token) {
        return note_error(format!(
            "an answer for canister number {place} came too late"
        ));
    }
    happen_or_note(What::Answered {
        canister: place,
        answer,
    });
    arm_now();
}

/// Tells the engine of calls whose answers can come no more: those that nobody waits for, because a message trapped, and those
/// that have been open for longer than any call may be.
fn watch() {
    let now = now();
    let open: Vec<u32> = with_fleet(|fleet| fleet.open_calls().map(|(place, _)| place).collect())
        .unwrap_or_default();
    for place in open {
        if calls::is_lost(place, now) {
            calls::forget(place);
            note_error(format!(
                "nobody waits for the answer of canister number {place}"
            ));
            happen_or_note(What::Answered {
                canister: place,
                answer: Answer::Lost,
            });
        }
    }
}

/// The place of a canister in the plan.
///
/// # Errors
/// It is not in it.
pub fn place_of(id: Principal) -> Result<u32, String> {
    let place = with_fleet(|fleet| fleet.members().iter().position(|member| member.id == id));
    let place = place.flatten().and_then(|place| u32::try_from(place).ok());
    place.ok_or_else(|| format!("canister {id} is not in the plan"))
}

/// Calls that have no answer yet, by name.
pub fn open_calls() -> Vec<(u32, Call)> {
    with_fleet(|fleet| fleet.open_calls().collect()).unwrap_or_default()
}

//! What a canister needs of the system to run a migration: traps, time, and a timer for the mover's steps.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::thread::LocalKey;
use std::time::Duration;

use ic_cdk::call::{Call, CallFailed, RejectCode, Response};
use ic_stable_structures::DefaultMemoryImpl;

use crate::error::Error;
use crate::mover::{Mover, StepReport, Tiered};
use crate::store::Store;

#[cfg(target_arch = "wasm64")]
compile_error!(
    "ic-stable-structures 0.7 has stable memory for wasm32 alone: built for wasm64, its `DefaultMemoryImpl` is a vector on the heap, which the next upgrade deletes; leave the feature `cdk` off and give the hooks a `Memory` of your own over the system's stable memory"
);

/// Time between two steps. The replica counts dirtied memory by round, which is about this long.
const TICK: Duration = Duration::from_secs(1);

thread_local! {
    /// Whether the timer runs. A module starts without one.
    static ARMED: Cell<bool> = const { Cell::new(false) };
    /// One step of this canister's move, for [`step_alone`]. Set by [`arm`].
    static STEP: RefCell<Option<Step>> = const { RefCell::new(None) };
}

/// Does one step; or notes, given what it said, that the last one trapped.
type Step = Box<dyn Fn(Option<String>)>;

/// The store of a canister, as it stands in a `thread_local`.
pub type LocalStore<S> = LocalKey<RefCell<Store<S, DefaultMemoryImpl>>>;

/// Ends the message with the text of an error. Everything the message did is rolled back; in a hook, that is the
/// whole upgrade.
pub trait OrTrap<T> {
    /// The value, or no return.
    fn or_trap(self) -> T;
}

impl<T, E: Display> OrTrap<T> for Result<T, E> {
    fn or_trap(self) -> T {
        self.unwrap_or_else(|error| ic_cdk::trap(error.to_string()))
    }
}

/// A guard for the step method: only a controller and the canister itself may move its entries.
///
/// # Errors
/// A sentence for every other caller.
pub fn controller_or_self() -> Result<(), String> {
    let caller = ic_cdk::api::msg_caller();
    if caller == ic_cdk::api::canister_self() || ic_cdk::api::is_controller(&caller) {
        return Ok(());
    }
    Err("only a controller of this canister, or the canister itself, may do this".into())
}

/// Does one step of the move, for the step method. Traps on an error, so that the step is undone; none if the
/// release has no mover.
pub fn step<S: Tiered<DefaultMemoryImpl>>(store: &'static LocalStore<S>) -> Option<StepReport> {
    let instructions = || ic_cdk::api::performance_counter(0);
    with_mover(store, |mover, state| {
        mover.step(state, &instructions, ic_cdk::api::time())
    })
}

/// Arms the timer that runs the mover; call it in `init` or `post_upgrade`, where no timer of before is left, and
/// after unpausing. A timer that runs already is left to run.
///
/// While there is work, `method` of this canister is called with no argument once a tick: an update method that
/// calls [`step`] behind the guard [`controller_or_self`]. Each step is so a message of its own: a trap undoes the
/// step and nothing else, its reason comes back as the rejection of the call, and the next step gets half the
/// budget.
///
/// From here on the canister also has the update method `<ic-stable-migration> step`, for its controllers and
/// itself. It does one step and is in no interface: tools call it, which run the move offline and nothing else of
/// the canister.
pub fn arm<S: Tiered<DefaultMemoryImpl>>(store: &'static LocalStore<S>, method: &'static str) {
    STEP.set(Some(Box::new(move |trap| match trap {
        None => drop(step(store)),
        Some(reason) => drop(with_mover(store, |mover, state| {
            mover.step_failed(state, &reason)
        })),
    })));
    if has_work(store) && !ARMED.replace(true) {
        tick(store, method);
    }
}

/// The update method `<ic-stable-migration> step : (opt text) -> ()`: does one step; or, given what the last one
/// said when it trapped, notes that.
#[cfg(target_family = "wasm")]
#[unsafe(export_name = "canister_update <ic-stable-migration> step")]
extern "C" fn step_alone() {
    controller_or_self().or_trap();
    let argument = ic_cdk::api::msg_arg_data();
    let (trap,): (Option<String>,) = candid::utils::decode_args(&argument).or_trap();
    STEP.with_borrow(|step| match step {
        Some(step) => step(trap),
        None => ic_cdk::trap("the move was not armed: post_upgrade calls `cdk::arm`"),
    });
    ic_cdk::api::msg_reply(b"DIDL\0\0");
}

/// Sets the timer for one tick, which sets it for the next before it does anything that could trap.
fn tick<S: Tiered<DefaultMemoryImpl>>(store: &'static LocalStore<S>, method: &'static str) {
    ic_cdk_timers::set_timer(TICK, async move {
        if !has_work(store) {
            ARMED.set(false);
            return;
        }
        tick(store, method);
        note(
            store,
            Call::unbounded_wait(ic_cdk::api::canister_self(), method).await,
        );
    });
}

fn has_work<S: Tiered<DefaultMemoryImpl>>(store: &'static LocalStore<S>) -> bool {
    with_mover(store, |mover, _| Ok(mover.has_work())) == Some(true)
}

/// Notes how the call for a step ended. One that could not be made, for want of cycles or of a place in the queue, is no
/// trap: the next tick tries again.
fn note<S: Tiered<DefaultMemoryImpl>>(
    store: &'static LocalStore<S>,
    called: Result<Response, CallFailed>,
) {
    let Err(failed) = called else { return };
    with_mover(store, |mover, state| match failed {
        CallFailed::CallRejected(rejection)
            if rejection.reject_code() == Ok(RejectCode::CanisterError) =>
        {
            mover.step_failed(state, rejection.reject_message())
        }
        failed => {
            mover.step_not_called(&failed.to_string());
            Ok(())
        }
    });
}

fn with_mover<S: Tiered<DefaultMemoryImpl>, R>(
    store: &'static LocalStore<S>,
    act: impl FnOnce(&mut Mover<DefaultMemoryImpl>, &mut S) -> Result<R, Error>,
) -> Option<R> {
    store.with_borrow_mut(|store| {
        let (mover, state) = store.mover().or_trap()?;
        Some(act(mover, state).or_trap())
    })
}

//! One execution of an entry point: what it is given and what it makes.
//!
//! The canister's own state comes in as a copy, which is cheap, and is put back only when
//! the execution ends well. So there is nothing to undo.

use candid::Principal;

use crate::config::Limits;
use crate::entry::EntryPoint;
use crate::management::RunStatus;
use crate::meter::Meter;
use crate::profile::Profile;
use crate::stable::StableMemory;

/// The state of a canister beside its heap and globals that executions change.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) stable: StableMemory,
    pub(crate) certified_data: Vec<u8>,
    /// Nanoseconds since 1970; 0 is inactive.
    pub(crate) global_timer: u64,
    pub(crate) cycles: u128,
}

/// What an execution is given and does not change.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) canister: Principal,
    pub(crate) controllers: Vec<Principal>,
    pub(crate) version: u64,
    pub(crate) status: RunStatus,
    pub(crate) time: u64,
    pub(crate) caller: Principal,
    pub(crate) arg: Vec<u8>,
    pub(crate) method: String,
    /// Code and message of the reject a callback is called with; code 0 is none.
    pub(crate) reject_code: i32,
    pub(crate) reject_message: String,
    /// Cycles that came back with a response.
    pub(crate) refunded: u128,
    /// Instructions of earlier executions for the same call.
    pub(crate) instructions_before: u64,
    /// Whether the caller was answered before.
    pub(crate) answered: bool,
}

impl Default for Input {
    fn default() -> Self {
        Input {
            canister: Principal::management_canister(),
            controllers: Vec::new(),
            version: 0,
            status: RunStatus::Running,
            time: 0,
            caller: Principal::anonymous(),
            arg: Vec::new(),
            method: String::new(),
            reject_code: 0,
            reject_message: String::new(),
            refunded: 0,
            instructions_before: 0,
            answered: false,
        }
    }
}

/// A function of the canister's table and the value to call it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closure {
    pub(crate) function: u64,
    pub(crate) environment: u64,
}

/// The index that means "no callback": a one-way call passes it.
const NO_CALLBACK: u64 = u64::MAX;

impl Closure {
    pub(crate) fn is_none(self) -> bool {
        self.function == NO_CALLBACK
    }
}

/// What to run when a call comes back.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) reply: Closure,
    pub(crate) reject: Closure,
    pub(crate) cleanup: Option<Closure>,
}

/// A call to a canister, made or being made.
#[derive(Debug, Clone)]
pub(crate) struct OutgoingCall {
    pub(crate) callee: Principal,
    pub(crate) method: String,
    pub(crate) arg: Vec<u8>,
    pub(crate) cycles: u128,
    pub(crate) callback: Callback,
    /// How many seconds it waits for a best-effort response; `None` waits for the answer.
    pub(crate) timeout: Option<u32>,
}

/// How the canister answered its caller.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Reply(Vec<u8>),
    Reject(String),
}

/// What an execution makes for others.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) reply: Vec<u8>,
    pub(crate) answer: Option<Answer>,
    pub(crate) calls: Vec<OutgoingCall>,
    pub(crate) pending: Option<OutgoingCall>,
    pub(crate) accepted: bool,
    pub(crate) logs: Vec<String>,
}

/// An execution, from before it starts until its effects are taken from it.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) entry: EntryPoint,
    pub(crate) input: Input,
    pub(crate) limits: Limits,
    pub(crate) state: State,
    /// Cycles that came with the call and were not accepted.
    pub(crate) available: u128,
    /// Cycles of the balance that are not liquid: with less the canister is frozen.
    pub(crate) frozen: u128,
    /// Stable pages the subnet has left.
    pub(crate) free_stable_pages: Option<u64>,
    pub(crate) meter: Meter,
    /// Where its instructions went, if the module told, when it has ended.
    pub(crate) profile: Option<Profile>,
    pub(crate) effects: Effects,
}

impl Default for Execution {
    /// The idle execution, in which nothing runs.
    fn default() -> Self {
        Execution {
            entry: EntryPoint::Start,
            input: Input::default(),
            limits: Limits::default(),
            state: State::default(),
            available: 0,
            frozen: 0,
            free_stable_pages: None,
            meter: Meter::default(),
            profile: None,
            effects: Effects::default(),
        }
    }
}

impl Execution {
    /// Ends the construction of a call that was not performed: its cycles come back.
    pub(crate) fn drop_pending_call(&mut self) {
        if let Some(call) = self.effects.pending.take() {
            self.state.cycles = self.state.cycles.saturating_add(call.cycles);
        }
    }
}

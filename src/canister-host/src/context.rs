//! Who waits for the answer to a call, and what a canister still waits for itself.

use candid::Principal;

use crate::execution::{Callback, OutgoingCall};
use crate::reject::Reject;

/// Where the answer to a call goes.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// To the caller of [`Host::update`](crate::Host::update), under this number.
    Ingress(u64),
    /// To a callback of a canister.
    Canister {
        canister: Principal,
        context: u64,
        callback: Callback,
        /// The number of a call that waits no longer than it says.
        best_effort: Option<u64>,
    },
    /// To nobody: timers and heartbeats.
    Nobody,
}

/// A call a canister is working on.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) origin: Origin,
    pub(crate) caller: Principal,
    /// Cycles that came with the call and were not accepted yet.
    pub(crate) available: u128,
    pub(crate) answered: bool,
    /// Calls made for it that did not come back yet.
    pub(crate) outstanding: u64,
    /// Instructions of all its executions so far.
    pub(crate) instructions: u64,
}

impl Context {
    pub(crate) fn new(origin: Origin, caller: Principal, available: u128) -> Self {
        Context {
            origin,
            caller,
            available,
            answered: false,
            outstanding: 0,
            instructions: 0,
        }
    }
}

/// A message on its way.
#[derive(Debug)]
pub(crate) enum Message {
    Request(Request),
    Response(Response),
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) origin: Origin,
    pub(crate) caller: Principal,
    pub(crate) callee: Principal,
    pub(crate) method: String,
    pub(crate) arg: Vec<u8>,
    pub(crate) cycles: u128,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) canister: Principal,
    pub(crate) context: u64,
    pub(crate) callback: Callback,
    pub(crate) result: Result<Vec<u8>, Reject>,
    pub(crate) refund: u128,
}

impl Request {
    pub(crate) fn from_call(call: OutgoingCall, caller: Principal, context: u64) -> Self {
        Request {
            origin: Origin::Canister {
                canister: caller,
                context,
                callback: call.callback,
                best_effort: None,
            },
            caller,
            callee: call.callee,
            method: call.method,
            arg: call.arg,
            cycles: call.cycles,
        }
    }
}

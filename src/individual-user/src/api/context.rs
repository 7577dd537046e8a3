//! From the system's calls to what the logic knows of them.

use std::fmt::Display;

use crate::domain::time::Timestamp;
use crate::logic::context::Context;

/// The call that is being executed.
pub fn this_call() -> Context {
    let caller = ic_cdk::api::msg_caller();
    Context {
        caller,
        caller_is_controller: ic_cdk::api::is_controller(&caller),
        now: Timestamp::from_nanos(ic_cdk::api::time()),
        canister: ic_cdk::api::canister_self(),
    }
}

/// Rejects the call with the text of an error; everything it did is rolled back.
pub trait OrReject<T> {
    /// The value, or no return.
    fn or_reject(self) -> T;
}

impl<T, E: Display> OrReject<T> for Result<T, E> {
    fn or_reject(self) -> T {
        self.unwrap_or_else(|error| ic_cdk::trap(error.to_string()))
    }
}

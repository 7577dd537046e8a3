//! From the system's calls to what the logic knows of them.

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

//! Who calls, and when.

use candid::Principal;

use crate::domain::time::Timestamp;

/// What the logic may know of a call.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Who calls.
    pub caller: Principal,
    /// Whether the caller is a controller of this canister.
    pub caller_is_controller: bool,
    /// When.
    pub now: Timestamp,
    /// This canister.
    pub canister: Principal,
}

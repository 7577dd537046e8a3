//! Which calls the management canister got.

use candid::Principal;

use crate::host::Host;

/// A call to the management canister, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementCall {
    /// When it was taken, in nanoseconds since 1970.
    pub time: u64,
    /// Who called.
    pub caller: Principal,
    /// The method.
    pub method: String,
    /// The canister it is about; none for those that are about none, and where the argument
    /// could not be read.
    pub canister: Option<Principal>,
    /// Cycles that came with it.
    pub cycles: u128,
}

impl Host {
    /// The calls to the management canister, in the order they were taken, those that were
    /// rejected or struck by a [fault](crate::ManagementFault) too. Calls to the methods of
    /// the [`Host`] are not among them.
    pub fn management_calls(&self) -> &[ManagementCall] {
        &self.management.calls
    }

    /// How often a method of the management canister was called.
    pub fn count_management_calls(&self, method: &str) -> usize {
        let calls = self.management.calls.iter();
        calls.filter(|call| call.method == method).count()
    }
}

//! The canister's own settings on the network, as far as an upgrade can fail by them.

use candid::Principal;
use canister_host::{CanisterSettings, DEFAULT_FREEZING_THRESHOLD, Limits};

/// Cycles a canister has where nobody says how many: enough for every call it may make.
const ENOUGH: u128 = 100_000_000_000_000;

/// Settings of a canister that neither a snapshot nor a module tells. What is not given is as on a new canister,
/// and without cycles nothing has a price: nothing is charged, and nothing fails for the lack of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnSettings {
    /// Its balance.
    pub cycles: Option<u128>,
    /// The seconds its balance must last for if it is not to be frozen.
    pub freezing_threshold: Option<u64>,
    /// Bytes of memory that are kept free for it and paid for.
    pub memory_allocation: Option<u64>,
    /// The soft limit on its heap, in bytes; 0 is none.
    pub wasm_memory_limit: Option<u64>,
}

impl OwnSettings {
    /// The host's settings of a canister with one controller.
    pub(super) fn of_canister(&self, controller: Principal) -> CanisterSettings {
        let mut limits = Limits::default();
        if let Some(limit) = self.wasm_memory_limit {
            limits.wasm_memory_limit = limit;
        }
        CanisterSettings {
            controllers: vec![controller],
            cycles: self.cycles.unwrap_or(ENOUGH),
            limits,
            memory_allocation: self.memory_allocation.unwrap_or(0),
            freezing_threshold: self
                .freezing_threshold
                .unwrap_or(DEFAULT_FREEZING_THRESHOLD),
        }
    }
}

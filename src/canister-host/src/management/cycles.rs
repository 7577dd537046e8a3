//! Cycles for other canisters.

use candid::Principal;

use super::command::nothing;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::Reject;

impl Host {
    /// The cycles that came with the call go to the canister.
    pub(super) fn deposit(&mut self, id: Principal, cycles: &mut u128) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get_mut(&id);
        let balance = &mut canister.ok_or_else(|| canister_not_found(id))?.state.cycles;
        *balance = balance.saturating_add(std::mem::take(cycles));
        nothing()
    }
}

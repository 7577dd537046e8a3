//! Taking a canister's module away, with all its state.

use candid::Principal;

use super::command::nothing;
use super::{Change, Chunks};
use crate::execution::State;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::{Reject, code};

impl Host {
    /// What is left are cycles, settings, history and snapshots. Calls the canister works on
    /// are given up.
    pub(super) fn uninstall(
        &mut self,
        caller: Principal,
        id: Principal,
    ) -> Result<Vec<u8>, Reject> {
        self.drop_contexts(id, code::UNINSTALLED, "was uninstalled");
        let canister = self.canisters.get_mut(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let given_back = canister.state.stable.pages();
        canister.instance = None;
        canister.state = State {
            cycles: canister.state.cycles,
            ..State::default()
        };
        canister.chunks = Chunks::default();
        canister.version = canister.version.saturating_add(1);
        if let Some(free) = &mut self.config.free_stable_pages {
            *free = free.saturating_add(given_back);
        }
        self.record(id, Some(caller), Change::Uninstalled);
        nothing()
    }
}

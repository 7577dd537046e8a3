//! Creating canisters, and deleting them.

use candid::Principal;
use ic_management_canister_types as types;

use super::RunStatus;
use super::command::{encode, nothing};
use super::settings::{Extras, apply};
use crate::config::CanisterSettings;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::{Reject, code};

impl Host {
    /// The cycles that came with the call become the balance, but for the fee.
    pub(super) fn create_for(
        &mut self,
        caller: Principal,
        args: types::CreateCanisterArgs,
        cycles: &mut u128,
    ) -> Result<Vec<u8>, Reject> {
        let fee = self.config.prices.map_or(0, |prices| prices.creation);
        let balance = cycles.checked_sub(fee).ok_or_else(|| {
            let message = format!("creating a canister costs {fee} cycles, {cycles} came along");
            Reject::new(code::TOO_FEW_CYCLES_TO_CREATE, message)
        })?;
        let mut settings = CanisterSettings {
            controllers: vec![caller],
            cycles: balance,
            ..CanisterSettings::default()
        };
        let mut extras = Extras::default();
        if let Some(wanted) = &args.settings {
            apply(wanted, &mut settings, &mut extras)?;
        }
        *cycles = 0;
        let canister_id = self.add_canister(settings, Some(caller));
        if let Some(canister) = self.canisters.get_mut(&canister_id) {
            canister.extras = extras;
        }
        encode(&types::CanisterIdRecord { canister_id })
    }

    pub(super) fn delete_canister(&mut self, id: Principal) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        if canister.run_state.status() != RunStatus::Stopped {
            let message = format!("canister {id} has not stopped, and only then can be deleted");
            return Err(Reject::new(code::NOT_STOPPED, message));
        }
        let given_back = canister.state.stable.pages();
        if let Some(free) = &mut self.config.free_stable_pages {
            *free = free.saturating_add(given_back);
        }
        self.canisters.remove(&id);
        nothing()
    }
}

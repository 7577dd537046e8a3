//! What any canister is told of another.

use candid::Principal;
use ic_management_canister_types as types;

use super::command::encode;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::{Reject, code};

/// How many changes the network remembers of a canister.
const CHANGES: usize = 20;

impl Host {
    pub(super) fn info_of(&self, args: types::CanisterInfoArgs) -> Result<Vec<u8>, Reject> {
        let id = args.canister_id;
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let history = &canister.history;
        let wanted = usize::try_from(args.num_requested_changes.unwrap_or(0));
        let wanted = wanted.unwrap_or(usize::MAX).min(CHANGES);
        let recent = history.iter().skip(history.len().saturating_sub(wanted));
        let module = canister.instance.as_ref().map(|i| i.module());
        encode(&types::CanisterInfoResult {
            total_num_changes: history.len() as u64,
            recent_changes: recent.map(|entry| self.change_of(id, entry)).collect(),
            module_hash: module.map(|module| module.hash().to_vec()),
            controllers: canister.settings.controllers.clone(),
        })
    }

    /// A metadata section of the canister's module, if the caller may read it.
    pub(super) fn metadata_of(
        &self,
        caller: Principal,
        args: types::CanisterMetadataArgs,
    ) -> Result<Vec<u8>, Reject> {
        let (id, name) = (args.canister_id, args.name);
        let refused = |what: &str| {
            let message = format!("canister {id} has no {what}");
            Reject::new(code::REJECTED_BY_CANISTER, message)
        };
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let module = canister.instance.as_ref().map(|i| i.module());
        let module = module.ok_or_else(|| refused("module and hence no metadata"))?;
        let section = module.metadata().iter().find(|s| s.name == name);
        let section = section.ok_or_else(|| refused(&format!("metadata section '{name}'")))?;
        if !section.public && caller != id && !canister.settings.controllers.contains(&caller) {
            return Err(refused(&format!("metadata section '{name}' for {caller}")));
        }
        let value = section.content.clone();
        encode(&types::CanisterMetadataResult { value })
    }
}

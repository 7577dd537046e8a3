//! The users' canisters that are created here.

use candid::Principal;
use ic_management_canister_types::CanisterInstallMode;

use crate::driver;
use crate::management;
use crate::state::hot::StoredModule;
use crate::state::stored::Stored;
use crate::state::{self, User};

/// Creates a canister, and installs a module in it. It is in the list of users from its creation on, whatever becomes of the
/// installation.
///
/// # Errors
/// What went wrong, with the canister's id once there is one.
pub async fn create(
    module: &StoredModule,
    argument: Vec<u8>,
    cycles: u128,
    controllers: &[Principal],
) -> Result<Principal, String> {
    let available = ic_cdk::api::canister_liquid_cycle_balance();
    if available < cycles.saturating_add(driver::RESERVE) {
        return Err(format!(
            "the index has {available} cycles, which is too few to give {cycles}"
        ));
    }
    let itself = ic_cdk::api::canister_self();
    let others = controllers.iter().filter(|id| **id != itself).copied();
    let all = std::iter::once(itself).chain(others).collect();
    let created = management::create(all, cycles).await;
    let id = created.map_err(|failure| format!("no canister was created: {failure}"))?;
    let number = state::with(|state| {
        let number = state.hot.next_user;
        state.hot.next_user += 1;
        let user = User {
            id,
            module: None,
            created: driver::now().0,
        };
        state.users.insert(number, Stored(user));
        number
    });
    let installed = management::install(id, CanisterInstallMode::Install, module, argument).await;
    installed.map_err(|failure| format!("{id} was created, and is empty: {failure}"))?;
    state::with(|state| {
        if let Some(Stored(mut user)) = state.users.get(&number) {
            user.module = Some(module.hash);
            state.users.insert(number, Stored(user));
        }
    });
    Ok(id)
}

/// All of them.
pub fn all() -> Vec<Principal> {
    state::with(|state| state.users.iter().map(|(_, user)| user.0.id).collect())
}

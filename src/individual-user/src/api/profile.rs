//! The owner's profile, and what the canister knows of the fleet.

use candid::Principal;

use super::context::this_call;
use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::profile::{
    UpdateProfileDetailsError, UserProfileDetailsForFrontend, UserProfileUpdateDetailsFromFrontend,
};
use crate::logic::profile;
use crate::state;
use ic_stable_migration::cdk::OrTrap;

#[ic_cdk::query]
fn get_profile_details() -> UserProfileDetailsForFrontend {
    state::with(profile::details).or_trap()
}

#[ic_cdk::update]
fn update_profile_display_details(
    details: UserProfileUpdateDetailsFromFrontend,
) -> Result<UserProfileDetailsForFrontend, UpdateProfileDetailsError> {
    state::with_mut(|state| profile::update(state, &this_call(), details)).or_trap()
}

#[ic_cdk::query]
fn get_well_known_principal_value(part: KnownPrincipalType) -> Option<Principal> {
    state::with(|state| state.hot.known_principal_ids.get(&part).copied())
}

// The deployed canister's name, misspelling included.
#[ic_cdk::query]
fn get_user_caniser_cycle_balance() -> u128 {
    ic_cdk::api::canister_cycle_balance()
}

//! Who follows this profile, and whom it follows.

use super::context::this_call;
use crate::domain::follow::{FollowAnotherUserProfileError, FollowEntryDetail, FollowerArg};
use crate::logic::follows;
use crate::state;
use crate::state::keys::FollowSide;
use ic_stable_migration::cdk::OrTrap;

#[ic_cdk::query]
fn get_principals_that_follow_this_profile_paginated(
    last_index_received: Option<u64>,
) -> Vec<(u64, FollowEntryDetail)> {
    state::with(|state| follows::page(state, FollowSide::Followers, last_index_received))
}

#[ic_cdk::query]
fn get_principals_this_profile_follows_paginated(
    last_index_received: Option<u64>,
) -> Vec<(u64, FollowEntryDetail)> {
    state::with(|state| follows::page(state, FollowSide::Following, last_index_received))
}

#[ic_cdk::update]
fn update_profiles_that_follow_me_toggle_list_with_specified_profile(
    follower: FollowerArg,
) -> Result<bool, FollowAnotherUserProfileError> {
    state::with_mut(|state| follows::toggle_follower(state, &this_call(), follower)).or_trap()
}

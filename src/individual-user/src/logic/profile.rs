//! The owner's profile.

use super::access;
use super::context::Context;
use super::error::CallError;
use crate::domain::profile::{
    UpdateProfileDetailsError, UserProfileDetailsForFrontend, UserProfileUpdateDetailsFromFrontend,
};
use crate::state::State;

/// The profile as everyone sees it. O(1).
pub fn details(state: &State) -> Result<UserProfileDetailsForFrontend, CallError> {
    let bulk = &state.bulk;
    with_counts(
        state,
        bulk.follower_places.len(),
        bulk.following_places.len(),
    )
}

/// Changes how the profile looks; what is left out is cleared. Only the owner may.
///
/// The counts in the answer are those of the lists that were before the follow lists, as in the deployed canister;
/// [`details`] has those of today.
pub fn update(
    state: &mut State,
    call: &Context,
    update: UserProfileUpdateDetailsFromFrontend,
) -> Result<Result<UserProfileDetailsForFrontend, UpdateProfileDetailsError>, CallError> {
    if !access::is_owner(&state.hot, call) {
        return Ok(Err(UpdateProfileDetailsError::NotAuthorized));
    }
    let profile = &mut state.hot.profile;
    profile.display_name = update.display_name;
    profile.profile_picture_url = update.profile_picture_url;
    let before = state.hot.followed_principals;
    with_counts(state, before.followers, before.following).map(Ok)
}

fn with_counts(
    state: &State,
    followers_count: u64,
    following_count: u64,
) -> Result<UserProfileDetailsForFrontend, CallError> {
    let owner = access::owner(&state.hot)?;
    let profile = &state.hot.profile;
    Ok(UserProfileDetailsForFrontend {
        display_name: profile.display_name.clone(),
        followers_count,
        following_count,
        principal_id: owner,
        profile_picture_url: profile.profile_picture_url.clone(),
        profile_stats: profile.profile_stats,
        lifetime_earnings: state.hot.balance.lifetime_earnings,
        unique_user_name: profile.unique_user_name.clone(),
    })
}

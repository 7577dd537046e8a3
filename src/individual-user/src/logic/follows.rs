//! Who follows this profile, and whom it follows.

use super::context::Context;
use super::error::CallError;
use crate::domain::follow::{FollowAnotherUserProfileError, FollowEntryDetail, FollowerArg};
use crate::state::State;
use crate::state::bulk::Collection;
use crate::state::keys::{FollowMemberKey, FollowSide};

/// A profile with more followers than this takes no more.
const MAX_FOLLOWERS: u64 = 10_000;

/// How many entries a page has.
const PAGE: usize = 10;

/// Lets a user follow this profile, or no longer; says whether they now do. O(log n).
///
/// # Errors
/// The inner one says why the follow was not taken: only the follower's own canister may ask, and a full list
/// takes nobody (nor, as in the deployed canister, lets anybody go).
pub fn toggle_follower(
    state: &mut State,
    call: &Context,
    follower: FollowerArg,
) -> Result<Result<bool, FollowAnotherUserProfileError>, CallError> {
    if call.caller != follower.follower_canister_id {
        return Ok(Err(FollowAnotherUserProfileError::Unauthorized));
    }
    let bulk = &mut state.bulk;
    if bulk.follower_places.len() > MAX_FOLLOWERS {
        return Ok(Err(
            FollowAnotherUserProfileError::UserITriedToFollowHasTheirFollowersListFull,
        ));
    }
    let entry = FollowEntryDetail {
        principal_id: follower.follower_principal_id,
        canister_id: follower.follower_canister_id,
    };
    let key = FollowMemberKey::from(&entry);
    if let Some(place) = bulk.follower_places.remove(&key) {
        bulk.followers.remove(&place);
        return Ok(Ok(false));
    }
    let place = next_place(&bulk.followers)?;
    bulk.followers.insert(place, entry);
    bulk.follower_places.insert(key, place);
    Ok(Ok(true))
}

fn next_place(entries: &Collection<u64, FollowEntryDetail>) -> Result<u64, CallError> {
    let Some((last, _)) = entries.last_key_value() else {
        return Ok(0);
    };
    last.checked_add(1).ok_or(CallError::NoNumberLeft {
        of: "follower",
        last,
    })
}

/// Ten entries of a list, the latest first, from the place `last` or from the end. O(log n).
pub fn page(state: &State, side: FollowSide, last: Option<u64>) -> Vec<(u64, FollowEntryDetail)> {
    let entries = match side {
        FollowSide::Followers => &state.bulk.followers,
        FollowSide::Following => &state.bulk.following,
    };
    let up_to = ..=last.unwrap_or(u64::MAX);
    entries.range(up_to).rev().take(PAGE).collect()
}

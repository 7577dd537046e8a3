//! Who may change what: all of it in one place.
//!
//! | what | who |
//! |---|---|
//! | profile, new posts | the owner |
//! | the sign-up reward | the user index; a controller |
//! | a post's clearance to be viewed | the operator; a controller |
//! | a post in full, with who likes it and who bet | the operator |
//! | a follow | the follower's own canister |
//! | likes, views, shares, bets | everyone, as in the deployed canister; a bet needs a bettor who is not anonymous |
//! | settings, owner, known principals | whoever may upgrade: a controller, through the upgrade's argument |

use candid::Principal;

use super::context::Context;
use super::error::CallError;
use crate::domain::known_principal::KnownPrincipalType;
use crate::state::hot::Hot;

/// Whether the caller is the owner. Nobody is, as long as there is none.
pub fn is_owner(hot: &Hot, call: &Context) -> bool {
    hot.profile.principal_id == Some(call.caller)
}

/// Whether the caller plays `part` in the fleet. Nobody does, as long as it is not known who does.
pub fn plays(hot: &Hot, call: &Context, part: KnownPrincipalType) -> bool {
    hot.known_principal_ids.get(&part) == Some(&call.caller)
}

/// Refuses everyone but who plays `part` and controllers; `allowed` names them in the error.
pub fn require(
    hot: &Hot,
    call: &Context,
    part: KnownPrincipalType,
    allowed: &'static str,
) -> Result<(), CallError> {
    if plays(hot, call, part) || call.caller_is_controller {
        return Ok(());
    }
    Err(CallError::NotAllowed {
        caller: call.caller,
        allowed,
    })
}

/// The owner.
pub fn owner(hot: &Hot) -> Result<Principal, CallError> {
    hot.profile.principal_id.ok_or(CallError::NoOwner)
}

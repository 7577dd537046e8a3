//! What the endpoints do, asked of the logic.

mod access;
mod answers;
mod bets;
mod follows;
mod posts;
mod tokens;

use candid::Principal;

use super::context::Context;
use crate::domain::post::PostDetailsFromFrontend;
use crate::domain::time::Timestamp;
use crate::logic::posts as logic;
use crate::state::State;

/// The owner of the canisters in these tests.
const OWNER: Principal = Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
/// The canister that they are.
const CANISTER: Principal = Principal::from_slice(&[9, 1, 1]);
/// When they were made, in seconds since 1970.
const BIRTH: u64 = 1_700_000_000;

/// The `n`th of many users.
fn user(n: u64) -> Principal {
    Principal::self_authenticating(n.to_be_bytes())
}

/// A call by `caller`, `seconds` after [`BIRTH`].
fn call(caller: Principal, seconds: u64) -> Context {
    Context {
        caller,
        caller_is_controller: false,
        now: Timestamp {
            secs_since_epoch: BIRTH + seconds,
            nanos_since_epoch: 0,
        },
        canister: CANISTER,
    }
}

/// A canister with an owner and nothing else.
fn owned() -> State {
    let mut state = State::default();
    state.hot.profile.principal_id = Some(OWNER);
    state
}

/// Adds a post, which can be bet on if `consent`.
fn add_post(state: &mut State, consent: bool) -> u64 {
    let details = PostDetailsFromFrontend {
        description: "a video".to_owned(),
        hashtags: vec!["fun".to_owned()],
        video_uid: "abcd".to_owned(),
        creator_consent_for_inclusion_in_hot_or_not: consent,
    };
    let added = logic::add(state, &call(OWNER, 0), details);
    added.expect("the owner may").0
}

/// All there is, for "nothing has changed".
fn everything(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(state, &mut bytes).expect("serializable");
    bytes
}

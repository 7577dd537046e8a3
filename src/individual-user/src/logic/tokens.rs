//! The owner's tokens.

use super::context::Context;
use super::error::CallError;
use super::{access, pagination};
use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::post::GetPostsOfUserProfileError;
use crate::domain::token::{MintEvent, TokenEvent};
use crate::state::State;

/// Tokens for joining.
const SIGNUP_REWARD: u64 = 1000;

/// With more events than this the oldest go when one comes.
const MAX_EVENTS: u64 = 1500;

/// Numbers of events that stay then, counted back from the last.
const KEPT_NUMBERS: u64 = 1000;

/// Events that go at most when one comes, so that a history that grew long elsewhere cannot make a call fail.
const DROPPED_AT_ONCE: usize = 1000;

/// Rewards the owner for joining. Only the user index or a controller may.
pub fn reward_signup(state: &mut State, call: &Context) -> Result<(), CallError> {
    let index = KnownPrincipalType::CanisterIdUserIndex;
    access::require(&state.hot, call, index, "the user index or a controller")?;
    let owner = access::owner(&state.hot)?;
    let event = TokenEvent::Mint {
        amount: SIGNUP_REWARD,
        details: MintEvent::NewUserSignup {
            new_user_principal_id: owner,
        },
        timestamp: call.now,
    };
    record(state, event)?;
    let balance = &mut state.hot.balance;
    balance.utility_token_balance = balance.utility_token_balance.saturating_add(SIGNUP_REWARD);
    balance.lifetime_earnings = balance.lifetime_earnings.saturating_add(SIGNUP_REWARD);
    Ok(())
}

/// Adds an event to the history, after the oldest have gone if there are too many. O(log n), and O(log n) for each
/// that goes.
fn record(state: &mut State, event: TokenEvent) -> Result<(), CallError> {
    let events = &mut state.bulk.token_events;
    let last = events.last_key_value().map_or(0, |(last, _)| last);
    let next = last.checked_add(1).ok_or(CallError::NoNumberLeft {
        of: "token event",
        last,
    })?;
    if events.len() > MAX_EVENTS {
        let oldest = events.range(..=last.saturating_sub(KEPT_NUMBERS));
        let oldest: Vec<u64> = oldest
            .take(DROPPED_AT_ONCE)
            .map(|(number, _)| number)
            .collect();
        for number in oldest {
            events.remove(&number);
        }
    }
    events.insert(next, event);
    Ok(())
}

/// The events from position `from` to before `to`, newest first, at most a hundred. O(to).
pub fn page(
    state: &State,
    from: u64,
    to: u64,
) -> Result<Vec<(u64, TokenEvent)>, GetPostsOfUserProfileError> {
    let events = &state.bulk.token_events;
    let page = pagination::page(from, to, events.len())?;
    let skip = usize::try_from(page.start).unwrap_or(usize::MAX);
    let take = usize::try_from(page.end - page.start).unwrap_or(usize::MAX);
    Ok(events.iter().rev().skip(skip).take(take).collect())
}

//! The owner's tokens.

use super::context::this_call;
use crate::domain::post::GetPostsOfUserProfileError;
use crate::domain::token::TokenEvent;
use crate::logic::tokens;
use crate::state;
use ic_stable_migration::cdk::OrTrap;

#[ic_cdk::query]
fn get_utility_token_balance() -> u64 {
    state::with(|state| state.hot.balance.utility_token_balance)
}

#[ic_cdk::query]
fn get_user_utility_token_transaction_history_with_pagination(
    from_inclusive_index: u64,
    to_exclusive_index: u64,
) -> Result<Vec<(u64, TokenEvent)>, GetPostsOfUserProfileError> {
    state::with(|state| tokens::page(state, from_inclusive_index, to_exclusive_index))
}

#[ic_cdk::update]
fn get_rewarded_for_signing_up() {
    state::with_mut(|state| tokens::reward_signup(state, &this_call())).or_trap();
}

//! Bets on this canister's posts, and bets the owner made elsewhere.

use candid::Principal;

use super::context::this_call;
use super::feeds;
use crate::domain::betting::{
    BetOnCurrentlyViewingPostError, BettingStatus, PlaceBetArg, PlacedBetDetail,
};
use crate::logic::bets;
use crate::state;
use ic_stable_migration::cdk::OrTrap;

#[ic_cdk::query]
fn get_hot_or_not_bet_details_for_this_post(post_id: u64) -> BettingStatus {
    state::with(|state| bets::status(state, &this_call(), post_id)).or_trap()
}

#[ic_cdk::update]
fn receive_bet_from_bet_makers_canister(
    place_bet_arg: PlaceBetArg,
    bet_maker_principal_id: Principal,
) -> Result<BettingStatus, BetOnCurrentlyViewingPostError> {
    let placed = state::with_mut(|state| {
        bets::place(state, &this_call(), place_bet_arg, bet_maker_principal_id)
    });
    let (status, news) = placed.or_trap()?;
    feeds::tell(news);
    Ok(status)
}

#[ic_cdk::query]
fn get_hot_or_not_bets_placed_by_this_profile_with_pagination(
    last_index_sent: u64,
) -> Vec<PlacedBetDetail> {
    state::with(|state| bets::placed_page(state, last_index_sent))
}

#[ic_cdk::query]
fn get_individual_hot_or_not_bet_placed_by_this_profile(
    canister_id: Principal,
    post_id: u64,
) -> Option<PlacedBetDetail> {
    state::with(|state| bets::placed(state, canister_id, post_id))
}

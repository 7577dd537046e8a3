use candid::Principal;

use super::{OWNER, add_post, call, everything, owned, user};
use crate::domain::betting::BetOnCurrentlyViewingPostError::{
    self, BettingClosed, UserAlreadyParticipatedInThisPost, UserNotLoggedIn,
};
use crate::domain::betting::{BetDirection, BettingStatus, PlaceBetArg};
use crate::logic::{bets, posts, profile};
use crate::state::State;

const HOUR: u64 = 60 * 60;

fn place(
    state: &mut State,
    post_id: u64,
    bettor: Principal,
    seconds: u64,
) -> Result<BettingStatus, BetOnCurrentlyViewingPostError> {
    let arg = PlaceBetArg {
        post_canister_id: super::CANISTER,
        post_id,
        bet_amount: 50,
        bet_direction: BetDirection::Hot,
    };
    let through_their_canister = call(user(u64::MAX), seconds);
    let placed = bets::place(state, &through_their_canister, arg, bettor);
    placed.expect("a post").map(|(status, _)| status)
}

/// Slot, room, participants and whether the asker has bet.
fn open(status: BettingStatus) -> (u8, u64, u8, Option<bool>) {
    match status {
        BettingStatus::BettingOpen {
            number_of_participants,
            ongoing_slot,
            ongoing_room,
            has_this_user_participated_in_this_post,
            ..
        } => (
            ongoing_slot,
            ongoing_room,
            number_of_participants,
            has_this_user_participated_in_this_post,
        ),
        BettingStatus::BettingClosed => panic!("betting is closed"),
    }
}

fn status(state: &State, asker: Principal, seconds: u64) -> BettingStatus {
    bets::status(state, &call(asker, seconds), 0).expect("a post")
}

#[test]
fn the_hundred_and_first_bet_of_a_slot_opens_a_second_room() {
    let mut state = owned();
    let id = add_post(&mut state, true);
    for n in 0..100 {
        let placed = open(place(&mut state, id, user(n), 1).expect("open"));
        assert_eq!(placed, (1, 1, n as u8 + 1, Some(true)));
    }
    let placed = open(place(&mut state, id, user(100), 1).expect("open"));
    assert_eq!(placed, (1, 2, 1, Some(true)));
    assert_eq!(open(status(&state, user(0), 2)), (1, 2, 1, Some(true)));
    assert_eq!(open(status(&state, user(999), 2)), (1, 2, 1, Some(false)));
    assert_eq!(
        open(status(&state, Principal::anonymous(), 2)),
        (1, 2, 1, None)
    );
    let details = profile::details(&state).expect("an owner");
    assert_eq!(details.profile_stats.hot_bets_received, 101);
}

#[test]
fn each_hour_has_its_slot_until_the_second_in_which_48_are_over() {
    let mut state = owned();
    let id = add_post(&mut state, true);
    let _ = place(&mut state, id, user(1), 2 * HOUR + 1).expect("open");
    assert_eq!(
        open(status(&state, user(1), 3 * HOUR - 1)),
        (3, 1, 1, Some(true))
    );
    assert_eq!(
        open(status(&state, user(1), 3 * HOUR)),
        (4, 1, 0, Some(true))
    );
    assert_eq!(
        open(status(&state, user(2), 48 * HOUR)),
        (49, 1, 0, Some(false))
    );
    let closed = status(&state, user(2), 48 * HOUR + 1);
    assert_eq!(closed, BettingStatus::BettingClosed);
    let late = place(&mut state, id, user(2), 48 * HOUR + 1);
    assert_eq!(late, Err(BettingClosed));
}

#[test]
fn a_bet_that_is_refused_changes_nothing() {
    let mut state = owned();
    let open_post = add_post(&mut state, true);
    let closed_post = add_post(&mut state, false);
    let _ = place(&mut state, open_post, user(1), 1).expect("open");
    let before = everything(&state);
    let mut refusal = |post, bettor| place(&mut state, post, bettor, 2).expect_err("refused");
    assert_eq!(refusal(open_post, Principal::anonymous()), UserNotLoggedIn);
    assert_eq!(
        refusal(open_post, user(1)),
        UserAlreadyParticipatedInThisPost
    );
    assert_eq!(refusal(closed_post, user(1)), BettingClosed);
    assert_eq!(everything(&state), before);
}

#[test]
fn the_operator_sees_every_bet_in_its_room() {
    let mut state = owned();
    let operator = crate::domain::known_principal::KnownPrincipalType::UserIdGlobalSuperAdmin;
    state.hot.known_principal_ids.insert(operator, OWNER);
    let id = add_post(&mut state, true);
    for n in 0..120 {
        let _ = place(&mut state, id, user(n), 1 + n * 60).expect("open");
    }
    let whole = posts::whole(&state, &call(OWNER, 0), id).expect("a post");
    let details = whole.expect("the operator").hot_or_not_details;
    let slots = details.expect("bets").slot_history;
    let per_room: Vec<usize> = slots
        .values()
        .flat_map(|slot| slot.room_details.values())
        .map(|room| room.bets_made.len())
        .collect();
    assert_eq!(per_room, [60, 60]);
    assert_eq!(slots[&2].room_details[&1].room_bets_total_pot, 60 * 50);
}

#[test]
fn a_post_made_in_the_future_can_be_bet_on_in_its_first_slot() {
    let mut state = owned();
    let id = add_post(&mut state, true);
    let mut post = posts::find(&state, id).expect("a post");
    post.created_at.secs_since_epoch += 5 * HOUR;
    state.bulk.posts.insert(id, post);
    assert_eq!(open(status(&state, user(1), 0)), (1, 1, 0, Some(false)));
}

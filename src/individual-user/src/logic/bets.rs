//! Bets on this canister's posts, and bets the owner made elsewhere.
//!
//! A post that its owner put up for it can be bet on for 48 hours, in a slot for each hour; a room of a slot
//! takes a hundred bets, then the next one opens. What the deployed canister also does and this one leaves out,
//! because none of its endpoints is here: deciding the rooms of a slot when its hour is over (a timer that pays
//! the creator's commission and tells the bettors' canisters), and placing the owner's own bets with other
//! canisters. Rooms decided and bets placed before are kept and shown as they are.

use candid::Principal;

use super::context::Context;
use super::error::CallError;
use super::posts;
use super::scores::{self, FeedNews};
use crate::domain::betting::{
    BetDetails, BetDirection, BetOnCurrentlyViewingPostError, BetPayout, BettingStatus,
    PlaceBetArg, PlacedBetDetail,
};
use crate::state::State;
use crate::state::keys::{BetKey, PlacedBetKey, RoomKey};
use crate::state::records::{PostRecord, RoomRecord};

const SLOTS: u64 = 48;
const SECONDS_PER_SLOT: u64 = 60 * 60;

/// How many bets a room takes.
const ROOM_SIZE: u64 = 100;

/// The room of a slot that nobody has bet in.
const FIRST_ROOM: u64 = 1;

/// How many bets a page has.
const PAGE: usize = 10;

/// The slot and the room a bet goes to.
#[derive(Clone, Copy)]
struct Place {
    slot: u8,
    room: u64,
    participants: u64,
}

impl Place {
    fn status(self, post: &PostRecord, has_participated: Option<bool>) -> BettingStatus {
        BettingStatus::BettingOpen {
            started_at: post.created_at,
            // The interface has 8 bits for it; a room has at most a hundred bets.
            number_of_participants: self.participants as u8,
            ongoing_slot: self.slot,
            ongoing_room: self.room,
            has_this_user_participated_in_this_post: has_participated,
        }
    }
}

/// Whether the post `id` can be bet on, and where. O(log n).
pub fn status(state: &State, call: &Context, id: u64) -> Result<BettingStatus, CallError> {
    let post = posts::find(state, id)?;
    Ok(status_of(state, call, id, &post))
}

pub(super) fn status_of(
    state: &State,
    call: &Context,
    number: u64,
    post: &PostRecord,
) -> BettingStatus {
    let Some(place) = current_place(state, call, number, post) else {
        return BettingStatus::BettingClosed;
    };
    let known = call.caller != Principal::anonymous();
    place.status(post, known.then(|| has_bet(state, number, call.caller)))
}

/// The current slot and its last room, as long as the post can be bet on. Betting is open through the second in
/// which the 48 hours are over; that second belongs to a slot 49.
fn current_place(state: &State, call: &Context, number: u64, post: &PostRecord) -> Option<Place> {
    let elapsed = call.now.seconds_since(post.created_at);
    if elapsed > SLOTS * SECONDS_PER_SLOT {
        return None;
    }
    let slot = (elapsed / SECONDS_PER_SLOT + 1) as u8;
    Some(last_room(state, number, slot).unwrap_or(Place {
        slot,
        room: FIRST_ROOM,
        participants: 0,
    }))
}

fn last_room(state: &State, post: u64, slot: u8) -> Option<Place> {
    let mut rooms = state.bulk.rooms.range(RoomKey::of_slot(post, slot));
    let (key, room) = rooms.next_back()?;
    Some(Place {
        slot,
        room: key.room,
        participants: room.participants,
    })
}

fn has_bet(state: &State, post: u64, user: Principal) -> bool {
    let mut bets = state.bulk.bets.range(BetKey::of_bettor(post, user));
    bets.next().is_some()
}

/// Takes a bet that `bettor` makes through their own canister, which is the caller. O(log n).
///
/// # Errors
/// The outer one where there is no such post; the inner one says why the bet was not taken. A post that was never
/// put up for betting is closed.
pub fn place(
    state: &mut State,
    call: &Context,
    arg: PlaceBetArg,
    bettor: Principal,
) -> Result<Result<(BettingStatus, FeedNews), BetOnCurrentlyViewingPostError>, CallError> {
    let mut post = posts::find(state, arg.post_id)?;
    if bettor == Principal::anonymous() {
        return Ok(Err(BetOnCurrentlyViewingPostError::UserNotLoggedIn));
    }
    let open = current_place(state, call, arg.post_id, &post);
    let (Some(open), Some(betting)) = (open, post.betting.as_mut()) else {
        return Ok(Err(BetOnCurrentlyViewingPostError::BettingClosed));
    };
    if has_bet(state, arg.post_id, bettor) {
        return Ok(Err(
            BetOnCurrentlyViewingPostError::UserAlreadyParticipatedInThisPost,
        ));
    }
    let room = match open.participants {
        0..ROOM_SIZE => Some(open.room),
        _ => open.room.checked_add(1),
    };
    let Some(room) = room else {
        return Err(CallError::NoNumberLeft {
            of: "room",
            last: open.room,
        });
    };
    let key = RoomKey {
        post: arg.post_id,
        slot: open.slot,
        room,
    };
    betting.open_slot(open.slot);
    let totals = &mut betting.totals;
    totals.total_amount_bet = totals.total_amount_bet.saturating_add(arg.bet_amount);
    count(
        arg.bet_direction,
        &mut totals.total_number_of_hot_bets,
        &mut totals.total_number_of_not_bets,
    );
    let last_slot = betting.slots.last().copied().unwrap_or(open.slot);

    fill_room(state, key, &arg);
    let bet = BetDetails {
        amount: arg.bet_amount,
        bet_direction: arg.bet_direction,
        payout: BetPayout::NotCalculatedYet,
        bet_maker_canister_id: call.caller,
    };
    let bet_key = BetKey {
        post: key.post,
        bettor,
        slot: key.slot,
        room: key.room,
    };
    state.bulk.bets.insert(bet_key, bet);
    let received = &mut state.hot.profile.profile_stats;
    count(
        arg.bet_direction,
        &mut received.hot_bets_received,
        &mut received.not_bets_received,
    );
    let news = scores::refresh(&mut post, call);
    let shown = last_room(state, arg.post_id, last_slot).unwrap_or(Place { room, ..open });
    let status = shown.status(&post, Some(true));
    state.bulk.posts.insert(arg.post_id, post);
    Ok(Ok((status, news)))
}

fn fill_room(state: &mut State, key: RoomKey, arg: &PlaceBetArg) {
    let mut room: RoomRecord = state.bulk.rooms.get(&key).unwrap_or_default();
    room.pot = room.pot.saturating_add(arg.bet_amount);
    room.participants = room.participants.saturating_add(1);
    count(arg.bet_direction, &mut room.hot_bets, &mut room.not_bets);
    state.bulk.rooms.insert(key, room);
}

fn count(direction: BetDirection, hot: &mut u64, not: &mut u64) {
    let side = match direction {
        BetDirection::Hot => hot,
        BetDirection::Not => not,
    };
    *side = side.saturating_add(1);
}

/// The bet the owner made on the post `post` of `canister`. O(log n).
pub fn placed(state: &State, canister: Principal, post: u64) -> Option<PlacedBetDetail> {
    state.bulk.placed_bets.get(&PlacedBetKey { canister, post })
}

/// Ten of the bets the owner made, after the first `skip`, by canister and post. O(skip).
pub fn placed_page(state: &State, skip: u64) -> Vec<PlacedBetDetail> {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let bets = state.bulk.placed_bets.iter().skip(skip).take(PAGE);
    bets.map(|(_, bet)| bet).collect()
}

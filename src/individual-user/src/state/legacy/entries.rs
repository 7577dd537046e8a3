//! How each entry of the nested value becomes entries of the state.

use candid::Principal;
use ic_stable_migration::{Each, EachOf, Elements, Entries};

use super::{CanisterData, FollowData, FollowList};
use crate::domain::betting::PlacedBetDetail;
use crate::domain::follow::FollowEntryDetail;
use crate::domain::post::Post;
use crate::domain::token::TokenEvent;
use crate::state::State;
use crate::state::keys::{FollowMemberKey, FollowSide, FollowedPrincipalKey, PlacedBetKey};

/// The nested value whose large maps and sets go into the state entry by entry, while the value is decoded.
pub type Streamed = CanisterData<
    Each<Posts>,
    Each<PlacedBets>,
    Each<TokenEvents>,
    FollowData<
        FollowList<Each<Followers>, Each<FollowerPlaces>>,
        FollowList<Each<Following>, Each<FollowingPlaces>>,
    >,
    EachOf<PrincipalsIFollow>,
    EachOf<PrincipalsThatFollowMe>,
>;

/// See [`Bulk::posts`](crate::state::bulk::Bulk::posts).
pub struct Posts;

impl Entries for Posts {
    type Key = u64;
    type Value = Post;
    type State = State;

    fn take(number: u64, post: Post, state: &mut State) {
        state.bulk.import_post(number, post);
    }
}

/// See [`Bulk::placed_bets`](crate::state::bulk::Bulk::placed_bets).
pub struct PlacedBets;

impl Entries for PlacedBets {
    type Key = (Principal, u64);
    type Value = PlacedBetDetail;
    type State = State;

    fn take((canister, post): (Principal, u64), bet: PlacedBetDetail, state: &mut State) {
        let key = PlacedBetKey { canister, post };
        state.bulk.placed_bets.insert(key, bet);
    }
}

/// See [`Bulk::token_events`](crate::state::bulk::Bulk::token_events).
pub struct TokenEvents;

impl Entries for TokenEvents {
    type Key = u64;
    type Value = TokenEvent;
    type State = State;

    fn take(number: u64, event: TokenEvent, state: &mut State) {
        state.bulk.token_events.insert(number, event);
    }
}

/// See [`Bulk::followers`](crate::state::bulk::Bulk::followers).
pub struct Followers;

impl Entries for Followers {
    type Key = u64;
    type Value = FollowEntryDetail;
    type State = State;

    fn take(place: u64, entry: FollowEntryDetail, state: &mut State) {
        state.bulk.followers.insert(place, entry);
    }
}

/// See [`Bulk::follower_places`](crate::state::bulk::Bulk::follower_places).
pub struct FollowerPlaces;

impl Entries for FollowerPlaces {
    type Key = FollowEntryDetail;
    type Value = u64;
    type State = State;

    fn take(entry: FollowEntryDetail, place: u64, state: &mut State) {
        let key = FollowMemberKey::from(&entry);
        state.bulk.follower_places.insert(key, place);
    }
}

/// See [`Bulk::following`](crate::state::bulk::Bulk::following).
pub struct Following;

impl Entries for Following {
    type Key = u64;
    type Value = FollowEntryDetail;
    type State = State;

    fn take(place: u64, entry: FollowEntryDetail, state: &mut State) {
        state.bulk.following.insert(place, entry);
    }
}

/// See [`Bulk::following_places`](crate::state::bulk::Bulk::following_places).
pub struct FollowingPlaces;

impl Entries for FollowingPlaces {
    type Key = FollowEntryDetail;
    type Value = u64;
    type State = State;

    fn take(entry: FollowEntryDetail, place: u64, state: &mut State) {
        let key = FollowMemberKey::from(&entry);
        state.bulk.following_places.insert(key, place);
    }
}

/// See [`Bulk::followed_principals`](crate::state::bulk::Bulk::followed_principals).
pub struct PrincipalsIFollow;

impl Elements for PrincipalsIFollow {
    type Element = Principal;
    type State = State;

    fn take(user: Principal, state: &mut State) {
        let count = take_principal(FollowSide::Following, user, state);
        state.hot.followed_principals.following += count;
    }
}

/// See [`Bulk::followed_principals`](crate::state::bulk::Bulk::followed_principals).
pub struct PrincipalsThatFollowMe;

impl Elements for PrincipalsThatFollowMe {
    type Element = Principal;
    type State = State;

    fn take(user: Principal, state: &mut State) {
        let count = take_principal(FollowSide::Followers, user, state);
        state.hot.followed_principals.followers += count;
    }
}

/// Says how many that makes: what stands twice in a list is one entry.
fn take_principal(side: FollowSide, user: Principal, state: &mut State) -> u64 {
    let key = FollowedPrincipalKey { side, user };
    let before = state.bulk.followed_principals.insert(key, ());
    u64::from(before.is_none())
}

use candid::Principal;

use super::{call, everything, owned, user};
use crate::domain::follow::FollowAnotherUserProfileError::{
    self, Unauthorized, UserITriedToFollowHasTheirFollowersListFull,
};
use crate::domain::follow::{FollowEntryDetail, FollowerArg};
use crate::logic::{follows, profile};
use crate::state::State;
use crate::state::keys::{FollowMemberKey, FollowSide};

fn toggle(
    state: &mut State,
    caller: Principal,
    follower: u64,
) -> Result<bool, FollowAnotherUserProfileError> {
    let arg = FollowerArg {
        follower_principal_id: user(follower),
        follower_canister_id: user(1000 + follower),
    };
    follows::toggle_follower(state, &call(caller, 0), arg).expect("a free place")
}

fn places(state: &State, last: Option<u64>) -> Vec<u64> {
    let page = follows::page(state, FollowSide::Followers, last);
    page.into_iter().map(|(place, _)| place).collect()
}

#[test]
fn followers_are_listed_latest_first_ten_at_a_time() {
    let mut state = owned();
    for n in 0..25 {
        assert_eq!(toggle(&mut state, user(1000 + n), n), Ok(true));
    }
    assert_eq!(places(&state, None), (15..=24).rev().collect::<Vec<_>>());
    assert_eq!(places(&state, Some(15)), (6..=15).rev().collect::<Vec<_>>());
    assert_eq!(places(&state, Some(0)), [0]);
    assert_eq!(toggle(&mut state, user(1000 + 7), 7), Ok(false));
    assert_eq!(places(&state, Some(8)), [8, 6, 5, 4, 3, 2, 1, 0]);
    let details = profile::details(&state).expect("an owner");
    assert_eq!((details.followers_count, details.following_count), (24, 0));
}

#[test]
fn only_the_followers_own_canister_may_ask() {
    let mut state = owned();
    let before = everything(&state);
    assert_eq!(toggle(&mut state, user(5), 5), Err(Unauthorized));
    assert_eq!(everything(&state), before);
}

#[test]
fn a_list_with_more_than_ten_thousand_takes_nobody_and_lets_nobody_go() {
    let mut state = owned();
    assert_eq!(toggle(&mut state, user(1000), 0), Ok(true));
    for n in 1..=10_000 {
        let entry = FollowEntryDetail {
            principal_id: user(n),
            canister_id: user(n),
        };
        state
            .bulk
            .follower_places
            .insert(FollowMemberKey::from(&entry), n);
    }
    let full = Err(UserITriedToFollowHasTheirFollowersListFull);
    assert_eq!(toggle(&mut state, user(1000), 0), full);
    assert_eq!(toggle(&mut state, user(1001), 1), full);
}

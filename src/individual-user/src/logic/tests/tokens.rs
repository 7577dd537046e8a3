use super::{OWNER, call, owned, user};
use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::token::TokenEvent;
use crate::logic::tokens;
use crate::state::State;

fn with_index() -> State {
    let mut state = owned();
    let index = KnownPrincipalType::CanisterIdUserIndex;
    state.hot.known_principal_ids.insert(index, user(0));
    state
}

fn reward(state: &mut State) {
    tokens::reward_signup(state, &call(user(0), 0)).expect("the index may");
}

#[test]
fn a_reward_is_minted_and_stands_first_in_the_history() {
    let mut state = with_index();
    reward(&mut state);
    reward(&mut state);
    assert_eq!(state.hot.balance.utility_token_balance, 2000);
    assert_eq!(state.hot.balance.lifetime_earnings, 2000);
    let page = tokens::page(&state, 0, 10).expect("events");
    assert_eq!(page.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [2, 1]);
    let TokenEvent::Mint {
        amount, details, ..
    } = &page[0].1
    else {
        panic!("not a reward");
    };
    assert_eq!(*amount, 1000);
    assert!(format!("{details:?}").contains(&format!("{OWNER:?}")));
}

#[test]
fn a_history_above_1500_events_drops_to_the_last_thousand_and_the_new_one() {
    let mut state = with_index();
    for _ in 0..1501 {
        reward(&mut state);
    }
    assert_eq!(state.bulk.token_events.len(), 1501);
    reward(&mut state);
    assert_eq!(state.bulk.token_events.len(), 1001);
    let first = state.bulk.token_events.first_key_value();
    assert_eq!(first.map(|(number, _)| number), Some(502));
}

#[test]
fn a_history_far_too_long_is_shortened_a_thousand_at_a_time() {
    let mut state = with_index();
    for number in 1..=5000 {
        state.bulk.token_events.insert(number, TokenEvent::Burn);
    }
    let lengths: Vec<u64> = (0..6)
        .map(|_| {
            reward(&mut state);
            state.bulk.token_events.len()
        })
        .collect();
    assert_eq!(lengths, [4001, 3002, 2003, 1004, 1005, 1006]);
}

#[test]
fn balances_stop_at_the_largest_number() {
    let mut state = with_index();
    state.hot.balance.utility_token_balance = u64::MAX - 1;
    reward(&mut state);
    assert_eq!(state.hot.balance.utility_token_balance, u64::MAX);
}

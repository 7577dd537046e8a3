use super::*;
use candid::{decode_args, encode_args, encode_one};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Who alone sees whole posts.
const OPERATOR: Principal = Principal::management_canister();

/// A canister with some posts, token events and one bet placed.
struct Canister {
    posts: BTreeSet<u64>,
    events: u64,
    followers: u64,
}

#[derive(CandidType)]
struct Profile {
    principal_id: Principal,
}

#[derive(CandidType)]
struct Bet {
    canister_id: Principal,
    post_id: u64,
}

impl Canister {
    fn ask(&self, call: &Call) -> Result<Vec<u8>, String> {
        let reply = match call.method {
            "get_profile_details" => encode_one(Profile {
                principal_id: people::visitor(9),
            }),
            "get_well_known_principal_value" => encode_one(Some(OPERATOR)),
            "get_entire_individual_post_detail_by_id" if call.caller == OPERATOR => {
                let (post,): (u64,) = decode_args(&call.args).unwrap();
                let found: Result<u64, ()> = self.posts.get(&post).copied().ok_or(());
                encode_one(found)
            }
            "get_user_utility_token_transaction_history_with_pagination" => {
                let (from, to): (u64, u64) = decode_args(&call.args).unwrap();
                let events: Vec<u64> = (from..to.min(self.events)).collect();
                let page: Result<Vec<u64>, ()> = if events.is_empty() {
                    Err(())
                } else {
                    Ok(events)
                };
                encode_one(page)
            }
            "get_hot_or_not_bets_placed_by_this_profile_with_pagination" => {
                let (from,): (u64,) = decode_args(&call.args).unwrap();
                let bet = Bet {
                    canister_id: people::canister(3),
                    post_id: 7,
                };
                encode_one(if from == 0 { vec![bet] } else { vec![] })
            }
            "get_principals_that_follow_this_profile_paginated" => {
                let top = self.followers.checked_sub(1);
                encode_args((top
                    .map(|top| (top, "entry"))
                    .into_iter()
                    .collect::<Vec<_>>(),))
            }
            other => return Err(format!("no method {other}")),
        };
        Ok(reply.unwrap())
    }

    fn asked(&self, method: &str) -> Vec<String> {
        let interview = Interview::prepare(|call| self.ask(call));
        let questions = interview.questions().iter();
        let asked = questions.filter(|question| question.method == method);
        asked.map(|question| question.to_string()).collect()
    }
}

fn canister() -> Canister {
    Canister {
        posts: [0, 1, 5, 20].into(),
        events: 25,
        followers: 12,
    }
}

#[test]
fn posts_are_found_across_gaps_and_one_that_is_not_there_is_asked_for() {
    let method = "get_entire_individual_post_detail_by_id";
    let ids = [0, 1, 5, 20, 36].map(|id| format!("{method} ({id} : nat64)"));
    assert_eq!(canister().asked(method), ids);
}

#[test]
fn pages_are_turned_to_the_one_that_has_nothing() {
    let method = "get_user_utility_token_transaction_history_with_pagination";
    assert_eq!(canister().asked(method).len(), 4);
}

#[test]
fn what_changes_by_itself_can_be_left_out() {
    let canister = canister();
    let interview = Interview::prepare(|call| canister.ask(call));
    let asked = interview.questions().len();
    let fewer = interview.without("get_profile_details");
    assert_eq!(fewer.questions().len(), asked - 1);
}

#[test]
fn followers_are_asked_for_from_the_highest_down_to_the_first() {
    let method = "get_principals_that_follow_this_profile_paginated";
    let froms = ["null", "opt (0 : nat64)", "opt (10 : nat64)"];
    assert_eq!(
        canister().asked(method),
        froms.map(|from| format!("{method} ({from})"))
    );
}

#[test]
fn each_bet_placed_is_asked_for_by_itself() {
    let asked = canister().asked("get_individual_hot_or_not_bet_placed_by_this_profile");
    assert_eq!(asked.len(), 1);
    assert!(asked[0].ends_with(", 7 : nat64)"), "{}", asked[0]);
}

#[test]
fn owner_and_operator_are_those_whom_the_canister_names() {
    let canister = canister();
    let interview = Interview::prepare(|call| canister.ask(call));
    assert_eq!(interview.questions()[0].caller, people::visitor(9));
    let mut callers = interview.questions().iter().map(|question| question.caller);
    assert!(callers.any(|caller| caller == OPERATOR));
}

#[test]
fn a_lost_post_is_told() {
    let before = canister();
    let mut after = canister();
    after.posts.remove(&5);
    let interview =
        Interview::prepare(|call| before.ask(call)).with_names_of("variant { Ok; Err }");
    let was = interview.answers(|call| before.ask(call));
    let is = interview.answers(|call| after.ask(call));
    let difference = was.first_difference(&is).unwrap();
    assert_eq!(
        difference.question,
        "get_entire_individual_post_detail_by_id (5 : nat64)"
    );
    assert_eq!(
        (difference.before.as_str(), difference.after.as_str()),
        ("Ok", "Err")
    );
    assert_eq!(was.equal(&is), was.len() - 1);
}

proptest! {
    #[test]
    fn whatever_a_canister_replies_an_interview_ends(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let interview = Interview::prepare(|_| Ok(bytes.clone()));
        let answers = interview.answers(|_| Ok(bytes.clone()));
        prop_assert_eq!(answers.first_difference(&answers), None);
    }
}

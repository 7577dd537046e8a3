//! The answers of the deployed canister to a real memory, against ours.

use candid::types::Label;
use candid::types::value::{IDLField, IDLValue, VariantValue};
use candid::{CandidType, IDLArgs};
use candid_parser::parse_idl_args;

use super::{OWNER, call};
use crate::domain::known_principal::KnownPrincipalType;
use crate::logic::{bets, follows, posts, profile, tokens};
use crate::state::State;
use crate::state::keys::FollowSide;
use crate::testing::fixtures;

/// A reply without what is not part of it: names are hashes, `null` and `none` are one, and lists of principals
/// are sets, which the deployed canister gives in no fixed order.
fn comparable(value: IDLValue) -> IDLValue {
    match value {
        IDLValue::Null => IDLValue::None,
        IDLValue::Opt(inner) => IDLValue::Opt(Box::new(comparable(*inner))),
        IDLValue::Vec(items) => {
            let mut items: Vec<_> = items.into_iter().map(comparable).collect();
            if items.iter().all(|i| matches!(i, IDLValue::Principal(_))) {
                items.sort_by_key(|item| item.to_string());
            }
            IDLValue::Vec(items)
        }
        IDLValue::Record(fields) => {
            let mut fields: Vec<_> = fields.into_iter().map(field).collect();
            fields.sort_by_key(|field| field.id.get_id());
            IDLValue::Record(fields)
        }
        IDLValue::Variant(VariantValue(chosen, _)) => {
            IDLValue::Variant(VariantValue(Box::new(field(*chosen)), 0))
        }
        other => other,
    }
}

fn field(field: IDLField) -> IDLField {
    IDLField {
        id: Label::Id(field.id.get_id()),
        val: comparable(field.val),
    }
}

fn comparable_args(args: IDLArgs) -> Vec<IDLValue> {
    args.args.into_iter().map(comparable).collect()
}

fn reply(value: impl CandidType) -> Vec<IDLValue> {
    let bytes = candid::encode_one(value).expect("encodable");
    comparable_args(IDLArgs::from_bytes(&bytes).expect("Candid"))
}

fn number(value: &IDLValue) -> Option<u64> {
    match value {
        IDLValue::Number(digits) => Some(digits.parse().expect("digits")),
        _ => None,
    }
}

fn answer(state: &State, question: &str) -> Vec<IDLValue> {
    let asker = call(OWNER, 0);
    let (method, args) = question
        .split_once(' ')
        .expect("a method and its arguments");
    let args = parse_idl_args(args).expect("arguments").args;
    let arg = |n: usize| args.get(n).and_then(number);
    let (first, second) = (arg(0), arg(1));
    let first_or_0 = first.unwrap_or_default();
    let second_or_0 = second.unwrap_or_default();
    match method {
        "get_profile_details" => reply(profile::details(state).expect("an owner")),
        "get_utility_token_balance" => reply(state.hot.balance.utility_token_balance),
        "get_well_known_principal_value" => {
            let index = KnownPrincipalType::CanisterIdUserIndex;
            reply(state.hot.known_principal_ids.get(&index))
        }
        "get_posts_of_this_user_profile_with_pagination" => {
            reply(posts::page(state, &asker, first_or_0, second_or_0).expect("an owner"))
        }
        "get_principals_that_follow_this_profile_paginated" => {
            reply(follows::page(state, FollowSide::Followers, first))
        }
        "get_principals_this_profile_follows_paginated" => {
            reply(follows::page(state, FollowSide::Following, first))
        }
        "get_user_utility_token_transaction_history_with_pagination" => {
            reply(tokens::page(state, first_or_0, second_or_0))
        }
        "get_hot_or_not_bets_placed_by_this_profile_with_pagination" => {
            reply(bets::placed_page(state, first_or_0))
        }
        "get_entire_individual_post_detail_by_id" => {
            reply(posts::whole(state, &asker, first_or_0).expect("a post"))
        }
        other => panic!("{other} is not among the questions this test knows"),
    }
}

#[test]
fn a_deployed_memory_gives_the_answers_that_the_deployed_canister_gave() {
    let (Some(data), Some(answers)) = (fixtures::legacy("legacy-small"), fixtures::answers())
    else {
        return;
    };
    let state = State::from(data);
    assert_eq!(answers.len(), 48);
    for (question, expected) in answers {
        let expected = parse_idl_args(&expected).expect("a reply");
        let same = answer(&state, &question) == comparable_args(expected);
        assert!(same, "{question} is answered otherwise");
    }
}

//! The questions that show whether a canister still has everything.

use candid::types::value::VariantValue;
use candid::{CandidType, IDLArgs, IDLValue, Principal, idl_hash};

use crate::answer::{Answer, Answers, Names};
use crate::call::Call;
use crate::people;

/// Entries asked for with one question of a paginated endpoint.
const PAGE: u64 = 10;

/// Post ids in a row that a canister may not know before an interview takes it that no more come.
const MISSES: u64 = 16;

/// Pages after which an interview stops to turn them, whatever the canister says.
const MAX_PAGES: u64 = 100_000;

/// The questions that one canister has something to say to. They are found by asking, so that they
/// cover a memory of unknown content; the same questions are then asked at every stage.
#[derive(Debug, Clone)]
pub struct Interview {
    questions: Vec<Call>,
    names: Names,
}

impl Interview {
    /// Finds the questions by asking `ask`, which makes a query and gives the reply's bytes or the
    /// reason of a refusal. Costs about as many queries as there are questions.
    ///
    /// Everything is asked by who may ask it, the owner or the operator, both of whom the canister
    /// itself names; what depends on who asks, also by a visitor.
    pub fn prepare(mut ask: impl FnMut(&Call) -> Result<Vec<u8>, String>) -> Self {
        let ask: Ask = &mut ask;
        let who = Who {
            owner: owner(ask),
            operator: operator(ask),
            visitor: people::visitor(1),
        };
        let owner = who.owner;
        let mut questions = vec![
            Call::new(owner, "get_profile_details", ()),
            Call::new(owner, "get_utility_token_balance", ()),
            Call::new(owner, "get_user_caniser_cycle_balance", ()),
        ];
        questions.extend(known_principals(owner));
        questions.extend(pages(ask, |from| {
            let method = "get_posts_of_this_user_profile_with_pagination";
            Call::new(owner, method, (from, from + PAGE))
        }));
        questions.extend(pages(ask, |from| {
            let method = "get_user_utility_token_transaction_history_with_pagination";
            Call::new(owner, method, (from, from + PAGE))
        }));
        questions.extend(pages(ask, |from| {
            let method = "get_hot_or_not_bets_placed_by_this_profile_with_pagination";
            Call::new(owner, method, (from,))
        }));
        for method in [
            "get_principals_that_follow_this_profile_paginated",
            "get_principals_this_profile_follows_paginated",
        ] {
            questions.extend(follow_pages(ask, owner, method));
        }
        for post in posts(ask, who.operator) {
            questions.extend(about_post(&who, post));
        }
        questions.extend(bets(ask, &questions));
        Self {
            questions,
            names: Names::default(),
        }
    }

    /// Puts field names into differences: those of `interface`, a canister's Candid text.
    pub fn with_names_of(mut self, interface: &str) -> Self {
        self.names = Names::of_interface(interface);
        self
    }

    /// Leaves out what is asked of the endpoint `method`: for answers that change by themselves.
    pub fn without(mut self, method: &str) -> Self {
        self.questions.retain(|question| question.method != method);
        self
    }

    /// The questions.
    pub fn questions(&self) -> &[Call] {
        &self.questions
    }

    /// Asks every question.
    pub fn answers(&self, mut ask: impl FnMut(&Call) -> Result<Vec<u8>, String>) -> Answers {
        let answer = |question: &Call| {
            let answer = match ask(question) {
                Ok(reply) => self.names.answer(&reply),
                Err(reason) => Answer::Refused(reason),
            };
            (question.clone(), answer)
        };
        Answers {
            asked: self.questions.iter().map(answer).collect(),
        }
    }
}

/// Who asks.
struct Who {
    owner: Principal,
    operator: Principal,
    visitor: Principal,
}

type Ask<'a> = &'a mut dyn FnMut(&Call) -> Result<Vec<u8>, String>;

/// The reply's first value, if the canister replied with Candid.
fn first(ask: Ask, question: &Call) -> Option<IDLValue> {
    let reply = ask(question).ok()?;
    IDLArgs::from_bytes(&reply).ok()?.args.into_iter().next()
}

/// The owner as the profile names it, else the owner of generated scenarios.
fn owner(ask: Ask) -> Principal {
    let profile = Call::new(Principal::anonymous(), "get_profile_details", ());
    let named = first(ask, &profile).and_then(|profile| field(&profile, "principal_id").cloned());
    match named {
        Some(IDLValue::Principal(owner)) => owner,
        _ => people::owner(),
    }
}

/// The operator as the canister knows them, else the operator of generated scenarios.
fn operator(ask: Ask) -> Principal {
    let known = known_principals(Principal::anonymous()).next();
    match known.and_then(|question| first(ask, &question)) {
        Some(IDLValue::Opt(operator)) if let IDLValue::Principal(operator) = *operator => operator,
        _ => people::operator(),
    }
}

fn known_principals(owner: Principal) -> impl Iterator<Item = Call> {
    #[derive(CandidType)]
    enum Known {
        UserIdGlobalSuperAdmin,
        CanisterIdConfiguration,
        CanisterIdDataBackup,
        CanisterIdPostCache,
        CanisterIdProjectMemberIndex,
        CanisterIdRootCanister,
        CanisterIdSNSController,
        CanisterIdTopicCacheIndex,
        CanisterIdUserIndex,
    }
    [
        Known::UserIdGlobalSuperAdmin,
        Known::CanisterIdConfiguration,
        Known::CanisterIdDataBackup,
        Known::CanisterIdPostCache,
        Known::CanisterIdProjectMemberIndex,
        Known::CanisterIdRootCanister,
        Known::CanisterIdSNSController,
        Known::CanisterIdTopicCacheIndex,
        Known::CanisterIdUserIndex,
    ]
    .into_iter()
    .map(move |known| Call::new(owner, "get_well_known_principal_value", (known,)))
}

/// The pages up to the first that has nothing, and that one too.
fn pages(ask: Ask, page: impl Fn(u64) -> Call) -> Vec<Call> {
    let mut questions = Vec::new();
    for number in 0..MAX_PAGES {
        let question = page(number * PAGE);
        let items = first(ask, &question).map_or(0, |reply| items(&reply).len());
        questions.push(question);
        if items == 0 {
            break;
        }
    }
    questions
}

/// The pages of a list that is turned from its highest index downwards.
fn follow_pages(ask: Ask, owner: Principal, method: &'static str) -> Vec<Call> {
    let question = |from: Option<u64>| Call::new(owner, method, (from,));
    let start = question(None);
    let highest = first(ask, &start).and_then(|reply| {
        let indexes = items(&reply).iter().filter_map(|entry| match entry {
            IDLValue::Record(fields) => fields.first().and_then(|index| number(&index.val)),
            _ => None,
        });
        indexes.max()
    });
    let lower = (0..=highest.unwrap_or(0) / PAGE).take(MAX_PAGES as usize);
    std::iter::once(start)
        .chain(lower.map(|page| question(Some(page * PAGE))))
        .collect()
}

/// The ids of the posts that the canister has, and one that it has not.
fn posts(ask: Ask, operator: Principal) -> Vec<u64> {
    let mut known = Vec::new();
    let mut misses = 0;
    for post in 0..MAX_PAGES * PAGE {
        let question = Call::new(operator, "get_entire_individual_post_detail_by_id", (post,));
        let found = first(ask, &question).is_some_and(|reply| ok(&reply).is_some());
        if found {
            known.push(post);
            misses = 0;
        } else {
            misses += 1;
            if misses == MISSES {
                known.push(post);
                break;
            }
        }
    }
    known
}

fn about_post(who: &Who, post: u64) -> [Call; 4] {
    let ask = |who, method| Call::new(who, method, (post,));
    [
        ask(who.operator, "get_entire_individual_post_detail_by_id"),
        ask(who.visitor, "get_individual_post_details_by_id"),
        ask(who.owner, "get_hot_or_not_bet_details_for_this_post"),
        ask(who.visitor, "get_hot_or_not_bet_details_for_this_post"),
    ]
}

/// One question for each bet that the pages among `questions` list.
fn bets(ask: Ask, questions: &[Call]) -> Vec<Call> {
    let method = "get_hot_or_not_bets_placed_by_this_profile_with_pagination";
    let mut single = Vec::new();
    for page in questions
        .iter()
        .filter(|question| question.method == method)
    {
        let Some(reply) = first(ask, page) else {
            continue;
        };
        for bet in items(&reply) {
            if let (Some(IDLValue::Principal(canister)), Some(post)) = (
                field(bet, "canister_id"),
                field(bet, "post_id").and_then(number),
            ) {
                let method = "get_individual_hot_or_not_bet_placed_by_this_profile";
                single.push(Call::new(page.caller, method, (*canister, post)));
            }
        }
    }
    single
}

/// The items of a list, bare or in an `Ok`.
fn items(reply: &IDLValue) -> &[IDLValue] {
    match ok(reply).unwrap_or(reply) {
        IDLValue::Vec(items) => items,
        _ => &[],
    }
}

/// What is in an `Ok`.
fn ok(reply: &IDLValue) -> Option<&IDLValue> {
    match reply {
        IDLValue::Variant(VariantValue(field, _)) if field.id.get_id() == idl_hash("Ok") => {
            Some(&field.val)
        }
        _ => None,
    }
}

fn field<'a>(record: &'a IDLValue, name: &str) -> Option<&'a IDLValue> {
    let IDLValue::Record(fields) = record else {
        return None;
    };
    let found = fields
        .iter()
        .find(|field| field.id.get_id() == idl_hash(name));
    found.map(|field| &field.val)
}

fn number(value: &IDLValue) -> Option<u64> {
    match value {
        IDLValue::Nat64(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

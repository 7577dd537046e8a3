//! Answers in a form that can be compared.
//!
//! A canister gives sets in no fixed order, and a reply carries field names only as hashes. Here
//! sets are sorted and names put back, so that equal answers are equal values and a difference can
//! be told in words.

use std::collections::HashMap;

use candid::types::Label;
use candid::types::value::VariantValue;
use candid::{IDLArgs, IDLValue, idl_hash};

use crate::call::Call;
use crate::difference::{self, Difference};

/// The fields whose values are sets.
const SETS: &[&str] = &["likes"];

/// What a canister said to one question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It replied, with values in comparable form.
    Reply(IDLArgs),
    /// It replied with bytes that are not Candid.
    Unreadable(Vec<u8>),
    /// It refused, with this reason.
    Refused(String),
}

/// What a canister said to the questions of one [`Interview`](crate::Interview), in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    pub(crate) asked: Vec<(Call, Answer)>,
}

impl Answers {
    /// How many questions were asked.
    pub fn len(&self) -> usize {
        self.asked.len()
    }

    /// Whether no question was asked.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// How many questions were refused.
    pub fn refused(&self) -> usize {
        let answers = self.asked.iter().map(|(_, answer)| answer);
        answers
            .filter(|answer| matches!(answer, Answer::Refused(_)))
            .count()
    }

    /// The questions with their answers.
    pub fn iter(&self) -> impl Iterator<Item = (&Call, &Answer)> {
        self.asked.iter().map(|(call, answer)| (call, answer))
    }

    /// How many questions have the same answer in both, if both are of the same interview.
    pub fn equal(&self, later: &Self) -> usize {
        let pairs = self.asked.iter().zip(&later.asked);
        pairs.filter(|(before, after)| before == after).count()
    }

    /// The first question that is answered otherwise later, and where its answer differs.
    pub fn first_difference(&self, later: &Self) -> Option<Difference> {
        difference::first(self, later)
    }
}

/// The names behind the hashes that replies carry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(HashMap<u32, String>);

impl Names {
    /// Every word of an interface in Candid text: field names are among them.
    pub fn of_interface(candid: &str) -> Self {
        let words = candid.split(|c: char| !c.is_alphanumeric() && c != '_');
        let words = words.chain(SETS.iter().copied());
        Self(
            words
                .map(|word| (idl_hash(word), word.to_owned()))
                .collect(),
        )
    }

    /// A reply in comparable form.
    pub fn answer(&self, reply: &[u8]) -> Answer {
        let Ok(mut reply_args) = IDLArgs::from_bytes(reply) else {
            return Answer::Unreadable(reply.to_vec());
        };
        for value in &mut reply_args.args {
            self.settle(value);
        }
        Answer::Reply(reply_args)
    }

    fn settle(&self, value: &mut IDLValue) {
        match value {
            IDLValue::Opt(inner) => self.settle(inner),
            IDLValue::Vec(items) => items.iter_mut().for_each(|item| self.settle(item)),
            IDLValue::Record(fields) => {
                for field in fields {
                    self.name(&mut field.id);
                    self.settle(&mut field.val);
                    let named = field.id.to_string();
                    if SETS.contains(&named.as_str()) {
                        sort(&mut field.val);
                    }
                }
            }
            IDLValue::Variant(VariantValue(field, _)) => {
                self.name(&mut field.id);
                self.settle(&mut field.val);
            }
            _ => {}
        }
    }

    fn name(&self, label: &mut Label) {
        if let Label::Id(hash) = label
            && let Some(name) = self.0.get(hash)
        {
            *label = Label::Named(name.clone());
        }
    }
}

fn sort(value: &mut IDLValue) {
    if let IDLValue::Vec(items) = value {
        items.sort_by_cached_key(IDLValue::to_string);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candid::{CandidType, Principal, encode_one};

    #[derive(CandidType)]
    struct Post {
        id: u64,
        likes: Vec<Principal>,
        bets: Vec<Principal>,
    }

    fn post(likes: &[u64], bets: &[u64]) -> Answer {
        let people = |numbers: &[u64]| numbers.iter().map(|n| crate::people::visitor(*n)).collect();
        let post = Post {
            id: 1,
            likes: people(likes),
            bets: people(bets),
        };
        Names::of_interface("type Post = record { id : nat64; bets : vec principal }")
            .answer(&encode_one(Some(post)).unwrap())
    }

    #[test]
    fn likes_are_compared_as_a_set() {
        assert_eq!(post(&[1, 2, 3], &[]), post(&[3, 1, 2], &[]));
        assert_ne!(post(&[1, 2, 3], &[]), post(&[1, 2], &[]));
    }

    #[test]
    fn everything_else_is_compared_in_order() {
        assert_ne!(post(&[], &[1, 2]), post(&[], &[2, 1]));
    }

    #[test]
    fn names_are_put_back() {
        let Answer::Reply(reply) = post(&[], &[]) else {
            panic!("not a reply");
        };
        let text = reply.to_string();
        for name in ["id", "likes", "bets"] {
            assert!(text.contains(&format!("{name} = ")), "{text}");
        }
    }

    #[test]
    fn a_reply_that_is_not_candid_is_kept_as_it_is() {
        let answer = Names::default().answer(b"hello");
        assert_eq!(answer, Answer::Unreadable(b"hello".to_vec()));
    }
}

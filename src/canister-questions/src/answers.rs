//! Questions put to a canister before and after an upgrade, and where the answers part.

use std::fmt;

use candid::types::value::{IDLField, VariantValue};
use candid::{IDLArgs, IDLValue, Principal};
use canister_host::Reject;
use serde::Serialize;

use crate::words::{cut, one_line};

/// Characters of a value that a difference shows.
const SHOWN: usize = 120;

/// A call whose answer must stay the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who asks.
    pub sender: Principal,
    /// The method.
    pub method: String,
    /// The encoded argument.
    pub argument: Vec<u8>,
    /// How the question is written in reports.
    pub text: String,
}

/// What a canister said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The reply's bytes.
    Reply(Vec<u8>),
    /// No reply.
    Refused(Refusal),
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The network's finer reject code, as IC0503.
    pub code: &'static str,
    /// What was said, in one line.
    pub message: String,
    /// Whether the canister failed where it could have answered: it trapped, or used up what it may.
    pub trapped: bool,
}

impl Refusal {
    /// A reject of the host. One that the canister gave itself, and one for a method that is not there, are no
    /// traps; everything else is.
    pub fn of(reject: &Reject) -> Self {
        Self {
            code: reject.error_code,
            message: one_line(&reject.message),
            trapped: !matches!(reject.error_code, REJECTED | NO_METHOD),
        }
    }

    /// Whether another says the same: code and words, but for the places in source code that a panic names, which
    /// move from one release to the next.
    fn says_what(&self, other: &Self) -> bool {
        self.code == other.code && without_places(&self.message) == without_places(&other.message)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.trapped {
            true => "trapped",
            false => "refused",
        };
        write!(f, "{how} ({}): {}", self.code, self.message)
    }
}

/// The canister rejected the call.
const REJECTED: &str = "IC0406";

/// The canister has no such method.
const NO_METHOD: &str = "IC0536";

/// A message without the line and column behind the name of a source file: `src/lib.rs:12:5`.
fn without_places(message: &str) -> String {
    let mut parts = message.split(".rs:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(".rs");
        text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':'));
    }
    text
}

/// How two answers to one question compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They say the same.
    Same,
    /// They say the same, with the elements of some list in another order, as those of hash sets come back.
    OtherOrder,
    /// Both times the canister refused, for the same reason.
    RefusedAlike,
    /// Both times it trapped, for the same reason.
    TrappedAlike,
    /// They do not.
    Different(Difference),
}

/// Where two answers part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The question.
    pub question: String,
    /// The way into the reply: field names, positions in brackets. Empty for the whole reply.
    pub at: String,
    /// What was there before.
    pub before: String,
    /// What is there now.
    pub after: String,
}

/// Compares two answers. `decode` turns a reply's bytes into values.
pub fn compare(
    question: &Question,
    before: &Answer,
    after: &Answer,
    decode: impl Fn(&[u8]) -> Result<IDLArgs, String>,
) -> Comparison {
    let different = |place: Place| {
        Comparison::Different(Difference {
            question: question.text.clone(),
            at: place.path.into_iter().rev().collect(),
            before: place.before,
            after: place.after,
        })
    };
    let (was, is) = match (before, after) {
        (Answer::Refused(was), Answer::Refused(is)) => {
            return match was.says_what(is) {
                false => different(Place::of(was, is)),
                true if is.trapped => Comparison::TrappedAlike,
                true => Comparison::RefusedAlike,
            };
        }
        (Answer::Reply(was), Answer::Reply(is)) if was == is => return Comparison::Same,
        (Answer::Reply(was), Answer::Reply(is)) => (decode(was), decode(is)),
        (Answer::Reply(_), Answer::Refused(refusal)) => {
            return different(Place::of(&"a reply", refusal));
        }
        (Answer::Refused(refusal), Answer::Reply(_)) => {
            return different(Place::of(refusal, &"a reply"));
        }
    };
    let (was, is) = match (was, is) {
        (Ok(was), Ok(is)) => (was.args, is.args),
        (Ok(_), Err(reason)) => {
            return different(Place::of(&"a reply", &format_args!("unreadable: {reason}")));
        }
        (Err(reason), _) => {
            return different(Place::of(
                &format_args!("unreadable: {reason}"),
                &"other bytes",
            ));
        }
    };
    if was == is {
        return Comparison::Same;
    }
    let sorted = |values: &[IDLValue]| values.iter().map(sorted).collect::<Vec<_>>();
    match of_lists(&sorted(&was), &sorted(&is)) {
        None => Comparison::OtherOrder,
        Some(place) => different(place),
    }
}

/// The value with every list in one order, whatever it was.
fn sorted(value: &IDLValue) -> IDLValue {
    let field = |field: &IDLField| IDLField {
        id: field.id.clone(),
        val: sorted(&field.val),
    };
    match value {
        IDLValue::Vec(elements) => {
            let mut keyed: Vec<(String, IDLValue)> = elements
                .iter()
                .map(sorted)
                .map(|element| (format!("{element:?}"), element))
                .collect();
            keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
            IDLValue::Vec(keyed.into_iter().map(|(_, element)| element).collect())
        }
        IDLValue::Opt(inner) => IDLValue::Opt(Box::new(sorted(inner))),
        IDLValue::Record(fields) => IDLValue::Record(fields.iter().map(field).collect()),
        IDLValue::Variant(VariantValue(inner, index)) => {
            IDLValue::Variant(VariantValue(Box::new(field(inner)), *index))
        }
        other => other.clone(),
    }
}

/// A difference while the way back to its root is still being walked.
struct Place {
    path: Vec<String>,
    before: String,
    after: String,
}

impl Place {
    fn of(before: &dyn std::fmt::Display, after: &dyn std::fmt::Display) -> Self {
        Self {
            path: Vec::new(),
            before: shortened(&before.to_string()),
            after: shortened(&after.to_string()),
        }
    }

    fn below(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }
}

fn of_values(before: &IDLValue, after: &IDLValue) -> Option<Place> {
    if before == after {
        return None;
    }
    let inside = match (before, after) {
        (IDLValue::Opt(a), IDLValue::Opt(b)) => of_values(a, b),
        (IDLValue::Vec(a), IDLValue::Vec(b)) => of_lists(a, b),
        (IDLValue::Record(a), IDLValue::Record(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b);
            pairs.find_map(|(a, b)| match a.id == b.id {
                true => of_values(&a.val, &b.val).map(|place| place.below(format!(".{}", a.id))),
                false => None,
            })
        }
        (IDLValue::Variant(VariantValue(a, _)), IDLValue::Variant(VariantValue(b, _)))
            if a.id == b.id =>
        {
            of_values(&a.val, &b.val).map(|place| place.below(format!(".{}", a.id)))
        }
        _ => None,
    };
    Some(inside.unwrap_or_else(|| Place::of(before, after)))
}

fn of_lists(before: &[IDLValue], after: &[IDLValue]) -> Option<Place> {
    if before.len() != after.len() {
        let items = |list: &[IDLValue]| format!("{} items", list.len());
        return Some(Place::of(&items(before), &items(after)));
    }
    let mut pairs = before.iter().zip(after).enumerate();
    pairs.find_map(|(at, (a, b))| of_values(a, b).map(|place| place.below(format!("[{at}]"))))
}

fn shortened(text: &str) -> String {
    cut(&one_line(text), SHOWN)
}

#[cfg(test)]
mod tests {
    use candid::{CandidType, encode_args};

    use super::*;

    fn compared(before: &Answer, after: &Answer) -> Comparison {
        let question = Question {
            sender: Principal::anonymous(),
            method: "get".into(),
            argument: Vec::new(),
            text: "get ()".into(),
        };
        compare(&question, before, after, |bytes| {
            IDLArgs::from_bytes(bytes).map_err(|error| error.to_string())
        })
    }

    fn reply<T: CandidType>(value: T) -> Answer {
        Answer::Reply(encode_args((value,)).unwrap())
    }

    fn difference(before: &Answer, after: &Answer) -> Difference {
        match compared(before, after) {
            Comparison::Different(difference) => difference,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_reply_is_the_same() {
        assert_eq!(
            compared(&reply(vec![1u8, 2]), &reply(vec![1u8, 2])),
            Comparison::Same
        );
    }

    fn refusal(code: &'static str, message: &str) -> Answer {
        let reject = Reject {
            code: canister_host::RejectCode::CanisterError,
            error_code: code,
            message: message.into(),
        };
        Answer::Refused(Refusal::of(&reject))
    }

    #[test]
    fn what_is_refused_twice_is_never_the_same_answer() {
        let told = |before, after| compared(&before, &after);
        let not_yours = || refusal("IC0406", "not yours");
        let panicked =
            |place| refusal("IC0503", &format!("panicked at 'none', src/lib.rs:{place}"));
        assert_eq!(told(not_yours(), not_yours()), Comparison::RefusedAlike);
        assert_eq!(
            told(panicked("7:9"), panicked("81:13")),
            Comparison::TrappedAlike
        );
        for (before, after) in [
            (not_yours(), refusal("IC0406", "not ready")),
            (not_yours(), refusal("IC0503", "not yours")),
            (not_yours(), refusal("IC0536", "no such method")),
            (
                panicked("7:9"),
                refusal("IC0503", "panicked at 'index', src/lib.rs:7:9"),
            ),
        ] {
            difference(&before, &after);
        }
    }

    #[test]
    fn a_list_in_another_order_is_told_apart_from_another_list() {
        let lists = |a: [u64; 2], b: [u64; 2]| reply(vec![a.to_vec(), b.to_vec()]);
        let before = lists([1, 2], [3, 4]);
        assert_eq!(
            compared(&before, &lists([4, 3], [2, 1])),
            Comparison::OtherOrder
        );
        let difference = difference(&before, &lists([1, 2], [3, 5]));
        assert_eq!(difference.at, "[0][1][1]");
        assert_eq!(
            (&difference.before[..], &difference.after[..]),
            ("4 : nat64", "5 : nat64")
        );
    }

    #[test]
    fn the_way_to_a_difference_is_told() {
        #[derive(CandidType)]
        struct State {
            posts: Vec<Option<u64>>,
        }
        let state = |posts: &[Option<u64>]| {
            reply(State {
                posts: posts.to_vec(),
            })
        };
        let found = difference(&state(&[Some(1), Some(2)]), &state(&[Some(1), Some(3)]));
        assert!(
            found.at.starts_with("[0].") && found.at.ends_with("[1]"),
            "{}",
            found.at
        );
        let found = difference(&state(&[Some(1)]), &state(&[]));
        assert_eq!(
            (&found.before[..], &found.after[..]),
            ("1 items", "0 items")
        );
    }

    #[test]
    fn an_answer_that_stays_away_is_a_difference() {
        let refused = refusal("IC0536", "no such method");
        let found = difference(&reply(1u8), &refused);
        assert_eq!(found.after, "refused (IC0536): no such method");
        let trapped = difference(&reply(1u8), &refusal("IC0522", "too long"));
        assert_eq!(trapped.after, "trapped (IC0522): too long");
        let found = difference(&refused, &reply(1u8));
        assert_eq!(found.after, "a reply");
        let found = difference(&Answer::Reply(vec![1]), &Answer::Reply(vec![2]));
        assert!(found.before.starts_with("unreadable"), "{found:?}");
    }
}

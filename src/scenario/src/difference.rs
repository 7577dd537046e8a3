//! Where two answers to the same question part.

use std::fmt;

use candid::types::value::{IDLField, VariantValue};
use candid::{IDLArgs, IDLValue};

use crate::answer::{Answer, Answers};

/// Characters of a value that a message shows.
const SHOWN: usize = 100;

/// The first place where two sets of answers differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The question, with its argument.
    pub question: String,
    /// The way into the reply: field names, positions in brackets. Empty for the whole reply.
    pub path: String,
    /// What was there before.
    pub before: String,
    /// What is there now.
    pub after: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            question,
            path,
            before,
            after,
        } = self;
        write!(
            f,
            "{question}\n  at {path}\n  before: {before}\n  after:  {after}"
        )
    }
}

/// The first question answered otherwise.
pub(crate) fn first(before: &Answers, after: &Answers) -> Option<Difference> {
    let mut later = after.asked.iter();
    for (question, was) in &before.asked {
        let found = match later.next() {
            Some((asked, is)) if asked == question => of_answers(was, is),
            Some(_) | None => Some(Place::here(&"an answer", &"another question")),
        };
        if let Some(place) = found {
            return Some(place.of(question.to_string()));
        }
    }
    let (question, _) = later.next()?;
    Some(Place::here(&"not asked", &"an answer").of(question.to_string()))
}

/// A difference while the way back to its root is still being walked.
struct Place {
    path: Vec<String>,
    before: String,
    after: String,
}

impl Place {
    fn here(before: &dyn fmt::Display, after: &dyn fmt::Display) -> Self {
        Self {
            path: Vec::new(),
            before: shorten(before),
            after: shorten(after),
        }
    }

    fn below(mut self, step: impl fmt::Display) -> Self {
        self.path.push(step.to_string());
        self
    }

    fn of(self, question: String) -> Difference {
        Difference {
            question,
            path: self.path.into_iter().rev().collect(),
            before: self.before,
            after: self.after,
        }
    }
}

fn of_answers(before: &Answer, after: &Answer) -> Option<Place> {
    match (before, after) {
        (Answer::Reply(a), Answer::Reply(b)) => of_lists(&a.args, &b.args),
        _ if before == after => None,
        _ => Some(Place::here(&told(before), &told(after))),
    }
}

fn of_values(before: &IDLValue, after: &IDLValue) -> Option<Place> {
    if before == after {
        return None;
    }
    let found = match (before, after) {
        (IDLValue::Opt(a), IDLValue::Opt(b)) => of_values(a, b),
        (IDLValue::Vec(a), IDLValue::Vec(b)) => of_lists(a, b),
        (IDLValue::Record(a), IDLValue::Record(b)) => of_records(a, b),
        (IDLValue::Variant(VariantValue(a, _)), IDLValue::Variant(VariantValue(b, _))) => {
            if a.id == b.id {
                of_values(&a.val, &b.val).map(|place| place.below(format_args!(".{}", a.id)))
            } else {
                Some(Place::here(&a.id, &b.id))
            }
        }
        _ => None,
    };
    Some(found.unwrap_or_else(|| Place::here(before, after)))
}

fn of_lists(before: &[IDLValue], after: &[IDLValue]) -> Option<Place> {
    for (position, (a, b)) in before.iter().zip(after).enumerate() {
        if let Some(place) = of_values(a, b) {
            return Some(place.below(format_args!("[{position}]")));
        }
    }
    let (a, b) = (before.len(), after.len());
    (a != b).then(|| Place::here(&format_args!("{a} items"), &format_args!("{b} items")))
}

fn of_records(before: &[IDLField], after: &[IDLField]) -> Option<Place> {
    for (a, b) in before.iter().zip(after) {
        if a.id != b.id {
            return Some(Place::here(
                &format_args!("field {}", a.id),
                &format_args!("field {}", b.id),
            ));
        }
        if let Some(place) = of_values(&a.val, &b.val) {
            return Some(place.below(format_args!(".{}", a.id)));
        }
    }
    let (a, b) = (before.len(), after.len());
    (a != b).then(|| Place::here(&format_args!("{a} fields"), &format_args!("{b} fields")))
}

fn told(answer: &Answer) -> String {
    match answer {
        Answer::Reply(IDLArgs { args }) => format!("a reply of {} values", args.len()),
        Answer::Unreadable(bytes) => format!("{} bytes that are not Candid", bytes.len()),
        Answer::Refused(reason) => format!("refused: {reason}"),
    }
}

fn shorten(value: &dyn fmt::Display) -> String {
    let text = value.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;

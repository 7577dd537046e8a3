//! What was meant by an argument that clap cannot read, where clap itself does not know.

use std::error::Error as _;
use std::num::ParseIntError;

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Adds to an error how the argument is written, if that can be told.
pub fn explain(mut told: Error) -> Error {
    let tip = match told.kind() {
        ErrorKind::ValueValidation if is_number(&told) => Some(whole_number(&told)),
        _ => None,
    };
    if let Some(tip) = tip {
        let tips = vec![StyledStr::from(tip)];
        told.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    told
}

fn is_number(told: &Error) -> bool {
    told.source()
        .is_some_and(|source| source.is::<ParseIntError>())
}

fn whole_number(told: &Error) -> String {
    let value = context(told, ContextKind::InvalidValue).unwrap_or_default();
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let only_set_apart = value
        .chars()
        .all(|c| c.is_ascii_digit() || "_' .,".contains(c));
    match only_set_apart && !digits.is_empty() {
        true => format!("a whole number is written without marks between its digits: {digits}"),
        false => "a whole number is expected, as 100000".to_owned(),
    }
}

fn context(told: &Error, kind: ContextKind) -> Option<&str> {
    match told.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

//! What was meant by an argument that clap cannot read, where clap itself does not know.

use std::error::Error as _;
use std::ffi::OsString;
use std::num::ParseIntError;

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Adds to an error how the argument is written, if that can be told. `given` is the whole command line.
pub fn explain(mut told: Error, given: &[OsString]) -> Error {
    let tip = match told.kind() {
        ErrorKind::ValueValidation if is_number(&told) => Some(whole_number(&told)),
        ErrorKind::UnknownArgument => behind_fault(&told, given),
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

/// A number behind `--fault`, which may stand alone and so takes one behind an equals sign only.
fn behind_fault(told: &Error, given: &[OsString]) -> Option<String> {
    let stray = context(told, ContextKind::InvalidArg)?;
    let number = given.windows(2).find_map(|pair| {
        let number = pair[1].to_str()?;
        (pair[0] == "--fault" && number.parse::<u64>().is_ok()).then_some(number)
    })?;
    // What is too much may be the number, or what took its place.
    let tip = format!("--fault takes a number behind an equals sign: --fault={number}");
    (stray == number || !stray.starts_with('-')).then_some(tip)
}

fn context(told: &Error, kind: ContextKind) -> Option<&str> {
    match told.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

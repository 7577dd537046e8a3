//! Names that a package can have.

use crate::error::{Error, Result};

/// Words of the language, and names that the compiler has given away.
const TAKEN: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum \
                     extern false final fn for gen if impl in let loop macro match mod move mut override priv \
                     proc_macro pub ref return self static std struct super test trait true try type typeof \
                     unsafe unsized use virtual where while yield";

/// Bytes of the name that a canister's memory has: an application's.
const MOST: usize = 32;

/// Whether a package can have this name, and its library the same.
///
/// # Errors
/// `Name` with what is wrong.
pub fn check(name: &str) -> Result<()> {
    let wrong = |reason: &str| {
        Err(Error::Name {
            name: name.to_owned(),
            reason: reason.to_owned(),
        })
    };
    let Some(first) = name.chars().next() else {
        return wrong("it is empty");
    };
    if !first.is_ascii_alphabetic() {
        return wrong("it does not begin with a letter from a to z");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(other) = name.chars().find(|&c| !allowed(c)) {
        return wrong(&format!(
            "{other:?} is none of the letters from a to z, digits, `-` and `_`"
        ));
    }
    if name.len() > MOST {
        return wrong("a memory has 32 bytes for it");
    }
    if TAKEN.split(' ').any(|taken| taken == name) {
        return wrong("the language has taken it");
    }
    if super::manifest::depends_on(super::MANIFEST, name) {
        return wrong("it depends on a package of that name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packages_are_told_from_others() {
        for name in ["my-canister", "todo", "a", "Ledger_2"] {
            check(name).unwrap();
        }
        for (name, reason) in [
            ("", "empty"),
            ("2nd", "begin"),
            ("-x", "begin"),
            ("my canister", "' '"),
            ("a.b", "'.'"),
            ("größe", "'ö'"),
            ("a-name-that-has-more-than-32-bytes", "32 bytes"),
            ("match", "language"),
            ("candid", "depends on"),
            ("migration-kit", "depends on"),
        ] {
            let error = check(name).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}

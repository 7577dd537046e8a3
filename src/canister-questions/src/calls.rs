//! A file of calls whose answers must stay the same: one a line.
//!
//! ```text
//! # method, its argument in Candid; () may be left out
//! get_post (7)
//! as 2vxsx-fae get_profile
//! ```

use candid::Principal;

use crate::answers::Question;
use crate::interface::Interface;
use crate::nearest::did_you_mean;

/// Reads the calls. `queries` are the module's; `sender` asks what no line says another asks.
///
/// # Errors
/// A sentence naming the line that cannot be read, whose method is no query of the module, or whose argument is not
/// one that the interface takes.
pub fn parse_calls(
    text: &str,
    interface: &Interface,
    queries: &[&str],
    sender: Principal,
) -> Result<Vec<Question>, String> {
    let mut questions = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let question = parse_call(line, interface, queries, sender);
        questions.push(question.map_err(|reason| format!("line {number}: {reason}"))?);
    }
    Ok(questions)
}

fn parse_call(
    line: &str,
    interface: &Interface,
    queries: &[&str],
    sender: Principal,
) -> Result<Question, String> {
    let (sender, call) = match line.strip_prefix("as ") {
        None => (sender, line),
        Some(rest) => {
            let (who, call) = rest
                .trim()
                .split_once(' ')
                .ok_or("a method is missing, as in `as 2vxsx-fae get_profile`")?;
            let who = Principal::from_text(who);
            let who = who.map_err(|error| {
                format!("{error} Write whom it is asked as and the method, as in `as 2vxsx-fae get_profile`")
            });
            (who?, call.trim())
        }
    };
    let split = call.find(|c: char| c == '(' || c.is_whitespace());
    let (method, argument) = call.split_at(split.unwrap_or(call.len()));
    if !queries.contains(&method) {
        return Err(match interface.is_update(method) {
            true => format!("{method} is an update, and only queries are asked"),
            false => {
                let meant = did_you_mean(method, queries.iter().copied());
                format!("the module has no query {method}{meant}")
            }
        });
    }
    let argument = match argument.trim() {
        "" => "()",
        text => text,
    };
    let argument = interface
        .method_argument(method, argument)
        .map_err(|reason| format!("the argument of {method}: {reason}"))?;
    Ok(Question {
        sender,
        method: method.to_owned(),
        argument,
        text: line.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use candid::encode_args;

    use super::*;
    use crate::interface::NO_ARGUMENT;

    const QUERIES: [&str; 4] = ["get_post", "get_profile", "all", "get"];

    fn parsed(text: &str, sender: Principal) -> Result<Vec<Question>, String> {
        parse_calls(text, &Interface::default(), &QUERIES, sender)
    }

    #[test]
    fn calls_are_read_with_sender_and_argument() {
        let text = "# who am I\n\nget_post (7 : nat64)\nas 2vxsx-fae get_profile\n  all()\n";
        let me = Principal::management_canister();
        let calls = parsed(text, me).unwrap();
        let told: Vec<_> = calls
            .iter()
            .map(|call| (call.sender, &call.method[..], &call.argument[..]))
            .collect();
        let seven = encode_args((7u64,)).unwrap();
        assert_eq!(
            told,
            [
                (me, "get_post", &seven[..]),
                (Principal::anonymous(), "get_profile", NO_ARGUMENT),
                (me, "all", NO_ARGUMENT),
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_call_is_named() {
        for (text, sentence) in [
            ("get (1", "line 1: the argument of get: "),
            ("all\nas nobody get", "line 2: "),
            ("as 2vxsx-fae", "a method is missing"),
            (
                "get_pots (7)",
                "line 1: the module has no query get_pots; did you mean get_post?",
            ),
            (
                "all\nmissing (7)",
                "line 2: the module has no query missing",
            ),
        ] {
            let error = parsed(text, Principal::anonymous()).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
    }
}

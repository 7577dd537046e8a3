//! A file of calls whose answers must stay the same: one a line.
//!
//! ```text
//! # method, its argument in Candid; () may be left out
//! get_post (7)
//! as 2vxsx-fae get_profile
//! ```

use candid::Principal;

use super::answers::Question;
use super::interface::{Interface, NO_ARGUMENT};

/// Reads the calls. `sender` asks what no line says another asks.
///
/// # Errors
/// A sentence naming the line that cannot be read.
pub fn parse_calls(
    text: &str,
    interface: &Interface,
    sender: Principal,
) -> Result<Vec<Question>, String> {
    let mut questions = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let question = parse_call(line, interface, sender);
        questions.push(question.map_err(|reason| format!("line {number}: {reason}"))?);
    }
    Ok(questions)
}

fn parse_call(line: &str, interface: &Interface, sender: Principal) -> Result<Question, String> {
    let (sender, call) = match line.strip_prefix("as ") {
        None => (sender, line),
        Some(rest) => {
            let (who, call) = rest.trim().split_once(' ').ok_or("a method is missing")?;
            let who = Principal::from_text(who);
            (who.map_err(|error| error.to_string())?, call.trim())
        }
    };
    let split = call.find(|c: char| c == '(' || c.is_whitespace());
    let (method, argument) = call.split_at(split.unwrap_or(call.len()));
    let argument = match argument.trim() {
        "" | "()" => NO_ARGUMENT.to_vec(),
        text => interface.method_argument(method, text)?,
    };
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

    #[test]
    fn calls_are_read_with_sender_and_argument() {
        let text = "# who am I\n\nget_post (7 : nat64)\nas 2vxsx-fae get_profile\n  all()\n";
        let me = Principal::management_canister();
        let calls = parse_calls(text, &Interface::default(), me).unwrap();
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
            ("get (1", "line 1: "),
            ("a\nas nobody get", "line 2: "),
            ("as 2vxsx-fae", "a method is missing"),
        ] {
            let error = parse_calls(text, &Interface::default(), Principal::anonymous());
            let error = error.unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
    }
}

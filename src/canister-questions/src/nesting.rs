//! How deep a text in Candid is nested, found before a parser recurses into it.
//!
//! Interfaces come from modules and arguments from files: both can be nested deeper than any stack. The parser, the
//! checker and whatever drops what they made recurse, so a text is refused before they see it.

/// Deeper than any interface or argument in use.
const MAX_DEPTH: usize = 200;

/// The network takes no larger custom sections.
const MAX_BYTES: usize = 1 << 20;

/// More definitions than any interface has; each can be the next link of a chain.
const MAX_DEFINITIONS: usize = 5_000;

/// Refuses a text in Candid that is nested too deep, too long, or has too many definitions.
///
/// # Errors
/// A sentence.
pub fn check(text: &str) -> Result<(), String> {
    if text.len() > MAX_BYTES {
        return Err(format!("the text has more than {MAX_BYTES} bytes"));
    }
    // For each open bracket the words before it that nest without one, as `opt opt nat`.
    let mut open = vec![0usize];
    let mut depth = 0;
    let mut definitions = 0;
    for token in Tokens(text) {
        let prefixes = open.last_mut();
        match (token, prefixes) {
            ("(" | "{", _) => {
                open.push(0);
                depth += 1;
            }
            (")" | "}", Some(prefixes)) => {
                depth -= std::mem::take(prefixes);
                if open.len() > 1 {
                    open.pop();
                    depth -= 1;
                }
            }
            (";" | "," | "=", Some(prefixes)) => {
                depth -= std::mem::take(prefixes);
            }
            ("opt" | "vec" | "->", Some(prefixes)) => {
                *prefixes += 1;
                depth += 1;
            }
            ("type", _) => definitions += 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        if definitions > MAX_DEFINITIONS {
            return Err(format!("it has more than {MAX_DEFINITIONS} definitions"));
        }
    }
    Ok(())
}

/// Words and signs, without comments and texts.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.0.trim_start();
            self.0 = if rest.starts_with("//") {
                rest.find('\n').map_or("", |end| &rest[end..])
            } else if rest.starts_with("/*") {
                behind_comment(rest)
            } else if let Some(text) = rest.strip_prefix('"') {
                behind_text(text)
            } else {
                let word = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let sign = if rest.starts_with("->") {
                    2
                } else {
                    rest.chars().next()?.len_utf8()
                };
                let (token, behind) = rest.split_at(word.max(sign * usize::from(word == 0)));
                self.0 = behind;
                return Some(token);
            };
        }
    }
}

/// Comments nest.
fn behind_comment(text: &str) -> &str {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return &text[at..];
            }
        } else {
            at += 1;
        }
    }
    ""
}

fn behind_text(text: &str) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return &text[at + 1..],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_in_use_passes() {
        for text in [
            "service : (opt nat) -> { get : (vec record { id : nat; name : opt text }) -> (opt nat) query }",
            "(record { \"((((\" = opt vec { 1; 2 }; b = variant { a } }) // ((((\n /* (( /* ( */ */",
            "type A = opt vec A; service : { f : (A) -> () }",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        let flat = format!("({})", "opt 1, ".repeat(10_000));
        assert_eq!(check(&flat), Ok(()));
    }

    #[test]
    fn what_is_nested_deeper_than_a_stack_is_refused() {
        let n = 100_000;
        for text in [
            format!("({}1{})", "opt ".repeat(n), ""),
            format!("({}1{})", "vec {".repeat(n), "}".repeat(n)),
            format!("({}1{})", "record{a=opt ".repeat(n / 2), "}".repeat(n / 2)),
            format!("{}{}", "(".repeat(n), ")".repeat(n)),
            format!("type A = {}nat;", "vec ".repeat(n)),
            format!("type A = func {}()", "(func()->".repeat(n)),
        ] {
            let refusal = check(&text).unwrap_err();
            assert!(refusal.contains("nested more than 200 deep"), "{refusal}");
        }
        let chain: String = (0..10_000)
            .map(|i| format!("type A{i} = A{};", i + 1))
            .collect();
        assert!(check(&chain).unwrap_err().contains("definitions"));
        assert!(check(&" ".repeat(2 << 20)).unwrap_err().contains("bytes"));
    }

    /// The parser and the checker bear what passes, on the small stack of a test.
    #[test]
    fn what_passes_is_parsed() {
        let within = MAX_DEPTH - 10;
        for text in [
            format!("type A = {}nat;", "opt ".repeat(within)),
            format!(
                "type A = {}nat{};",
                "record {".repeat(within),
                "}".repeat(within)
            ),
            format!("type A = {}(nat) -> ()", "func (".repeat(within))
                + &") -> ()".repeat(within)
                + ";",
            (1..MAX_DEFINITIONS)
                .map(|i| format!("type A{i} = A{};", i - 1))
                .chain(["type A0 = nat;".into()])
                .collect(),
        ] {
            assert_eq!(check(&text), Ok(()));
            if let Ok(program) = text.parse::<candid_parser::IDLProg>() {
                let _ = candid_parser::check_prog(&mut candid::TypeEnv::new(), &program);
            }
        }
        let argument = format!("({}1{})", "vec {".repeat(within), "}".repeat(within));
        candid_parser::parse_idl_args(&argument).unwrap();
    }

    /// An answer can be nested deeper than a stack too: the decoder has its own limit.
    #[test]
    fn an_answer_that_is_nested_deeper_than_a_stack_is_an_error() {
        // type A = opt A
        let mut reply = b"DIDL\x01\x6e\x00\x01\x00".to_vec();
        reply.extend([1; 1_000_000]);
        reply.push(0);
        assert!(candid::IDLArgs::from_bytes(&reply).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[(){};,=a\"\\\\/*\n ->optvec\u{e9}]{0,200}") {
            let _ = check(&text);
        }
    }
}

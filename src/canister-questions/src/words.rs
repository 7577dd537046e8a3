//! What others said, made fit for one line of a report: a trap may print a whole state.

/// Characters of a reason that a report shows.
const REASON: usize = 400;

/// A text with its line breaks and runs of blanks taken out.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `most` characters of a text.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A reason as it is shown: in one line, and not all of a state.
pub fn reason(text: &str) -> String {
    cut(&one_line(text), REASON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_prints_a_state_is_cut() {
        let state = format!("panicked at\n  '{}'", "ä".repeat(100_000));
        let told = reason(&state);
        assert!(
            told.starts_with("panicked at 'ää") && told.ends_with('…'),
            "{told}"
        );
        assert_eq!(told.chars().count(), REASON + 1);
        assert_eq!(reason(" short \n one "), "short one");
    }
}

//! One command of the README and what it shows of its output.

use std::ops::Range;

use super::figures;

/// Stands for lines that are not shown.
const LEFT_OUT: &str = "…";

/// A command, and what it prints.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The line of the command, counted from 1.
    pub line: usize,
    /// The command, as bash takes it.
    pub command: String,
    /// What is shown of its output.
    pub shown: String,
    /// Where that is in the page, in bytes.
    pub at: Range<usize>,
}

impl Example {
    /// What is printed and is not what is shown, or none where all agrees.
    pub fn difference(&self, printed: &str) -> Option<String> {
        let printed = lines(printed);
        let (head, tail) = self.parts();
        let tail_at = printed.len().saturating_sub(tail.len());
        let pairs = match tail.is_empty() && !self.leaves_out() {
            true => pairs(&head, &printed),
            false => {
                let mut all = pairs(&head, printed.get(..head.len()).unwrap_or(&printed));
                all.extend(pairs(&tail, printed.get(tail_at..).unwrap_or(&[])));
                all
            }
        };
        let (shown, printed) = pairs.into_iter().find(|(shown, printed)| {
            !matches!((shown, printed), (Some(shown), Some(printed)) if figures::agree(shown, printed))
        })?;
        Some(format!(
            "- {}\n+ {}",
            shown.unwrap_or("(nothing more is shown)"),
            printed.unwrap_or("(nothing more is printed)")
        ))
    }

    /// What should be shown, now that this is printed: all of it, or as many lines before and behind the `…` as before.
    pub fn renewed(&self, printed: &str) -> String {
        let printed = lines(printed);
        if !self.leaves_out() {
            return joined(printed.into_iter());
        }
        let (head, tail) = self.parts();
        let head = printed.iter().take(head.len());
        let behind = printed
            .iter()
            .skip(printed.len().saturating_sub(tail.len()));
        joined(head.chain([&LEFT_OUT]).chain(behind).copied())
    }

    fn leaves_out(&self) -> bool {
        self.shown.lines().any(|line| line == LEFT_OUT)
    }

    /// The lines before and behind the `…`.
    fn parts(&self) -> (Vec<&str>, Vec<&str>) {
        let mut lines = self.shown.lines();
        let head = lines
            .by_ref()
            .take_while(|line| *line != LEFT_OUT)
            .collect();
        (head, lines.collect())
    }
}

/// What is printed, without the empty lines at its start.
fn lines(printed: &str) -> Vec<&str> {
    printed.lines().skip_while(|line| line.is_empty()).collect()
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Lines side by side, up to the end of the longer list.
fn pairs<'a>(shown: &[&'a str], printed: &[&'a str]) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let most = shown.len().max(printed.len());
    let at = |lines: &[&'a str], number: usize| lines.get(number).copied();
    (0..most)
        .map(|number| (at(shown, number), at(printed, number)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn showing(shown: &str) -> Example {
        Example {
            line: 1,
            command: "x".to_owned(),
            shown: shown.to_owned(),
            at: 0..0,
        }
    }

    #[test]
    fn what_is_printed_is_what_is_shown() {
        assert_eq!(showing("a\nb\n").difference("a\nb\n"), None);
        assert_eq!(showing("a\nb\n").difference("a\nc\n").unwrap(), "- b\n+ c");
        assert_eq!(
            showing("a\n").difference("a\nb\n").unwrap(),
            "- (nothing more is shown)\n+ b"
        );
        assert_eq!(showing("a\n").difference("\na\n"), None);
        assert_eq!(
            showing("a\n").difference("").unwrap(),
            "- a\n+ (nothing more is printed)"
        );
    }

    #[test]
    fn lines_that_are_left_out_may_be_any() {
        let example = showing("a\n…\nz\n");
        assert_eq!(example.difference("a\nb\nc\nz\n"), None);
        assert!(example.difference("a\nb\n").is_some());
        assert!(example.difference("b\nz\n").is_some());
        assert_eq!(showing("…\n").difference(""), None);
    }

    #[test]
    fn what_is_renewed_agrees_and_leaves_out_what_was_left_out() {
        for (shown, printed, expected) in [
            ("a\n", "b\nc  \n", "b\nc\n"),
            ("a\n…\n", "b\nc\n", "b\n…\n"),
            ("a\n…\nz\n", "b\nc\nd\n", "b\n…\nd\n"),
        ] {
            let renewed = showing(shown).renewed(printed);
            assert_eq!(renewed, expected);
            assert_eq!(showing(&renewed).difference(printed), None);
        }
    }
}

//! How a report stands in a terminal: no wider than it, its verdicts with a symbol and in colour.
//!
//! A colour never says alone what a word or a symbol beside it does not.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Columns that a last column has at least beside the others; with fewer it goes below them.
const ROOM: usize = 24;

/// Where what goes below begins, behind an indentation of two at most.
const BELOW: usize = 8;

/// How standard output shows a report.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether verdicts have symbols and colours.
    colour: bool,
    /// Columns; as many as a line needs where it is not known.
    width: Option<usize>,
}

/// What a line says of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Good,
    Care,
    Bad,
}

/// How a line begins that says so.
const MARKS: [(&str, Mark); 16] = [
    ("everything held", Mark::Good),
    ("nothing that an upgrade would refuse or lose", Mark::Good),
    ("checked ", Mark::Good),
    ("every upgrade went through;", Mark::Care),
    ("risk ", Mark::Care),
    ("unchecked ", Mark::Care),
    ("not tried:", Mark::Care),
    ("must hold ", Mark::Care),
    ("NOT everything held", Mark::Bad),
    ("DO NOT UPGRADE", Mark::Bad),
    ("REFUSED ", Mark::Bad),
    ("LOST ", Mark::Bad),
    ("FAILED ", Mark::Bad),
    ("DIFFERENT ", Mark::Bad),
    ("NOT UNDONE", Mark::Bad),
    ("DAMAGED ", Mark::Bad),
];

impl Look {
    /// As the environment wants it: `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb` and `COLUMNS` are heeded. What is piped has no
    /// colour, and lines as long as they are unless `COLUMNS` says otherwise.
    pub fn of_standard_output() -> Self {
        let out = io::stdout();
        let columns = std::env::var("COLUMNS").ok();
        let columns = columns.and_then(|columns| columns.trim().parse().ok());
        let terminal = || {
            let size = out.is_terminal().then(terminal_size::terminal_size);
            size.flatten().map(|(width, _)| usize::from(width.0))
        };
        Self {
            colour: AutoStream::choice(&out) != ColorChoice::Never,
            width: columns.or_else(terminal).filter(|width| *width > 0),
        }
    }

    /// A text as it is shown. What is for programs is left as it is: JSON, a page, and the commands for a shell that begin with
    /// a comment.
    pub fn dress(self, text: &str) -> String {
        if text.starts_with(['{', '[', '<']) {
            return text.to_owned();
        }
        let mut dressed = String::with_capacity(text.len());
        let mut commands = false;
        for line in text.split_inclusive('\n') {
            commands |= line.starts_with("# ");
            match commands {
                true => dressed.push_str(line),
                false => self.line(line, &mut dressed),
            }
        }
        dressed
    }

    fn line(self, line: &str, dressed: &mut String) {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let mark = marked(line).filter(|_| self.colour);
        let room = self
            .width
            .map(|width| width - mark.map_or(0, |_| 2).min(width));
        let mut lines = room.map_or_else(|| vec![line.to_owned()], |room| wrapped(line, room));
        if let (Some((mark, word)), Some(first)) = (mark, lines.first_mut()) {
            *first = mark.on(first, word);
        }
        dressed.push_str(&lines.join("\n"));
        dressed.push_str(end);
    }
}

impl Mark {
    /// The line with the symbol in front of its words, and both it and they in colour.
    fn on(self, line: &str, words: &str) -> String {
        let (symbol, colour) = match self {
            Self::Good => ("✓", AnsiColor::Green),
            Self::Care => ("!", AnsiColor::Yellow),
            Self::Bad => ("✗", AnsiColor::Red),
        };
        let style = Style::new().fg_color(Some(colour.into())).bold();
        let words = words.trim_end();
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        match rest.strip_prefix(words) {
            Some(rest) => format!("{indent}{style}{symbol} {words}{style:#}{rest}"),
            // The words stand in more than one line.
            None => format!("{indent}{style}{symbol}{style:#} {rest}"),
        }
    }
}

/// What a line says, and the words that say it.
fn marked(line: &str) -> Option<(Mark, &'static str)> {
    let line = line.trim_start();
    let mut marks = MARKS.iter().filter(|(words, _)| line.starts_with(words));
    // What was checked may be found different.
    let found = marks.find(|(_, mark)| *mark != Mark::Good || !line.contains("DIFFERENT"));
    found.map(|(words, mark)| (*mark, *words))
}

/// A line in as many as it needs. What goes on in the next stands below the last column; below all of them where that is too
/// narrow. A word that is wider than the room, a path or a digest, is kept whole.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    if line.chars().count() <= width {
        return vec![line.to_owned()];
    }
    let own = line.len() - line.trim_start().len();
    let Some(column) = last_column(line) else {
        return flowed(line, own, width);
    };
    let (before, behind) = line.split_at(column);
    let at = before.chars().count();
    let (mut lines, indent) = match at + ROOM <= width {
        true => (vec![before.to_owned()], at),
        false => {
            let indent = (own.min(2) + BELOW).min(width / 3);
            let mut lines = flowed(before.trim_end(), own, width);
            lines.push(" ".repeat(indent));
            (lines, indent)
        }
    };
    let below = flowed(behind, 0, width.saturating_sub(indent));
    for (number, text) in below.into_iter().enumerate() {
        match (number, lines.last_mut()) {
            (0, Some(last)) => last.push_str(&text),
            _ => lines.push(format!("{}{text}", " ".repeat(indent))),
        }
    }
    lines
}

/// Words in lines of a width, all but the first indented by so many columns. A number stays with what follows: its other
/// digits, or its unit.
fn flowed(text: &str, indent: usize, width: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        match pieces.last_mut() {
            Some(last) if last.trim_end().ends_with(|c: char| c.is_ascii_digit()) => {
                last.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        let length = piece.trim_end().chars().count();
        match lines.last_mut() {
            Some(last) if last.trim().is_empty() || last.chars().count() + length <= width => {
                last.push_str(&piece);
            }
            Some(_) => lines.push(format!("{}{piece}", " ".repeat(indent))),
            None => lines.push(piece),
        }
    }
    let trimmed = lines.into_iter().map(|line| line.trim_end().to_owned());
    trimmed.collect()
}

/// Where the last column of a line begins, in bytes: behind the last two spaces that follow a word.
fn last_column(line: &str) -> Option<usize> {
    let text = line.trim_end();
    let gap = text.rfind("  ")? + 2;
    (!text[..gap].trim().is_empty()).then_some(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look {
        colour: false,
        width: None,
    };

    fn narrow(text: &str, width: usize) -> String {
        let look = Look {
            width: Some(width),
            ..PLAIN
        };
        look.dress(text)
    }

    fn coloured(text: &str) -> String {
        let look = Look {
            colour: true,
            ..PLAIN
        };
        look.dress(text)
    }

    #[test]
    fn what_is_piped_is_as_it_is() {
        let text = "a  b\neverything held\n\n  FAILED        in pre_upgrade\n";
        assert_eq!(PLAIN.dress(text), text);
    }

    #[test]
    fn a_verdict_has_a_symbol_beside_its_colour() {
        let good = coloured("everything held\n");
        assert_eq!(good, "\u{1b}[1m\u{1b}[32m✓ everything held\u{1b}[0m\n");
        let bad = coloured("  FAILED        in pre_upgrade: trapped\n");
        assert!(
            bad.starts_with("  \u{1b}[1m\u{1b}[31m✗ FAILED\u{1b}[0m  "),
            "{bad:?}"
        );
        assert!(coloured("  risk      A: x\n").contains("! risk"));
        assert_eq!(coloured("a risky path\n"), "a risky path\n");
    }

    #[test]
    fn a_long_line_goes_on_below_its_last_column() {
        let text =
            "  price         five cycles on the first canister of a subnet, one on every other\n";
        let expected = "  price         five cycles on the first\n                canister of a subnet, one on\n                every other\n";
        assert_eq!(narrow(text, 44), expected);
    }

    #[test]
    fn a_last_column_without_room_goes_below_the_others() {
        let text = "       0        1      2  120.3 KiB  7.9 MiB  a frame of 2023 with CBOR\n";
        let expected =
            "       0        1      2  120.3 KiB  7.9 MiB\n          a frame of 2023 with CBOR\n";
        assert_eq!(narrow(text, 50), expected);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let text = "  size          about 2 944 bytes in 0.5 M cycles\n";
        let expected = text.replace("in 0.5", "in\n                0.5");
        assert_eq!(narrow(text, 40), expected);
    }

    #[test]
    fn a_word_is_never_cut() {
        let path = "a/path/that/is/longer/than/the/terminal/is/wide";
        assert_eq!(
            narrow(&format!("{path} -> b\n"), 20),
            format!("{path}\n-> b\n")
        );
    }

    #[test]
    fn what_programs_read_stays_as_it_is() {
        for text in [
            "{\n  \"path\": \"FAILED and much longer than the width\"\n}\n",
            "# With icp; much longer than the width.\nicp canister stop x &&\n  FAILED x\n",
        ] {
            assert_eq!(narrow(text, 12), text);
            assert_eq!(coloured(text), text);
        }
    }
}

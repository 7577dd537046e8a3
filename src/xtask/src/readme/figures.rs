//! Lines that say the same, with figures that may vary.
//!
//! Milliseconds are those of a machine. The size of a module, and what compiling it costs, depend on the commit and the
//! host it was built on. Numbers of 100 000 and more, and those with a digit behind the point, may therefore differ by a
//! fiftieth; smaller ones, which count pages, entries and answers, are the same.

/// Numbers from here on are measured, not counted.
const MEASURED: f64 = 100_000.0;

/// How far two measured numbers may lie apart, as a share of the larger, and where they are small.
const SHARE: f64 = 0.02;
const LEAST: f64 = 0.1;

/// Whether two lines say the same. Space between words does not count: the width of a column is that of its figures.
pub fn agree(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (Line::read(shown), Line::read(printed));
    shown.words == printed.words
        && shown.numbers.len() == printed.numbers.len()
        && shown
            .numbers
            .iter()
            .zip(&printed.numbers)
            .all(|(one, other)| one.is_near(other))
}

/// A line with its numbers taken out.
#[derive(Debug, PartialEq)]
struct Line {
    words: String,
    numbers: Vec<Number>,
}

#[derive(Debug, PartialEq)]
struct Number {
    value: f64,
    has_point: bool,
}

impl Number {
    fn is_near(&self, other: &Self) -> bool {
        let apart = (self.value - other.value).abs();
        let larger = self.value.max(other.value);
        let measured = larger >= MEASURED || self.has_point || other.has_point;
        match measured {
            true => apart <= (larger * SHARE).max(LEAST + f64::EPSILON * larger),
            false => self.value == other.value,
        }
    }
}

impl Line {
    fn read(line: &str) -> Self {
        let (mut words, mut numbers) = (String::new(), Vec::new());
        let mut rest = line;
        while let Some(next) = rest.chars().next() {
            let in_word = words.ends_with(|c: char| c.is_alphanumeric());
            let number = (!in_word).then(|| number(rest)).flatten();
            if let Some((number, length)) = number {
                rest = &rest[length..];
                words.push('#');
                if !rest.starts_with(" ms") {
                    numbers.push(number);
                }
                continue;
            }
            rest = &rest[next.len_utf8()..];
            // One of what only fills a column.
            let fills = next.is_whitespace() || next == '─';
            if !(fills && words.ends_with(next)) {
                words.push(next);
            }
        }
        Self {
            words: words.trim_end().to_owned(),
            numbers,
        }
    }
}

/// The number that a text begins with, as `25 697 202` or `8.1`, and its length in bytes.
fn number(text: &str) -> Option<(Number, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    if length == 0 {
        return None;
    }
    // Thousands are set apart by one space.
    let grouped = length <= 3;
    while grouped && text[length..].starts_with(' ') && digits(&text[length + 1..]) == 3 {
        length += 4;
    }
    let behind = text[length..].strip_prefix('.').map_or(0, digits);
    let has_point = behind > 0;
    if has_point {
        length += 1 + behind;
    }
    // The start of a name, of a digest or of a version.
    if text[length..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let value = text[..length].replace(' ', "").parse().ok()?;
    Some((Number { value, has_point }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_the_same() {
        assert!(agree("posts  300  59 686", "posts  300   59 686"));
        assert!(!agree("posts  300  59 686", "posts  301  59 686"));
        assert!(!agree("78 of 78 the same", "77 of 78 the same"));
        assert!(!agree("1 000 entries", "1 001 entries"));
    }

    #[test]
    fn what_is_measured_may_vary_a_little() {
        assert!(agree("compile  6 217 218 000", "compile 6 217 254 000"));
        assert!(agree("module of 677.9 KiB", "module of 678 KiB"));
        assert!(agree("2.1 % of the limit", "2.2 % of the limit"));
        assert!(!agree("compile  6 217 218 000", "compile  6 417 218 000"));
        assert!(!agree("677.9 KiB", "677.9 MiB"));
    }

    #[test]
    fn milliseconds_may_be_any() {
        assert!(agree("time  13 ms here", "time  1 300 ms here"));
    }

    #[test]
    fn digits_in_a_word_are_no_number() {
        assert!(!agree("618d4dbfccbede00", "618d4dbfccbede01"));
        assert!(!agree("release-1", "release-2"));
        assert!(!agree("u32 length", "u64 length"));
    }

    #[test]
    fn lines_under_a_header_are_as_long_as_its_columns() {
        assert!(agree("─────  ───", "──────  ──"));
        assert!(!agree("─────  ───", "─────"));
    }
}

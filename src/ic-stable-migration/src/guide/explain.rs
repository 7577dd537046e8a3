//! What the guide says of a code.

const ERRORS: &str = include_str!("errors.md");
const FINDINGS: &str = include_str!("before_an_upgrade.md");

/// What a code means, and for an error what it comes from and what to do, as it stands in the guide: the section of
/// [`errors`](super::errors) for `E204`, the row of [`before_an_upgrade`](super::before_an_upgrade) for `C101`. Markdown.
///
/// ```
/// use ic_stable_migration::guide::explain;
///
/// assert!(explain("E101").unwrap().contains("stable memory of no page"));
/// assert_eq!(explain("C103").unwrap(), "refused, risk: a release older than the one installed; a risk where no header is there");
/// assert_eq!(explain("E1"), None);
/// ```
pub fn explain(code: &str) -> Option<String> {
    section(ERRORS, code).or_else(|| row(FINDINGS, code))
}

/// What stands under the heading of a code.
fn section(page: &str, code: &str) -> Option<String> {
    let mut lines = page.lines();
    lines.find(|line| line.strip_prefix("### ") == Some(code))?;
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with('#')).collect();
    Some(section.join("\n").trim().to_owned())
}

/// What stands behind a code in a table, where a row may be of several: `C301 to C310`.
fn row(page: &str, code: &str) -> Option<String> {
    let digits = code.strip_prefix('C')?;
    if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    page.lines().find_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let codes = cells.next()?;
        let (first, last) = codes.split_once(" to ").unwrap_or((codes, codes));
        let (severity, found) = (cells.next()?, cells.next()?);
        (first <= code && code <= last).then(|| format!("{severity}: {found}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_several_codes_is_that_of_each() {
        let row = explain("C301").unwrap();
        assert!(row.starts_with("refused: what the registry refuses"));
        assert_eq!(explain("C310").as_deref(), Some(&*row));
        for none in ["C311", "C30A", "C", "code", "|", ""] {
            assert_eq!(explain(none), None, "{none}");
        }
    }
}

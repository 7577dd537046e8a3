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

/// What stands behind a code in a table.
fn row(page: &str, code: &str) -> Option<String> {
    page.lines().find_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let is_its_row = cells.next() == Some(code);
        let (severity, found) = (cells.next()?, cells.next()?);
        is_its_row.then(|| format!("{severity}: {found}"))
    })
}

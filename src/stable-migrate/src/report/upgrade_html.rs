//! An offline upgrade as one page that needs nothing else.

use super::html::{escape, head};
use super::rehearsal_html::{list, section};
use super::upgrade_text::lines;
use crate::offline::Outcome;

/// The page.
pub fn upgrade_html(from: &str, to: &str, outcome: &Outcome) -> String {
    let (from, to) = (escape(from), escape(to));
    let verdict = match outcome.held {
        true => "everything held",
        false => "NOT everything held, and nothing was written",
    };
    let failures = list(outcome.failures.iter().cloned());
    let facts: String = lines(outcome)
        .iter()
        .map(|(name, line)| {
            format!(
                "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n",
                escape(line)
            )
        })
        .collect();
    let upgrades: String = (outcome.upgrades.iter())
        .map(|(what, upgraded)| section(&format!("{what}: {}", upgraded.module), upgraded, None))
        .collect();
    let head = head(&format!("Offline upgrade of {from}"));
    format!(
        r#"{head}<main>
<h1>Offline upgrade <small>{from} → {to}</small></h1>
<dl class="facts">
<div><dt>Result</dt><dd>{verdict}</dd></div>
</dl>
{failures}<table>
<tbody>
{facts}</tbody></table>
{upgrades}</main>
</html>
"#
    )
}

//! An offline way back in a terminal.

use super::rehearsal_text::facts;
use super::upgrade_text::{checks, cost_text, outcome_text};
use crate::offline::Outcome;

/// The way back of `from` to `to` as lines of text.
pub fn revert_text(from: &str, to: &str, outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    for (what, upgraded) in &outcome.upgrades {
        lines.push(("upgrade", format!("{what}: {}", cost_text(upgraded))));
        let failed = facts(upgraded, None).into_iter();
        lines.extend(failed.filter(|(name, _)| *name == "FAILED"));
    }
    if let [before, between, after] = outcome.pages[..] {
        for (name, [before, between, after]) in [
            ("heap", [before.0, between.0, after.0]),
            ("stable memory", [before.1, between.1, after.1]),
        ] {
            let line =
                format!("{before} pages -> {between} with the release that goes back -> {after}");
            lines.push((name, line));
        }
    }
    lines.extend(outcome.layout.clone().map(|layout| ("layout", layout)));
    lines.extend(checks(outcome));
    outcome_text(from, to, outcome, lines)
}

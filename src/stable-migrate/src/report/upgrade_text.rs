//! An offline upgrade in a terminal.

use super::rehearsal_text::{answers_text, coverage_lines, difference_text, facts, timer_text};
use crate::offline::Outcome;
use crate::run::{Compared, Upgraded};
use crate::units::{count_text, number_text, saving_text, share_text};

/// The offline upgrade of `from` to `to` as lines of text.
pub fn upgrade_text(from: &str, to: &str, outcome: &Outcome) -> String {
    outcome_text(from, to, outcome, lines(outcome))
}

/// What was made of `from`, as these lines, and what is wrong with it.
pub fn outcome_text(
    from: &str,
    to: &str,
    outcome: &Outcome,
    lines: Vec<(&'static str, String)>,
) -> String {
    let mut text = format!("{from} -> {to}\n");
    for (name, line) in lines {
        text.push_str(&format!("  {name:14} {line}\n"));
    }
    if !outcome.held {
        text.push_str("\nNOT everything held, and nothing was written\n");
    }
    for failure in &outcome.failures {
        text.push_str(&format!("  {failure}\n"));
    }
    text
}

/// What there is to say: a name and a line each.
pub fn lines(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some((_, upgraded)) = outcome.upgrades.first() {
        lines.push(("upgrade", cost_text(upgraded)));
        let first = facts(upgraded, None).into_iter();
        lines.extend(first.filter(|(name, _)| matches!(*name, "FAILED" | "migration" | "called")));
    }
    for (name, pages) in [
        (
            "heap",
            outcome
                .pages
                .iter()
                .map(|pages| pages.0)
                .collect::<Vec<_>>(),
        ),
        (
            "stable memory",
            outcome.pages.iter().map(|pages| pages.1).collect(),
        ),
    ] {
        if let [before, between, after] = pages[..] {
            let saved = saving_text(before.into(), after.into());
            let line =
                format!("{before} pages -> {between} after the migration -> {after}, {saved}");
            lines.push((name, line));
        }
    }
    if let Some((before, after)) = outcome.buckets {
        let pages = |count: u16| count_text(count.into(), "page");
        lines.push((
            "buckets",
            format!("of {} -> of {}", pages(before), pages(after)),
        ));
    }
    let later = outcome.upgrades.iter().skip(1);
    for (what, upgraded) in later {
        let failed = facts(upgraded, None).into_iter();
        let failed = failed.filter(|(name, _)| *name == "FAILED");
        lines.extend(failed.map(|(name, line)| (name, format!("{what}: {line}"))));
    }
    lines.extend(checks(outcome));
    lines
}

/// The answers at every point, the timer, and what was asked.
pub fn checks(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for (what, upgraded) in &outcome.upgrades {
        if let Some(answers) = &upgraded.answers {
            checked(&mut lines, &format!("after {what}"), answers);
        }
    }
    if let Some(answers) = &outcome.made {
        checked(&mut lines, "of what was written", answers);
    }
    lines.push(("timer", timer_text(outcome.timer, outcome.at)));
    let names = std::iter::once("asked").chain(std::iter::repeat(""));
    lines.extend(names.zip(coverage_lines(&outcome.interface)));
    lines
}

/// What an upgrade costs, in a line.
pub fn cost_text(upgraded: &Upgraded) -> String {
    format!(
        "{} instructions, {} of the limit on chain; {} ms here",
        number_text(upgraded.instructions),
        share_text(upgraded.instructions, upgraded.instructions_limit),
        number_text(upgraded.milliseconds)
    )
}

fn checked(lines: &mut Vec<(&'static str, String)>, when: &str, answers: &Compared) {
    lines.push(("checked", format!("{} {when}", answers_text(answers))));
    let different = answers.different.iter().map(difference_text);
    lines.extend(different.map(|line| ("DIFFERENT", line)));
}

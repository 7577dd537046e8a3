//! The report as text.

use std::fmt::Write;

use super::{Whole, advice};
use crate::units::{count_text, number_text};

/// Canisters that are listed one by one.
const LISTED: usize = 40;

/// What became of the canisters.
pub fn fleet_text(whole: &Whole) -> String {
    let mut text = String::new();
    write(whole, &mut text).map_or_else(|error| error.to_string(), |()| text)
}

fn write(whole: &Whole, out: &mut String) -> std::fmt::Result {
    let report = &whole.report;
    writeln!(
        out,
        "{}, {}",
        count_text(report.canisters.into(), "canister"),
        whole.at
    )?;
    for (state, number) in &report.states {
        writeln!(out, "  {:>9}  {state}", number_text((*number).into()))?;
    }
    writeln!(
        out,
        "\nwave  canisters  migrated  already  passed  failed  called off  under way  waiting"
    )?;
    for wave in &report.waves {
        let tally = &wave.tally;
        writeln!(
            out,
            "{:>4} {:>10} {:>9} {:>8} {:>7} {:>7} {:>11} {:>10} {:>8}",
            wave.wave,
            tally.canisters,
            tally.migrated,
            tally.already,
            tally.passed,
            tally.failed,
            tally.called_off,
            tally.active,
            tally.waiting
        )?;
    }
    if report.failures_below < 1.0 {
        writeln!(
            out,
            "\nWith 95 % confidence fewer than {} of the canisters still to go fail, by those that were tried.",
            percent(report.failures_below)
        )?;
    }
    if report.snapshots > 0 {
        writeln!(
            out,
            "\n{} kept.",
            count_text(report.snapshots.into(), "snapshot")
        )?;
    }
    if report.stopped > 0 {
        writeln!(
            out,
            "\n{} may be stopped now.",
            count_text(report.stopped.into(), "canister")
        )?;
    }
    if !report.groups.is_empty() {
        writeln!(out, "\nwhat went otherwise than planned")?;
    }
    for group in &report.groups {
        writeln!(
            out,
            "  {:>6}  {} ({}): {}",
            number_text(group.canisters.into()),
            group.class,
            group.end,
            group.text
        )?;
        writeln!(out, "          {}", advice(group.class))?;
    }
    let mut by_hand = whole.by_hand().peekable();
    if by_hand.peek().is_some() {
        writeln!(out, "\ncanisters that need hands")?;
    }
    for row in by_hand.by_ref().take(LISTED) {
        let class = row.class.unwrap_or("-");
        writeln!(out, "  {}  {}, {class}", row.canister, row.state)?;
    }
    match by_hand.count() {
        0 => Ok(()),
        more => writeln!(
            out,
            "  and {} more: fleet report --format json",
            number_text(more as u64)
        ),
    }
}

/// A part as percent, with as many digits as it needs.
pub fn percent(part: f64) -> String {
    let percent = part * 100.0;
    match percent {
        10.0.. => format!("{percent:.0} %"),
        1.0.. => format!("{percent:.1} %"),
        0.1.. => format!("{percent:.2} %"),
        _ => format!("{percent:.3} %"),
    }
}

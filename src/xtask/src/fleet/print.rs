//! A fleet's report for people.

use fleet::{Report, needed};

use crate::table::{Align, Table, grouped};

/// Rate of failures that the report says the needed number for: one in ten thousand.
const RARE: f64 = 1.0 / 10_000.0;

/// States, waves and groups of a report.
pub fn report(report: &Report) -> String {
    let mut text = format!("{} canisters\n\n", grouped(report.canisters.into()));
    let mut states = Table::new(&[("canisters", Align::Right), ("state", Align::Left)]);
    for (state, number) in &report.states {
        states.row([grouped((*number).into()), (*state).to_owned()]);
    }
    text += &format!("{states}\n{}", waves(report));
    if !report.groups.is_empty() {
        text += &format!("\n{}", groups(report));
    }
    let left = format!(
        "\nLeft stopped: {}. Snapshots kept: {}.\n",
        report.stopped, report.snapshots
    );
    let tried: u32 = report
        .waves
        .iter()
        .map(|wave| wave.tally.migrated + wave.tally.failed)
        .sum();
    text += &left;
    text += &format!(
        "Of {} that were upgraded or failed: with 95 % confidence fewer than {:.3} % of others like them fail\n\
         (for one in 10 000 it takes {} without a failure).\n",
        grouped(tried.into()),
        report.failures_below * 100.0,
        grouped(needed(RARE, 0.95)),
    );
    text
}

fn waves(report: &Report) -> Table {
    let mut table = Table::new(&[
        ("wave", Align::Right),
        ("canisters", Align::Right),
        ("migrated", Align::Right),
        ("there before", Align::Right),
        ("passed over", Align::Right),
        ("failed", Align::Right),
        ("called off", Align::Right),
        ("left", Align::Right),
    ]);
    for wave in &report.waves {
        let tally = wave.tally;
        let numbers = [
            tally.canisters,
            tally.migrated,
            tally.already,
            tally.passed,
            tally.failed,
            tally.called_off,
            tally.waiting + tally.active,
        ];
        let numbers = numbers.map(|number| grouped(number.into()));
        table.row(std::iter::once(wave.wave.to_string()).chain(numbers));
    }
    table
}

fn groups(report: &Report) -> Table {
    let mut table = Table::new(&[
        ("canisters", Align::Right),
        ("ended", Align::Left),
        ("because", Align::Left),
        ("the first was told", Align::Left),
    ]);
    for group in &report.groups {
        let text: String = group.text.chars().take(60).collect();
        table.row([
            grouped(group.canisters.into()),
            group.end.clone(),
            group.class.to_string(),
            text,
        ]);
    }
    table
}

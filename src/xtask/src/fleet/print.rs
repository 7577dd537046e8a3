//! A fleet's report for people.

use std::collections::BTreeMap;

use fleet::{Report, needed};

use crate::fleet::real::Run;
use crate::table::{Align, Table, grouped};

/// Rate of failures that the report says the needed number for: one in ten thousand.
const RARE: f64 = 1.0 / 10_000.0;

/// States, waves and groups of a report.
pub fn report(report: &Report) -> String {
    let mut text = format!("{} canisters\n\n", grouped(report.canisters.into()));
    let mut states = Table::new(&[("canisters", Align::Right), ("state", Align::Left)]);
    for (state, number) in &report.states {
        states.row([grouped((*number).into()), state.clone()]);
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

/// Where the canisters came from, what was wrong with some, and what the index took.
pub fn origins(run: &Run) -> String {
    let mut table = Table::new(&[
        ("canisters", Align::Right),
        ("from", Align::Left),
        ("on release 2 now", Align::Right),
    ]);
    for (origin, (all, there)) in &run.origins {
        let numbers = [*all, *there].map(|number| grouped(number.into()));
        let [all, there] = numbers;
        table.row([all, origin.name().to_owned(), there]);
    }
    let mut wrongs: BTreeMap<String, u32> = BTreeMap::new();
    for (wrong, state) in &run.wrongs {
        *wrongs.entry(format!("{wrong:?}: {state}")).or_default() += 1;
    }
    let mut text = format!(
        "{table}\nWhat was wrong with {} of them, and what became of those:\n",
        run.wrongs.len()
    );
    for (what, number) in wrongs {
        text += &format!("  {number} × {what}\n");
    }
    let seconds = run
        .status
        .began
        .map_or(0, |began| run.status.now.saturating_sub(began));
    let canisters = u64::from(run.report.canisters).max(1);
    text + &format!(
        "\nTook {} of the network's time and {} management calls. The index has {} bytes of heap and {} of stable\n\
             memory, {} a canister.\n",
        duration(seconds),
        grouped(run.calls as u64),
        grouped(run.index_heap),
        grouped(run.index_stable),
        grouped((run.index_heap + run.index_stable) / canisters),
    )
}

/// Hours and minutes.
pub fn duration(seconds: u64) -> String {
    format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60)
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
        let text: String = told(&group.text).chars().take(60).collect();
        table.row([
            grouped(group.canisters.into()),
            group.end.clone(),
            group.class.to_string(),
            text,
        ]);
    }
    table
}

/// What a canister said itself, without the words that the network puts around it.
fn told(text: &str) -> &str {
    match text.split_once("with message: '") {
        Some((_, own)) => own.trim_end_matches('\''),
        None => text.strip_prefix("Error from ").unwrap_or(text),
    }
}

//! `bench/README.md` and its charts: made from the figures alone, so that a test can tell when they are stale.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::chart::CHARTS;
use super::contender::{CONTENDERS, Tells};
use super::figures::Figures;
use super::glance;
use super::results::{FOLDER, Results};
use super::size::{self, Group, SIZES};
use super::table::{self, cycles};
use crate::error::Result;
use crate::file;
use crate::table::{Align, Table, grouped};

const HEAD: &str = "\
# The bench

<!-- Made by `cargo xtask bench --record` from results.json and before.json; a test fails when it is stale. -->

This project and other ways to migrate the same canister, on the same user data, side by side: what each executes, what it
takes up, and what that costs. Everything runs on the embedded host; no figure is a time, and each comes out the same in
every run.

```sh
cargo xtask bench                                       # every size but the large ones
cargo xtask bench --full                                # up to a gigabyte of state
cargo xtask bench --check --sizes empty,10,100,1000     # as CI: fails where a figure is more than 2 % worse
cargo xtask bench --record                              # writes results.json, this file and its charts
cargo xtask bench --readme                              # this file and its charts alone, from results.json
```
";

const READING: &str = "\
## How to read it

- **Hooks** are `pre_upgrade` of the old module + `post_upgrade` of the new one, upgrade by upgrade. The first
  `pre_upgrade` is that of release 0, the same for all.
- **Steps** are messages of a timer after the last upgrade. A contender without steps has moved all it moves in its hooks.
- **Together** are hooks and steps, without compiling; **an entry** and **a byte** are shares of it, by the entries of all
  collections and the bytes of the value of release 0.
- **Compiling** is charged to the first canister of a subnet that is given a module, and a hundredth to every other one
  until the next checkpoint.
- **Heap** is a high-water mark: it is given back by the next upgrade alone. So there are figures for after everything,
  and for after **one more** upgrade with the same module, which is also what every later upgrade costs.
- **Bytes paid for** are heap, stable memory, globals, the module as it is submitted, and its metadata sections once more.
  History, logs, chunks and snapshots come on top.
- All that ended hold the same: entries and digests of every collection are compared before a figure is taken.

## What is fair, and what is not

- Every peer carries the endpoints of the individual user canister, since a canister pays for its module, and one without a
  service would seem cheap. They answer from an empty state there, and the modules are somewhat larger for holding the
  code of two states. Compare what modules weigh with that in mind.
- Every module has a stack of 64 KiB; with rustc's default each would have 15 pages of heap more.
- The naive peers and Candid keep everything on the heap: they have no bulk in stable maps when they are through, and every
  later upgrade reads and writes all of it. The plain maps have; they prove nothing on the way and serve no call until
  the one upgrade is over.
- Where an upgrade is **refused**, the canister is as it was before it.
";

/// Writes the README and the charts.
///
/// # Errors
/// `File` if one cannot be written, `Bench` if a chart cannot be drawn.
pub fn write(root: &Path, results: &Results, before: Option<&Results>) -> Result<()> {
    for (path, text) in files(results, before)? {
        file::replace(&root.join(path), text.as_bytes())?;
    }
    Ok(())
}

/// The README and the charts, by their paths from the workspace.
///
/// # Errors
/// `Bench` if a chart cannot be drawn.
pub fn files(results: &Results, before: Option<&Results>) -> Result<Vec<(PathBuf, String)>> {
    let folder = Path::new(FOLDER);
    let mut files = vec![(folder.join("README.md"), readme(results, before))];
    for chart in CHARTS {
        files.push((folder.join(chart.file), chart.draw(results, before)?));
    }
    Ok(files)
}

fn readme(results: &Results, before: Option<&Results>) -> String {
    let mut parts = vec![HEAD.to_owned(), contenders(), sizes(), prices(results)];
    parts.extend(
        CHARTS
            .iter()
            .map(|chart| format!("![{}]({})\n", chart.title, chart.file)),
    );
    parts.push(glance::tables(results));
    if let Some(before) = before {
        parts.push(before_and_after(before, results));
    }
    parts.push(READING.to_owned());
    parts.push(format!("## Figures\n\nOf {}.\n", results.label));
    for (name, measured) in results.in_order() {
        let about = size::find(name).map_or("", |size| size.about);
        let mut part = format!(
            "### {name}: {about}\n\n{} entries, a value of {} bytes.\n\n```text\n{}\n{}```\n",
            grouped(measured.entries),
            grouped(measured.value_bytes),
            table::instructions(measured),
            table::memory(measured, &results.prices),
        );
        for (name, figures) in measured.in_order() {
            if let Some(refused) = &figures.refused {
                part += &format!("\n{name}, refused at {}: {}\n", refused.at, refused.reason);
            }
        }
        parts.push(part);
    }
    parts.join("\n")
}

fn contenders() -> String {
    let mut text = "## Who takes part\n\n| | |\n|---|---|\n".to_owned();
    for contender in CONTENDERS {
        text += &format!("| {} | {} |\n", contender.name, contender.about);
    }
    text + "\nThe peers are in [`peers`](peers/src/lib.rs), the way of each in [`contender.rs`](../src/xtask/src/bench/contender.rs).\n"
}

fn sizes() -> String {
    let mut text = "## Sizes\n\n| | | |\n|---|---|---|\n".to_owned();
    for size in SIZES {
        let source = match size.source {
            size::Source::Endpoints(_) => "filled through its endpoints",
            size::Source::Value(_) => "a generated value",
            size::Source::Fixture(_) => "in `../shared/fixtures`, where that is there",
        };
        let group = match size.group {
            Group::Usual => "",
            Group::Full => ", with `--full`",
        };
        text += &format!("| `{}` | {} | {source}{group} |\n", size.name, size.about);
    }
    text
}

fn prices(results: &Results) -> String {
    let prices = &results.prices;
    format!(
        "## Prices\n\n\
         On a subnet of {} nodes: {} cycles a GiB and second (127 000 on 13 nodes in the documentation, read in November \
         2026; 317 500 is quoted of newer source of the replica), {} a canister and second (dfinity/ic pull request 10292, \
         merged in May 2026), 5 M + 1 an instruction for a message, 20 M + 1 an instruction for an installation, 6 000 \
         instructions to compile one of a module, and a hundredth of that again (pull request 4506). `--storage-price`, \
         `--base-fee` and `--nodes` reckon with others.\n",
        prices.nodes,
        grouped(prices.storage_price),
        grouped(prices.base_fee),
    )
}

/// What is told of before and after: a figure, and how it is shown.
type Told = (&'static str, fn(&Figures) -> u64, fn(u64) -> String);

const TOLD: &[Told] = &[
    ("instructions", Figures::instructions, grouped),
    ("steps", |figures| figures.steps.done, grouped),
    (
        "stable pages",
        |figures| figures.stable_pages.after,
        grouped,
    ),
    ("heap pages", |figures| figures.heap_pages.after, grouped),
    ("cycles a year", |figures| figures.cycles.year, cycles),
];

/// This project before and now, for each size that both have.
fn before_and_after(before: &Results, now: &Results) -> String {
    let mut columns = vec![("size", Align::Left), ("", Align::Left)];
    columns.extend(TOLD.iter().map(|(name, ..)| (*name, Align::Right)));
    let mut text = "## Before and now\n".to_owned();
    // Writing to a string does not fail.
    let _ = writeln!(text, "\nBefore: {}. Now: {}.", before.label, now.label);
    for contender in CONTENDERS
        .iter()
        .filter(|contender| contender.tells == Tells::Status)
    {
        let mut table = Table::new(&columns);
        for (size, _) in now.in_order() {
            let sides = [
                ("before", before.of(size, contender.key)),
                ("now", now.of(size, contender.key)),
            ];
            let [(_, Some(_)), (_, Some(_))] = sides else {
                continue;
            };
            for (side, figures) in sides {
                let Some(figures) = figures else { continue };
                let shown = TOLD.iter().map(|(_, figure, show)| match &figures.refused {
                    Some(_) => "refused".to_owned(),
                    None => show(figure(figures)),
                });
                let named = if side == "before" { size } else { "" };
                table.row([named.to_owned(), side.to_owned()].into_iter().chain(shown));
            }
        }
        let _ = writeln!(text, "\n{}:\n\n```text\n{table}```", contender.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::tests::results;
    use crate::bench::results::{BEFORE, RESULTS};

    #[test]
    fn the_files_that_are_checked_in_are_those_of_the_figures() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let results = Results::read(&root.join(RESULTS)).unwrap().unwrap();
        let before = Results::read(&root.join(BEFORE)).unwrap();
        for (path, text) in files(&results, before.as_ref()).unwrap() {
            let there = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
            assert!(
                there == text,
                "{} is stale: run `cargo xtask bench --readme`",
                path.display()
            );
        }
    }

    #[test]
    fn before_and_now_stand_side_by_side() {
        let mut now = results();
        now.label = "today".to_owned();
        let figures = now.sizes.get_mut("10").unwrap();
        figures.contenders.get_mut("project").unwrap().steps = Default::default();
        let text = readme(&now, Some(&results()));
        assert!(text.contains("Before: a label. Now: today."), "{text}");
        assert!(
            text.contains("10    before         2 000      1 "),
            "{text}"
        );
        assert!(
            text.contains("      now            1 700      0 "),
            "{text}"
        );
    }
}

//! The figures at a glance: one small table for each, contenders beside one another.

use std::fmt::Write;

use super::contender::CONTENDERS;
use super::figures::Figures;
use super::prices::Tariff;
use super::results::{Measured, Results};
use super::table::{cycles, ratio};
use crate::table::grouped;

/// One table: what it shows, and how a cell is made.
struct Glance {
    title: &'static str,
    cell: fn(&Figures, &Measured, &Tariff) -> String,
}

const GLANCES: &[Glance] = &[
    Glance {
        title: "Instructions an entry: all hooks and steps, without compiling",
        cell: |figures, measured, _| ratio(figures.instructions(), measured.entries),
    },
    Glance {
        title: "Instructions a byte of the value of release 0",
        cell: |figures, measured, _| ratio(figures.instructions(), measured.value_bytes),
    },
    Glance {
        title: "Instructions of every later upgrade, both hooks",
        cell: |figures, _, _| {
            let one_more = figures.one_more.as_ref();
            one_more.map_or_else(|| "refused".to_owned(), |upgrade| grouped(upgrade.hooks()))
        },
    },
    Glance {
        title: "Heap and stable pages after everything",
        cell: |figures, _, _| {
            let (heap, stable) = (figures.heap_pages.after, figures.stable_pages.after);
            format!("{} + {}", grouped(heap), grouped(stable))
        },
    },
    Glance {
        title: "Heap and stable pages after one more upgrade",
        cell: |figures, _, _| {
            let heap = figures.heap_pages.after_one_more;
            let stable = figures.stable_pages.after_one_more;
            format!("{} + {}", grouped(heap), grouped(stable))
        },
    },
    Glance {
        title: "Cycles for the migration, on every canister of a subnet but the first",
        cell: |figures, _, tariff| cycles(figures.cycles(tariff).migration_again),
    },
    Glance {
        title: "Cycles for a year after one more upgrade, the base fee included",
        cell: |figures, _, tariff| cycles(figures.cycles(tariff).year_after_one_more),
    },
];

/// All tables, in Markdown.
pub fn tables(results: &Results) -> String {
    let mut text = "## At a glance\n".to_owned();
    for glance in GLANCES {
        let names = CONTENDERS.iter().map(|contender| contender.name);
        let names: Vec<&str> = names.collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{}:\n", glance.title);
        let _ = writeln!(text, "| | {} |", names.join(" | "));
        let _ = writeln!(text, "|---|{}", "---:|".repeat(names.len()));
        for (size, measured) in results.in_order() {
            let cells =
                CONTENDERS
                    .iter()
                    .map(|contender| match measured.contenders.get(contender.key) {
                        None => String::new(),
                        Some(figures) if figures.refused.is_some() => "refused".to_owned(),
                        Some(figures) => (glance.cell)(figures, measured, &results.prices),
                    });
            let cells: Vec<String> = cells.collect();
            let _ = writeln!(text, "| `{size}` | {} |", cells.join(" | "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::tests::results;

    #[test]
    fn a_size_is_a_line_and_a_contender_a_column() {
        let text = tables(&results());
        let line = |cell: &str| {
            let cells = CONTENDERS.iter().map(|contender| match contender.key {
                "project" => cell,
                _ => "",
            });
            let cells: Vec<&str> = cells.collect();
            format!("| `10` | {} |", cells.join(" | "))
        };
        for cell in ["200.0", "8 + 5"] {
            assert!(text.contains(&line(cell)), "{text}");
        }
    }
}

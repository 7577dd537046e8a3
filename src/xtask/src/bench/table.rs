//! The figures of one size as tables, side by side.

use super::figures::{Cycles, Figures, Upgrade};
use super::prices::Tariff;
use super::results::Measured;
use crate::table::{Align, Table, grouped};

/// What a cell shows that has no figure.
const NONE: &str = "–";

/// What each contender executed.
pub fn instructions(measured: &Measured) -> Table {
    let mut table = Table::new(&[
        ("instructions", Align::Left),
        ("hooks of each upgrade", Align::Left),
        ("steps", Align::Right),
        ("in steps", Align::Right),
        ("together", Align::Right),
        ("an entry", Align::Right),
        ("a byte", Align::Right),
        ("compiling, first", Align::Right),
        ("and again", Align::Right),
        ("one more upgrade", Align::Right),
    ]);
    for (name, figures) in measured.in_order() {
        table.row(instructions_of(name, figures, measured));
    }
    table
}

/// The cells of one contender.
pub fn instructions_of(name: &str, figures: &Figures, measured: &Measured) -> Vec<String> {
    let hooks: Vec<String> = figures
        .upgrades
        .iter()
        .map(|at| format!("{} + {}", grouped(at.pre_upgrade), grouped(at.post_upgrade)))
        .collect();
    let compiling = |of: fn(&Upgrade) -> u64| grouped(figures.upgrades.iter().map(of).sum());
    let together = figures.instructions();
    if let Some(refused) = &figures.refused {
        return vec![
            name.to_owned(),
            format!("{}refused at {}", before(&hooks), refused.at),
        ];
    }
    vec![
        name.to_owned(),
        hooks.join(", "),
        grouped(figures.steps.done),
        grouped(figures.steps.instructions),
        grouped(together),
        ratio(together, measured.entries),
        ratio(together, measured.value_bytes),
        compiling(|at| at.compile_first),
        compiling(|at| at.compile_again),
        figures
            .one_more
            .as_ref()
            .map_or(NONE.to_owned(), |at| grouped(at.hooks())),
    ]
}

/// What each contender takes up and costs.
pub fn memory(measured: &Measured, tariff: &Tariff) -> Table {
    let mut table = Table::new(&[
        ("pages, bytes, cycles", Align::Left),
        ("heap before", Align::Right),
        ("peak", Align::Right),
        ("after", Align::Right),
        ("one more", Align::Right),
        ("stable before", Align::Right),
        ("after", Align::Right),
        ("bytes paid for", Align::Right),
        ("migration, first", Align::Right),
        ("and again", Align::Right),
        ("a year", Align::Right),
        ("after one more", Align::Right),
    ]);
    for (name, figures) in measured.in_order() {
        table.row(memory_of(name, figures, tariff));
    }
    table
}

/// The cells of one contender.
pub fn memory_of(name: &str, figures: &Figures, tariff: &Tariff) -> Vec<String> {
    let (heap, stable) = (&figures.heap_pages, &figures.stable_pages);
    let Cycles {
        migration_first,
        migration_again,
        year,
        year_after_one_more,
    } = figures.cycles(tariff);
    let mut cells = vec![name.to_owned(), grouped(heap.before), grouped(heap.peak)];
    if figures.refused.is_some() {
        return cells;
    }
    cells.extend([
        grouped(heap.after),
        grouped(heap.after_one_more),
        grouped(stable.before),
        grouped(stable.after),
        grouped(figures.paid_bytes.total()),
        cycles(migration_first),
        cycles(migration_again),
        cycles(year),
        cycles(year_after_one_more),
    ]);
    cells
}

fn before(hooks: &[String]) -> String {
    match hooks {
        [] => String::new(),
        hooks => format!("{}, then ", hooks.join(", ")),
    }
}

/// A share with one digit behind the point, or nothing of nothing.
pub fn ratio(part: u64, of: u64) -> String {
    match of {
        0 => NONE.to_owned(),
        _ => {
            let tenths = (u128::from(part) * 10 + u128::from(of) / 2) / u128::from(of);
            let whole = u64::try_from(tenths / 10).unwrap_or(u64::MAX);
            format!("{}.{}", grouped(whole), tenths % 10)
        }
    }
}

/// Cycles to four digits: `31.53 B`.
pub fn cycles(cycles: u64) -> String {
    let units = [
        (1_000_000_000_000, "T"),
        (1_000_000_000, "B"),
        (1_000_000, "M"),
    ];
    let Some((unit, letter)) = units.into_iter().find(|(unit, _)| cycles >= *unit) else {
        return grouped(cycles);
    };
    let number = cycles as f64 / unit as f64;
    let digits = match number {
        n if n < 10.0 => 3,
        n if n < 100.0 => 2,
        n if n < 1_000.0 => 1,
        _ => return format!("{} {letter}", grouped(number.round() as u64)),
    };
    format!("{number:.digits$} {letter}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::Refusal;
    use crate::bench::results::tests::results;

    #[test]
    fn a_contender_is_a_line_in_each_table() {
        let results = results();
        let measured = &results.sizes["10"];
        let text = instructions(measured).to_string();
        let line = text.lines().last().unwrap();
        assert!(
            line.starts_with("this project, 0 → 1 → 2  100 + 1 000, 100 + 500"),
            "{text}"
        );
        assert!(line.contains(" 2 000     200.0     2.0 "), "{text}");
        let text = memory(measured, &Tariff::default()).to_string();
        let line = text.lines().last().unwrap();
        assert!(
            line.contains("this project, 0 → 1 → 2            4     9      8         2 "),
            "{text}"
        );
    }

    #[test]
    fn a_refusal_stands_where_the_figures_would() {
        let mut results = results();
        let measured = results.sizes.get_mut("10").unwrap();
        let figures = measured.contenders.get_mut("project").unwrap();
        figures.upgrades.truncate(1);
        figures.refused = Some(Refusal {
            at: "two".to_owned(),
            reason: "no".to_owned(),
        });
        let text = instructions(measured).to_string();
        assert!(text.contains("100 + 1 000, then refused at two"), "{text}");
    }

    #[test]
    fn cycles_have_four_digits_and_shares_one_behind_the_point() {
        let shown = [999, 1_234_567, 31_528_999_999, 1_344_000_000_000].map(cycles);
        assert_eq!(shown, ["999", "1.235 M", "31.53 B", "1.344 T"]);
        assert_eq!(cycles(2_500_000_000_000_000), "2 500 T");
        assert_eq!(
            [ratio(10, 4), ratio(1, 0), ratio(12_345, 1)],
            ["2.5", "–", "12 345.0"]
        );
    }
}

//! The points of a run at which a canister was asked everything, and the table of them.

use super::canister::Size;
use crate::table::{Align, Table, grouped};

/// Bytes of a page of either memory.
const PAGE: u64 = 64 * 1024;

/// One line of the closing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// What was done.
    pub name: String,
    /// The module that is installed.
    pub module: String,
    /// What the canister takes up.
    pub size: Size,
    /// Questions asked.
    pub questions: usize,
    /// Questions answered as at the first stage; all of them at the first stage.
    pub equal: usize,
}

/// The stages as a table.
pub fn table(stages: &[Stage]) -> Table {
    let mut table = Table::new(&[
        ("after", Align::Left),
        ("module", Align::Left),
        ("memory bytes", Align::Right),
        ("of it snapshots", Align::Right),
        ("stable pages", Align::Right),
        ("heap pages", Align::Right),
        ("answers equal", Align::Right),
    ]);
    for (number, stage) in stages.iter().enumerate() {
        let Size {
            memory,
            snapshots,
            stable,
            heap,
        } = stage.size;
        let equal = if number == 0 {
            format!("{} asked", stage.questions)
        } else {
            format!("{} of {}", stage.equal, stage.questions)
        };
        table.row([
            stage.name.clone(),
            stage.module.clone(),
            grouped(memory),
            grouped(snapshots),
            grouped(stable.div_ceil(PAGE)),
            grouped(heap.div_ceil(PAGE)),
            equal,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_a_line() {
        let stage = |name: &str, equal| Stage {
            name: name.to_owned(),
            module: "release 0".to_owned(),
            size: Size {
                memory: 3_200_000,
                snapshots: 0,
                stable: 3 * PAGE,
                heap: 10 * PAGE,
            },
            questions: 80,
            equal,
        };
        let text = table(&[stage("0, filled", 80), stage("stage one", 79)]).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[2]
                .ends_with("3 200 000                0             3          10       80 asked"),
            "{text}"
        );
        assert!(lines[3].ends_with("79 of 80"), "{text}");
    }
}

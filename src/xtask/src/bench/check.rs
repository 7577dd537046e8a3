//! Which figures got worse, and which better.

use std::fmt;

use super::figures::{Figures, Upgrade};
use super::results::{Measured, Results};
use crate::table::grouped;

/// By how many per cent a figure may be worse, or better, without being named.
pub const TOLERANCE: u64 = 2;

/// How the figure of a module begins.
const COMPILING: &str = "compiling";

/// A figure that is another than the one that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The size.
    pub size: String,
    /// The contender.
    pub contender: String,
    /// The figure.
    pub figure: String,
    /// What is written down.
    pub before: u64,
    /// What was measured.
    pub now: u64,
}

/// All changes of a run beyond the tolerance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Instructions or pages that are more.
    pub worse: Vec<Change>,
    /// Those that are fewer.
    pub better: Vec<Change>,
    /// What one side has and the other has not, in words.
    pub unmatched: Vec<String>,
}

impl Changes {
    /// Compares what was measured `now` with what is written down; sizes that were not measured are left out.
    pub fn between(before: &Results, now: &Results) -> Self {
        let mut changes = Self::default();
        for (size, measured) in now.in_order() {
            match before.sizes.get(size) {
                Some(written) => changes.size(size, written, measured),
                None => changes
                    .unmatched
                    .push(format!("size {size}: not written down")),
            }
        }
        changes
    }

    fn size(&mut self, size: &str, before: &Measured, now: &Measured) {
        for (contender, figures) in &now.contenders {
            let Some(written) = before.contenders.get(contender) else {
                let line = format!("{contender} at {size}: not written down");
                self.unmatched.push(line);
                continue;
            };
            if let (None, Some(refusal)) = (&written.refused, &figures.refused) {
                let line = format!(
                    "{contender} at {size}: refused at {}: {}",
                    refusal.at, refusal.reason
                );
                self.unmatched.push(line);
            }
            let (written, figures) = (named(written), named(figures));
            for (figure, now) in figures {
                let before = written.iter().find(|(name, _)| *name == figure);
                let Some(&(_, before)) = before else {
                    let line = format!("{contender} at {size}: {figure} is not written down");
                    self.unmatched.push(line);
                    continue;
                };
                let change = Change {
                    size: size.to_owned(),
                    contender: contender.clone(),
                    figure,
                    before,
                    now,
                };
                if exceeds(now, before) {
                    note(&mut self.worse, change);
                } else if exceeds(before, now) {
                    note(&mut self.better, change);
                }
            }
        }
    }

    /// How many figures let a check fail: those that are worse, and those that nothing is written down of.
    pub fn failures(&self) -> usize {
        self.worse.len() + self.unmatched.len()
    }
}

/// Notes a change, of compiling a module once: it costs the same at every size.
fn note(changes: &mut Vec<Change>, change: Change) {
    let same = |noted: &Change| {
        let figures = |change: &Change| (change.before, change.now);
        noted.figure == change.figure && figures(noted) == figures(&change)
    };
    if !(change.figure.starts_with(COMPILING) && changes.iter().any(same)) {
        changes.push(change);
    }
}

/// Whether `more` is beyond the tolerance above `less`.
fn exceeds(more: u64, less: u64) -> bool {
    u128::from(more) * 100 > u128::from(less) * u128::from(100 + TOLERANCE)
}

/// The figures that may not get worse: instructions and pages.
fn named(figures: &Figures) -> Vec<(String, u64)> {
    let mut named = Vec::new();
    let mut add = |name: String, figure| named.push((name, figure));
    for upgrade in figures.upgrades.iter().chain(&figures.one_more) {
        let Upgrade { name, module, .. } = upgrade;
        add(format!("{name}: pre_upgrade"), upgrade.pre_upgrade);
        add(format!("{name}: post_upgrade"), upgrade.post_upgrade);
        add(format!("{COMPILING} {module}"), upgrade.compile_first);
    }
    add("steps: instructions".to_owned(), figures.steps.instructions);
    add("migration: instructions".to_owned(), figures.instructions());
    add("heap pages at the peak".to_owned(), figures.heap_pages.peak);
    add(
        "heap pages after everything".to_owned(),
        figures.heap_pages.after,
    );
    let heap = figures.heap_pages.after_one_more;
    add("heap pages after one more upgrade".to_owned(), heap);
    add(
        "stable pages after everything".to_owned(),
        figures.stable_pages.after,
    );
    let stable = figures.stable_pages.after_one_more;
    add("stable pages after one more upgrade".to_owned(), stable);
    named
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            size,
            contender,
            figure,
            before,
            now,
        } = self;
        let (before, now) = (*before, *now);
        write!(
            f,
            "{contender} at {size}: {figure}: {} -> {}",
            grouped(before),
            grouped(now)
        )?;
        match before {
            0 => Ok(()),
            _ => {
                let percent = (now as f64 / before as f64 - 1.0) * 100.0;
                write!(f, " ({percent:+.1} %)")
            }
        }
    }
}

/// Every change on a line.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, what: &str, changes: &[Change]| {
            changes
                .iter()
                .try_for_each(|change| writeln!(f, "{what}  {change}"))
        };
        list(f, "worse ", &self.worse)?;
        for line in &self.unmatched {
            writeln!(f, "new     {line}")?;
        }
        list(f, "better", &self.better)?;
        if !self.better.is_empty() {
            writeln!(
                f,
                "What is better is to be written down: cargo xtask bench --record"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::tests::results;

    fn changed(change: impl Fn(&mut Figures)) -> Results {
        let mut now = results();
        for figures in now
            .sizes
            .values_mut()
            .flat_map(|size| size.contenders.values_mut())
        {
            change(figures);
        }
        now
    }

    #[test]
    fn the_same_figures_and_those_within_the_tolerance_are_not_named() {
        let changes = Changes::between(&results(), &results());
        assert_eq!(changes, Changes::default());
        let slightly = changed(|figures| figures.upgrades[0].post_upgrade += 20);
        assert_eq!(Changes::between(&results(), &slightly), Changes::default());
    }

    #[test]
    fn figures_that_are_worse_are_all_named_and_better_ones_too() {
        let now = changed(|figures| {
            figures.upgrades[0].post_upgrade += 21;
            figures.stable_pages.after += 1;
            figures.heap_pages.after_one_more -= 1;
        });
        let changes = Changes::between(&results(), &now);
        assert_eq!(changes.failures(), 2);
        let text = changes.to_string();
        for line in [
            "worse   project at 10: one: post_upgrade: 1 000 -> 1 021 (+2.1 %)",
            "worse   project at 10: stable pages after everything: 5 -> 6 (+20.0 %)",
            "better  project at 10: heap pages after one more upgrade: 2 -> 1 (-50.0 %)",
            "--record",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn a_module_that_got_larger_is_named_once() {
        let now = changed(|figures| {
            let all = figures.upgrades.iter_mut().chain(&mut figures.one_more);
            all.for_each(|upgrade| upgrade.compile_first += 1_000);
        });
        assert_eq!(Changes::between(&results(), &now).failures(), 1);
    }

    #[test]
    fn a_figure_that_was_zero_and_steps_that_are_gone() {
        let without = changed(|figures| figures.steps = Default::default());
        let changes = Changes::between(&results(), &without);
        assert_eq!(changes.failures(), 0);
        assert!(
            changes
                .better
                .iter()
                .any(|change| change.figure == "steps: instructions")
        );
        let changes = Changes::between(&without, &results());
        assert!(
            changes
                .to_string()
                .contains("steps: instructions: 0 -> 300\n")
        );
    }

    #[test]
    fn what_is_not_written_down_fails() {
        let mut nothing = results();
        nothing.sizes.clear();
        assert_eq!(Changes::between(&nothing, &results()).failures(), 1);
        let renamed = changed(|figures| figures.upgrades[0].name = "other".to_owned());
        assert_eq!(Changes::between(&results(), &renamed).failures(), 2);
    }
}

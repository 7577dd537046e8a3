//! What the kit tells: of what held, and of what did not.

use std::fmt;

use crate::check::Check;
use crate::tally::Tally;

/// Everything that was checked, and held.
#[derive(Clone, Debug)]
pub struct Report {
    /// The names of the releases.
    pub releases: Vec<String>,
    /// Questions that were asked each time.
    pub questions: usize,
    /// What each check tried.
    pub checks: Vec<(Check, Tally)>,
    /// All of it together.
    pub total: Tally,
}

/// A problem that a check found.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The check.
    pub check: Check,
    /// The problem in words.
    pub problem: String,
    /// The fewest things known that show it, in order.
    pub script: Vec<String>,
    /// Things that had been done when it was found.
    pub found_after: usize,
    /// Shorter lives that were tried.
    pub tries: usize,
}

/// A line for each check, and one for each pair of releases.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = "upgrades  refused  traps  timer messages  answers";
        writeln!(f, "{:<20} lives  calls  {wide}", "check")?;
        let total = ("together".to_owned(), &self.total);
        let checks = self.checks.iter();
        let checks = checks.map(|(check, tally)| (check.to_string(), tally));
        for (name, tally) in checks.chain([total]) {
            writeln!(
                f,
                "{name:<20} {:>5}  {:>5}  {:>8}  {:>7}  {:>5}  {:>14}  {:>7}",
                tally.lives,
                tally.calls,
                tally.upgrades,
                tally.refused,
                tally.traps,
                tally.steps,
                tally.answers
            )?;
        }
        let ways = self.total.costs.iter().map(|((from, to), cost)| {
            let name = |at: &usize| self.releases.get(*at).map_or("?", |name| name);
            (format!("{} → {}", name(from), name(to)), cost)
        });
        let ways: Vec<_> = ways.collect();
        let width = ways.iter().map(|(way, _)| way.chars().count()).max();
        let width = width.unwrap_or_default();
        writeln!(
            f,
            "\n{:<width$}  times  most instructions  stable pages  heap pages",
            "upgrade"
        )?;
        for (way, cost) in ways {
            writeln!(
                f,
                "{way:<width$}  {:>5}  {:>17}  {:>12}  {:>10}",
                cost.upgrades, cost.instructions, cost.stable_pages, cost.heap_pages
            )?;
        }
        write!(f, "\nEach time {} questions were asked.", self.questions)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.check, self.problem)?;
        write!(
            f,
            "It was found after {} acts; after {} shorter lives this is the shortest that shows it:",
            self.found_after, self.tries
        )?;
        let mut script = self.script.iter().enumerate();
        script.try_for_each(|(at, line)| write!(f, "\n  {:>3}. {line}", at + 1))
    }
}

//! The end of every command that makes a snapshot by upgrades off the network.

use stable_migrate::{Error, NewSnapshotDir, Outcome};

use super::next_steps::NextSteps;
use super::{Verdict, complain, json, print};

/// How an outcome is shown, given the names of both snapshots.
type Shown = fn(&str, &str, &Outcome) -> String;

/// The outcome as `how` shows it.
pub fn show(outcome: &Outcome, how: Shown, next: &NextSteps) -> String {
    let [from, to] = [next.from, next.to].map(|path| path.display().to_string());
    how(&from, &to, outcome)
}

/// Prints what was found, as JSON or as `text`; in text also the commands that come next, if nothing is wrong.
pub fn tell(outcome: &Outcome, text: Shown, as_json: bool, next: &NextSteps) -> Result<(), Error> {
    if as_json {
        return print(&json(outcome)?);
    }
    print(&show(outcome, text, next))?;
    if outcome.held {
        print(&format!("\n{}", next.commands()))?;
    }
    Ok(())
}

/// Gives what was made its name, last of all, so that it is there if the command says so, and only then.
pub fn conclude(outcome: &Outcome, made: NewSnapshotDir) -> Result<Verdict, Error> {
    if !outcome.held {
        let failure = outcome.failures.first().map_or("", |failure| failure);
        complain(&format!("nothing was written: {failure}"));
        return Ok(Verdict::Different);
    }
    made.finish()?;
    Ok(Verdict::Held)
}

//! The end of every command that makes a snapshot by upgrades off the network.

use std::path::Path;

use stable_migrate::{Error, NOT_HELD, NewSnapshotDir, Outcome, SnapshotDir};

use super::many::{Judgement, List, Looked, Making, Many, Outputs};
use super::next_steps::NextSteps;
use super::{Document, Verdict, complain_of, json, print};

/// How an outcome is shown, given the names of both snapshots.
type Shown = fn(&str, &str, &Outcome) -> String;

/// Prints what was found, as JSON in the form of a name or as `text`; in text also the commands that come next, if nothing is wrong.
pub fn tell(
    outcome: &Outcome,
    text: Shown,
    as_json: Option<&'static str>,
    next: &NextSteps,
) -> Result<(), Error> {
    if let Some(schema) = as_json {
        return print(&json(schema, outcome)?);
    }
    let [from, to] = [next.from, next.to].map(|path| path.display().to_string());
    print(&text(&from, &to, outcome))?;
    if outcome.held {
        print(&format!("\n{}", next.commands()))?;
    }
    Ok(())
}

/// Gives what was made its name, last of all, so that it is there if the command says so, and only then.
pub fn conclude(outcome: &Outcome, made: NewSnapshotDir) -> Result<Verdict, Error> {
    if !outcome.held {
        let failure = outcome.failures.first().map_or("", |failure| failure);
        complain_of(NOT_HELD, &format!("nothing was written: {failure}"));
        return Ok(Verdict::Different);
    }
    made.finish()?;
    Ok(Verdict::Held)
}

/// Makes a snapshot of each of a list in the folder `output`; `forms` are the command's name and the form of its reports.
pub fn of_many(
    forms: (&'static str, &'static str),
    list: &List,
    output: &Path,
    making: &Making,
    json: bool,
    make: impl Fn(&SnapshotDir, &Path) -> Result<(Outcome, NewSnapshotDir), Error> + Sync,
) -> Result<Verdict, Error> {
    let (command, schema) = forms;
    let outputs = Outputs::plan(list, output, making.resume)?;
    let many = Many {
        command,
        figures: ["stable pages", "heap pages", "answers equal"],
        list,
        json,
        runs: true,
    };
    many.make(making, &outputs, |path, output| {
        let (outcome, made) = make(&SnapshotDir::open(path)?, output)?;
        one_of_many(schema, outcome, made)
    })
}

/// Gives what was made of one of many snapshots its name, if nothing is wrong with it, and tells of it.
fn one_of_many(
    schema: &'static str,
    outcome: Outcome,
    made: NewSnapshotDir,
) -> Result<Looked<Document<Outcome>>, Error> {
    if outcome.held {
        made.finish()?;
    }
    let pages = |of: fn(&(u64, u64)) -> u64| match (outcome.pages.first(), outcome.pages.last()) {
        (Some(before), Some(after)) => format!("{} -> {}", of(before), of(after)),
        _ => "–".into(),
    };
    let answers = outcome.made.as_ref().map_or("–".into(), |answers| {
        format!("{} of {}", answers.same, answers.asked)
    });
    Ok(Looked {
        judgement: match outcome.held {
            true => Judgement::Held,
            false => Judgement::Different,
        },
        figures: [
            pages(|&(_, stable)| stable),
            pages(|&(heap, _)| heap),
            answers,
        ],
        wrong: outcome
            .failures
            .first()
            .map(|failure| (NOT_HELD.into(), failure.clone())),
        document: Some(Document::of(schema, outcome)),
    })
}

//! `migrations/FLEET.md` on the local endpoint: thirty canisters, once by the runbook and once with the program killed three
//! times, the network gone for some seconds and the endpoint hung. Both must tell the same of every canister.
//!
//! The endpoint is started anew for each, and gives the same ids in the same order, so that the reports can be equal to the
//! letter.

mod disturbed;
mod field;
mod odd;

use std::fs;
use std::path::Path;
use std::time::Instant;

use super::error::Error;
use super::runbook::Runbook;
use crate::error::{self, Result};
use crate::workspace::Workspace;
use field::Field;

/// The runbook.
const RUNBOOK: &str = "migrations/FLEET.md";

/// Its headings with commands that make the plan, and that write the report: for both runs the same.
const PLAN: &str = "Plan";
const REPORT: &str = "Report";

/// What the runbook writes the report to.
const WRITTEN: &str = "report.json";

/// Brings both fleets through, and compares.
///
/// # Errors
/// `Fleet` if a run does not end as it should, or the reports differ; those of the endpoint, the client and the runbook.
pub fn run(workspace: &Workspace, client: &Path, scratch: &Path) -> Result<()> {
    let began = Instant::now();
    let path = workspace.root.join(RUNBOOK);
    let markdown = fs::read_to_string(&path).map_err(error::Error::file("read", &path))?;
    let runbook = Runbook::parse(&markdown)?;

    let field = Field::new(workspace, client, scratch, "undisturbed")?;
    let mut run = field.session();
    run.all(&runbook.up_to(REPORT))?;
    let undisturbed = field.report()?;
    // What mends some of them comes behind the report.
    run.all(&runbook.behind(REPORT))?;
    drop(field);

    let field = Field::new(workspace, client, scratch, "disturbed")?;
    let mut run = field.session();
    run.all(&runbook.under(PLAN))?;
    disturbed::run(&field)?;
    run.all(&runbook.under(REPORT))?;
    let disturbed = field.report()?;

    if undisturbed != disturbed {
        let mut lines = undisturbed.lines().zip(disturbed.lines());
        let first = lines.find(|(one, other)| one != other);
        return Err(wrong(format!(
            "the reports of the two runs differ: {first:?}"
        )));
    }
    odd::all_are_told(&undisturbed)?;
    println!(
        "\nThe fleet that was killed {} times, had no network for {} s and a hung one as long ended with the same report, to the letter, in {} s.",
        disturbed::KILLED_AFTER.len(),
        disturbed::CUT.as_secs(),
        began.elapsed().as_secs()
    );
    Ok(())
}

fn wrong(what: String) -> error::Error {
    Error::Fleet { what }.into()
}

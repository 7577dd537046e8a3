//! The note at the runbook's top: when it was last run to its end, and with what.
//!
//! The note carries a digest of every block. A block that was changed since, or added, has not
//! been run as it stands; a test finds that out.

use sha2::{Digest, Sha256};

use super::error::Error;
use super::runbook::{Fate, Runbook};

const BEGIN: &str = "<!-- last run: written by `cargo xtask icp --record` -->";
const END: &str = "<!-- end of last run -->";

/// What is noted of a run that came to its end.
pub struct Record<'a> {
    /// The day, `2026-01-31`.
    pub day: &'a str,
    /// The client's version.
    pub client: &'a str,
    /// The network.
    pub network: &'a str,
    /// Minutes and seconds it took.
    pub took: &'a str,
    /// The closing table.
    pub table: &'a str,
}

impl Record<'_> {
    /// The runbook with this note in the place of the one before.
    ///
    /// # Errors
    /// `NoPlace` if there is none.
    pub fn write(&self, markdown: &str, runbook: &Runbook) -> Result<String, Error> {
        let (before, _, after) = split(markdown)?;
        let Self {
            day,
            client,
            network,
            took,
            table,
        } = self;
        let blocks = runbook
            .blocks
            .iter()
            .filter(|block| is_run(&block.fate))
            .count();
        let digest = digest(runbook);
        Ok(format!(
            "{before}{BEGIN}\n\
             Last run to its end on {day} with `icp` {client} against {network}: all {blocks} blocks that are\n\
             not marked as shown only, in {took} (digest of the blocks: `{digest}`).\n\
             \n```text\n{table}```\n\
             {END}{after}"
        ))
    }
}

/// Checks that the runbook was run as it stands with this version of the client.
///
/// # Errors
/// What was not run.
pub fn check(markdown: &str, runbook: &Runbook, client: &str) -> Result<(), String> {
    let (_, note, _) = split(markdown).map_err(|error| error.to_string())?;
    let again = "run `cargo xtask icp --record`";
    if !note.contains(&format!("`{}`", digest(runbook))) {
        return Err(format!("a block was changed since the last run: {again}"));
    }
    if !note.contains(&format!("`icp` {client} ")) {
        return Err(format!("the last run was not with icp {client}: {again}"));
    }
    Ok(())
}

/// What is before the note, the note, and what is after it.
fn split(markdown: &str) -> Result<(&str, &str, &str), Error> {
    const NO_PLACE: Error = Error::NoPlace {
        begin: BEGIN,
        end: END,
    };
    let (before, rest) = markdown.split_once(BEGIN).ok_or(NO_PLACE)?;
    let (note, after) = rest.split_once(END).ok_or(NO_PLACE)?;
    Ok((before, note, after))
}

fn is_run(fate: &Fate) -> bool {
    matches!(fate, Fate::Run(_))
}

/// A digest of everything that is run and expected, wherever it stands in the text.
fn digest(runbook: &Runbook) -> String {
    let mut hasher = Sha256::new();
    for block in &runbook.blocks {
        if is_run(&block.fate) {
            hasher.update(format!("{:?}\n{}\n", block.fate, block.text));
        }
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNBOOK: &str = include_str!("../../../../migrations/README.md");

    fn noted(markdown: &str) -> String {
        let record = Record {
            day: "2026-01-31",
            client: "1.5.0",
            network: "a network",
            took: "1 min 5 s",
            table: "after\n",
        };
        let runbook = Runbook::parse(markdown).unwrap();
        record.write(markdown, &runbook).unwrap()
    }

    fn checked(markdown: &str, client: &str) -> Result<(), String> {
        check(markdown, &Runbook::parse(markdown).unwrap(), client)
    }

    fn small() -> String {
        format!("# T\n{BEGIN}\nold\n{END}\n```sh run\none\n```\n")
    }

    #[test]
    fn every_block_of_the_runbook_was_run_with_the_client_that_is_pinned() {
        checked(RUNBOOK, super::super::client::VERSION).unwrap_or_else(|reason| panic!("{reason}"));
    }

    #[test]
    fn a_note_takes_the_place_of_the_one_before() {
        let once = noted(&small());
        assert!(
            once.contains("2026-01-31") && !once.contains("old"),
            "{once}"
        );
        assert_eq!(noted(&once), once);
        assert_eq!(checked(&once, "1.5.0"), Ok(()));
    }

    #[test]
    fn a_changed_block_was_not_run() {
        let once = noted(&small());
        for change in [
            once.replace("one\n", "two\n"),
            once.replace("```sh run\n", "```sh run prints=x\n"),
            format!("{once}```sh run\nmore\n```\n"),
        ] {
            let said = checked(&change, "1.5.0").unwrap_err();
            assert!(said.contains("a block was changed"), "{said}");
        }
        let text_only = format!("{once}More words.\n```sh dfx not-run\ndfx ping\n```\n");
        assert_eq!(checked(&text_only, "1.5.0"), Ok(()));
    }

    #[test]
    fn a_run_with_another_client_does_not_count() {
        assert!(
            checked(&noted(&small()), "1.6.0")
                .unwrap_err()
                .contains("1.6.0")
        );
    }

    #[test]
    fn a_runbook_without_a_place_for_the_note_is_an_error() {
        let runbook = Runbook::parse("# T\n").unwrap();
        assert!(check("# T\n", &runbook, "1").is_err());
    }
}

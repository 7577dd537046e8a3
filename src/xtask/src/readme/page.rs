//! The README as a list of examples.

use super::Example;
use crate::error::{Error, Result};
use crate::markdown::{Fenced, fenced};

/// The examples of a README, and the commands that something else runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Readme {
    /// Those that are run, in their order.
    pub examples: Vec<Example>,
    /// The others, with their lines, counted from 1.
    pub others: Vec<(usize, String)>,
}

impl Readme {
    /// Reads the blocks of a page.
    ///
    /// # Errors
    /// `Readme` for a block of a language that is none of the README's, without an end, or that shows output without a
    /// command.
    pub fn parse(page: &str) -> Result<Self> {
        let (mut examples, mut others) = (Vec::new(), Vec::new());
        let blocks = fenced(page).map_err(|line| wrong(line, "the block has no end"))?;
        for block in blocks {
            match block.words {
                "console" => examples.extend(console(page, &block)?),
                "sh" => others.extend(commands(&page[block.at.clone()], block.line + 1)),
                "rust" | "text" => {}
                words => {
                    let reason = format!(
                        "a block marked `{words}`: mark it `console` for commands that are run and what they print, `sh` for \
                         those that the runbook or .ci/run runs, `rust` or `text`"
                    );
                    return Err(wrong(block.line, &reason));
                }
            }
        }
        Ok(Self { examples, others })
    }

    /// The page with other output in the place of what some examples show.
    pub fn renewed(&self, page: &str, printed: &[(usize, String)]) -> String {
        let mut renewed = String::new();
        let mut done = 0;
        for (number, text) in printed {
            let Some(example) = self.examples.get(*number) else {
                continue;
            };
            renewed.push_str(&page[done..example.at.start]);
            renewed.push_str(text);
            done = example.at.end;
        }
        renewed + &page[done..]
    }
}

/// Checks that every other command stands word for word in one of these texts, which are run.
///
/// # Errors
/// `Readme` for the first that does not.
pub fn elsewhere(readme: &Readme, run: &[&str]) -> Result<()> {
    let mut others = readme.others.iter();
    match others.find(|(_, command)| !run.iter().any(|text| text.contains(command))) {
        None => Ok(()),
        Some((line, command)) => {
            let reason = format!("neither migrations/README.md nor .ci/run runs `{command}`");
            Err(wrong(*line, &reason))
        }
    }
}

/// The examples of one block.
fn console(page: &str, block: &Fenced) -> Result<Vec<Example>> {
    let mut examples: Vec<Example> = Vec::new();
    let mut continued = false;
    let mut at = block.at.start;
    for (line, number) in page[block.at.clone()]
        .split_inclusive('\n')
        .zip(block.line + 1..)
    {
        at += line.len();
        let command = line.strip_prefix("$ ");
        match (command, examples.last_mut()) {
            (None, Some(last)) if continued => {
                last.command += line;
                last.at = at..at;
            }
            (None, Some(last)) => {
                last.shown += line;
                last.at.end = at;
            }
            (Some(command), _) => examples.push(Example {
                line: number,
                command: command.to_owned(),
                shown: String::new(),
                at: at..at,
            }),
            (None, None) => return Err(wrong(number, "output without a command above it")),
        }
        continued = (continued || command.is_some()) && line.trim_end().ends_with('\\');
    }
    Ok(examples)
}

/// The commands of a block, with their lines; comments are none.
fn commands(text: &str, first: usize) -> Vec<(usize, String)> {
    let lines = text.lines().zip(first..);
    lines
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(line, number)| (number, line.trim().to_owned()))
        .collect()
}

fn wrong(line: usize, reason: &str) -> Error {
    Error::Readme {
        line,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = include_str!("../../../../README.md");
    const RUNBOOK: &str = include_str!("../../../../migrations/README.md");
    const CI: &str = include_str!("../../../../.ci/run");

    const SMALL: &str =
        "# T\n```console\n$ one \\\n    two\nshown\n$ three\n```\n```sh\n# why\nfour\n```\n";

    #[test]
    fn every_command_of_the_readme_is_run_by_something() {
        let readme = Readme::parse(README).unwrap();
        assert!(readme.examples.len() > 8);
        elsewhere(&readme, &[RUNBOOK, CI]).unwrap();
    }

    #[test]
    fn every_command_of_the_tool_has_an_example() {
        let readme = Readme::parse(README).unwrap();
        for command in [
            "inspect", "check", "rehearse", "compact", "upgrade", "revert", "plan",
        ] {
            let start = format!("stable-migrate {command} ");
            let mut examples = readme.examples.iter();
            assert!(
                examples.any(|example| example.command.starts_with(&start)),
                "{command}"
            );
        }
    }

    #[test]
    fn a_command_has_what_stands_below_it() {
        let readme = Readme::parse(SMALL).unwrap();
        let told: Vec<_> = readme
            .examples
            .iter()
            .map(|one| (one.line, one.command.as_str(), one.shown.as_str()))
            .collect();
        let expected = [(3, "one \\\n    two\n", "shown\n"), (6, "three\n", "")];
        assert_eq!(told, expected);
        assert_eq!(readme.others, [(10, "four".to_owned())]);
    }

    #[test]
    fn output_that_is_renewed_takes_the_place_of_what_was_shown() {
        let readme = Readme::parse(SMALL).unwrap();
        let printed = [(0, "other\n".to_owned()), (1, "new\n".to_owned())];
        let renewed = readme.renewed(SMALL, &printed);
        let expected = SMALL.replace("shown\n$ three\n", "other\n$ three\nnew\n");
        assert_eq!(renewed, expected);
        assert_eq!(readme.renewed(SMALL, &[]), SMALL);
    }

    #[test]
    fn a_command_that_nothing_runs_is_named() {
        let readme = Readme::parse(SMALL).unwrap();
        assert!(elsewhere(&readme, &["three\nfour\n"]).is_ok());
        let said = elsewhere(&readme, &["three\n"]).unwrap_err().to_string();
        assert!(
            said.contains("line 10") && said.contains("`four`"),
            "{said}"
        );
    }

    #[test]
    fn a_block_that_is_not_marked_is_an_error() {
        for (page, words) in [
            ("```\nx\n```\n", "a block marked ``"),
            ("```console\nx\n```\n", "output without a command"),
            ("```sh\nx\n", "the block has no end"),
        ] {
            let said = Readme::parse(page).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}

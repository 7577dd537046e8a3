//! The run itself: every block in order, every command shown, every stage asked.

use std::collections::BTreeMap;
use std::path::Path;

use canister_scenario::{Answers, Interview};

use super::canister::{Identities, ask, ask_all, status};
use super::error::Error;
use super::runbook::{Block, Expected, Fate, Runbook};
use super::script;
use super::stage::Stage;
use crate::error::{self, Result};
use crate::session::{Outcome, Session};

/// A question whose answer changes by itself: cycles are burned all the time.
const OF_TIME: &str = "get_user_caniser_cycle_balance";

/// A run that is going on.
pub struct Run<'a> {
    session: Session,
    /// The Candid interface of the canister, for the names in its answers.
    interface: &'a str,
    /// The names of modules, by their hash in hex.
    modules: &'a BTreeMap<String, String>,
    first: Option<(Interview, Answers)>,
    stages: Vec<Stage>,
}

impl<'a> Run<'a> {
    /// A run in `session` that has not begun.
    pub fn new(
        session: Session,
        interface: &'a str,
        modules: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            session,
            interface,
            modules,
            first: None,
            stages: Vec::new(),
        }
    }

    /// Runs every block that is to be run, up to the first that does otherwise than it says.
    ///
    /// # Errors
    /// `Command` for a command that fails, or is not refused as expected, or prints something
    /// else; `Lost` for a stage whose answers are others.
    pub fn all(&mut self, runbook: &Runbook) -> Result<()> {
        let mut heading = "";
        for block in &runbook.blocks {
            if block.heading != heading {
                heading = &block.heading;
                println!("\n── {heading}");
            }
            match &block.fate {
                Fate::Run(expected) => self.block(block, expected)?,
                Fate::Shown => println!("\n   line {}: commands of dfx, not run", block.line),
            }
        }
        Ok(())
    }

    /// The stages so far.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    fn block(&mut self, block: &Block, expected: &Expected) -> Result<()> {
        let commands = script::commands(&block.text, block.line)?;
        let mut printed = String::new();
        for (number, command) in commands.iter().enumerate() {
            println!("\n$ {}", command.replace('\n', "\n  "));
            let outcome = self.session.run(command, |line| println!("    {line}"))?;
            printed += &outcome.printed;
            let last = number + 1 == commands.len();
            let refusal = expected.refused.as_deref().filter(|_| last);
            if let Some(what) = otherwise(&outcome, refusal) {
                return Err(self.error(block, command, what));
            }
        }
        if let (Some(words), Some(last)) = (&expected.prints, commands.last())
            && !printed.contains(words.as_str())
        {
            return Err(self.error(block, last, format!("it should print `{words}`")));
        }
        if let Some(stage) = &expected.stage {
            let canister = self.session.variable(&stage.canister).unwrap_or_default();
            let canister = canister.to_owned();
            self.stage(&stage.name, &canister)?;
        }
        Ok(())
    }

    fn error(&self, block: &Block, command: &str, what: String) -> error::Error {
        match self.session.save() {
            Ok(session) => Error::Command {
                line: block.line,
                what,
                command: command.to_owned(),
                session,
            }
            .into(),
            Err(error) => error,
        }
    }

    /// Asks everything, and compares with what was answered at the first stage.
    fn stage(&mut self, name: &str, canister: &str) -> Result<()> {
        let identities = Identities::list(&self.session)?;
        let session = &self.session;
        let answers = |interview: &Interview| {
            let replies = ask_all(session, &identities, canister, interview.questions());
            let mut replies = replies.into_iter();
            interview.answers(|_| {
                replies
                    .next()
                    .unwrap_or_else(|| Err("not asked".to_owned()))
            })
        };
        let (interview, first) = self.first.get_or_insert_with(|| {
            let interview = Interview::prepare(|call| ask(session, &identities, canister, call))
                .without(OF_TIME)
                .with_names_of(self.interface);
            let answers = answers(&interview);
            (interview, answers)
        });
        let answers = answers(interview);
        let (size, hash) = status(session, canister)?;
        let hash = hash.trim_start_matches("0x");
        let stage = Stage {
            name: name.to_owned(),
            module: self
                .modules
                .get(hash)
                .map_or(hash, String::as_str)
                .to_owned(),
            size,
            questions: answers.len(),
            equal: first.equal(&answers),
        };
        let Stage {
            questions, equal, ..
        } = stage;
        println!("\n  = {name}: {equal} of {questions} answers equal");
        self.stages.push(stage);
        if answers.refused() == questions {
            return Err(error::Error::Mute {
                stage: name.to_owned(),
                questions,
            });
        }
        match first.first_difference(&answers) {
            None => Ok(()),
            Some(difference) => Err(error::Error::Lost {
                stage: name.to_owned(),
                different: questions - equal,
                questions,
                difference: Box::new(difference),
            }),
        }
    }
}

/// What is otherwise than expected: a success, unless a refusal with these words is.
fn otherwise(outcome: &Outcome, refusal: Option<&str>) -> Option<String> {
    match refusal {
        None if outcome.success => None,
        None => Some("this command failed".to_owned()),
        Some(words) if outcome.success => Some(format!(
            "this command should have been refused with `{words}`"
        )),
        Some(words) if outcome.printed.contains(words) => None,
        Some(words) => Some(format!("this command was refused, but not with `{words}`")),
    }
}

/// The variables that a session starts with: the client `program` comes first on the path, knows
/// the `project`, and keeps its identities in `scratch`.
pub fn variables(
    program: &Path,
    project: &Path,
    scratch: &Path,
    target: &Path,
) -> BTreeMap<String, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = program.parent().map(Path::to_owned);
    let path = first.into_iter().chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).unwrap_or_default();
    let text = |path: &Path| path.display().to_string();
    let pairs = [
        ("PATH", path.to_string_lossy().into_owned()),
        ("ICP_PROJECT_ROOT", text(project)),
        ("ICP_HOME", text(&scratch.join("home"))),
        ("ICP_ENVIRONMENT", "local".to_owned()),
        ("WORK", text(&scratch.join("work"))),
        ("CARGO_TARGET_DIR", text(target)),
        ("CANISTER_HOST_CACHE", text(&target.join("canister-code"))),
        ("DO_NOT_TRACK", "1".to_owned()),
        ("RUST_BACKTRACE", "0".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(success: bool, printed: &str) -> Outcome {
        Outcome {
            success,
            printed: printed.to_owned(),
        }
    }

    #[test]
    fn a_command_is_expected_to_succeed() {
        assert_eq!(otherwise(&outcome(true, ""), None), None);
        assert!(otherwise(&outcome(false, ""), None).is_some());
    }

    #[test]
    fn a_mistake_is_expected_to_be_refused_in_these_words() {
        let words = Some("install release 2");
        assert_eq!(
            otherwise(&outcome(false, "please install release 2."), words),
            None
        );
        assert!(otherwise(&outcome(true, "install release 2"), words).is_some());
        assert!(otherwise(&outcome(false, "no"), words).is_some());
    }
}

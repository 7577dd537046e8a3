//! The runbook as data: its fenced blocks, in order, and what is said of each in the fence.
//!
//! The words after the opening fence say what becomes of a block. The first is the language:
//!
//! ```text
//! sh run                        run, and every command succeeds
//! sh run refused="words"        run; the last command is refused, and its message has these words
//! sh run prints="words"         run; what is printed has these words
//! sh run stage="name"           after it, every question is asked again, and sizes are read
//! sh run of=VARIABLE            with stage: the canister asked is the one that this variable names
//! sh dfx not-run                shown only; every line is a command of dfx, or continues one
//! text                          shown only: what a command prints
//! ```

use super::error::Error;
use crate::markdown::fenced;

/// The variable that names the canister, unless a block says otherwise.
const CANISTER: &str = "CANISTER";

/// A runbook's blocks of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// In the order they stand in.
    pub blocks: Vec<Block>,
}

/// One fenced block of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The heading it stands under.
    pub heading: String,
    /// The line of its first command, counted from 1.
    pub line: usize,
    /// The commands.
    pub text: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is run.
    Run(Expected),
    /// It is for dfx, and only shown.
    Shown,
}

/// What a block that is run is expected to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Words of the refusal that its last command ends with.
    pub refused: Option<String>,
    /// Words that it prints.
    pub prints: Option<String>,
    /// What is asked after it.
    pub stage: Option<Stage>,
}

/// A point at which a canister is asked everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name in the closing table.
    pub name: String,
    /// The variable that names the canister.
    pub canister: String,
}

impl Runbook {
    /// The blocks under one heading.
    pub fn under(&self, heading: &str) -> Self {
        self.of(|block| block.heading == heading)
    }

    /// The blocks as far as those under this heading, included.
    pub fn up_to(&self, heading: &str) -> Self {
        let end = self.end_of(heading);
        self.of(|block| block.line < end)
    }

    /// The blocks behind those under this heading.
    pub fn behind(&self, heading: &str) -> Self {
        let end = self.end_of(heading);
        self.of(|block| block.line >= end)
    }

    /// The line of the first block behind those under a heading.
    fn end_of(&self, heading: &str) -> usize {
        let last = self.blocks.iter().rposition(|it| it.heading == heading);
        let next = last.and_then(|last| self.blocks.get(last + 1));
        next.map_or(usize::MAX, |block| block.line)
    }

    fn of(&self, keep: impl Fn(&Block) -> bool) -> Self {
        Self {
            blocks: self.blocks.iter().filter(|it| keep(it)).cloned().collect(),
        }
    }

    /// Reads the blocks of a runbook in Markdown.
    ///
    /// # Errors
    /// `Block` for the first block that is neither run nor marked as not run, or whose mark is
    /// not understood.
    pub fn parse(markdown: &str) -> Result<Self, Error> {
        let found = fenced(markdown).map_err(|line| Error::Block {
            line,
            reason: "the block has no end".to_owned(),
        })?;
        let mut blocks = Vec::new();
        for block in found.into_iter().filter(|block| block.words != "text") {
            let text = &markdown[block.at];
            let fate = fate(block.words, text).map_err(|reason| Error::Block {
                line: block.line,
                reason,
            })?;
            blocks.push(Block {
                heading: block.heading.to_owned(),
                line: block.line + 1,
                fate,
                text: text.to_owned(),
            });
        }
        Ok(Self { blocks })
    }
}

fn fate(words: &str, text: &str) -> Result<Fate, String> {
    if words == "sh dfx not-run" {
        let mut continued = false;
        for line in text.lines() {
            if !continued && !line.starts_with("dfx ") {
                return Err(format!("`{line}` is no command of dfx, and is not run"));
            }
            continued = line.ends_with('\\');
        }
        return Ok(Fate::Shown);
    }
    let Some(marks) = words.strip_prefix("sh run") else {
        return Err(format!(
            "a block marked `{words}` is not run: mark it `sh run`, `sh dfx not-run`, or `text` for what is printed"
        ));
    };
    expected(marks).map(Fate::Run)
}

fn expected(marks: &str) -> Result<Expected, String> {
    let mut expected = Expected::default();
    let mut stage = None;
    let mut canister = None;
    let mut rest = marks.trim();
    while !rest.is_empty() {
        let (name, value, after) =
            mark(rest).ok_or_else(|| format!("`{rest}` is no mark: write name=\"value\""))?;
        let place = match name {
            "refused" => &mut expected.refused,
            "prints" => &mut expected.prints,
            "stage" => &mut stage,
            "of" => &mut canister,
            _ => return Err(format!("there is no mark {name}")),
        };
        *place = Some(value.to_owned());
        rest = after.trim_start();
    }
    expected.stage = stage.map(|name| Stage {
        name,
        canister: canister.unwrap_or_else(|| CANISTER.to_owned()),
    });
    Ok(expected)
}

/// The first mark's name and value, and what follows.
fn mark(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    match rest.strip_prefix('"') {
        Some(quoted) => {
            let (value, after) = quoted.split_once('"')?;
            Some((name, value, after))
        }
        None => {
            let end = rest.find(' ').unwrap_or(rest.len());
            Some((name, &rest[..end], &rest[end..]))
        }
    }
}

#[cfg(test)]
mod tests;

//! What came of one snapshot, as a line of JSON.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use stable_migrate::{Error, shortened};

use crate::cli::document::unwritable;

/// The form of a line.
pub const SCHEMA: &str = "stable-migrate/many/1";

/// How it went with one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Nothing is wrong.
    Held,
    /// What was made of an earlier run is there: nothing was done.
    ThereAlready,
    /// It was tried, and something does not hold.
    Different,
    /// It contradicts itself.
    Damaged,
    /// It could not be tried.
    Failed,
}

/// What a command found of one snapshot; `D` is what it prints of one as JSON.
pub struct Looked<D> {
    /// How it went.
    pub judgement: Judgement,
    /// What the table shows.
    pub figures: [String; 3],
    /// What is wrong, where something is: its code, and a sentence.
    pub wrong: Option<(String, String)>,
    /// The whole report; absent where there is none.
    pub document: Option<D>,
}

impl<D> Looked<D> {
    /// Something that could not be done.
    pub fn failed(error: &Error) -> Self {
        Self {
            judgement: Judgement::Failed,
            figures: Default::default(),
            wrong: Some((error.code().into(), error.to_string())),
            document: None,
        }
    }

    /// Something that an earlier run has done.
    pub fn there_already() -> Self {
        Self {
            judgement: Judgement::ThereAlready,
            figures: Default::default(),
            wrong: None,
            document: None,
        }
    }
}

/// By what a snapshot is known again: the length of its files together, and when the last of them was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Identity {
    /// Bytes.
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u64,
}

impl Identity {
    /// None, if that cannot be read.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        if !metadata.is_dir() {
            return Self::of_file(&metadata);
        }
        let mut all = Self {
            bytes: 0,
            modified: 0,
        };
        for entry in fs::read_dir(path).ok()? {
            // Of the folder of chunks, it is the time at which one was added.
            let file = Self::of_file(&fs::metadata(entry.ok()?.path()).ok()?)?;
            all.bytes = all.bytes.saturating_add(file.bytes);
            all.modified = all.modified.max(file.modified);
        }
        Some(all)
    }

    fn of_file(metadata: &fs::Metadata) -> Option<Self> {
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            bytes: metadata.len(),
            modified: u64::try_from(modified.as_nanos()).ok()?,
        })
    }
}

/// One line.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
pub struct Line<D> {
    schema: Cow<'static, str>,
    /// The command.
    command: Cow<'static, str>,
    /// The place in the list of this run, from 0: lines come as each snapshot ends.
    pub index: u64,
    /// The path as it was given, or found in the folder that was given.
    path: String,
    /// By what the snapshot is known again; null where its files cannot be read.
    identity: Option<Identity>,
    /// A digest of the command, its modules and its options.
    pub asked: String,
    /// How it went.
    pub verdict: Judgement,
    /// What the table shows.
    pub figures: [String; 3],
    /// The code of what is wrong, which `stable-migrate explain` explains; null where nothing is.
    pub code: Option<String>,
    /// What is wrong, in a sentence; null where nothing is.
    pub wrong: Option<String>,
    /// What the command prints of one snapshot; null where it could not be tried, or is there already.
    document: Option<D>,
}

impl<D> Line<D> {
    pub fn of(
        command: &'static str,
        index: u64,
        path: &Path,
        identity: Option<Identity>,
        asked: &str,
        looked: Looked<D>,
    ) -> Self {
        let (code, wrong) = looked.wrong.unzip();
        Self {
            schema: SCHEMA.into(),
            command: command.into(),
            index,
            path: path.display().to_string(),
            identity,
            asked: asked.into(),
            verdict: looked.judgement,
            figures: looked.figures,
            code,
            wrong: wrong.map(|sentence| shortened(&sentence)),
            document: looked.document,
        }
    }

    /// Whether the snapshot is as it was.
    pub fn is_of(&self, identity: Option<Identity>) -> bool {
        identity.is_some() && self.identity == identity
    }

    /// Whether it is of this form.
    pub fn is_known(&self) -> bool {
        self.schema == SCHEMA
    }

    /// The path as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl<D: Serialize> Line<D> {
    /// As JSON, with the line feed.
    ///
    /// # Errors
    /// What cannot be written as JSON.
    pub fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self)
            .map(|text| text + "\n")
            .map_err(unwritable)
    }
}

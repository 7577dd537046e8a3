//! What a command prints as JSON.

use schemars::JsonSchema;
use serde::Serialize;
use stable_migrate::Error;

/// The form of [`Failure`].
pub const ERROR: &str = "stable-migrate/error/1";

/// A report and the name of its form, `stable-migrate/COMMAND/VERSION`. The version is raised when a field goes or says
/// something else, and not when one is added.
#[derive(Serialize, JsonSchema)]
pub struct Document<T> {
    schema: &'static str,
    #[serde(flatten)]
    report: T,
}

impl<T> Document<T> {
    /// A report in the form of this name.
    pub fn of(schema: &'static str, report: T) -> Self {
        Self { schema, report }
    }
}

/// Why a command could not do what it was asked.
#[derive(Serialize, JsonSchema)]
pub struct Failure {
    /// What `stable-migrate explain` explains.
    code: &'static str,
    /// The sentence that stands on standard error.
    message: String,
}

/// A report as indented JSON and a newline.
///
/// # Errors
/// What cannot be written as JSON.
pub fn json<T: Serialize>(schema: &'static str, report: &T) -> Result<String, Error> {
    serde_json::to_string_pretty(&Document::of(schema, report))
        .map(|text| text + "\n")
        .map_err(unwritable)
}

/// An error as JSON in one line, since it may stand among the lines of many snapshots.
///
/// # Errors
/// What cannot be written as JSON.
pub fn failure(error: &Error) -> Result<String, Error> {
    let failure = Failure {
        code: error.code(),
        message: error.to_string(),
    };
    serde_json::to_string(&Document::of(ERROR, failure))
        .map(|text| text + "\n")
        .map_err(unwritable)
}

/// For `map_err`: what could not be made JSON.
pub fn unwritable(error: serde_json::Error) -> Error {
    Error::io("standard output".as_ref())(error.into())
}

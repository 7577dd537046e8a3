//! What a command prints as JSON.

use serde::Serialize;
use stable_migrate::Error;

/// A report and the name of its form, `stable-migrate/COMMAND/VERSION`. The version is raised when a field goes or says
/// something else, and not when one is added.
#[derive(Serialize)]
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

/// A report as indented JSON and a newline.
///
/// # Errors
/// What cannot be written as JSON.
pub fn json<T: Serialize>(schema: &'static str, report: &T) -> Result<String, Error> {
    serde_json::to_string_pretty(&Document::of(schema, report))
        .map(|text| text + "\n")
        .map_err(|error| Error::io("standard output".as_ref())(error.into()))
}

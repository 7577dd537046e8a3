//! The effective values as a file that says the same.

use std::fmt::Write;

use serde::Serialize;

use super::keys::key;
use super::{Assumption, Config, Setting, Value, ValueSource};

/// What `config --json` prints.
#[derive(Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Settings<'a> {
    /// Every key, in the order of the file.
    settings: Vec<Told<'a>>,
}

/// A value, what it is, and where it comes from.
#[derive(Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
struct Told<'a> {
    key: String,
    value: &'a Value,
    about: &'static str,
    #[serde(flatten)]
    origin: &'a ValueSource,
}

impl Config {
    /// The effective values as text that can be saved as the file: above each what it is and where it comes from.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(HEAD);
        let mut section = "";
        for setting in &self.settings {
            // Writing to a string does not fail.
            if setting.key.section != section {
                section = setting.key.section;
                let _ = writeln!(text, "\n[{section}]");
            }
            let (about, origin) = (setting.key.about, setting.origin.text());
            let name = setting.key.name;
            let _ = match setting.text() {
                Some(value) => writeln!(text, "# {about}\n# {origin}\n{name} = {value}"),
                None => writeln!(text, "# {about}\n# {name} = \"\""),
            };
        }
        text
    }

    /// The same for JSON.
    pub fn settings(&self) -> Settings<'_> {
        let told = self.settings.iter().map(|setting| Told {
            key: setting.key.path(),
            value: &setting.value,
            about: setting.key.about,
            origin: &setting.origin,
        });
        Settings {
            settings: told.collect(),
        }
    }
}

/// What was reckoned with, in a few words.
pub fn assumptions_text(assumptions: &[Assumption]) -> String {
    let nodes = assumptions.iter().find(|one| one.key == key::NODES.path());
    let said = assumptions
        .iter()
        .filter(|one| !matches!(one.origin, ValueSource::Default { .. }))
        .count();
    let said = match said {
        0 => "the defaults".to_owned(),
        said => format!("{said} of them not the defaults"),
    };
    format!(
        "prices on {} nodes, {said}: `stable-migrate config` tells each and its source",
        nodes.map_or(0, |nodes| nodes.value)
    )
}

const HEAD: &str = "# Prices and facts that costs are reckoned with. Save it as stable-migrate.toml, in the current folder or
# in the user's folder for configuration, or name it with --config. A key that is left out has its default.
";

impl Setting {
    /// The value as TOML; none where there is none to write.
    fn text(&self) -> Option<String> {
        match &self.value {
            Value::Number(number) => Some(number.to_string()),
            Value::Folder(folder) => {
                let folder = folder.as_ref()?.display().to_string();
                Some(toml::Value::String(folder).to_string())
            }
        }
    }
}

impl ValueSource {
    /// In words: `default, from … in 2026-11`, `from FILE`, `argument`.
    pub fn text(&self) -> String {
        match self {
            Self::Default { source, date } => format!("default, {source}, {date}"),
            Self::File { path } => format!("from {path:?}"),
            Self::Argument => "argument".to_owned(),
        }
    }
}

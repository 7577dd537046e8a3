//! `stable-migrate schema`.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::Value;
use stable_migrate::Error;

use super::{Verdict, document, print};

/// Print the JSON Schema of what a command prints with --json
///
/// Each document names its form as `schema`: `stable-migrate/COMMAND/VERSION`. The version is raised when a field goes or
/// says something else, not when one is added. `many` is the line of each of several snapshots, and has as `document` what
/// the command prints of one; `error` is what is printed if a command could not do what it was asked.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  stable-migrate schema inspect\n  stable-migrate schema >all.json"
)]
pub struct Schema {
    /// The form; all of them by default, as an object
    #[arg(value_name = "COMMAND", value_parser = PossibleValuesParser::new(FORMS.map(|(name, _)| name)))]
    form: Option<String>,
}

/// The forms by name.
const FORMS: [(&str, &str); 11] = [
    ("check", include_str!("../../schema/check.json")),
    ("compact", include_str!("../../schema/compact.json")),
    ("config", include_str!("../../schema/config.json")),
    ("diff", include_str!("../../schema/diff.json")),
    ("error", include_str!("../../schema/error.json")),
    ("inspect", include_str!("../../schema/inspect.json")),
    ("many", include_str!("../../schema/many.json")),
    ("plan", include_str!("../../schema/plan.json")),
    ("rehearse", include_str!("../../schema/rehearse.json")),
    ("revert", include_str!("../../schema/revert.json")),
    ("upgrade", include_str!("../../schema/upgrade.json")),
];

impl Schema {
    pub fn run(self) -> Result<Verdict, Error> {
        let named = FORMS
            .iter()
            .find(|(name, _)| Some(*name) == self.form.as_deref());
        match named {
            Some((_, text)) => print(text)?,
            None => print(&all()?)?,
        }
        Ok(Verdict::Held)
    }
}

fn all() -> Result<String, Error> {
    let mut all = BTreeMap::new();
    for (name, text) in FORMS {
        let schema = serde_json::from_str::<Value>(text).map_err(document::unwritable)?;
        all.insert(name, schema);
    }
    serde_json::to_string_pretty(&all)
        .map(|text| text + "\n")
        .map_err(document::unwritable)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;
    use serde_json::json;
    use stable_migrate::{Checked, FleetCost, Outcome, Rehearsed, Report, Settings, SnapshotDiff};

    use super::*;
    use crate::cli::document::{Document, Failure};
    use crate::cli::{
        check, compact, config, diff, inspect, many, plan, rehearse, revert, upgrade,
    };

    /// The schema of `T`, whose field `schema` is `id`.
    fn of<T: JsonSchema>(id: &str) -> String {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        schema.insert("$id".into(), id.into());
        schema.insert("title".into(), id.into());
        if let Some(properties) = schema.get_mut("properties") {
            properties["schema"] = json!({ "const": id });
        }
        serde_json::to_string_pretty(&schema).unwrap() + "\n"
    }

    fn generated() -> [(&'static str, String); 11] {
        [
            ("check", of::<Document<Checked>>(check::SCHEMA)),
            (
                "compact",
                of::<Document<compact::rewrite::Compacted>>(compact::SCHEMA),
            ),
            ("config", of::<Document<Settings>>(config::SCHEMA)),
            ("diff", of::<Document<SnapshotDiff>>(diff::SCHEMA)),
            ("error", of::<Document<Failure>>(document::ERROR)),
            ("inspect", of::<Document<Report>>(inspect::SCHEMA)),
            ("many", of::<many::line::Line<Value>>(many::line::SCHEMA)),
            ("plan", of::<Document<FleetCost>>(plan::SCHEMA)),
            ("rehearse", of::<Document<Rehearsed>>(rehearse::SCHEMA)),
            ("revert", of::<Document<Outcome>>(revert::SCHEMA)),
            ("upgrade", of::<Document<Outcome>>(upgrade::SCHEMA)),
        ]
    }

    #[test]
    fn the_schemas_are_those_of_the_types() {
        for ((name, kept), (of, generated)) in FORMS.into_iter().zip(generated()) {
            assert_eq!(name, of);
            assert!(
                kept == generated,
                "schema/{name}.json is not that of its type: if a field went or says something else, raise the version; then \
                 `cargo test -p stable-migrate --bin stable-migrate schema::tests::write -- --ignored`"
            );
        }
    }

    #[test]
    #[ignore = "writes the schemas anew"]
    fn write() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
        for (name, text) in generated() {
            std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
        }
    }
}

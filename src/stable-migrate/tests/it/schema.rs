//! What is printed with `--json`, held against the schemas that `stable-migrate schema` prints.

use std::path::Path;

use serde_json::{Map, Value};

use super::memories::{self, WITH_LIBRARY, collection, file, legacy, managed};
use super::programs::{self, FORGETS, KEEPS, module_file};
use super::run::stable_migrate;

/// The schema of a form.
fn schema(form: &str) -> Value {
    serde_json::from_str(&stable_migrate(["schema", form]).ok()).unwrap()
}

/// Holds a document against the schema of the form that it names, and returns its name.
fn fits(document: &Value) -> String {
    let id = document["schema"].as_str().unwrap();
    let form = id
        .strip_prefix("stable-migrate/")
        .and_then(|id| id.strip_suffix("/1"))
        .expect(id);
    let schema = schema(form);
    assert_eq!(schema["$id"], id);
    if let Err(wrong) = valid(&schema, &schema, document) {
        panic!("{form}: {wrong}\n{document:#}");
    }
    form.to_owned()
}

/// Whether `value` is what `schema` says, a part of `root`, as far as the generator of these schemas goes: a keyword that
/// is not known here is refused.
fn valid(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Value::Object(schema) = schema else {
        return match schema {
            Value::Bool(true) => Ok(()),
            _ => Err(format!("{schema} is no schema")),
        };
    };
    for (keyword, says) in schema {
        holds(root, keyword, says, value).map_err(|wrong| format!("{keyword}: {wrong}"))?;
    }
    if let Some(Value::Array(front)) = schema.get("prefixItems") {
        let items = value.as_array().into_iter().flatten();
        for (schema, item) in front.iter().zip(items) {
            valid(root, schema, item)?;
        }
    }
    Ok(())
}

fn holds(root: &Value, keyword: &str, says: &Value, value: &Value) -> Result<(), String> {
    let is = |held: bool| held.then_some(()).ok_or(format!("{says}, not {value}"));
    let several = || says.as_array().into_iter().flatten();
    match keyword {
        "$id" | "$schema" | "$defs" | "title" | "description" | "format" | "prefixItems" => Ok(()),
        "$ref" => {
            let pointer = says.as_str().and_then(|says| says.strip_prefix('#'));
            let part = pointer.and_then(|pointer| root.pointer(pointer));
            valid(root, part.ok_or(format!("{says} leads nowhere"))?, value)
        }
        "const" => is(value == says),
        "enum" => is(several().any(|one| one == value)),
        "type" if says.is_array() => is(several().any(|one| is_of_type(one, value))),
        "type" => is(is_of_type(says, value)),
        "minimum" => is(value.is_null() || value.as_f64() >= says.as_f64()),
        "maximum" => is(value.is_null() || value.as_f64() <= says.as_f64()),
        "minItems" | "maxItems" => {
            let count = value.as_array().map(|items| items.len() as u64);
            let limit = says.as_u64();
            is(count.is_none()
                || match keyword {
                    "minItems" => count >= limit,
                    _ => count <= limit,
                })
        }
        "required" => several().try_for_each(|name| {
            let there = name.as_str().and_then(|name| value.get(name));
            there.map(drop).ok_or(format!("{name} is missing"))
        }),
        "properties" => {
            let there = |(name, schema)| Some((schema, value.get::<&str>(name)?, name));
            let properties = says.as_object().into_iter().flat_map(Map::iter);
            let mut there = properties
                .map(|(name, schema)| (name.as_str(), schema))
                .filter_map(there);
            there.try_for_each(|(schema, value, name)| {
                valid(root, schema, value).map_err(|wrong| format!("{name}: {wrong}"))
            })
        }
        "additionalProperties" if says.is_boolean() => Ok(()),
        "additionalProperties" => value
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .try_for_each(|value| valid(root, says, value)),
        "items" => {
            let mut items = value.as_array().into_iter().flatten();
            items.try_for_each(|item| valid(root, says, item))
        }
        "anyOf" | "oneOf" => {
            let tried: Vec<_> = several().map(|one| valid(root, one, value)).collect();
            let fit = tried.iter().filter(|tried| tried.is_ok()).count();
            match (fit, keyword) {
                (1, _) | (2.., "anyOf") => Ok(()),
                _ => Err(format!("{fit} fit: {tried:?}")),
            }
        }
        unknown => Err(format!("{unknown} is not known here")),
    }
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

/// The documents that a command prints, one or a line each.
fn printed(words: &[&str], directory: &Path) -> Vec<Value> {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_stable-migrate"));
    let output = command
        .args(words)
        .arg("--json")
        .current_dir(directory)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = serde_json::Deserializer::from_str(&text).into_iter();
    let documents: Vec<Value> = documents.collect::<Result<_, _>>().expect(&text);
    assert!(!documents.is_empty(), "{words:?}");
    documents
}

#[test]
fn every_document_is_as_its_schema_says() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    programs::snapshot(directory);
    module_file(directory, "keeps.wasm", KEEPS);
    module_file(directory, "forgets.wasm", FORGETS);
    memories::snapshot(directory, "with-library", WITH_LIBRARY, &managed());
    file(directory, "legacy.bin", &legacy());
    file(directory, "collection.bin", &collection(true));
    file(directory, "zeros.bin", &[0; 65_536]);
    let mut damaged = managed();
    damaged[4] = 9;
    file(directory, "damaged.bin", &damaged);
    let mut foreign = br#"{"users": [{"name": "ada"}]}"#.to_vec();
    foreign.resize(65_536, 0);
    file(directory, "foreign.bin", &foreign);
    for (words, form) in [
        (&["inspect", "with-library"][..], "inspect"),
        (&["inspect", "legacy.bin"], "inspect"),
        (&["inspect", "collection.bin"], "inspect"),
        (&["inspect", "zeros.bin"], "inspect"),
        (&["inspect", "damaged.bin"], "inspect"),
        (&["inspect", "foreign.bin"], "inspect"),
        (&["inspect", "snapshot"], "inspect"),
        (&["check", "snapshot", "keeps.wasm"], "check"),
        (&["check", "with-library", "keeps.wasm"], "check"),
        (
            &["rehearse", "snapshot", "--wasm", "keeps.wasm", "--fault=1"],
            "rehearse",
        ),
        (
            &["rehearse", "snapshot", "--wasm", "forgets.wasm"],
            "rehearse",
        ),
        (&["compact", "with-library", "-o", "compacted"], "compact"),
        (
            &[
                "upgrade",
                "snapshot",
                "--wasm",
                "keeps.wasm",
                "-o",
                "upgraded",
            ],
            "upgrade",
        ),
        (
            &[
                "revert",
                "snapshot",
                "--wasm",
                "keeps.wasm",
                "--to",
                "legacy",
                "-o",
                "reverted",
            ],
            "revert",
        ),
        (
            &["plan", "--canisters", "10", "with-library", "legacy.bin"],
            "plan",
        ),
        (&["diff", "with-library", "legacy.bin"], "diff"),
        (&["diff", "collection.bin", "collection.bin"], "diff"),
        (&["config"], "config"),
        (&["inspect", "nothing"], "error"),
        (&["compact", "with-library", "-o", "compacted"], "error"),
    ] {
        let documents = printed(words, directory);
        assert_eq!(documents.len(), 1, "{words:?}");
        assert_eq!(fits(&documents[0]), form, "{words:?}");
    }
    let lines = printed(&["inspect", "."], directory);
    assert_eq!(lines.len(), 10, "{lines:#?}");
    for line in lines {
        assert_eq!(fits(&line), "many");
        if line["verdict"] != "failed" {
            assert_eq!(fits(&line["document"]), "inspect");
        }
    }
}

#[test]
fn a_schema_is_printed_alone_or_with_all_others() {
    let all: Value = serde_json::from_str(&stable_migrate(["schema"]).ok()).unwrap();
    assert_eq!(all["inspect"], schema("inspect"));
    assert_eq!(all.as_object().unwrap().len(), 11);
    assert_eq!(stable_migrate(["schema", "nothing"]).status, 2);
}

#[test]
fn what_is_not_as_a_schema_says_is_found() {
    let schema = schema("error");
    let of = |code: Value| serde_json::json!({"schema": "stable-migrate/error/1", "code": code, "message": ""});
    assert_eq!(valid(&schema, &schema, &of("T101".into())), Ok(()));
    for wrong in [
        of(7.into()),
        serde_json::json!({"schema": "stable-migrate/error/2"}),
    ] {
        assert!(valid(&schema, &schema, &wrong).is_err());
    }
}

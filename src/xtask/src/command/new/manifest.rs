//! The manifest of a package outside of this workspace, made of that of a member.

use std::path::Path;

/// Tables of the workspace that such a package has as well: without them the embedded host is too slow for tests.
const PROFILES: [&str; 2] = ["profile.dev", r#"profile.dev.package."*""#];

/// The manifest of the package `name`, a workspace of its own with the features and dependencies of `member`. What
/// that inherits from `workspace`, the manifest in the folder `root`, stands in it.
pub fn standalone(member: &str, workspace: &str, root: &Path, name: &str) -> String {
    let mut text = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n");
    for field in ["edition", "rust-version"] {
        if let Some(value) = value(workspace, "workspace.package", field) {
            text += &format!("{field} = {value}\n");
        }
    }
    text += "publish = false\n\n# A workspace of its own.\n[workspace]\n\n";
    let kept =
        member.find("[lib]").unwrap_or_default()..member.find("[lints]").unwrap_or(member.len());
    for line in member[kept].lines() {
        text += &dependency(line, workspace, root).unwrap_or_else(|| line.to_owned());
        text += "\n";
    }
    text += "# Optimized enough for an embedded host that compiles modules.\n";
    for profile in PROFILES {
        text += &format!("[{profile}]\n");
        for line in table(workspace, profile).filter(|line| !line.is_empty()) {
            text += &format!("{line}\n");
        }
        text += "\n";
    }
    text.truncate(text.trim_end().len() + 1);
    text
}

/// Whether a package depends on one of this name.
pub fn depends_on(member: &str, name: &str) -> bool {
    let mut lines = table(member, "dependencies").chain(table(member, "dev-dependencies"));
    lines.any(|line| key(line) == Some(name))
}

/// The line of a dependency that is inherited, with what it inherits.
fn dependency(line: &str, workspace: &str, root: &Path) -> Option<String> {
    let name = key(line)?;
    let more = match line.strip_prefix(name)? {
        ".workspace = true" => "",
        rest => rest
            .strip_prefix(" = { workspace = true")?
            .strip_suffix(" }")?,
    };
    let value = value(workspace, "workspace.dependencies", name)?;
    let inner = match value
        .strip_prefix("{ ")
        .and_then(|value| value.strip_suffix(" }"))
    {
        Some(inner) => inner.to_owned(),
        None if more.is_empty() => return Some(format!("{name} = {value}")),
        None => format!("version = {value}"),
    };
    // A path is relative to the manifest that it stands in.
    let inner = match inner
        .strip_prefix("path = \"")
        .and_then(|rest| rest.split_once('"'))
    {
        Some((path, rest)) => format!("path = {:?}{rest}", root.join(path)),
        None => inner,
    };
    Some(format!("{name} = {{ {inner}{more} }}"))
}

/// The value of `name` in a table of a manifest.
fn value<'a>(manifest: &'a str, of: &str, name: &str) -> Option<&'a str> {
    let line = table(manifest, of).find(|line| key(line) == Some(name))?;
    Some(line.strip_prefix(name)?.strip_prefix(" = ")?.trim())
}

/// The lines of a table, without comments.
fn table<'a>(manifest: &'a str, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let head = format!("[{name}]");
    let lines = manifest
        .lines()
        .skip_while(move |line| *line != head)
        .skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.starts_with('#'))
}

/// What a line is about.
fn key(line: &str) -> Option<&str> {
    let end = line.find(['.', ' '])?;
    (end > 0 && !line.starts_with(['#', '['])).then_some(&line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = r#"[workspace.package]
version = "7.0.0"
edition = "2024"

[workspace.dependencies]
kit = { path = "src/kit" }
one = "1"
two = { version = "2", default-features = false }

# Why.
[profile.dev]
opt-level = 1

[profile.dev.package."*"]
debug = false

[profile.canister]
opt-level = 3
"#;

    const MEMBER: &str = r#"[package]
name = "member"
description = "It does this and that"
version.workspace = true

[lib]
crate-type = ["cdylib"]

# Choose one.
[features]
a = []

[dependencies]
one.workspace = true
two = { workspace = true, features = ["more"] }

[dev-dependencies]
kit.workspace = true

[lints]
workspace = true
"#;

    const STANDALONE: &str = r#"[package]
name = "other"
version = "0.1.0"
edition = "2024"
publish = false

# A workspace of its own.
[workspace]

[lib]
crate-type = ["cdylib"]

# Choose one.
[features]
a = []

[dependencies]
one = "1"
two = { version = "2", default-features = false, features = ["more"] }

[dev-dependencies]
kit = { path = "/a checkout/src/kit" }

# Optimized enough for an embedded host that compiles modules.
[profile.dev]
opt-level = 1

[profile.dev.package."*"]
debug = false
"#;

    #[test]
    fn what_was_inherited_stands_in_it() {
        let root = Path::new("/a checkout");
        assert_eq!(standalone(MEMBER, WORKSPACE, root, "other"), STANDALONE);
    }

    #[test]
    fn nothing_of_the_example_is_inherited() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = include_str!("../../../../../Cargo.toml");
        let manifest = standalone(crate::command::new::MANIFEST, workspace, &root, "other");
        assert!(!manifest.contains("workspace = true"), "{manifest}");
        assert!(!manifest.contains("todo"), "{manifest}");
        assert!(manifest.contains("rust-version = "), "{manifest}");
        assert!(
            manifest.contains("/src/ic-stable-migration\""),
            "{manifest}"
        );
    }
}

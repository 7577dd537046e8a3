//! `cargo xtask schema`: the next version of a chain, and versions that are not changed any more.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use migration_kit::Frozen;

use crate::artifacts::BATCHES;
use crate::command::build;
use crate::error::{Error, Result};
use crate::file;
use crate::shell;
use crate::workspace::Workspace;

/// The chain of the user canister's hot state, of which whole memories are kept, too.
const OWN_CHAIN: &str = "src/individual-user/src/state/hot";

const EXAMPLES: &str = "\
Examples:
  cargo xtask schema new owners
      keeps a memory with the present schema of the user canister, freezes it, and writes the next one to edit
  cargo xtask schema new --chain ../my-canister/src/state owners
      the same for another canister's chain, without the memory
  cargo xtask schema freeze
      notes the digest of every version that has none: from then on a test refuses an edit";

/// What the command is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
    /// The folder with the versions, v1.rs and so on
    #[arg(long, global = true, default_value = OWN_CHAIN)]
    chain: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Freeze the present version and write the next one's file
    New {
        /// What the new version is about, in a word or two
        name: String,
    },
    /// Make every version that there is unchangeable
    Freeze,
}

/// Does it, and says what is next.
///
/// # Errors
/// `Frozen` for a frozen version that was edited, `Chain` for a folder without versions, those of building and of files.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let chain = workspace.root.join(&options.chain);
    match &options.action {
        Action::Freeze => {
            for number in freeze(&chain)? {
                println!("{}: frozen", chain.join(format!("v{number}.rs")).display());
            }
            Ok(())
        }
        Action::New { name } => {
            if options.chain == Path::new(OWN_CHAIN) {
                keep_memory(workspace)?;
            }
            freeze(&chain)?;
            let number = write_next(&chain, name)?;
            let before = number - 1;
            println!(
                "{}: schema {number}, as schema {before} is

  Change it. A type that is passed on from `super::v{before}` and has to change is copied here instead; one that stays is not.
  Then write the step, from a value of schema {before}: until that is done, every memory of before is refused.
  `cargo fmt` and `cargo test` tell what is left: other places that make a value of it, and the memories that were kept.
  A release that has it says so in its plan: `.schema(<Hot as Schema>::NUMBER)`.",
                chain.join(format!("v{number}.rs")).display(),
            );
            Ok(())
        }
    }
}

fn freeze(chain: &Path) -> Result<Vec<u32>> {
    Ok(Frozen::of(chain)?.freeze()?)
}

/// Lets the modules as they are write a memory, for the tests of every later one.
fn keep_memory(workspace: &Workspace) -> Result<()> {
    build::modules(workspace, BATCHES)?;
    let mut command = workspace.cargo();
    command.args(["test", "--package", "scenarios", "golden::keep_schema"]);
    command.args(["--", "--ignored"]);
    shell::run(&mut command)
}

/// Writes the version behind the newest, and puts it into the chain's module; its number.
fn write_next(chain: &Path, name: &str) -> Result<u32> {
    let frozen = Frozen::of(chain)?;
    let Some(newest) = frozen.newest()? else {
        return Err(Error::Chain {
            folder: chain.to_owned(),
        });
    };
    let path = frozen.file(newest);
    let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let module = chain.with_extension("rs");
    let shown = fs::read_to_string(&module).map_err(Error::file("read", &module))?;
    let next = newest + 1;
    let new = version(&text, newest, name, &chained(&shown, &text));
    file::replace(&frozen.file(next), new.as_bytes())?;
    file::replace(&module, with_version(&shown, newest).as_bytes())?;
    Ok(next)
}

/// How an implementation of a step begins.
const STEP: &str = "impl Schema for ";

/// The types of which there are versions: those that the chain's module begins, and those that the newest version has a step
/// for.
fn chained(module: &str, newest: &str) -> Vec<String> {
    let begun = module.split("first_schema!(").skip(1);
    let begun = begun.filter_map(|rest| rest.split(')').next()?.rsplit("::").next());
    let stepped = newest.lines().filter_map(|line| line.strip_prefix(STEP));
    let stepped = stepped.filter_map(|rest| rest.split([' ', '{']).next());
    let mut names = Vec::new();
    for name in begun.chain(stepped).map(|name| name.trim().to_owned()) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push("Hot".into());
    }
    names
}

/// A version's file, as far as the next one takes it over.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    /// The types that have versions, with what is implemented for them beside steps, and what is used for that.
    kept: Vec<String>,
    /// The other types, which the next version passes on.
    passed_on: Vec<String>,
}

impl Taken {
    fn of(text: &str, chained: &[String]) -> Self {
        let mut taken = Self::default();
        let mut uses = Vec::new();
        let is_chained = |name: &str| chained.iter().any(|of| of == name);
        for item in items(text) {
            let head = item.lines().find(|line| !line.starts_with(['/', '#']));
            let head = head.unwrap_or_default();
            if let Some(names) = head.strip_prefix("pub use super::v") {
                let names = names.rsplit("::").next().unwrap_or_default();
                taken.passed_on.extend(words(names).map(str::to_owned));
                continue;
            }
            if head.starts_with("use ") {
                uses.push(item);
                continue;
            }
            let declared = ["pub struct ", "pub enum ", "pub type "];
            let declared = declared.iter().find_map(|kind| head.strip_prefix(kind));
            match declared.and_then(|rest| words(rest).next()) {
                Some(name) if is_chained(name) => taken.kept.push(item),
                Some(name) => taken.passed_on.push(name.to_owned()),
                None if head.starts_with(STEP) => {}
                // What is implemented for a type that is passed on, that has already.
                None if head.starts_with("impl") && !words(head).any(is_chained) => {}
                None => taken.kept.push(item),
            }
        }
        let is_used = |item: &String| {
            let mut names = words(item).filter(|word| *word != "self");
            names.any(|name| {
                taken
                    .kept
                    .iter()
                    .any(|kept| words(kept).any(|word| word == name))
            })
        };
        let of_the_trait = |item: &String| item.contains("ic_stable_migration::Schema");
        uses.retain(|item| is_used(item) && !of_the_trait(item));
        if !uses.is_empty() {
            taken.kept.insert(0, uses.join("\n"));
        }
        taken.passed_on.sort();
        taken
    }
}

/// The items of a file, each with what stands in front of it. As `rustfmt` leaves it: an item ends with a line that is not
/// indented.
fn items(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with("//!"));
    let (mut items, mut item) = (Vec::new(), String::new());
    for line in lines.skip_while(|line| line.is_empty()) {
        if item.is_empty() && line.is_empty() {
            continue;
        }
        if !item.is_empty() {
            item.push('\n');
        }
        item.push_str(line);
        let is_part = line.starts_with([' ', '/', '#']);
        if !is_part && line.ends_with(['}', ';']) {
            items.push(std::mem::take(&mut item));
        }
    }
    items
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| !word.is_empty())
}

/// The next version's file: the types that have versions as they stand in that of version `newest`, with a step each that is
/// still to be written, and its other types passed on.
fn version(text: &str, newest: u32, name: &str, chained: &[String]) -> String {
    let next = newest + 1;
    let Taken { kept, passed_on } = Taken::of(text, chained);
    let mut file = format!("//! Schema {next}: {name}.\n\nuse ic_stable_migration::Schema;\n");
    let (uses, items) = match kept.split_first() {
        Some((uses, items)) if uses.starts_with("use ") => (Some(uses), items),
        _ => (None, &kept[..]),
    };
    file.extend(uses.map(|uses| format!("{uses}\n")));
    if !passed_on.is_empty() {
        let names = passed_on.join(", ");
        file.push_str(&format!("\npub use super::v{newest}::{{{names}}};\n"));
    }
    file.extend(items.iter().map(|item| format!("\n{item}\n")));
    file.extend(chained.iter().map(|of| {
        format!(
            "
impl Schema for {of} {{
    const NUMBER: u32 = {next};
    type Before = super::v{newest}::{of};

    fn step(_before: Self::Before) -> Result<Self, String> {{
        Err(\"the step to schema {next} is still to be written\".into())
    }}
}}
"
        )
    }));
    file
}

/// The chain's module with the version behind `newest`, which is what it shows from then on.
fn with_version(text: &str, newest: u32) -> String {
    let next = newest + 1;
    text.replace(
        &format!("pub mod v{newest};"),
        &format!("pub mod v{newest};\npub mod v{next};"),
    )
    .replace(
        &format!("pub use v{newest}::*;"),
        &format!("pub use v{next}::*;"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "pub mod v1;\n\npub use v1::*;\n\nfirst_schema!(v1::Hot);\n";
    const FIRST: &str = "//! Schema 1.\n\nuse serde::Serialize;\n\n#[derive(Serialize)]\npub struct Hot {\n    pub a: u64,\n}\n";

    fn chain() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let chain = folder.path().join("hot");
        fs::create_dir(&chain).unwrap();
        fs::write(chain.join("v1.rs"), FIRST).unwrap();
        fs::write(folder.path().join("hot.rs"), MODULE).unwrap();
        (folder, chain)
    }

    #[test]
    fn the_next_version_is_a_copy_with_a_step_to_be_written_and_the_module_shows_it() {
        let (folder, chain) = chain();
        assert_eq!(freeze(&chain).unwrap(), [1]);
        assert_eq!(write_next(&chain, "owners").unwrap(), 2);
        let second = fs::read_to_string(chain.join("v2.rs")).unwrap();
        assert!(second.starts_with("//! Schema 2: owners.\n"), "{second}");
        assert!(second.contains("pub struct Hot {\n    pub a: u64,\n}"));
        assert!(second.contains("type Before = super::v1::Hot;"));
        let module = fs::read_to_string(folder.path().join("hot.rs")).unwrap();
        assert_eq!(
            module,
            "pub mod v1;\npub mod v2;\n\npub use v2::*;\n\nfirst_schema!(v1::Hot);\n"
        );
        // The one after that has one step of its own, and one use of the trait.
        assert_eq!(write_next(&chain, "more").unwrap(), 3);
        let third = fs::read_to_string(chain.join("v3.rs")).unwrap();
        assert_eq!(third.matches("impl Schema").count(), 1);
        assert_eq!(third.matches("use ic_stable_migration::Schema;").count(), 1);
        assert!(third.contains("type Before = super::v2::Hot;"));
    }

    /// The values of collections have versions, too, in files with the hot state or without one.
    #[test]
    fn every_type_that_has_versions_gets_a_step() {
        let (folder, chain) = chain();
        let module =
            "pub mod v1;\n\npub use v1::*;\n\nfirst_schema!(v1::Note);\nfirst_schema!(v1::Tag);\n";
        fs::write(folder.path().join("hot.rs"), module).unwrap();
        let types = "pub struct Note(u64);\n\npub struct Tag;\n";
        fs::write(chain.join("v1.rs"), format!("//! Schema 1.\n\n{types}")).unwrap();
        for next in [2, 3] {
            assert_eq!(write_next(&chain, "more").unwrap(), next);
            let text = fs::read_to_string(chain.join(format!("v{next}.rs"))).unwrap();
            for name in ["Note", "Tag"] {
                let step = format!(
                    "impl Schema for {name} {{\n    const NUMBER: u32 = {next};\n    type Before = super::v{}::{name};",
                    next - 1
                );
                assert!(text.contains(&step), "{text}");
            }
            assert_eq!(text.matches("impl Schema").count(), 2, "{text}");
            assert!(text.contains(types), "{text}");
        }
    }

    #[test]
    fn what_has_no_versions_is_passed_on_from_the_version_before() {
        let (folder, chain) = chain();
        let first = "//! Schema 1.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::other::{Balance, Unused};

/// The state.
#[derive(Serialize)]
pub struct Hot {
    pub balance: Balance,

    pub known: BTreeMap<Kind, Seen>,
}

/// It is known by its name.
pub struct Kind(u8);

impl Display for Kind {
    fn fmt(&self) {
    }
}

pub enum Seen {
    Once,
}

impl Default for Hot {
    fn default() -> Self {
        todo!()
    }
}
";
        fs::write(chain.join("v1.rs"), first).unwrap();
        write_next(&chain, "owners").unwrap();
        let kept = "/// The state.
#[derive(Serialize)]
pub struct Hot {
    pub balance: Balance,

    pub known: BTreeMap<Kind, Seen>,
}

impl Default for Hot {
    fn default() -> Self {
        todo!()
    }
}
";
        let uses = "use ic_stable_migration::Schema;
use std::collections::BTreeMap;
use crate::other::{Balance, Unused};
";
        for next in [2, 3] {
            let text = fs::read_to_string(chain.join(format!("v{next}.rs"))).unwrap();
            let before = next - 1;
            let start = format!(
                "//! Schema {next}: owners.\n\n{uses}\npub use super::v{before}::{{Kind, Seen}};\n\n{kept}\nimpl Schema for Hot {{"
            );
            assert!(text.starts_with(&start), "{text}");
            if next == 2 {
                write_next(&chain, "owners").unwrap();
            }
        }
        drop(folder);
    }

    #[test]
    fn an_edited_version_stops_the_next_one() {
        let (_folder, chain) = chain();
        freeze(&chain).unwrap();
        fs::write(chain.join("v1.rs"), "pub struct Hot;").unwrap();
        let refused = freeze(&chain).unwrap_err().to_string();
        assert!(refused.contains("version 1 has been released"), "{refused}");
    }

    #[test]
    fn a_folder_without_versions_is_no_chain() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            write_next(folder.path(), "x"),
            Err(Error::Chain { .. })
        ));
    }
}

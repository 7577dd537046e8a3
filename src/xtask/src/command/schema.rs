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
                "{}: schema {number}, a copy of schema {before}

  Change the types; take from `super::v{before}` what has not changed. Then write the step, from a value of schema {before}.
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
    let next = newest + 1;
    file::replace(&frozen.file(next), version(&text, newest, name).as_bytes())?;
    let module = chain.with_extension("rs");
    let text = fs::read_to_string(&module).map_err(Error::file("read", &module))?;
    file::replace(&module, with_version(&text, newest).as_bytes())?;
    Ok(next)
}

/// The next version's file: what stands in that of version `newest`, and a step that is still to be written.
fn version(text: &str, newest: u32, name: &str) -> String {
    let next = newest + 1;
    let types = text.split("impl Schema for ").next().unwrap_or_default();
    let types: Vec<&str> = types
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.is_empty())
        .filter(|line| *line != "use ic_stable_migration::Schema;")
        .collect();
    let types = types.join("\n");
    format!(
        "//! Schema {next}: {name}.

use ic_stable_migration::Schema;
{}

impl Schema for Hot {{
    const NUMBER: u32 = {next};
    type Before = super::v{newest}::Hot;

    fn step(_before: Self::Before) -> Result<Self, String> {{
        Err(\"the step to schema {next} is still to be written\".into())
    }}
}}
",
        types.trim_end()
    )
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

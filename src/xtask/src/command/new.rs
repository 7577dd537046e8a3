//! `cargo xtask new`: a canister to start from, which is the example `todo` under another name.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Error, Result};
use crate::file;
use crate::shell;
use crate::workspace::Workspace;

mod manifest;
mod name;

const MANIFEST: &str = include_str!("../../../../examples/todo/Cargo.toml");
const CANISTER: &str = include_str!("../../../../examples/todo/src/lib.rs");
/// The line in which the canister names itself.
const APPLICATION: &str = r#"const APPLICATION: &str = "todo";"#;
const TEST: &str = include_str!("../../../../examples/todo/tests/upgrades.rs");

const EXAMPLES: &str = "\
Examples:
  cargo xtask new ../my-canister
      the package `my-canister` in that folder, which must be new or empty

It depends on the library and the kit in this checkout, and on everything else at the versions used here.";

/// What the command is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// Where to; the last part is the package's name
    path: PathBuf,
}

/// Writes the canister and says what to do with it.
///
/// # Errors
/// `Name` if no package can have the folder's name, `Occupied` if there is something in it, `File` if it cannot be written.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = std::path::absolute(&options.path).map_err(Error::file("find", &options.path))?;
    write(workspace, &folder)?;
    println!(
        "{}: a to-do list in three releases, and a test of its upgrades

  cd {} && cargo test

builds the releases and tries every order of them, traps, interruptions and a full subnet. The first time it compiles
the embedded host too: ten minutes on two cores. Then make it yours, in src/lib.rs:

  Legacy       what your canister keeps in stable memory today, with the codec that reads it
  State        what it works on, and which parts of that are collections
  release-0    your hooks as they are; with the endpoints, what the kit compares the other releases with

and in tests/upgrades.rs the calls that your canister gets. `cargo doc -p ic-stable-migration --open` has a guide.",
        folder.display(),
        shell::quote(&folder.to_string_lossy()),
    );
    Ok(())
}

/// Writes the package into `folder`, unless there is something in it.
fn write(workspace: &Workspace, folder: &Path) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name::check(&name)?;
    file::unoccupied(folder)?;
    let path = workspace.root.join("Cargo.toml");
    let root = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    // The versions that the tests here have passed with.
    let path = workspace.root.join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let manifest = manifest::standalone(MANIFEST, &root, &workspace.root, &name);
    let application = APPLICATION.replace("todo", &name);
    for (file, text) in [
        ("Cargo.toml", &manifest[..]),
        ("Cargo.lock", &lock),
        ("src/lib.rs", &CANISTER.replace(APPLICATION, &application)),
        ("tests/upgrades.rs", TEST),
        (".gitignore", "/target\n"),
    ] {
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        }
        fs::write(&path, text).map_err(Error::file("write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_in_it_stays_as_it_is() {
        let workspace = Workspace::find().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("canister");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("notes"), "mine").unwrap();
        let error = write(&workspace, &folder).unwrap_err();
        assert!(matches!(error, Error::Occupied { .. }), "{error}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_new_canister_has_its_own_name_in_its_memory() {
        let workspace = Workspace::find().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("my-canister");
        write(&workspace, &folder).unwrap();
        let source = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
        assert!(source.contains(r#"const APPLICATION: &str = "my-canister";"#));
        assert!(!source.contains("\"todo\""));
    }

    #[test]
    fn nothing_is_written_under_a_name_that_no_package_has() {
        let workspace = Workspace::find().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("my canister");
        let error = write(&workspace, &folder).unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{error}");
        assert!(!folder.exists());
    }

    /// Minutes: `.ci/run` calls it.
    #[test]
    #[ignore = "builds a package with everything it depends on"]
    fn a_new_canister_passes_its_test() {
        let workspace = Workspace::find().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new-canister");
        write(&workspace, &folder).unwrap();
        let mut cargo = workspace.cargo();
        cargo.current_dir(&folder).args(["test", "--offline"]);
        cargo.env("CARGO_NET_OFFLINE", "true");
        cargo.env("CARGO_TARGET_DIR", &workspace.target);
        shell::run(&mut cargo).unwrap();
    }
}

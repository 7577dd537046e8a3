//! What the compiler is told so that a commit gives the same module wherever it is built.
//!
//! A panic's place is the path of a source file, and stands in the module's data. Each folder that
//! differs from machine to machine is given the same name on all of them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::setup::{TARGET, rustc};
use crate::shell;
use crate::workspace::Workspace;

/// The variable whose flags, parted by [`SEPARATOR`], cargo takes instead of all that are configured.
pub const VARIABLE: &str = "CARGO_ENCODED_RUSTFLAGS";
/// What parts the flags, so that a path may hold spaces.
const SEPARATOR: &str = "\u{1f}";

/// The flags for every module of the workspace, as the value of [`VARIABLE`].
///
/// # Errors
/// Those of asking cargo and the compiler, `Answer` if an answer has another form.
pub fn encoded(workspace: &Workspace) -> Result<OsString> {
    let sources = sources(workspace)?;
    let compiler = Compiler::ask()?;
    Ok(join(&flags(workspace, &sources, &compiler)))
}

/// The compiler takes the last of the names that fit, so that folders in others come after them.
fn flags(workspace: &Workspace, sources: &BTreeSet<PathBuf>, compiler: &Compiler) -> Vec<OsString> {
    let mut flags = vec![
        rename(&workspace.root, "/workspace"),
        rename(&workspace.target, "/target"),
    ];
    for folder in sources {
        flags.push(rename(folder, "/dependencies"));
    }
    let standard = compiler.sysroot.join("lib/rustlib/src/rust");
    flags.push(rename(&standard, &format!("/rustc/{}", compiler.commit)));
    flags
}

fn rename(folder: &Path, name: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(folder);
    flag.push("=");
    flag.push(name);
    flag
}

fn join(flags: &[OsString]) -> OsString {
    flags.join(SEPARATOR.as_ref())
}

/// The folders that hold the unpacked dependencies: the registry's, in cargo's home.
fn sources(workspace: &Workspace) -> Result<BTreeSet<PathBuf>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        /// Where the package is from; nothing for one of the workspace.
        source: Option<String>,
        manifest_path: PathBuf,
    }
    let mut command = workspace.cargo();
    command.args(["metadata", "--format-version", "1"]);
    command.args(["--filter-platform", TARGET]);
    let answer = shell::read(&mut command)?;
    let metadata: Metadata =
        serde_json::from_str(&answer).map_err(|error| unreadable(&command, error.to_string()))?;
    let foreign = metadata.packages.iter().filter(|it| it.source.is_some());
    // A manifest lies in the folder of its package, and that in the one that is asked for.
    let folders = foreign.filter_map(|package| package.manifest_path.ancestors().nth(2));
    Ok(folders.map(Path::to_owned).collect())
}

/// Where the compiler is, and what it was made from.
struct Compiler {
    sysroot: PathBuf,
    commit: String,
}

impl Compiler {
    fn ask() -> Result<Self> {
        let mut version = rustc();
        version.arg("-vV");
        let text = shell::read(&mut version)?;
        let commit = text
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "))
            .ok_or_else(|| unreadable(&version, "it names no commit-hash".to_owned()))?;
        let mut sysroot = rustc();
        sysroot.args(["--print", "sysroot"]);
        Ok(Self {
            sysroot: shell::read(&mut sysroot)?.into(),
            commit: commit.to_owned(),
        })
    }
}

fn unreadable(command: &Command, reason: String) -> Error {
    Error::Answer {
        command: shell::line(command),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::{self, TEST_BATCHES};
    use std::fs;

    #[test]
    fn every_folder_of_this_machine_has_a_name() {
        let workspace = Workspace::find().unwrap();
        let flags = encoded(&workspace).unwrap();
        let flags = flags.to_str().unwrap();
        let root = workspace.root.display();
        assert!(flags.starts_with(&format!("--remap-path-prefix={root}=/workspace")));
        assert!(flags.contains("=/target\u{1f}"));
        assert!(flags.contains("=/dependencies\u{1f}"));
        assert!(flags.contains("=/rustc/"));
    }

    /// Two minutes or more: `.ci/run` calls it.
    #[test]
    #[ignore = "builds a module and its dependencies twice"]
    fn a_module_is_the_same_from_another_folder() {
        let checkout = Workspace::find().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let modules = ["one", "another place/with-a-longer-name"].map(|name| {
            let home = directory.path().join(name);
            build_in(&checkout, &home)
        });
        assert!(!modules[0].is_empty());
        let temporary = directory.path().to_str().unwrap();
        for module in &modules {
            let text = String::from_utf8_lossy(module);
            assert!(!text.contains(temporary), "a path is left");
        }
        assert!(modules[0] == modules[1], "the modules differ");
    }

    /// The smallest module, built from a copy of the checkout in `home` by a cargo whose home is there too.
    fn build_in(checkout: &Workspace, home: &Path) -> Vec<u8> {
        let root = home.join("checkout");
        copy(checkout, &root);
        let cargo = home.join("cargo");
        fs::create_dir_all(&cargo).unwrap();
        std::os::unix::fs::symlink(registry(), cargo.join("registry")).unwrap();

        let workspace = checkout.elsewhere(&root, &home.join("built"), &cargo);
        let smallest = TEST_BATCHES[1];
        let flags = encoded(&workspace).unwrap();
        shell::run(&mut artifacts::build(&workspace, smallest, &flags)).unwrap();
        fs::read(workspace.target.join(smallest[0].built_file())).unwrap()
    }

    /// Copies what git knows of, as it is now.
    fn copy(checkout: &Workspace, root: &Path) {
        let mut command = Command::new("git");
        command.current_dir(&checkout.root);
        command.args(["ls-files", "-z", "--cached", "--others"]);
        let files = shell::read(command.arg("--exclude-standard")).unwrap();
        for file in files.split_terminator('\0') {
            let to = root.join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(checkout.root.join(file), to).unwrap();
        }
    }

    /// The registry in cargo's home, so that nothing is fetched twice.
    fn registry() -> PathBuf {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cargo"));
        home.join("registry")
    }
}

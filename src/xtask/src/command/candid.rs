//! `cargo xtask candid`: the interface, as the module itself tells it.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::artifacts::{BATCHES, INDEX, INDEX_BATCHES, TODAY};
use crate::command::build;
use crate::error::{Error, Result};
use crate::interface;
use crate::workspace::Workspace;

/// The command that writes the file, as its header and a check's message name it.
const REMEDY: &str = "cargo xtask candid";

/// The modules whose interfaces are checked in, and the files.
const INTERFACES: [(&str, &str); 2] = [(TODAY, "individual_user.did"), (INDEX, "user_index.did")];

/// Builds the modules and writes the interface of today's to `candid/individual_user.did` and that of the index to
/// `candid/user_index.did`, or only compares if `check` is set.
///
/// # Errors
/// Those of building, `Stale` if a file differs and `check` is set.
pub fn run(workspace: &Workspace, check: bool) -> Result<()> {
    build::modules(workspace, &[BATCHES, INDEX_BATCHES].concat())?;
    for (module, file) in INTERFACES {
        let path = path(workspace, file);
        if check {
            compare(workspace, module, file)?;
            println!("{} agrees with the module", path.display());
        } else {
            crate::file::replace(&path, wanted(workspace, module)?.as_bytes())?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

/// Compares a file with the module that was built last.
///
/// # Errors
/// `Stale` if they differ, `File` if there is no module.
fn compare(workspace: &Workspace, module: &str, file: &str) -> Result<()> {
    let path = path(workspace, file);
    let found = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        other => other.map_err(Error::file("read", &path))?,
    };
    match first_difference(&found, &wanted(workspace, module)?) {
        None => Ok(()),
        Some(difference) => Err(Error::Stale {
            path,
            difference,
            remedy: REMEDY,
        }),
    }
}

fn path(workspace: &Workspace, file: &str) -> PathBuf {
    workspace.root.join("candid").join(file)
}

/// What the file of a module should hold.
fn wanted(workspace: &Workspace, name: &str) -> Result<String> {
    let module = workspace.module(name);
    let wasm = fs::read(&module).map_err(Error::file("read", &module))?;
    Ok(document(name, &interface::of_finished(&module, &wasm)?))
}

/// The interface as a file, with a header that says where it comes from.
fn document(module: &str, interface: &str) -> String {
    format!(
        "// Generated from the module {module} by `{REMEDY}`; a change made here is lost.\n\n{}\n",
        interface.trim()
    )
}

/// The first line in which two texts differ, as a diff shows it.
fn first_difference(found: &str, wanted: &str) -> Option<String> {
    let mut found_lines = found.lines();
    let mut wanted_lines = wanted.lines();
    for number in 1.. {
        match (found_lines.next(), wanted_lines.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => {
                let a = a.unwrap_or("(the file ends here)");
                let b = b.unwrap_or("(the interface ends here)");
                return Some(format!("line {number}\n- {a}\n+ {b}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_interface_is_shown_at_its_first_difference() {
        let old = document(TODAY, "service : {\n  a : () -> ();\n}");
        let new = document(TODAY, "service : {\n  a : () -> (nat) query;\n}");
        assert_eq!(first_difference(&new, &new), None);
        let difference = first_difference(&old, &new).unwrap();
        assert_eq!(
            difference,
            "line 4\n-   a : () -> ();\n+   a : () -> (nat) query;"
        );
    }

    #[test]
    fn the_interfaces_checked_in_are_those_of_the_modules() {
        let workspace = Workspace::find().unwrap();
        for (module, file) in INTERFACES {
            compare(&workspace, module, file).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn a_missing_tail_is_a_difference() {
        let difference = first_difference("a\n", "a\nb\n").unwrap();
        assert_eq!(difference, "line 2\n- (the file ends here)\n+ b");
    }
}

//! `cargo xtask test`: set-up, modules, and every test of the workspace.

use std::path::Path;
use std::process::Command;

use crate::artifacts::TEST_BATCHES;
use crate::command::build;
use crate::error::Result;
use crate::icp::endpoint;
use crate::shell;
use crate::workspace::Workspace;

/// The environment variable that tells tests where the modules are: `canisters` in this directory.
const TARGET: &str = "CARGO_TARGET_DIR";
/// The environment variable that names a PocketIC server.
const POCKET_IC: &str = "POCKET_IC_BIN";
/// The package whose scenarios also run on PocketIC, and its feature for it.
const SCENARIOS: (&str, &str) = ("scenarios", "pocket-ic");

/// Builds the modules, then runs `cargo test --workspace` with `arguments` and says what was left out.
///
/// # Errors
/// Those of building, `Failed` if a test fails.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    build::run(workspace, &[])?;
    build::modules(workspace, TEST_BATCHES)?;
    let v8 = without_v8(workspace);
    let (package, feature) = SCENARIOS;
    let pocket_ic = std::env::var_os(POCKET_IC).is_some_and(|path| !path.is_empty())
        && workspace.has_feature(package, feature);
    shell::run(&mut tests(workspace, arguments, pocket_ic))?;
    for line in left_out(workspace, pocket_ic).into_iter().chain(v8) {
        println!("skipped: {line}");
    }
    Ok(())
}

fn tests(workspace: &Workspace, arguments: &[String], pocket_ic: bool) -> Command {
    let mut command = workspace.cargo();
    command.args(["test", "--workspace"]);
    if pocket_ic {
        let (package, feature) = SCENARIOS;
        command.args(["--features", &format!("{package}/{feature}")]);
    }
    command.args(arguments);
    command.env(TARGET, &workspace.target);
    command
}

/// Gets V8 ready for the tests that compare it with the embedded host; why that is not possible, where it is not.
fn without_v8(workspace: &Workspace) -> Option<String> {
    let reason = match endpoint::prepare(&workspace.root, &workspace.target) {
        Ok(Some(_)) => return None,
        Ok(None) => format!("there is no {}", endpoint::SOURCE),
        Err(error) => error.to_string(),
    };
    Some(format!("the comparison with V8; {reason}"))
}

/// What this run of the tests could not cover, and what would let it.
fn left_out(workspace: &Workspace, pocket_ic: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if !pocket_ic {
        lines.push(format!(
            "the scenarios on PocketIC; {POCKET_IC} names no PocketIC server"
        ));
    }
    let fixtures = Path::new("../shared/fixtures");
    if !workspace.root.join(fixtures).is_dir() {
        lines.push(format!(
            "the memories of the deployed canister; there is no {}",
            fixtures.display()
        ));
    }
    lines
}

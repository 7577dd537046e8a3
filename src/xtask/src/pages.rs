//! Every page of the tools, made from real memories and runs by a test, and looked at in a real browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::npm;
use crate::shell;
use crate::workspace::Workspace;

/// The browser's part, from the workspace's root: what drives it, and the list of what npm fetches for that.
const BROWSER: &str = "src/xtask/src/pages/browser";

/// The tests that write pages, and the environment variable that names where to.
const TESTS: [&str; 2] = ["pages::", "fleet::tests::reports::"];
const PAGES: &str = "PAGES";

/// How the browser's part ends where there is no browser that starts.
const NO_BROWSER: i32 = 2;

/// Has the tests of `stable-migrate` write their pages into an empty `pages` in cargo's target directory.
///
/// # Errors
/// `File`, or `Failed` if a test fails.
pub fn make(workspace: &Workspace) -> Result<PathBuf> {
    let pages = workspace.target.join("pages");
    if pages.exists() {
        fs::remove_dir_all(&pages).map_err(Error::file("remove", &pages))?;
    }
    fs::create_dir_all(&pages).map_err(Error::file("create", &pages))?;
    let mut tests = workspace.cargo();
    tests.args([
        "test",
        "--quiet",
        "-p",
        "stable-migrate",
        "--lib",
        "--test",
        "it",
        "--",
    ]);
    tests.args(TESTS).env(PAGES, &pages);
    shell::run(&mut tests)?;
    Ok(pages)
}

/// Looks at every page of a directory, and leaves pictures in it.
///
/// # Errors
/// `NoBrowser` if there is none and npm cannot fetch one; `Failed` if something is wrong with a page.
pub fn look(workspace: &Workspace, pages: &Path) -> Result<()> {
    let browser = workspace.target.join("page-browser");
    npm::fetch(&workspace.root.join(BROWSER), &browser).map_err(|error| Error::NoBrowser {
        reason: error.to_string(),
    })?;
    let mut node = Command::new("node");
    node.arg(browser.join("look.mjs"));
    node.arg(pages).arg(pages.join("pictures"));
    match shell::run(&mut node) {
        Err(Error::Failed { status, .. }) if status.code() == Some(NO_BROWSER) => {
            Err(Error::NoBrowser {
                reason: "none starts on this machine".into(),
            })
        }
        ran => ran,
    }
}

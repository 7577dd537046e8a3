//! `cargo xtask pages`: every page of the tools, in a real browser.

use clap::Args;

use crate::artifacts::{BATCHES, TEST_BATCHES};
use crate::command::build;
use crate::error::Result;
use crate::pages;
use crate::workspace::Workspace;

const NOTES: &str = "\
Examples:
  cargo xtask pages
      make every page and look at each at 360 and 1600 pixels, light and dark: nothing scrolls sideways, is cut off or lies
      over something else; contrast and names as axe-core wants them; Tab reaches everything, in order and visibly; the way
      back closes what a click opened. Pictures are left in target/pages/pictures
  cargo xtask pages --make
      make them only

The browser is the one that CHROMIUM names, else the one of the npm package that package-lock.json pins, else
/usr/bin/chromium. The exit status is 0 only if nothing is wrong with any page.";

/// What the command is told.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub struct Options {
    /// Make the pages, and look at none
    #[arg(long)]
    make: bool,
    /// Take the modules as they are in target/canisters
    #[arg(long)]
    no_build: bool,
}

/// Builds the modules, makes the pages, and looks at them.
///
/// # Errors
/// Those of building; `Failed` if a page is wrong, `NoBrowser` if nothing could look at it.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if !options.no_build {
        build::modules(workspace, &[BATCHES, TEST_BATCHES].concat())?;
    }
    let made = pages::make(workspace)?;
    if options.make {
        println!("the pages are in {}", made.display());
        return Ok(());
    }
    pages::look(workspace, &made)
}

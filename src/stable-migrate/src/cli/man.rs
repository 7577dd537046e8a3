//! `stable-migrate man`.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::generate_to;
use stable_migrate::{Error, NewDir};

use super::Verdict;

/// Write manual pages, one for each command
///
/// `man -l DIR/stable-migrate-inspect.1` shows one of them where it is; in a folder `man1` below one that MANPATH names,
/// `man stable-migrate-inspect` finds it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Man {
    /// What to make: a directory that does not exist yet
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

const EXAMPLES: &str = "Examples:
  stable-migrate man man1
  stable-migrate man ~/.local/share/man/man1";

impl Man {
    pub fn run(self, command: Command) -> Result<Verdict, Error> {
        let pages = NewDir::begin(&self.directory)?;
        generate_to(command, pages.path()).map_err(Error::io(&self.directory))?;
        pages.finish()?;
        Ok(Verdict::Held)
    }
}

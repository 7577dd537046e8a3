//! `stable-migrate completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};
use stable_migrate::Error;

use super::{Verdict, print_bare};

/// Print what a shell needs to complete commands, options and their values
///
/// Each shell has a folder of its own for it; a new shell reads it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "Examples:
  stable-migrate completions bash > ~/.local/share/bash-completion/completions/stable-migrate
  stable-migrate completions zsh > ~/.zfunc/_stable-migrate
  stable-migrate completions fish > ~/.config/fish/completions/stable-migrate.fish";

impl Completions {
    pub fn run(self, mut command: Command) -> Result<Verdict, Error> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        generate(self.shell, &mut command, name, &mut script);
        print_bare(&String::from_utf8_lossy(&script))?;
        Ok(Verdict::Held)
    }
}

//! `stable-migrate`: see its `--help`, or the [library](stable_migrate) behind it.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}

//! The commands of this workspace, run as `cargo xtask COMMAND`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

mod artifacts;
mod bench;
mod command;
mod error;
mod file;
mod flags;
mod fleet;
mod icp;
mod interface;
mod journey;
mod layout;
mod markdown;
mod module;
mod moved;
mod npm;
mod pages;
mod progress;
mod readme;
mod receipt;
mod rehearsal;
mod session;
mod setup;
mod shell;
mod stage;
mod table;
mod threads;
mod workspace;

/// The commands of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure this project and other ways to migrate on the same user data, side by side
    Bench(command::bench::Options),
    /// Build the canister modules into target/canisters, shrunk, with their metadata
    Build {
        /// Only these, and what is built together with them
        #[arg(value_parser = artifacts::names())]
        modules: Vec<String>,
    },
    /// Write candid/individual_user.did and candid/user_index.did from the modules that are built
    Candid {
        /// Write nothing; fail if the file differs from the module
        #[arg(long)]
        check: bool,
    },
    /// Take a legacy canister through both upgrades on the embedded host, and compare every answer
    Demo(command::demo::Options),
    /// Bring a fleet of canisters through both stages on this machine, and print its report
    Fleet(command::fleet::Options),
    /// Run the fuzz targets: what must hold for any bytes
    Fuzz(command::fuzz::Options),
    /// Run the runbook's commands with the real icp client
    Icp(command::icp::Options),
    /// Write a canister to start from, in three releases, and a test of its upgrades
    New(command::new::Options),
    /// Make every page of the tools, and look at each in a real browser
    Pages(command::pages::Options),
    /// Show where the instructions of a migration go, by function
    Profile(command::profile::Options),
    /// Run the examples of README.md, and compare what they print with what it shows
    Readme(command::readme::Options),
    /// Write the next version of a chain of schemas, or freeze those that there are
    Schema(command::schema::Options),
    /// Build the canister modules and run every test of the workspace
    Test {
        /// Passed on to `cargo test --workspace`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> error::Result<()> {
    let workspace = Workspace::find()?;
    match arguments.command {
        Command::Bench(options) => command::bench::run(&workspace, &options),
        Command::Build { modules } => command::build::run(&workspace, &modules),
        Command::Candid { check } => command::candid::run(&workspace, check),
        Command::Demo(options) => command::demo::run(&workspace, &options),
        Command::Fleet(options) => command::fleet::run(&workspace, &options),
        Command::Fuzz(options) => command::fuzz::run(&workspace, &options),
        Command::Icp(options) => command::icp::run(&workspace, &options),
        Command::New(options) => command::new::run(&workspace, &options),
        Command::Pages(options) => command::pages::run(&workspace, &options),
        Command::Profile(options) => command::profile::run(&workspace, &options),
        Command::Readme(options) => command::readme::run(&workspace, &options),
        Command::Schema(options) => command::schema::run(&workspace, &options),
        Command::Test { arguments } => command::test::run(&workspace, &arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn test_passes_everything_on_to_cargo() {
        let line = ["xtask", "test", "-p", "x", "--", "--nocapture"];
        let Command::Test { arguments } = Arguments::parse_from(line).command else {
            panic!("not test");
        };
        assert_eq!(arguments, ["-p", "x", "--", "--nocapture"]);
    }
}

//! `cargo xtask profile`: where the instructions of a migration go, by function.

use std::fs;

use canister_host::{MessageReport, Module, Profile};
use clap::Args;

use crate::artifacts::{BATCHES, BENCH_BATCHES, RELEASES, built_file};
use crate::bench::contender::{self, Contender};
use crate::bench::error::BenchError;
use crate::bench::measure;
use crate::bench::memory;
use crate::bench::size;
use crate::command::build;
use crate::error::{Error, Result};
use crate::progress;
use crate::table::{Align, Table, grouped};
use crate::workspace::Workspace;

const EXAMPLES: &str = "\
Examples:
  cargo xtask profile 1000
      each hook of 0 → 1 → 2 on a canister with 1 000 posts
  cargo xtask profile 29-pages --contender naive --top 10
      a peer of the bench on one of its states

A function that the compiler put into its caller is counted there.";

/// What the profile is told on the command line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// How much user data: a size of `cargo xtask bench`
    size: String,
    /// Which way to migrate, by its name in bench/results.json
    #[arg(long, default_value = "project", value_parser = contender::named)]
    contender: &'static Contender,
    /// How many functions of each hook to show
    #[arg(long, default_value_t = 25)]
    top: usize,
}

/// Builds the modules, takes the contender through its upgrades and one more, and prints a profile of each hook.
///
/// # Errors
/// Those of building; those of [`BenchError`].
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    build::modules(workspace, BATCHES)?;
    let path = options.contender.path;
    let mut peers = BENCH_BATCHES.iter().copied().flatten();
    if peers.any(|peer| path.iter().any(|step| step.module == peer.name)) {
        build::modules(workspace, BENCH_BATCHES)?;
    }
    let release_0 = module(workspace, RELEASES[0])?;
    for size in size::chosen(std::slice::from_ref(&options.size), false)? {
        let Some(start) = memory::prepare(&workspace.root, &release_0, size)? else {
            return Err(BenchError::NoFixture { size: size.name }.into());
        };
        let failed = |source| BenchError::Contender {
            size: size.name,
            contender: options.contender.key,
            source: Box::new(source),
        };
        let mut rehearsal =
            measure::restored(&release_0, &start).map_err(|error| failed(error.into()))?;
        let mut modules = Vec::new();
        for step in path {
            modules.push((step, module(workspace, step.module)?));
        }
        for (step, module) in modules.iter().chain(modules.last()) {
            let argument = step.argument.encode().map_err(|error| BenchError::Untold {
                size: size.name,
                contender: options.contender.key,
                reason: error.to_string(),
            })?;
            let report = rehearsal
                .upgrade_with(module, &argument)
                .map_err(|error| failed(error.into()))?;
            for hook in report.hooks() {
                print(step.name, hook, options.top);
            }
        }
    }
    Ok(())
}

/// The module as cargo made it, whose functions have names still; it has the name of its package.
fn module(workspace: &Workspace, name: &str) -> Result<Module> {
    let file = workspace.target.join(built_file(name));
    let _sign_of_life = progress::spinner("Compiling a module for this machine");
    let wasm = fs::read(&file).map_err(Error::file("read", &file))?;
    Module::profiled(&wasm).map_err(|error| Error::Module {
        module: file,
        reason: error.to_string(),
    })
}

fn print(upgrade: &str, hook: &MessageReport, top: usize) {
    let Some(profile) = &hook.profile else {
        return;
    };
    let own: u64 = profile.functions.iter().map(|function| function.own).sum();
    println!("{upgrade}, {}: {} instructions\n", hook.entry, grouped(own));
    println!("{}", table(profile, own, top));
}

fn table(profile: &Profile, all: u64, top: usize) -> Table {
    let mut table = Table::new(&[
        ("own", Align::Right),
        ("%", Align::Right),
        ("total", Align::Right),
        ("calls", Align::Right),
        ("function", Align::Left),
    ]);
    for function in profile.functions.iter().take(top) {
        table.row([
            grouped(function.own),
            format!("{:.1}", function.own as f64 * 100.0 / all.max(1) as f64),
            grouped(function.total),
            grouped(function.calls),
            format!("{:#}", rustc_demangle::demangle(&function.name)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use canister_host::FunctionCost;

    #[test]
    fn functions_are_named_as_in_the_source() {
        let profile = Profile {
            functions: vec![FunctionCost {
                name: "_ZN4core3fmt5write17h0123456789abcdefE".to_owned(),
                calls: 3,
                own: 1_500,
                total: 4_500,
            }],
        };
        let text = table(&profile, 3_000, 5).to_string();
        assert!(
            text.contains("1 500  50.0  4 500      3  core::fmt::write"),
            "{text}"
        );
    }
}

//! `cargo xtask bench`: this project and its peers on the same memories, side by side.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;

use canister_host::Module;
use clap::Args;

use crate::artifacts::{BATCHES, BENCH_BATCHES, RELEASES};
use crate::bench::check::{Changes, TOLERANCE};
use crate::bench::contender::{self, CONTENDERS, Contender};
use crate::bench::error::BenchError;
use crate::bench::measure::{self, Outcome, compare};
use crate::bench::memory;
use crate::bench::prices::Tariff;
use crate::bench::readme;
use crate::bench::results::{BEFORE, Measured, RESULTS, Results};
use crate::bench::size::{self, Size};
use crate::bench::table;
use crate::command::build;
use crate::error::{Error, Result};
use crate::progress;
use crate::table::grouped;
use crate::workspace::Workspace;

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench
      every size but the large ones, as tables
  cargo xtask bench --sizes empty,100,177-pages
      these sizes; an unknown one names all
  cargo xtask bench --sizes 1-gb --contenders project,project-direct
      one of the large sizes, for these alone
  cargo xtask bench --full
      up to a gigabyte of state: minutes, and some gigabytes of memory
  cargo xtask bench --check --sizes empty,10,100,1000
      fail where instructions or pages are more than 2 % above bench/results.json, as CI does
  cargo xtask bench --record
      write bench/results.json, bench/README.md and its charts; sizes that were not measured stay as they are
  cargo xtask bench --storage-price 317500 --nodes 34
      cycles at other prices

Instructions, pages and bytes come out the same in every run; no figure is a time.";

/// What the bench is told on the command line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// Only these sizes, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    sizes: Vec<String>,
    /// The large sizes too, up to a gigabyte of state
    #[arg(long, conflicts_with = "sizes")]
    full: bool,
    /// Only these contenders, by their names in bench/results.json, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = contender::named,
          conflicts_with_all = ["check", "record"])]
    contenders: Vec<&'static Contender>,
    /// Compare with bench/results.json, and fail where instructions or pages got worse by more than 2 %
    #[arg(long)]
    check: bool,
    /// Write bench/results.json, bench/README.md and the charts
    #[arg(long, conflicts_with = "check")]
    record: bool,
    /// What --record calls the state of the project that is measured [default: the commit]
    #[arg(long, value_name = "TEXT", requires = "record")]
    label: Option<String>,
    /// Write bench/before.json too: what later figures stand beside
    #[arg(long, requires = "record")]
    before: bool,
    /// Write bench/README.md and the charts anew from the figures that are written down, and measure nothing
    #[arg(long, conflicts_with_all = ["check", "record", "sizes", "full", "json"])]
    readme: bool,
    /// Print JSON, as it stands in bench/results.json, instead of tables
    #[arg(long, conflicts_with = "check")]
    json: bool,
    #[command(flatten)]
    tariff: Tariff,
}

/// Builds the modules, measures, prints, and compares or writes down what was measured.
///
/// # Errors
/// Those of building; those of [`BenchError`].
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.readme {
        return write_readme(workspace);
    }
    let sizes = size::chosen(&options.sizes, options.full)?;
    build::modules(workspace, BATCHES)?;
    build::modules(workspace, BENCH_BATCHES)?;
    let modules = Modules::new(workspace);
    let mut results = Results {
        label: options.label.clone().unwrap_or_else(|| workspace.commit()),
        prices: options.tariff,
        sizes: BTreeMap::new(),
    };
    for size in sizes {
        let Some(measured) = measure_size(workspace, &modules, size, options)? else {
            eprintln!(
                "skipped: {}; its memory is not in ../shared/fixtures",
                size.name
            );
            continue;
        };
        if !options.json {
            print_size(size, &measured, &options.tariff);
        }
        results.sizes.insert(size.name.to_owned(), measured);
    }
    if options.json {
        print!("{}", results.text()?);
    }
    if options.record {
        record(workspace, options, results)?;
    } else if options.check {
        check(workspace, &results)?;
    }
    Ok(())
}

/// The modules by name, each compiled for this machine when it is first asked for.
struct Modules<'a> {
    workspace: &'a Workspace,
    compiled: RefCell<BTreeMap<String, Module>>,
}

impl<'a> Modules<'a> {
    fn new(workspace: &'a Workspace) -> Self {
        Self {
            workspace,
            compiled: RefCell::default(),
        }
    }

    fn get(&self, name: &str) -> Result<Module> {
        if let Some(module) = self.compiled.borrow().get(name) {
            return Ok(module.clone());
        }
        let _sign_of_life = progress::spinner("Compiling a module for this machine");
        let file = self.workspace.module(name);
        let wasm = fs::read(&file).map_err(Error::file("read", &file))?;
        let module = Module::new(&wasm).map_err(|error| Error::Module {
            module: file,
            reason: error.to_string(),
        })?;
        let mut compiled = self.compiled.borrow_mut();
        compiled.insert(name.to_owned(), module.clone());
        Ok(module)
    }
}

/// Measures all contenders at one size; none where its memory is not there.
fn measure_size(
    workspace: &Workspace,
    modules: &Modules<'_>,
    size: &Size,
    options: &Options,
) -> Result<Option<Measured>> {
    let release_0 = modules.get(RELEASES[0])?;
    let Some(start) = memory::prepare(&workspace.root, &release_0, size)? else {
        return Ok(None);
    };
    let mut measured = Measured {
        value_bytes: start.value_bytes,
        ..Measured::default()
    };
    let mut reference = None;
    let bar = progress::bar(&format!("Measuring at {}", size.name), CONTENDERS.len());
    let all = CONTENDERS.iter();
    let wanted = all.filter(|at| options.contenders.is_empty() || options.contenders.contains(at));
    for contender in wanted {
        let Outcome {
            mut figures,
            contents,
        } = measure::measure(&|name| modules.get(name), size, &start, contender)?;
        figures.cycles = figures.cycles(&options.tariff);
        if !contents.is_empty() {
            let (other, expected) = reference.get_or_insert((contender.key, contents.clone()));
            compare(size, (other, expected), (contender.key, &contents))?;
            measured.entries = contents.iter().map(|content| content.entries).sum();
        }
        measured
            .contenders
            .insert(contender.key.to_owned(), figures);
        bar.inc(1);
    }
    Ok(Some(measured))
}

fn print_size(size: &Size, measured: &Measured, tariff: &Tariff) {
    println!(
        "{}: {}; {} entries, a value of {} bytes\n",
        size.name,
        size.about,
        grouped(measured.entries),
        grouped(measured.value_bytes)
    );
    println!("{}", table::instructions(measured));
    println!("{}", table::memory(measured, tariff));
    for (name, figures) in measured.in_order() {
        if let Some(refused) = &figures.refused {
            println!("{name}, refused at {}: {}\n", refused.at, refused.reason);
        }
    }
}

fn record(workspace: &Workspace, options: &Options, results: Results) -> Result<()> {
    let path = workspace.root.join(RESULTS);
    let mut kept = Results::read(&path)?.unwrap_or_default();
    kept.update(results);
    kept.write(&path)?;
    if options.before {
        kept.write(&workspace.root.join(BEFORE))?;
    }
    write_readme(workspace)
}

fn write_readme(workspace: &Workspace) -> Result<()> {
    let results = written(workspace)?;
    let before = Results::read(&workspace.root.join(BEFORE))?;
    readme::write(&workspace.root, &results, before.as_ref())
}

/// The figures that are written down.
fn written(workspace: &Workspace) -> Result<Results> {
    let results = Results::read(&workspace.root.join(RESULTS))?;
    Ok(results.ok_or(BenchError::NotRecorded)?)
}

fn check(workspace: &Workspace, now: &Results) -> Result<()> {
    let changes = Changes::between(&written(workspace)?, now);
    print!("{changes}");
    match changes.failures() {
        0 => {
            println!("No figure is more than {TOLERANCE} % worse than in {RESULTS}.");
            Ok(())
        }
        count => Err(BenchError::Worse {
            count,
            tolerance: TOLERANCE,
        }
        .into()),
    }
}

//! `cargo xtask fleet`: a fleet on this machine, from its first wave to its report.

use clap::Args;
use fleet::Report;
use fleet_host::{HEAP_A_CANISTER, STABLE_A_CANISTER};

use crate::artifacts::{BATCHES, BENCH_BATCHES, INDEX_BATCHES, TEST_BATCHES};
use crate::bench::prices::Tariff;
use crate::bench::table;
use crate::command::build;
use crate::error::{Error, Result};
use crate::fleet::mix::{SIZES, Shares};
use crate::fleet::modelled::{self, Mix, Run};
use crate::fleet::origin::Modules;
use crate::fleet::print;
use crate::fleet::real::{self, Index};
use crate::progress;
use crate::table::grouped;
use crate::workspace::Workspace;

const EXAMPLES: &str = "\
Examples:
  cargo xtask fleet
      1 000 real canisters of every origin through the index canister, three times: undisturbed, with the index upgraded
      in the middle, and with the index trapping in the middle; the report, which has to be the same
  cargo xtask fleet --canisters 100000 --subnets 8
      a fleet as large as fleets are: days of a network in seconds
  cargo xtask fleet --modelled --deaths 100
      the same, and its driver dies a hundred times";

/// Canisters that fit into the memory of a machine, each with its module, heap and stable memory.
const MOST_RUN: u32 = 10_000;

/// What the fleet is told on the command line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// How many canisters
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    canisters: u32,
    /// Do not run canisters; model them from the figures of the bench. The engine and its events are the real ones. More
    /// than 10 000 are always modelled
    #[arg(long)]
    modelled: bool,
    /// Subnets that the modelled canisters are on
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    subnets: u16,
    /// How many of 1 000 canisters have something wrong with them
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=1_000))]
    faulty: u32,
    /// How many of 10 000 calls are lost, and how many are refused for now
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u16).range(..=3_000))]
    lost: u16,
    /// Times that the driver dies
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000))]
    deaths: u32,
    /// Users by how much they have: sizes of the bench and their shares
    #[arg(long, value_name = "SIZE:SHARE,…", default_value = SIZES)]
    sizes: Shares,
    /// The same seed makes the same fleet
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    tariff: Tariff,
}

/// Brings a fleet through both stages and prints its report.
///
/// # Errors
/// Those of building; those of the figures that a model is made of; `Unaccounted` if a canister is left stopped, or the
/// report of a disturbed run is another.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.modelled || options.canisters > MOST_RUN {
        return modelled(workspace, options);
    }
    for batches in [BATCHES, INDEX_BATCHES, TEST_BATCHES, BENCH_BATCHES] {
        build::modules(workspace, batches)?;
    }
    let modules = Modules::load()?;
    let go = |index, doing: &str| -> Result<real::Run> {
        let bar = progress::bar(doing, 2 * options.canisters as usize);
        let run = real::run(&modules, options.canisters, options.faulty, index, &bar)?;
        match run.left_stopped {
            0 => Ok(run),
            left => Err(Error::Unaccounted(format!(
                "{left} canisters are left stopped"
            ))),
        }
    };
    let run = go(Index::Undisturbed, "Through both stages")?;
    print!("{}", print::report(&run.report));
    print!("\n{}", print::origins(&run));
    let disturbed = [
        (Index::Upgraded(4), "upgraded 4 times in the middle"),
        (Index::Traps(8), "made to trap 8 times in the middle"),
    ];
    for (index, how) in disturbed {
        let again = go(index, &format!("The same, {how}"))?;
        if again.report != run.report {
            return Err(Error::Unaccounted(format!(
                "another report with the index {how}:\n{}",
                print::report(&again.report)
            )));
        }
        println!("The same report with the index {how}.");
    }
    Ok(())
}

fn modelled(workspace: &Workspace, options: &Options) -> Result<()> {
    let mix = Mix {
        canisters: options.canisters,
        subnets: options.subnets,
        faulty: options.faulty,
        lost: options.lost,
        sizes: options.sizes.clone(),
        seed: options.seed,
    };
    let run = {
        let _sign_of_life = progress::spinner(&format!(
            "Bringing {} modelled canisters through both stages",
            grouped(options.canisters.into())
        ));
        modelled::run(&workspace.root, &mix, options.deaths)?
    };
    print!("{}", print::report(&Report::of(&run.fleet)));
    print!("\n{}", taken(&run, &options.tariff));
    Ok(())
}

/// What a modelled run took.
fn taken(run: &Run, tariff: &Tariff) -> String {
    let canisters = run.world.canisters();
    let instructions: u64 = canisters
        .iter()
        .map(|canister| canister.history.instructions)
        .sum();
    let installs: u64 = canisters
        .iter()
        .map(|canister| canister.history.installs.len() as u64)
        .sum();
    let deposits: u32 = canisters
        .iter()
        .map(|canister| canister.history.deposits)
        .sum();
    let mut down: Vec<u64> = canisters
        .iter()
        .map(|canister| canister.history.down)
        .collect();
    down.sort_unstable();
    let middle = down.get(down.len() / 2).copied().unwrap_or(0);
    let most = down.last().copied().unwrap_or(0);
    let calls: u64 = run.world.calls.values().sum();
    let cycles = tariff.messages(installs, instructions);
    let mut text = format!(
        "Took {} by the network's rounds: {} installations, {} management calls.\n\
         A canister took no calls for {middle} s in the middle of the fleet, {most} s at most.\n\
         Cycles for installations and snapshots: {} (prices with --help); {} gifts to canisters with too few.\n\
         The driver kept {} events, {} a canister, {} bytes of JSON each",
        print::duration(run.seconds),
        grouped(installs),
        grouped(calls),
        table::cycles(cycles),
        grouped(deposits.into()),
        grouped(run.events),
        run.events / (canisters.len() as u64).max(1),
        run.journal_bytes / run.events.max(1),
    );
    let number = canisters.len() as u64;
    text += &format!(
        ".\nAn index canister would keep them in {} bytes of heap and {} of stable memory ({HEAP_A_CANISTER} and \
         {STABLE_A_CANISTER} a canister,\nas measured with 10 000)",
        grouped(number * HEAP_A_CANISTER),
        grouped(number * STABLE_A_CANISTER),
    );
    if run.deaths > 0 {
        text += &format!(". The driver died {} times", run.deaths);
    }
    text + ".\n"
}

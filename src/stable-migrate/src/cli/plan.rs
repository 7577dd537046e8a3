//! `stable-migrate plan`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use ic_stable_migration::BucketPlan;
use stable_migrate::{
    Config, Error, MAX_CANISTERS, MAX_MODULE, ModuleWeight, Outline, Releases, Terms, parse_bytes,
    parse_seconds, read_file,
};

use super::{Verdict, complain, json, print};

mod sample;
mod text;

/// Reckon what a fleet of canisters pays, today and after each stage, and what its migration takes
///
/// Counts what the network counts: heap, stable memory, the module as it was submitted, its metadata sections once more, and
/// the fee for each canister. A sample of snapshots is reckoned after stage one, after stage two with its maps, and in
/// buckets of the right size; and what hooks, compiling, snapshots, stops and starts cost on the way, in cycles and rounds.
/// The figures of hooks are fits to the project's bench: `rehearse` measures those of a canister of your own.
///
/// A legacy value is counted through. A snapshot with nothing of its own in stable memory is reckoned from its heap, and a
/// stable memory without its snapshot has a heap that is reckoned and no module. The sample is scaled to the fleet.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("sample").required(true).args(["sizes", "snapshots"]))]
pub struct Plan {
    /// Canisters in the fleet [default: as many as the sample]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_CANISTERS))]
    canisters: Option<u64>,
    /// File with one canister a line: bytes of its encoded state, and behind a comma how many are like it
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// Module of stage one as it will be submitted, plain or packed [default: as large as the one of today]
    #[arg(long, value_name = "MODULE")]
    stage_one: Option<PathBuf>,
    /// Module of stage two [default: as large as the one of today]
    #[arg(long, value_name = "MODULE")]
    stage_two: Option<PathBuf>,
    /// What the virtual memories of one canister have to reach together [default: what the module of stage two plans, or 4GiB]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    ceiling: Option<u64>,
    /// How long the snapshot of before each stage is kept and paid for, in seconds or as 7d
    #[arg(long, value_name = "TIME", value_parser = parse_seconds, default_value = "7d")]
    keep_snapshot: u64,
    /// Snapshots that are read at a time [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Snapshot directories or stable memories of some canisters, or folders of such
    #[arg(value_name = "SNAPSHOT")]
    snapshots: Vec<PathBuf>,
}

/// What all memories together have to reach where nobody says.
const USUAL_CEILING: u64 = 4 << 30;

const EXAMPLES: &str = "Examples:
  stable-migrate plan --canisters 100000 snapshots
  stable-migrate plan --canisters 100000 --stage-one one.wasm.gz --stage-two two.wasm.gz snapshots
  stable-migrate plan --subnet-nodes 34 --price gib-second=317500 --keep-snapshot 30d my-snapshot
  stable-migrate plan --canisters 100000 --sizes sizes.txt

sizes.txt:
  130123          # one canister with a state of 130 123 bytes
  2 MiB, 500      # 500 canisters with 2 MiB each";

/// The form of the report.
pub const SCHEMA: &str = "stable-migrate/plan/1";

impl Plan {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        let releases = self.releases()?;
        let (sample, notes) = match &self.sizes {
            Some(file) => (sample::of_sizes(file, releases)?, Vec::new()),
            None => sample::of_snapshots(&self.snapshots, releases, self.jobs)?,
        };
        let canisters = self.canisters.unwrap_or_else(|| sample.canisters());
        let terms = Terms::new(config, self.keep_snapshot);
        let cost = sample.scaled_to(canisters, &terms, config.assumptions());
        let cost = cost.ok_or(Error::EmptySample)?;
        print(&match self.json {
            true => json(SCHEMA, &cost)?,
            false => text::plan_text(&cost, self.keep_snapshot),
        })?;
        notes.iter().for_each(|note| complain(note));
        Ok(Verdict::Held)
    }

    fn releases(&self) -> Result<Releases, Error> {
        let mut planned = None;
        let mut modules = [None, None];
        for (module, path) in modules.iter_mut().zip([&self.stage_one, &self.stage_two]) {
            let Some(path) = path else { continue };
            let bytes = read_file(path, MAX_MODULE)?;
            let wrong = |reason| Error::Sample {
                path: path.clone(),
                reason,
            };
            *module = Some(ModuleWeight::of(&bytes).map_err(wrong)?);
            let outline = Outline::read(&bytes).map_err(wrong)?;
            let header = outline.manifest().and_then(|said| said.header.as_ref());
            planned = header
                .map(|header| header.ceiling)
                .filter(|&bytes| bytes > 0);
        }
        let ceiling = self.ceiling.or(planned).unwrap_or(USUAL_CEILING);
        Ok(Releases {
            modules,
            buckets: BucketPlan::for_ceiling(ceiling),
        })
    }
}

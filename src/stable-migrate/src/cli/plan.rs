//! `stable-migrate plan`.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use stable_migrate::{
    Depth, Error, FleetCost, Layout, MAX_CANISTERS, Progress, Sample, Source, Survey, bytes_text,
    count_text, cycles_text, layout_text, number_text, parse_bytes, parse_sizes, read_text,
    saving_text, table_lines,
};

use super::{Verdict, complain, json, print};

/// Reckon what a fleet of canisters pays for stable memory, now and with planned buckets
///
/// From a list of sizes it reckons three layouts: the legacy value, a memory manager with the default buckets of
/// 128 pages, and this library's. From a sample of snapshots it reckons what they have today and what is left with
/// planned buckets. A memory of another program is reckoned as it is. The sample is scaled to the size of the fleet.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("sample").required(true).args(["sizes", "snapshots"]))]
pub struct Plan {
    /// Canisters in the fleet
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_CANISTERS))]
    canisters: u64,
    /// File with one canister a line: bytes of its encoded state, and behind a comma how many are like it
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// What the virtual memories of one canister have to reach together, as 4GiB
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, default_value = "4GiB")]
    ceiling: u64,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Snapshot directories or stable memories of some canisters
    #[arg(value_name = "SNAPSHOT")]
    snapshots: Vec<PathBuf>,
}

/// A line for each canister of the largest fleet is shorter.
const MAX_SIZES: u64 = 1 << 30;

const EXAMPLES: &str = "Examples:
  stable-migrate plan --canisters 100000 snapshots/*
  stable-migrate plan --canisters 100000 --sizes sizes.txt

sizes.txt:
  130123          # one canister with a state of 130 123 bytes
  2 MiB, 500      # 500 canisters with 2 MiB each";

impl Plan {
    pub fn run(self) -> Result<Verdict, Error> {
        let (sample, notes) = match &self.sizes {
            Some(file) => (self.sizes(file)?, Vec::new()),
            None => self.surveys()?,
        };
        let costs = sample.scaled_to(self.canisters);
        if costs.is_empty() {
            return Err(Error::EmptySample);
        }
        print(&match self.json {
            true => json(SCHEMA, &Layouts { layouts: &costs })?,
            false => table(self.canisters, sample.canisters(), &costs),
        })?;
        notes.iter().for_each(|note| complain(note));
        Ok(Verdict::Held)
    }

    fn sizes(&self, file: &Path) -> Result<Sample, Error> {
        let text = read_text(file, MAX_SIZES)?;
        let sizes = parse_sizes(&text).map_err(|reason| Error::Sizes {
            path: file.to_owned(),
            reason,
        })?;
        Ok(Sample::of_states(&sizes, self.ceiling))
    }

    /// The sample, and a sentence for each canister of it that is reckoned as it is.
    fn surveys(&self) -> Result<(Sample, Vec<String>), Error> {
        let progress = Progress::steps("reading", self.snapshots.len() as u64);
        let (mut surveys, mut notes) = (Vec::new(), Vec::new());
        for path in &self.snapshots {
            let source = Source::open(path)?;
            let survey = Survey::of(source.stable(), Depth::Headers, &mut |_| {})?;
            if let Some(damage) = survey.damages.first() {
                return Err(Error::DamagedSample {
                    path: path.clone(),
                    damage: damage.clone(),
                });
            }
            if let Layout::NotOurs(_) | Layout::Zeros = survey.layout {
                notes.push(format!(
                    "{}: {}: reckoned as it is",
                    path.display(),
                    layout_text(&survey.layout)
                ));
            }
            surveys.push(survey);
            progress.add(1);
        }
        let sample = Sample::of_surveys(surveys.iter(), self.ceiling);
        Ok((sample, notes))
    }
}

/// The form of the report.
pub const SCHEMA: &str = "stable-migrate/plan/1";

/// The report as JSON.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub struct Layouts<'a> {
    /// The first is what the others are held against.
    layouts: &'a [FleetCost],
}

fn table(canisters: u64, known: u64, costs: &[FleetCost]) -> String {
    let first = costs.first().map_or(0, |cost| cost.cycles_per_year);
    let rows = costs.iter().map(|cost| {
        [
            cost.layout.to_owned(),
            format!("{:.1}", cost.pages_per_canister),
            bytes_text(cost.stable_bytes),
            cycles_text(cost.cycles_per_year),
            saving_text(first, cost.cycles_per_year),
        ]
    });
    let header = [
        "layout",
        "pages each",
        "stable memory",
        "cost a year",
        "against the first",
    ];
    format!(
        "{}, reckoned from {}\n\n{}\n",
        count_text(canisters, "canister"),
        number_text(known),
        table_lines(header, rows, &[0]).join("\n")
    )
}

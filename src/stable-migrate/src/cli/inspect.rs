//! `stable-migrate inspect`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{Depth, Error, Progress, Report, Source, Survey, html, text, write_new};

use super::{Verdict, complain, json, print};

/// Tell what is in a stable memory, what of it is wasted, and what it costs
///
/// Every byte is used or wasted: what is wasted is listed by size, in the nodes of maps too, with what gives it back.
///
/// Reads a snapshot directory, or a bare stable memory, plain or packed with gzip. Large memories are read where
/// they lie: a sparse file of 100 GiB takes no more RAM than a small one. A packed memory is expanded into the
/// directory for temporary files (TMPDIR).
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Inspect {
    /// Snapshot directory, or file with a stable memory
    path: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Write a page with a map of the memory; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Read headers only: not the nodes of maps, nor the payload behind its checksum
    #[arg(long)]
    shallow: bool,
}

const EXAMPLES: &str = "Examples:
  stable-migrate inspect my-snapshot
  stable-migrate inspect my-snapshot --html memory.html
  stable-migrate inspect stable_memory.bin.gz --json | jq .layout.memories";

impl Inspect {
    pub fn run(self) -> Result<Verdict, Error> {
        let source = Source::open(&self.path)?;
        let depth = match self.shallow {
            true => Depth::Headers,
            false => Depth::Everything,
        };
        let progress = Progress::bytes("reading", source.stable().bytes());
        let survey = Survey::of(source.stable(), depth, &mut |bytes| progress.add(bytes))?;
        drop(progress);
        let report = Report {
            path: self.path.display().to_string(),
            snapshot: source.rest(),
            survey,
        };
        print(&match self.json {
            true => json(&report)?,
            false => text(&report),
        })?;
        if !report.survey.damages.is_empty() {
            for damage in &report.survey.damages {
                complain(&format!("{}: {damage}", report.path));
            }
            return Ok(Verdict::Damaged);
        }
        if let Some(file) = &self.html {
            write_new(file, html(&report).as_bytes())?;
        }
        Ok(Verdict::Held)
    }
}

//! `stable-migrate diff`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{Error, Progress, SnapshotDiff, Source, diff_text};

use super::{Verdict, json, print};

/// Tell in what two snapshots of a canister differ: module, heap, metadata, and each memory, of maps the entries
///
/// Reads snapshot directories, or bare stable memories, plain or packed with gzip. Maps are walked side by side in the
/// order of their keys, so that their size does not matter. The status is 0 where both are the same, 1 where they differ.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Diff {
    /// Snapshot directory, or file with a stable memory
    before: PathBuf,
    /// What it is compared with
    after: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

const EXAMPLES: &str = "Examples:
  stable-migrate diff snapshot-of-monday snapshot-of-tuesday
  stable-migrate diff my-snapshot my-snapshot-compact --json | jq .memories";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/diff/1";

impl Diff {
    pub fn run(self) -> Result<Verdict, Error> {
        let (before, after) = (Source::open(&self.before)?, Source::open(&self.after)?);
        let bytes = before.stable().bytes() + after.stable().bytes();
        let progress = Progress::bytes("comparing", bytes);
        let diff = SnapshotDiff::of(&before, &after, &mut |bytes| progress.add(bytes))?;
        drop(progress);
        let names = [&self.before, &self.after].map(|path| path.display().to_string());
        print(&match self.json {
            true => json(SCHEMA, &diff)?,
            false => diff_text([&names[0], &names[1]], &diff),
        })?;
        Ok(match diff.is_same {
            true => Verdict::Held,
            false => Verdict::Different,
        })
    }
}

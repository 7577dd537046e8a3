//! `stable-migrate extract`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{Error, NewFile, Source, bytes_text, count_text, extract};

use super::{Verdict, print};

/// Write the bytes of one virtual memory into a file
///
/// They are whole pages of 64 KiB, in the order of the memory, wherever its buckets lie. What was written is read again and
/// compared. `patch` puts them back, changed or not.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Extract {
    /// Snapshot directory, or file with a stable memory, plain or packed with gzip
    path: PathBuf,
    /// The virtual memory; `inspect` lists them
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u8).range(..=254))]
    memory: u8,
    /// What to make: a file that does not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

const EXAMPLES: &str = "Examples:
  stable-migrate extract my-snapshot --memory 0 -o memory-0.bin
  stable-migrate extract stable_memory.bin.gz --memory 100 -o memory-100.bin";

impl Extract {
    pub fn run(self) -> Result<Verdict, Error> {
        let source = Source::open(&self.path)?;
        let made = NewFile::begin(&self.output)?;
        let (file, path) = (made.file()?, made.path());
        let pages = extract(source.stable(), self.memory, file, path, made.target())?;
        print(&format!(
            "memory {} of {} -> {}: {} ({})\n",
            self.memory,
            self.path.display(),
            self.output.display(),
            count_text(pages, "page"),
            bytes_text(pages * ic_stable_migration::PAGE_BYTES)
        ))?;
        made.finish()?;
        Ok(Verdict::Held)
    }
}

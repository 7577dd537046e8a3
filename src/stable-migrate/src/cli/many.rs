//! One command on many snapshots: a row of a table for each, or a line of JSON.
//!
//! One that is damaged or cannot be read is a row as any other. At most as many snapshots as there are jobs are open at a
//! time, and of each that is done only its row is kept. Stable memories are read where they lie, so that RAM is what the heaps
//! of the canisters take that run: no more of them run at a time than fit into three quarters of what the system has to give.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use clap::Args;
use serde::Serialize;
use stable_migrate::{Error, Progress, hex};

use super::{Verdict, complain, print};

mod found;
pub mod line;
mod outputs;
pub mod pool;
mod ram;
mod results;
mod table;

pub use found::{Found, List, Takes, entries, find, is_folder};
pub use line::{Judgement, Looked};
pub use outputs::Outputs;

use line::{Identity, Line};
use ram::Ram;
use results::Results;
use table::{Row, summary, table};

/// How many are worked on at a time.
#[derive(Args)]
pub struct Jobs {
    /// Snapshots that are worked on at the same time, as long as their heaps fit into RAM together [default: as many as
    /// there are cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Jobs {
    fn number(&self) -> NonZeroUsize {
        jobs_or_cores(self.jobs)
    }
}

/// As many jobs as there are cores, where no number was given.
pub fn jobs_or_cores(jobs: Option<NonZeroUsize>) -> NonZeroUsize {
    jobs.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN))
}

/// Options of a command that makes nothing but what it tells.
#[derive(Args)]
pub struct Telling {
    #[command(flatten)]
    jobs: Jobs,
    /// Keep the line of JSON of each snapshot as soon as it is done; the file must not exist
    #[arg(long, value_name = "FILE.jsonl")]
    results: Option<PathBuf>,
    /// Go on behind what --results has already. A snapshot is the same if its path, the length of its files and the time of
    /// their last change are; what could not be tried is tried again
    #[arg(long, requires = "results")]
    resume: bool,
}

impl Telling {
    /// Whether there is to be a file of results, also of a single snapshot.
    pub fn is_kept(&self) -> bool {
        self.results.is_some()
    }
}

/// Options of a command that makes a snapshot of each.
#[derive(Args)]
pub struct Making {
    #[command(flatten)]
    jobs: Jobs,
    /// Leave out the snapshots whose output is there already and whole
    #[arg(long)]
    pub resume: bool,
}

impl Making {
    /// Refuses what has no meaning for one snapshot.
    ///
    /// # Errors
    /// [`Error::SeveralOnly`].
    pub fn refuse_for_one(&self) -> Result<(), Error> {
        match self.resume {
            true => Err(Error::SeveralOnly { option: "--resume" }),
            false => Ok(()),
        }
    }
}

/// What is done with each of many.
pub struct Many<'a> {
    /// The command's name.
    pub command: &'static str,
    /// The headings of the three figures that it tells of each; the third may be words.
    pub figures: [&'static str; 3],
    /// The snapshots.
    pub list: &'a List,
    /// Whether lines of JSON are printed instead of the table.
    pub json: bool,
    /// Whether canisters are run, whose heaps lie in RAM.
    pub runs: bool,
}

impl Many<'_> {
    /// Runs `look` on each and keeps its line where `telling` says so. `question` is all that the answers depend on beside
    /// the snapshot: results that were made with another are not gone on with.
    ///
    /// # Errors
    /// Those of the file of results and of standard output. What `look` cannot do is a row.
    pub fn tell<D: Serialize>(
        &self,
        telling: &Telling,
        question: &[u8],
        look: impl Fn(&Path) -> Result<Looked<D>, Error> + Sync,
    ) -> Result<Verdict, Error> {
        let asked = self.asked(question);
        let results = match &telling.results {
            None => None,
            Some(path) if telling.resume => Some(Results::resume(path)?),
            Some(path) => Some(Results::begin(path)?),
        };
        let look = |_, path: &Path| look(path);
        self.run(&telling.jobs, &asked, results, look)
    }

    /// Runs `make` on each, and tells it where its output is to be.
    ///
    /// # Errors
    /// Those of standard output. What `make` cannot do is a row.
    pub fn make<D: Serialize>(
        &self,
        making: &Making,
        outputs: &Outputs,
        make: impl Fn(&Path, &Path) -> Result<Looked<D>, Error> + Sync,
    ) -> Result<Verdict, Error> {
        let look = |place, path: &Path| match outputs.of(place) {
            Some(output) => make(path, output),
            None => Ok(Looked::there_already()),
        };
        self.run(&making.jobs, &self.asked(&[]), None, look)
    }

    fn run<D: Serialize>(
        &self,
        jobs: &Jobs,
        asked: &str,
        mut results: Option<Results>,
        look: impl Fn(usize, &Path) -> Result<Looked<D>, Error> + Sync,
    ) -> Result<Verdict, Error> {
        let paths = &self.list.paths;
        let mut rows = match &mut results {
            None => paths.iter().map(|_| None).collect(),
            Some(results) => self.rows_of_before(results, asked)?,
        };
        for skipped in &self.list.skipped {
            complain(&format!("skipped: {skipped}"));
        }
        let left: Vec<usize> = (0..rows.len())
            .filter(|&place| rows[place].is_none())
            .collect();
        let progress = Progress::many(self.command, left.len() as u64);
        let ram = self.runs.then(Ram::of_machine);
        let work = |number: usize| {
            let place = left[number];
            let path = &paths[place];
            let _share = ram.as_ref().map(|ram| ram.take(path));
            let identity = Identity::of(path);
            let looked = look(place, path).unwrap_or_else(|error| Looked::failed(&error));
            let line = Line::of(self.command, place as u64, path, identity, asked, looked);
            (place, Row::of(&line), line.text())
        };
        pool::each(
            left.len(),
            jobs.number(),
            work,
            |(place, row, text)| -> Result<(), Error> {
                let text = text?;
                rows[place] = Some(row);
                if let Some(results) = &mut results {
                    results.add(&text)?;
                }
                progress.add(1);
                match self.json {
                    true => progress.beside(|| print(&text)),
                    false => Ok(()),
                }
            },
        )?;
        drop(progress);
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        match self.json {
            true => complain(&summary(&rows)),
            false => print(&format!(
                "{}\n\n{}\n",
                table(self.figures, &rows),
                summary(&rows)
            ))?,
        }
        Ok(match rows.iter().all(Row::is_well) {
            true => Verdict::Held,
            false => Verdict::Different,
        })
    }

    /// The rows of the snapshots that an earlier run has done and that are as they were, and their lines printed. What could
    /// not be tried is tried again.
    fn rows_of_before(
        &self,
        results: &mut Results,
        asked: &str,
    ) -> Result<Vec<Option<Row>>, Error> {
        let paths = &self.list.paths;
        let names = paths.iter().map(|path| path.display().to_string());
        let places: HashMap<String, usize> = names.zip(0..).collect();
        let mut rows: Vec<Option<Row>> = paths.iter().map(|_| None).collect();
        results.kept(asked, |mut line| {
            let Some(&place) = places.get(line.path()) else {
                return Ok(());
            };
            let was_tried = line.verdict != Judgement::Failed;
            if rows[place].is_some() || !was_tried || !line.is_of(Identity::of(&paths[place])) {
                return Ok(());
            }
            line.index = place as u64;
            rows[place] = Some(Row::of(&line));
            match self.json {
                true => print(&line.text()?),
                false => Ok(()),
            }
        })?;
        Ok(rows)
    }

    /// A digest of the command and of what its answers depend on.
    fn asked(&self, question: &[u8]) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new()
            .chain_update(self.command)
            .chain_update([0])
            .chain_update(question)
            .finalize();
        hex(&digest[..8])
    }
}

/// Refuses an option that is for one snapshot.
///
/// # Errors
/// [`Error::OneOnly`], if it is given.
pub fn refuse_for_many<T>(option: &'static str, given: Option<&T>) -> Result<(), Error> {
    match given {
        Some(_) => Err(Error::OneOnly { option }),
        None => Ok(()),
    }
}

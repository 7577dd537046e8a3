//! The sample that a plan is reckoned from: a list of sizes, or snapshots, some read at a time.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use stable_migrate::{
    CanisterCost, Depth, Error, Layout, Progress, Releases, Sample, Source, Survey, layout_text,
    parse_sizes, read_text,
};

use crate::cli::many::{entries, is_folder, jobs_or_cores, pool};

/// A line for each canister of the largest fleet is shorter.
const MAX_SIZES: u64 = 1 << 30;

/// A canister of the sample, and a sentence if there is something to say of it.
type Read = Result<(CanisterCost, Option<String>), Error>;

/// The canisters of a list of sizes.
pub fn of_sizes(file: &Path, releases: Releases) -> Result<Sample, Error> {
    let text = read_text(file, MAX_SIZES)?;
    let sizes = parse_sizes(&text).map_err(|reason| Error::Sizes {
        path: file.to_owned(),
        reason,
    })?;
    let sizes = sizes.into_iter();
    let canisters = sizes.map(|(bytes, count)| CanisterCost::of_length(bytes, count, &releases));
    Ok(Sample::new(canisters.collect(), releases))
}

/// The canisters of snapshots and folders of them, and a sentence for each that is left out or not what it should be.
///
/// # Errors
/// What is wrong with the first, if none is left.
pub fn of_snapshots(
    given: &[PathBuf],
    releases: Releases,
    jobs: Option<NonZeroUsize>,
) -> Result<(Sample, Vec<String>), Error> {
    let mut paths = Vec::new();
    for path in given {
        paths.extend(snapshots_in(path)?);
    }
    let (mut canisters, mut notes, mut first) = (Vec::new(), Vec::new(), None);
    for read in read_all(&paths, &releases, jobs_or_cores(jobs))? {
        match read {
            Ok((canister, note)) => {
                canisters.push(canister);
                notes.extend(note);
            }
            Err(error) => {
                notes.push(format!("left out: {error}"));
                first.get_or_insert(error);
            }
        }
    }
    match first {
        Some(error) if canisters.is_empty() => Err(error),
        _ => Ok((Sample::new(canisters, releases), notes)),
    }
}

/// What a path names: a snapshot, a stable memory, or all in a folder.
fn snapshots_in(path: &Path) -> Result<Vec<PathBuf>, Error> {
    match is_folder(path) {
        true => entries(path),
        false => Ok(vec![path.to_owned()]),
    }
}

/// Reads them, so many at a time, in order.
fn read_all(
    paths: &[PathBuf],
    releases: &Releases,
    jobs: NonZeroUsize,
) -> Result<Vec<Read>, Error> {
    let progress = Progress::steps("reading", paths.len() as u64);
    let mut all: Vec<Option<Read>> = paths.iter().map(|_| None).collect();
    let work = |number: usize| (number, read_one(&paths[number], releases));
    pool::each(paths.len(), jobs, work, |(number, read)| {
        progress.add(1);
        all[number] = Some(read);
        Ok(())
    })?;
    Ok(all.into_iter().flatten().collect())
}

fn read_one(path: &Path, releases: &Releases) -> Read {
    let source = Source::open(path)?;
    let survey = Survey::of(source.stable(), Depth::Headers, &mut |_| {})?;
    if let Some(damage) = survey.damages.first() {
        return Err(Error::Sample {
            path: path.to_owned(),
            reason: damage.clone(),
        });
    }
    let canister = CanisterCost::of(&source, &survey, releases)?;
    let note = match (&survey.layout, &source) {
        (Layout::NotOurs(_) | Layout::Zeros, Source::Bare(_)) => Some("reckoned as it is"),
        (Layout::NotOurs(_), Source::Snapshot(_)) => {
            Some("its state is reckoned from its heap, and what is there stays")
        }
        _ => None,
    };
    let told = |note| {
        let layout = layout_text(&survey.layout);
        format!("{}: {layout}: {note}", path.display())
    };
    Ok((canister, note.map(told)))
}

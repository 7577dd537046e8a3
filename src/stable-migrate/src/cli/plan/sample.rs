//! The sample that a plan is reckoned from: a list of sizes, or snapshots, some read at a time.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use stable_migrate::{
    CanisterCost, Depth, Error, Layout, Progress, Releases, Sample, SnapshotDir, Source, Survey,
    layout_text, parse_sizes, read_text,
};

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
    jobs: Option<NonZero<usize>>,
) -> Result<(Sample, Vec<String>), Error> {
    let mut paths = Vec::new();
    for path in given {
        paths.extend(snapshots_in(path)?);
    }
    let jobs = jobs.or_else(|| thread::available_parallelism().ok());
    let (mut canisters, mut notes, mut first) = (Vec::new(), Vec::new(), None);
    for read in read_all(&paths, &releases, jobs.map_or(1, NonZero::get)) {
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
    if !path.is_dir() || SnapshotDir::is_one(path) {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(Error::io(path))?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(Error::io(path))?;
    paths.sort_unstable();
    Ok(paths)
}

/// Reads them, so many at a time, in order.
fn read_all(paths: &[PathBuf], releases: &Releases, jobs: usize) -> Vec<Read> {
    let progress = Progress::steps("reading", paths.len() as u64);
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut read: Vec<(usize, Read)> = thread::scope(|scope| {
        for _ in 0..jobs.min(paths.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((number, path)) = take(paths, next) {
                    // The receiver is there until all have ended.
                    let _ = sender.send((number, read_one(path, releases)));
                }
            });
        }
        drop(sender);
        receiver.into_iter().inspect(|_| progress.add(1)).collect()
    });
    read.sort_unstable_by_key(|&(number, _)| number);
    read.into_iter().map(|(_, read)| read).collect()
}

/// The next path that nobody reads yet.
fn take<'a>(paths: &'a [PathBuf], next: &AtomicUsize) -> Option<(usize, &'a PathBuf)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    paths.get(number).map(|path| (number, path))
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

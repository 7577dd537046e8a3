//! The rewrite of one memory, or of one snapshot with it.

use std::path::Path;
use std::rc::Rc;

use ic_stable_migration::{PAGE_BYTES, cycles_per_year};
use serde::Serialize;
use stable_migrate::{
    Compaction, Depth, Error, Image, Layout, NewFile, NewSnapshotDir, Progress, RepackOutcome,
    Repacked, SnapshotDir, Source, Survey, content_text, follows_a_rewrite, uses_this_library,
};

/// What is rewritten, from where to where.
pub struct Rewrite<'a> {
    pub from: &'a Path,
    pub to: &'a Path,
    pub source: &'a Source,
    pub compaction: &'a Compaction<'a>,
    /// What became of the maps, if they were to be written anew.
    pub maps: &'a [Repacked],
    /// The memories that are neither that of the state nor a registered collection's, and what they hold.
    pub others: &'a [String],
}

/// What was rewritten, and compared byte for byte.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Compacted {
    /// The path as it was given.
    path: String,
    /// What was made.
    output: String,
    /// Size of the whole stable memory, in pages of 64 KiB.
    stable_pages_before: u64,
    stable_pages_after: u64,
    /// What its storage costs in a year, in cycles.
    cycles_per_year_before: u128,
    cycles_per_year_after: u128,
    /// Size of a bucket, in pages of 64 KiB.
    bucket_pages_before: u16,
    bucket_pages_after: u16,
    /// Pages of the state's memory behind its journal, which are cut off.
    pages_cut: u64,
    /// The generation that the header has now; none where there is no header.
    generation: Option<u64>,
    /// The virtual memories that are the same byte for byte.
    memories: Vec<u8>,
}

impl Rewrite<'_> {
    /// The virtual memories that are the same byte for byte: all but those whose maps were written anew.
    pub fn as_they_were(&self) -> impl Iterator<Item = u8> {
        let is_written = |map: &&Repacked| matches!(map.outcome, RepackOutcome::Written { .. });
        let written: Vec<u8> = self
            .maps
            .iter()
            .filter(is_written)
            .map(|map| map.memory)
            .collect();
        self.compaction
            .memories()
            .filter(move |id| !written.contains(id))
    }

    /// Refuses where nothing would tell the heap, or a structure on it, that stable memory was rewritten.
    pub fn refuse_foreign(&self) -> Result<(), Error> {
        let refuse = |reason: &str| {
            Err(Error::HeapWouldNotNotice {
                path: self.from.to_owned(),
                reason: reason.into(),
            })
        };
        if self.compaction.new_generation().is_none() {
            return refuse("none of its memories has a header of ic-stable-migration");
        }
        let Source::Snapshot(snapshot) = self.source else {
            return Ok(());
        };
        let module = snapshot.module()?;
        let damaged = |reason| Error::Module {
            path: self.from.to_owned(),
            reason,
        };
        if !uses_this_library(&module).map_err(damaged)? {
            return refuse("its module does not use ic-stable-migration");
        }
        if !self.others.is_empty() && !follows_a_rewrite(&module).map_err(damaged)? {
            return Err(Error::WouldNotFollow {
                path: self.from.to_owned(),
                memories: self.others.join(", "),
            });
        }
        Ok(())
    }

    /// Makes a snapshot of a snapshot.
    pub fn snapshot(
        &self,
        snapshot: &SnapshotDir,
        bar: &impl Fn(&str, u64) -> Progress,
    ) -> Result<NewSnapshotDir, Error> {
        let made = NewSnapshotDir::begin(self.to)?;
        let (file, name) = (made.create_stable()?, made.stable_target());
        write(self.compaction, file, &name, &made.stable_path(), bar)?;
        made.complete(snapshot, self.compaction.stable_pages().1 * PAGE_BYTES)?;
        Ok(made)
    }

    /// Makes a memory of a bare memory.
    pub fn bare(&self, bar: &impl Fn(&str, u64) -> Progress) -> Result<NewFile, Error> {
        let made = NewFile::begin(self.to)?;
        write(
            self.compaction,
            made.file()?,
            made.target(),
            made.path(),
            bar,
        )?;
        Ok(made)
    }

    /// What was done.
    pub fn compacted(&self) -> Compacted {
        let (stable_pages_before, stable_pages_after) = self.compaction.stable_pages();
        let (bucket_pages_before, bucket_pages_after) = self.compaction.bucket_pages();
        let cost = |pages: u64| cycles_per_year(pages * PAGE_BYTES);
        Compacted {
            path: self.from.display().to_string(),
            output: self.to.display().to_string(),
            stable_pages_before,
            stable_pages_after,
            cycles_per_year_before: cost(stable_pages_before),
            cycles_per_year_after: cost(stable_pages_after),
            bucket_pages_before,
            bucket_pages_after,
            pages_cut: self.compaction.pages_cut(),
            generation: self.compaction.new_generation(),
            memories: self.as_they_were().collect(),
        }
    }
}

/// What is in a memory. Refuses one that contradicts itself: a copy of it would be as damaged, and its original might be
/// thrown away.
pub fn survey(
    path: &Path,
    source: &Source,
    bar: &impl Fn(&str, u64) -> Progress,
) -> Result<Survey, Error> {
    let reading = bar("reading", source.stable().bytes());
    let everything = Depth::Everything;
    let survey = Survey::of(source.stable(), everything, &mut |bytes| reading.add(bytes))?;
    match survey.damages.first() {
        None => Ok(survey),
        Some(damage) => Err(Error::Contradicts {
            path: path.to_owned(),
            damage: damage.clone(),
        }),
    }
}

/// The memories that are neither memory 0 nor a registered collection's, and what they hold.
pub fn unregistered(survey: &Survey) -> Vec<String> {
    let Layout::Managed(managed) = &survey.layout else {
        return Vec::new();
    };
    let others = managed.unregistered();
    let words = others.map(|memory| {
        format!(
            "memory {} holds {}",
            memory.id,
            content_text(&memory.content)
        )
    });
    words.collect()
}

/// Writes the new memory into a file that lies at `path` and will be called `name`, reads it again and compares.
fn write(
    compaction: &Compaction,
    file: std::fs::File,
    name: &Path,
    path: &Path,
    bar: &impl Fn(&str, u64) -> Progress,
) -> Result<(), Error> {
    let copying = bar("copying", compaction.memory_bytes());
    compaction.write(file, name, &mut |bytes| copying.add(bytes))?;
    drop(copying);
    let made = Rc::new(Image::open_plain(path)?);
    let comparing = bar("comparing", compaction.memory_bytes());
    compaction.verify(&made, &mut |bytes| comparing.add(bytes))
}

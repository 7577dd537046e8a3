//! `stable-migrate compact`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use ic_stable_migration::{PAGE_BYTES, cycles_per_year};
use stable_migrate::{
    BucketChoice, Compaction, Depth, Error, Image, Layout, NewFile, NewSnapshotDir, Progress,
    RepackOutcome, Repacked, SnapshotDir, Source, Survey, bytes_text, content_text, count_text,
    cycles_text, follows_a_rewrite, number_text, parse_bytes, saving_text, uses_this_library,
};

use super::next_steps::NextSteps;
use super::{Verdict, print};

/// Rewrite stable memory with right-sized buckets and without dead bytes
///
/// Every virtual memory stays the same, byte for byte, but for the generation in this library's header, which is
/// raised by one, and for whole pages of memory 0 behind the library's journal, which are cut off. With --repack the maps
/// of collections are the same entry by entry, in as few nodes as there can be. From a snapshot directory comes a whole snapshot directory that can be uploaded and loaded; from
/// a bare stable memory comes a bare stable memory. What was written is read again and compared.
///
/// The heap in a snapshot holds the bucket table as it was. A module that uses ic-stable-migration notices by the
/// generation that stable memory was rewritten, and reads the table anew. Another module would go on with the old
/// table and destroy data with its first write, so it is refused, unless you promise with --skip-pre-upgrade that
/// the next thing to happen after loading is an upgrade that skips pre_upgrade, before the canister is started.
/// The same holds for a memory in which the canister keeps more than its collections, unless its module declares
/// that all of it follows.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Compact {
    /// Snapshot directory, or file with a stable memory, plain or packed with gzip
    path: PathBuf,
    /// What to make: a directory or a file that does not exist yet
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Pages of 64 KiB in a bucket; by default as few as leave room for 4 GiB or eight times the present size
    #[arg(long, value_name = "N", conflicts_with = "ceiling")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    bucket_pages: Option<u16>,
    /// What all virtual memories have to be able to reach together, as 32GiB
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    ceiling: Option<u64>,
    /// Write the maps of the collections anew as well, in full nodes; needs --skip-pre-upgrade, because a heap knows where
    /// the nodes of its maps were
    #[arg(long)]
    repack: bool,
    /// Promise that the canister is upgraded without pre_upgrade before it is started again
    #[arg(long)]
    skip_pre_upgrade: bool,
    /// Name or id of the canister, for the commands that are printed
    #[arg(long, value_name = "NAME", default_value = "CANISTER")]
    canister: String,
}

const EXAMPLES: &str = "Examples:
  stable-migrate compact my-snapshot -o my-snapshot-compact
  stable-migrate compact my-snapshot -o my-snapshot-compact --ceiling 32GiB
  stable-migrate compact my-snapshot -o my-snapshot-compact --repack --skip-pre-upgrade
  stable-migrate compact stable_memory.bin -o compact.bin --skip-pre-upgrade";

impl Compact {
    pub fn run(self) -> Result<Verdict, Error> {
        let source = Source::open(&self.path)?;
        let mut compaction = Compaction::plan(source.stable(), self.choice())?;
        let others = unregistered(&self.survey(&source)?);
        if !self.skip_pre_upgrade {
            self.refuse_foreign(&source, &compaction, &others)?;
        }
        let maps = self.repack(&mut compaction)?;
        // What was made gets its name last, so that it is there if the command says so, and only then.
        let summary = self.summary(&source, &compaction, &maps, &others);
        match &source {
            Source::Snapshot(snapshot) => {
                let made = self.snapshot(snapshot, &compaction)?;
                print(&summary)?;
                made.finish()?;
            }
            Source::Bare(_) => {
                let made = self.bare(&compaction)?;
                print(&summary)?;
                made.finish()?;
            }
        }
        Ok(Verdict::Held)
    }

    /// What became of the maps, if they were to be written anew.
    fn repack(&self, compaction: &mut Compaction) -> Result<Vec<Repacked>, Error> {
        if !self.repack {
            return Ok(Vec::new());
        }
        if !self.skip_pre_upgrade {
            return Err(Error::MapsOnHeap {
                path: self.path.clone(),
            });
        }
        let parent = self.output.parent();
        let directory = parent.filter(|path| !path.as_os_str().is_empty());
        let writing = Progress::bytes("writing maps", compaction.memory_bytes());
        compaction.repack(directory.unwrap_or(Path::new(".")), &mut |bytes| {
            writing.add(bytes)
        })
    }

    fn choice(&self) -> BucketChoice {
        match (self.bucket_pages, self.ceiling) {
            (Some(pages), _) => BucketChoice::Pages(pages),
            (None, Some(bytes)) => BucketChoice::Ceiling(bytes),
            (None, None) => BucketChoice::RightSize,
        }
    }

    /// What is in the memory. Refuses one that contradicts itself: a copy of it would be as damaged, and its original
    /// might be thrown away.
    fn survey(&self, source: &Source) -> Result<Survey, Error> {
        let reading = Progress::bytes("reading", source.stable().bytes());
        let everything = Depth::Everything;
        let survey = Survey::of(source.stable(), everything, &mut |bytes| reading.add(bytes))?;
        match survey.damages.first() {
            None => Ok(survey),
            Some(damage) => Err(Error::Contradicts {
                path: self.path.clone(),
                damage: damage.clone(),
            }),
        }
    }

    /// Refuses where nothing would tell the heap, or a structure on it, that stable memory was rewritten.
    fn refuse_foreign(
        &self,
        source: &Source,
        compaction: &Compaction,
        others: &[String],
    ) -> Result<(), Error> {
        let refuse = |reason: &str| {
            Err(Error::HeapWouldNotNotice {
                path: self.path.clone(),
                reason: reason.into(),
            })
        };
        if compaction.new_generation().is_none() {
            return refuse("none of its memories has a header of ic-stable-migration");
        }
        let Source::Snapshot(snapshot) = source else {
            return Ok(());
        };
        let module = snapshot.module()?;
        let damaged = |reason| Error::Module {
            path: self.path.clone(),
            reason,
        };
        if !uses_this_library(&module).map_err(damaged)? {
            return refuse("its module does not use ic-stable-migration");
        }
        if !others.is_empty() && !follows_a_rewrite(&module).map_err(damaged)? {
            return Err(Error::WouldNotFollow {
                path: self.path.clone(),
                memories: others.join(", "),
            });
        }
        Ok(())
    }

    fn snapshot(
        &self,
        snapshot: &SnapshotDir,
        compaction: &Compaction,
    ) -> Result<NewSnapshotDir, Error> {
        let made = NewSnapshotDir::begin(&self.output)?;
        let (file, name) = (made.create_stable()?, made.stable_target());
        write(compaction, file, &name, &made.stable_path())?;
        made.copy_program(snapshot)?;
        made.copy_chunks(snapshot)?;
        let mut metadata = snapshot.metadata().clone();
        metadata.stable_memory_size = compaction.stable_pages().1 * PAGE_BYTES;
        made.seal(&metadata)?;
        Ok(made)
    }

    fn bare(&self, compaction: &Compaction) -> Result<NewFile, Error> {
        let made = NewFile::begin(&self.output)?;
        write(compaction, made.file()?, made.target(), made.path())?;
        Ok(made)
    }

    /// For a bare memory, of which no heap is known.
    fn what_must_hold(&self, others: &[String]) -> String {
        let follows = match others {
            [] => String::new(),
            others => format!(" and declares that it follows ({})", others.join(", ")),
        };
        match self.skip_pre_upgrade {
            true => "  must hold      the canister is upgraded without pre_upgrade before it is started\n".into(),
            false => format!(
                "  must hold      the module that goes on with it uses ic-stable-migration{follows}, or the canister is\n                 upgraded without pre_upgrade before it is started\n"
            ),
        }
    }

    fn summary(
        &self,
        source: &Source,
        compaction: &Compaction,
        maps: &[Repacked],
        others: &[String],
    ) -> String {
        let (before, after) = compaction.stable_pages();
        let (buckets_before, buckets_after) = compaction.bucket_pages();
        let cost = |pages: u64| cycles_per_year(pages * PAGE_BYTES);
        let size = |pages: u64| bytes_text(pages * PAGE_BYTES);
        let written = |id: u8| {
            let written = |map: &Repacked| matches!(map.outcome, RepackOutcome::Written { .. });
            maps.iter().any(|map| map.memory == id && written(map))
        };
        let ids = compaction.memories().filter(|&id| !written(id));
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let compared = match &ids[..] {
            [] => "there is no virtual memory".into(),
            [id] => format!("memory {id} byte for byte the same"),
            ids => format!("memories {} byte for byte the same", ids.join(", ")),
        };
        let cut = match compaction.pages_cut() {
            0 => String::new(),
            pages => format!(", {} cut off behind the journal", count_text(pages, "page")),
        };
        let generation = match compaction.new_generation() {
            Some(generation) => format!(", generation raised to {generation}"),
            None => String::new(),
        };
        let text = format!(
            "\
{} -> {}
  stable memory  {} -> {} ({} -> {}, {})
  buckets        of {} -> of {}
  cost           {} -> {} a year
{}  checked        {compared}{cut}{generation}
",
            self.path.display(),
            self.output.display(),
            number_text(before),
            count_text(after, "page"),
            size(before),
            size(after),
            saving_text(before.into(), after.into()),
            count_text(buckets_before.into(), "page"),
            count_text(buckets_after.into(), "page"),
            cycles_text(cost(before)),
            cycles_text(cost(after)),
            maps_text(maps),
        );
        match source {
            Source::Bare(_) => text + &self.what_must_hold(others),
            Source::Snapshot(_) => {
                let next = NextSteps {
                    canister: &self.canister,
                    from: &self.path,
                    to: &self.output,
                    without_pre_upgrade: self.skip_pre_upgrade,
                };
                text + "\n" + &next.commands()
            }
        }
    }
}

/// What became of the maps, a line each.
fn maps_text(maps: &[Repacked]) -> String {
    let lines = maps.iter().map(|map| {
        let what = match &map.outcome {
            RepackOutcome::Written {
                entries,
                pages: (before, after),
            } => format!(
                "written anew, {} -> {}; {} compared",
                number_text(*before),
                count_text(*after, "page"),
                count_text(*entries, "entry")
            ),
            RepackOutcome::NoSmaller => "as it is: it would take as many pages".into(),
            RepackOutcome::NoCollection => {
                "as it is: no collection is written down for this map".into()
            }
            RepackOutcome::Newer { layout } => {
                format!("as it is: layout {layout} is newer than this release")
            }
        };
        format!("  memory {:<7} {what}\n", map.memory)
    });
    lines.collect()
}

/// The memories that are neither memory 0 nor a registered collection's, and what they hold.
fn unregistered(survey: &Survey) -> Vec<String> {
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
) -> Result<(), Error> {
    let copying = Progress::bytes("copying", compaction.memory_bytes());
    compaction.write(file, name, &mut |bytes| copying.add(bytes))?;
    drop(copying);
    let made = Rc::new(Image::open_plain(path)?);
    let comparing = Progress::bytes("comparing", compaction.memory_bytes());
    compaction.verify(&made, &mut |bytes| comparing.add(bytes))
}

//! `stable-migrate compact`.

use std::path::{Path, PathBuf};

use clap::Args;
use ic_stable_migration::{PAGE_BYTES, cycles_per_year};
use stable_migrate::{
    BucketChoice, Compaction, Error, Progress, RepackOutcome, Repacked, Source, bytes_text,
    check_new, count_text, cycles_text, number_text, parse_bytes, saving_text,
};

use super::many::{Found, Judgement, List, Looked, Making, Many, Outputs, Takes, find};
use super::next_steps::NextSteps;
use super::{Document, Verdict, json, print};

pub mod rewrite;

use rewrite::{Rewrite, survey, unregistered};

/// Rewrite stable memory with right-sized buckets and without dead bytes
///
/// Every virtual memory stays the same, byte for byte, but for the generation in this library's header, which is
/// raised by one, and for whole pages of memory 0 behind the library's journal, which are cut off. With --repack the maps
/// of collections are the same entry by entry, in as few nodes as there can be. From a snapshot directory comes a whole
/// snapshot directory that can be uploaded and loaded; from a bare stable memory comes a bare stable memory. What was written is read again and compared.
///
/// The heap in a snapshot holds the bucket table as it was. A module that uses ic-stable-migration notices by the
/// generation that stable memory was rewritten, and reads the table anew. Another module would go on with the old
/// table and destroy data with its first write, so it is refused, unless you promise with --skip-pre-upgrade that
/// the next thing to happen after loading is an upgrade that skips pre_upgrade, before the canister is started.
/// The same holds for a memory in which the canister keeps more than its collections, unless its module declares
/// that all of it follows.
///
/// Of several, or of all in a folder, one row each is printed, or with --json a line each as it ends, with its `index`
/// among them; status 1 if one of them was not rewritten.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Compact {
    /// Snapshot directory, or file with a stable memory, plain or packed with gzip; or several, or a folder with them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// What to make: a directory or a file that does not exist yet; of several, the folder in which each has its name
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
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    making: Making,
}

const EXAMPLES: &str = "Examples:
  stable-migrate compact my-snapshot -o my-snapshot-compact
  stable-migrate compact my-snapshot -o my-snapshot-compact --ceiling 32GiB
  stable-migrate compact my-snapshot -o my-snapshot-compact --repack --skip-pre-upgrade
  stable-migrate compact stable_memory.bin -o compact.bin --skip-pre-upgrade
  stable-migrate compact snapshots/ -o compacted/ --jobs 4 --resume";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/compact/1";

impl Compact {
    pub fn run(self) -> Result<Verdict, Error> {
        match find(&self.paths, Takes::Memories, false)? {
            Found::One(path) => self.one(&path),
            Found::Many(list) => self.many(&list),
        }
    }

    fn one(&self, path: &Path) -> Result<Verdict, Error> {
        self.making.refuse_for_one()?;
        self.rewrite(path, &self.output, Progress::bytes, |rewrite| {
            print(&match self.json {
                true => json(SCHEMA, &rewrite.compacted())?,
                false => self.summary(rewrite),
            })
        })?;
        Ok(Verdict::Held)
    }

    fn many(&self, list: &List) -> Result<Verdict, Error> {
        let outputs = Outputs::plan(list, &self.output, self.making.resume)?;
        let many = Many {
            command: "compact",
            figures: ["pages before", "after", "stable memory"],
            list,
            json: self.json,
            runs: false,
        };
        let hidden = |_: &str, _| Progress::hidden();
        many.make(&self.making, &outputs, |path, output| {
            self.rewrite(path, output, hidden, |rewrite| {
                let (before, after) = rewrite.compaction.stable_pages();
                Ok(Looked {
                    judgement: Judgement::Held,
                    figures: [
                        number_text(before),
                        number_text(after),
                        saving_text(before.into(), after.into()),
                    ],
                    wrong: None,
                    document: Some(Document::of(SCHEMA, rewrite.compacted())),
                })
            })
        })
    }

    /// Rewrites one memory, and tells of it. What was made gets its name last, so that it is there if it was told, and only
    /// then.
    fn rewrite<T>(
        &self,
        from: &Path,
        to: &Path,
        bar: impl Fn(&str, u64) -> Progress,
        tell: impl FnOnce(&Rewrite) -> Result<T, Error>,
    ) -> Result<T, Error> {
        check_new(to)?;
        let source = Source::open_with(from, &bar)?;
        let mut compaction = Compaction::plan(source.stable(), self.choice())?;
        let maps = self.repack(from, to, &mut compaction, &bar)?;
        let others = unregistered(&survey(from, &source, &bar)?);
        let rewrite = Rewrite {
            from,
            to,
            source: &source,
            compaction: &compaction,
            maps: &maps,
            others: &others,
        };
        if !self.skip_pre_upgrade {
            rewrite.refuse_foreign()?;
        }
        match &source {
            Source::Snapshot(snapshot) => {
                let made = rewrite.snapshot(snapshot, &bar)?;
                let told = tell(&rewrite)?;
                made.finish()?;
                Ok(told)
            }
            Source::Bare(_) => {
                let made = rewrite.bare(&bar)?;
                let told = tell(&rewrite)?;
                made.finish()?;
                Ok(told)
            }
        }
    }

    /// What became of the maps, if they were to be written anew.
    fn repack(
        &self,
        from: &Path,
        to: &Path,
        compaction: &mut Compaction,
        bar: &impl Fn(&str, u64) -> Progress,
    ) -> Result<Vec<Repacked>, Error> {
        if !self.repack {
            return Ok(Vec::new());
        }
        if !self.skip_pre_upgrade {
            return Err(Error::MapsOnHeap {
                path: from.to_owned(),
            });
        }
        let directory = to.parent().filter(|path| !path.as_os_str().is_empty());
        let writing = bar("writing maps", compaction.memory_bytes());
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

    fn summary(&self, rewrite: &Rewrite) -> String {
        let Rewrite {
            from,
            to,
            source,
            compaction,
            maps,
            others,
        } = *rewrite;
        let (before, after) = compaction.stable_pages();
        let (buckets_before, buckets_after) = compaction.bucket_pages();
        let cost = |pages: u64| cycles_per_year(pages * PAGE_BYTES);
        let size = |pages: u64| bytes_text(pages * PAGE_BYTES);
        let ids: Vec<String> = rewrite.as_they_were().map(|id| id.to_string()).collect();
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
            from.display(),
            to.display(),
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
                    from,
                    to,
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

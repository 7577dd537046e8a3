//! `stable-migrate inspect`.

use std::path::{Path, PathBuf};

use clap::Args;
use stable_migrate::{
    Config, DAMAGED, Depth, Error, Layout, NewFile, Origin, Progress, Report, Source, Survey, html,
    layout_text, number_text, text,
};

use super::many::{Found, Judgement, List, Looked, Many, Takes, Telling, find, refuse_for_many};
use super::quote::quoted;
use super::{Document, Verdict, complain_of, finish, json, print};

/// Tell what is in a stable memory, what of it is wasted, and what it costs
///
/// Every byte is used or wasted: what is wasted is listed by size, in the nodes of maps too, with what gives it back.
///
/// Reads a snapshot directory, or a bare stable memory, plain or packed with gzip. Large memories are read where
/// they lie: a sparse file of 100 GiB takes no more RAM than a small one. A packed memory is expanded into the
/// directory for temporary files (TMPDIR).
///
/// Of several, or of all in a folder, one row each is printed, or with --json a line each as it ends, with its `index`
/// among them; status 1 if one of them is damaged or cannot be read.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Inspect {
    /// Snapshot directory, or file with a stable memory; or several, or a folder with them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Write a page: the verdict, how the move stands, a map of the memory; damaged and foreign ones have theirs too. The
    /// file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Read headers only: not the nodes of maps, nor the payload behind its checksum
    #[arg(long)]
    shallow: bool,
    #[command(flatten)]
    telling: Telling,
}

const EXAMPLES: &str = "Examples:
  stable-migrate inspect my-snapshot
  stable-migrate inspect my-snapshot --html memory.html
  stable-migrate inspect stable_memory.bin.gz --json | jq .layout.memories
  stable-migrate inspect snapshots/ --json --results found.jsonl --resume | jq -r 'select(.verdict != \"held\") | .path'";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/inspect/1";

impl Inspect {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        match find(&self.paths, Takes::Memories, self.telling.is_kept())? {
            Found::One(path) => self.one(&path, config),
            Found::Many(list) => self.many(&list, config),
        }
    }

    fn one(&self, path: &Path, config: &Config) -> Result<Verdict, Error> {
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let source = Source::open_with(path, Progress::bytes)?;
        let report = self.report(path, &source, config, Progress::bytes)?;
        print(&match self.json {
            true => json(SCHEMA, &report)?,
            false => text(&report),
        })?;
        finish(page, || {
            let mut origin = Origin::now(quoted(path.as_os_str()));
            if let Source::Snapshot(snapshot) = &source {
                origin.add_module("the module", &snapshot.module()?);
            }
            Ok(html(&report, &origin))
        })?;
        if !report.survey.damages.is_empty() {
            for damage in &report.survey.damages {
                complain_of(DAMAGED, &format!("{}: {damage}", report.path));
            }
            return Ok(Verdict::Damaged);
        }
        Ok(Verdict::Held)
    }

    fn many(&self, list: &List, config: &Config) -> Result<Verdict, Error> {
        refuse_for_many("--html", self.html.as_ref())?;
        let many = Many {
            command: "inspect",
            figures: ["stable pages", "right-sized", "holds"],
            list,
            json: self.json,
            runs: false,
        };
        many.tell(&self.telling, &[self.shallow.into()], |path| {
            let hidden = |_: &str, _| Progress::hidden();
            let source = Source::open_with(path, hidden)?;
            let report = self.report(path, &source, config, hidden)?;
            Ok(Looked {
                judgement: match report.survey.damages.is_empty() {
                    true => Judgement::Held,
                    false => Judgement::Damaged,
                },
                figures: figures(&report.survey),
                wrong: report
                    .survey
                    .damages
                    .first()
                    .map(|damage| (DAMAGED.into(), damage.clone())),
                document: Some(Document::of(SCHEMA, report)),
            })
        })
    }

    fn report(
        &self,
        path: &Path,
        source: &Source,
        config: &Config,
        bar: impl Fn(&str, u64) -> Progress,
    ) -> Result<Report, Error> {
        let depth = match self.shallow {
            true => Depth::Headers,
            false => Depth::Everything,
        };
        let progress = bar("reading", source.stable().bytes());
        let mut survey = Survey::of(source.stable(), depth, &mut |bytes| progress.add(bytes))?;
        survey.reprice(&config.prices());
        Ok(Report {
            path: path.display().to_string(),
            snapshot: source.rest(),
            survey,
        })
    }
}

/// Its pages, those after `compact`, and what it holds.
fn figures(survey: &Survey) -> [String; 3] {
    let right_sized = match &survey.layout {
        Layout::Managed(managed) => Some(managed.right_size),
        _ => None,
    };
    [
        number_text(survey.stable_pages),
        right_sized.map_or("–".into(), |size| number_text(size.stable_pages)),
        layout_text(&survey.layout),
    ]
}

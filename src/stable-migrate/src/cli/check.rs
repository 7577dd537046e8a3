//! `stable-migrate check`.

use std::path::{Path, PathBuf};

use clap::Args;
use stable_migrate::{
    Before, Checked, Error, MAX_MODULE, NewFile, Origin, Severity, check, check_html, check_text,
    read_file,
};

use super::many::{Found, Judgement, List, Looked, Many, Takes, Telling, find, refuse_for_many};
use super::quote::quoted;
use super::{Document, Verdict, finish, json, print};

/// Hold a module against what is installed, before anything is stopped
///
/// Compares interface, application, release, schemas, memories, collections, formats, hooks, stack and the rules of the network.
/// Nothing is run: that is what `rehearse` does. Each finding says what could be lost and what to do, behind a code; status 1
/// if an upgrade would refuse or lose something.
///
/// What is installed is a module, or a snapshot directory, which has the stable memory too. What a module does not say of
/// itself, because it has no manifest of ic-stable-migration or no Candid metadata, is named as unchecked.
///
/// Of several that are installed, or of all in a folder, one row each is printed, or with --json a line each as it ends,
/// with its `index` among them; status 1 if one of them does not fit.
#[derive(Args)]
#[command(
    override_usage = "stable-migrate check [OPTIONS] <OLD>... <NEW>\n       stable-migrate check [OPTIONS] --memory <FILE> [OLD] <NEW>",
    after_help = EXAMPLES
)]
pub struct Check {
    /// What is installed: a module, plain or packed with gzip, or a snapshot directory; or several, or a folder with them;
    /// then the module to upgrade to
    #[arg(num_args = 1.., required = true, value_names = ["OLD", "NEW"])]
    paths: Vec<PathBuf>,
    /// The canister's stable memory, plain or packed with gzip
    #[arg(long, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Write a page with the findings; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    telling: Telling,
}

const EXAMPLES: &str = "Examples:
  stable-migrate check release-1.wasm.gz release-2.wasm.gz
  stable-migrate check my-snapshot release-2.wasm.gz --html check.html
  stable-migrate check snapshots/ release-2.wasm.gz --results checked.jsonl
  stable-migrate check --memory stable_memory.bin release-2.wasm.gz --json | jq .findings";

/// The form of its report.
pub const SCHEMA: &str = "stable-migrate/check/1";

impl Check {
    pub fn run(self) -> Result<Verdict, Error> {
        let Some((new, old)) = self.paths.split_last() else {
            return Err(Error::NothingInstalled);
        };
        if old.is_empty() && self.memory.is_none() {
            return Err(Error::NothingInstalled);
        }
        let many = match old {
            [] => None,
            old => match find(old, Takes::Modules, self.telling.is_kept())? {
                Found::One(_) => None,
                Found::Many(list) => Some(list),
            },
        };
        let module = read_file(new, MAX_MODULE)?;
        match many {
            None => self.one(old.first(), new, &module),
            Some(list) => self.many(&list, new, &module),
        }
    }

    fn one(&self, old: Option<&PathBuf>, new: &Path, module: &[u8]) -> Result<Verdict, Error> {
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let mut before = match old {
            Some(path) => Before::open(path)?,
            None => Before::default(),
        };
        if let Some(memory) = &self.memory {
            before = before.with_memory(memory)?;
        }
        let checked = checked(&before, new, module)?;
        let from = old.or(self.memory.as_ref());
        let from = from.map_or_else(String::new, |path| path.display().to_string());
        let to = new.display().to_string();
        print(&match self.json {
            true => json(SCHEMA, &checked)?,
            false => check_text(&from, &to, &checked),
        })?;
        finish(page, || {
            let mut origin = Origin::now(quoted(new.as_os_str()));
            origin.add_module("the new module", module);
            Ok(check_html(&from, &to, &checked, &origin))
        })?;
        Ok(match checked.held {
            true => Verdict::Held,
            false => Verdict::Different,
        })
    }

    fn many(&self, list: &List, new: &Path, module: &[u8]) -> Result<Verdict, Error> {
        refuse_for_many("--memory", self.memory.as_ref())?;
        refuse_for_many("--html", self.html.as_ref())?;
        // A module that is none is the command's fault, and not of what is installed.
        checked(&Before::default(), new, module)?;
        let many = Many {
            command: "check",
            figures: ["refused, lost", "risks", "unchecked"],
            list,
            json: self.json,
            runs: false,
        };
        many.tell(&self.telling, module, |path| {
            let checked = checked(&Before::open(path)?, new, module)?;
            Ok(Looked {
                judgement: match checked.held {
                    true => Judgement::Held,
                    false => Judgement::Different,
                },
                figures: figures(&checked),
                wrong: worst(&checked),
                document: Some(Document::of(SCHEMA, checked)),
            })
        })
    }
}

fn checked(before: &Before, new: &Path, module: &[u8]) -> Result<Checked, Error> {
    check(before, module).map_err(|reason| Error::Run {
        what: new.display().to_string(),
        reason,
    })
}

/// How many findings are an end to the upgrade, how many a risk, and how much is not known.
fn figures(checked: &Checked) -> [String; 3] {
    let findings = || checked.findings.iter().map(|finding| finding.severity);
    let bad = findings().filter(|&severity| severity < Severity::Risk);
    let risks = findings().filter(|&severity| severity == Severity::Risk);
    [bad.count(), risks.count(), checked.unchecked.len()].map(|number| number.to_string())
}

/// Code and words of the worst finding, where it keeps the upgrade from holding.
fn worst(checked: &Checked) -> Option<(String, String)> {
    let worst = checked.findings.first().filter(|_| !checked.held)?;
    Some((worst.code.clone(), worst.found.clone()))
}

//! `stable-migrate check`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{
    Before, Error, MAX_MODULE, NewFile, Origin, check, check_html, check_text, read_file,
};

use super::quote::quoted;
use super::{Verdict, finish, json, print};

/// Hold a module against what is installed, before anything is stopped
///
/// Compares interface, application, release, schemas, memories, collections, formats, hooks, stack and the rules of the network.
/// Nothing is run: that is what `rehearse` does. Each finding says what could be lost and what to do, behind a code; status 1
/// if an upgrade would refuse or lose something.
///
/// What is installed is a module, or a snapshot directory, which has the stable memory too. What a module does not say of
/// itself, because it has no manifest of ic-stable-migration or no Candid metadata, is named as unchecked.
#[derive(Args)]
#[command(
    override_usage = "stable-migrate check [OPTIONS] <OLD> <NEW>\n       stable-migrate check [OPTIONS] --memory <FILE> [OLD] <NEW>",
    after_help = EXAMPLES
)]
pub struct Check {
    /// What is installed: a module, plain or packed with gzip, or a snapshot directory; then the module to upgrade to
    #[arg(num_args = 1..=2, required = true, value_names = ["OLD", "NEW"])]
    paths: Vec<PathBuf>,
    /// The canister's stable memory, plain or packed with gzip
    #[arg(long, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Write a page with the findings; the file must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  stable-migrate check release-1.wasm.gz release-2.wasm.gz
  stable-migrate check my-snapshot release-2.wasm.gz --html check.html
  stable-migrate check --memory stable_memory.bin release-2.wasm.gz --json | jq .findings";

impl Check {
    pub fn run(self) -> Result<Verdict, Error> {
        let (old, new) = match (&self.paths[..], &self.memory) {
            ([old, new], _) => (Some(old), new),
            ([new], Some(_)) => (None, new),
            _ => return Err(Error::NothingInstalled),
        };
        let page = self.html.as_deref().map(NewFile::begin).transpose()?;
        let mut before = match old {
            Some(path) => Before::open(path)?,
            None => Before::default(),
        };
        if let Some(memory) = &self.memory {
            before = before.with_memory(memory)?;
        }
        let module = read_file(new, MAX_MODULE)?;
        let checked = check(&before, &module).map_err(|reason| Error::Run {
            what: new.display().to_string(),
            reason,
        })?;
        let from = old.or(self.memory.as_ref());
        let from = from.map_or_else(String::new, |path| path.display().to_string());
        let to = new.display().to_string();
        print(&match self.json {
            true => json(&checked)?,
            false => check_text(&from, &to, &checked),
        })?;
        let mut origin = Origin::now(quoted(new.as_os_str()));
        origin.add_module("the new module", &module);
        finish(page, &check_html(&from, &to, &checked, &origin))?;
        Ok(match checked.held {
            true => Verdict::Held,
            false => Verdict::Different,
        })
    }
}

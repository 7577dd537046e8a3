//! `cargo xtask build`: the canister modules, as they go on chain.

use std::fs;
use std::path::{Path, PathBuf};

use crate::artifacts::{ARTIFACTS, Artifact};
use crate::error::{Error, Result};
use crate::file;
use crate::interface;
use crate::module::{self, Summary};
use crate::receipt::Receipt;
use crate::setup;
use crate::shell;
use crate::table::{Align, Table, grouped};
use crate::workspace::Workspace;

/// Builds every module and prints what was built.
///
/// # Errors
/// Those of the set-up, of cargo, of reading and writing modules.
pub fn run(workspace: &Workspace) -> Result<()> {
    let mut table = Table::new(&[
        ("module", Align::Left),
        ("bytes", Align::Right),
        ("gzip", Align::Right),
        ("queries", Align::Right),
        ("updates", Align::Right),
    ]);
    for (file, summary) in modules(workspace)? {
        let shown = file.strip_prefix(&workspace.root).unwrap_or(&file);
        table.row([
            shown.display().to_string(),
            grouped(summary.bytes as u64),
            grouped(summary.gzip_bytes as u64),
            summary.queries.to_string(),
            summary.updates.to_string(),
        ]);
    }
    print!("{table}");
    Ok(())
}

/// Builds every module that is not up to date and returns the finished files with their summaries,
/// in the order of [`ARTIFACTS`].
///
/// # Errors
/// Those of the set-up, of cargo, of reading and writing modules.
pub fn modules(workspace: &Workspace) -> Result<Vec<(PathBuf, Summary)>> {
    setup::ensure_target()?;
    let directory = workspace.canisters();
    fs::create_dir_all(&directory).map_err(Error::file("create", &directory))?;
    let commit = workspace.commit();
    let finish = |artifact: &Artifact| {
        shell::run(&mut artifact.build(workspace))?;
        let raw = workspace.target.join(artifact.raw_file());
        let file = workspace.module(artifact.name);
        let wasm = finish(&raw, &file, &commit)?;
        let summary = module::summarize(&file, &wasm)?;
        Ok((file, summary))
    };
    ARTIFACTS.iter().map(finish).collect()
}

/// Finishes the module `raw` into `finished`, unless that file already is what would come out.
fn finish(raw: &Path, finished: &Path, commit: &str) -> Result<Vec<u8>> {
    let built = fs::read(raw).map_err(Error::file("read", raw))?;
    if let Some(wasm) =
        Receipt::read(finished).and_then(|receipt| receipt.still_good(&built, commit, finished))
    {
        return Ok(wasm);
    }
    let candid = interface::of_built(raw, &built)?;
    let wasm = module::finish(raw, &built, &candid, commit)?;
    file::replace(finished, &wasm)?;
    Receipt::new(&built, commit, &wasm).write(finished)?;
    Ok(wasm)
}

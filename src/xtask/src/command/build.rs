//! `cargo xtask build`: the canister modules, as they go on chain.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;

use crate::artifacts::{self, Artifact, BACK_BATCHES, BATCHES, INDEX_BATCHES};
use crate::error::{Error, Result};
use crate::file;
use crate::flags;
use crate::interface;
use crate::module;
use crate::receipt::{self, Receipt, Standing};
use crate::setup;
use crate::shell;
use crate::table::{Align, Table, grouped};
use crate::threads;
use crate::workspace::Workspace;

/// Builds the modules that are named, or all that go on chain, and prints what was built.
///
/// # Errors
/// Those of the set-up, of cargo, of reading and writing modules.
pub fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    let batches = match names {
        [] => [BATCHES, BACK_BATCHES, INDEX_BATCHES].concat(),
        names => artifacts::batches_of(names),
    };
    let mut table = Table::new(&[
        ("module", Align::Left),
        ("bytes", Align::Right),
        (".gz", Align::Right),
        ("queries", Align::Right),
        ("updates", Align::Right),
    ]);
    for file in modules(workspace, &batches)? {
        let wasm = fs::read(&file).map_err(Error::file("read", &file))?;
        let packed = receipt::packed(&file);
        let packed_bytes = fs::metadata(&packed)
            .map_err(Error::file("read", &packed))?
            .len();
        let summary = module::summarize(&file, &wasm)?;
        let shown = file.strip_prefix(&workspace.root).unwrap_or(&file);
        table.row([
            shown.display().to_string(),
            grouped(wasm.len() as u64),
            grouped(packed_bytes),
            summary.queries.to_string(),
            summary.updates.to_string(),
        ]);
    }
    print!("{table}");
    Ok(())
}

/// Builds every module of `batches` that is not up to date and returns the finished files, in their
/// order.
///
/// # Errors
/// Those of the set-up, of cargo, of reading and writing modules.
pub fn modules(workspace: &Workspace, batches: &[&[Artifact]]) -> Result<Vec<PathBuf>> {
    setup::ensure_target()?;
    let directory = workspace.canisters();
    fs::create_dir_all(&directory).map_err(Error::file("create", &directory))?;
    // A client that deploys two canisters builds both at one time.
    let lock = directory.join(".lock");
    let building = File::create(&lock).map_err(Error::file("create", &lock))?;
    building.lock().map_err(Error::file("lock", &lock))?;
    let commit = workspace.commit();
    let flags = flags::encoded(workspace)?;
    let mut files = Vec::new();
    // Cargo links on one core most of the time: what the batch before left is finished beside it.
    thread::scope(|scope| -> Result<()> {
        let mut finishing = Vec::new();
        for batch in batches {
            shell::run(&mut artifacts::build(workspace, batch, &flags))?;
            for artifact in *batch {
                let built = workspace.target.join(artifact.built_file());
                let raw = fs::read(&built).map_err(Error::file("read", &built))?;
                let finished = workspace.module(artifact.name);
                files.push(finished.clone());
                let commit = &commit;
                finishing.push(scope.spawn(move || finish(&built, &raw, &finished, commit)));
            }
        }
        finishing.into_iter().try_for_each(threads::join)
    })?;
    Ok(files)
}

/// Finishes the module `raw`, which cargo left in `built`, into `finished` and packs that beside it,
/// unless both files already are what would come out.
fn finish(built: &Path, raw: &[u8], finished: &Path, commit: &str) -> Result<()> {
    let candid = match Receipt::standing(finished, raw, commit) {
        Standing::Good => return Ok(()),
        Standing::OtherCommit(before) => interface::of_finished(finished, &before)?,
        Standing::Stale => interface::of_built(built, raw)?,
    };
    let wasm = module::finish(built, raw, &candid, commit)?;
    let packed = module::pack(finished, &wasm)?;
    file::replace(finished, &wasm)?;
    file::replace(&receipt::packed(finished), &packed)?;
    Receipt::new(raw, commit, &wasm, &packed).write(finished)
}

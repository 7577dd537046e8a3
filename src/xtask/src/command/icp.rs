//! `cargo xtask icp`: the runbook's commands, run with the real `icp` client.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Args;
use sha2::{Digest, Sha256};

use crate::artifacts::{
    Artifact, BACK_BATCHES, BATCHES, INDEX_BATCHES, RELEASES, TEST_BATCHES, TODAY,
};
use crate::command::build;
use crate::error::{Error, Result};
use crate::file;
use crate::icp::client::Client;
use crate::icp::fleet;
use crate::icp::network::Network;
use crate::icp::project::Project;
use crate::icp::record::{self, Record};
use crate::icp::run::{Run, variables};
use crate::icp::runbook::Runbook;
use crate::icp::stage;
use crate::interface;
use crate::receipt;
use crate::session::Session;
use crate::shell;
use crate::workspace::Workspace;

const NOTES: &str = "\
The client is the one that ICP names, else `icp` on PATH, else the pinned version from npm. The
network is a local one: canisters are made on it and left behind. Without --network it is
../shared/icp-endpoint where that is there, else the one that `icp network start` starts.

The exit status is 0 only if every command did what the runbook says and every answer is the same.";

/// The modules that the runbooks install.
const ALL: [&[&[Artifact]]; 4] = [BATCHES, BACK_BATCHES, INDEX_BATCHES, TEST_BATCHES];

/// The runbook of one canister, and that of a fleet that the index canister controls.
const RUNBOOK: &str = "migrations/README.md";
/// See [`RUNBOOK`].
const OF_INDEX: &str = "migrations/INDEX.md";

/// What the run is told on the command line.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub struct Options {
    /// Run against the network at this URL
    #[arg(long, value_name = "URL")]
    network: Option<String>,
    /// Note at the top of the runbook that it was run
    #[arg(long)]
    record: bool,
    /// Take the modules as they are in target/canisters
    #[arg(long)]
    no_build: bool,
    /// Run migrations/INDEX.md instead: a fleet that the index canister brings through both stages
    #[arg(long, conflicts_with = "record")]
    index: bool,
    /// Run `stable-migrate fleet` instead, twice: undisturbed, and killed three times with the network gone for a while
    #[arg(long, conflicts_with_all = ["network", "record", "index"])]
    fleet: bool,
}

/// Runs the blocks of the runbook one after the other.
///
/// # Errors
/// Those of building, of finding a client and a network, and of the first command that does
/// otherwise than the runbook says.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.fleet {
        return fleets(workspace, options);
    }
    let began = Instant::now();
    let path = workspace
        .root
        .join(if options.index { OF_INDEX } else { RUNBOOK });
    let markdown = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let runbook = Runbook::parse(&markdown)?;
    if !options.no_build {
        build::modules(workspace, &ALL.concat())?;
    }
    let scratch = scratch(workspace)?;
    let client = Client::find(&workspace.target)?;
    let project = Project::create(&workspace.root)?;
    project.declare(&workspace.root, None)?;
    let network = network(workspace, options, &client.program, &project.directory)?;
    project.declare(&workspace.root, network.address.as_ref())?;
    println!("client:  icp {} ({})", client.version, client.found);
    println!("network: {}", network.name);

    let start = variables(
        &client.program,
        &project.directory,
        &scratch,
        &workspace.target,
    );
    let session = Session::new(&workspace.root, &scratch, start);
    let today = workspace.module(TODAY);
    let interface = interface::of_finished(&today, &read(&today)?)?;
    let modules = modules(workspace)?;
    let mut run = Run::new(session, &interface, &modules);
    let outcome = run.all(&runbook);
    let table = stage::table(run.stages()).to_string();
    if !run.stages().is_empty() {
        println!("\n{table}");
    }
    outcome?;
    let seconds = began.elapsed().as_secs();
    let took = format!("{} min {} s", seconds / 60, seconds % 60);
    println!("The runbook was run to its end in {took}.");
    if options.index {
        return Ok(());
    }
    if !options.record {
        if let Err(reason) = record::check(&markdown, &runbook, &client.version) {
            println!("The note at the top of the runbook is not of this run: {reason}.");
        }
        return Ok(());
    }
    let record = Record {
        day: &shell::read(Command::new("date").args(["-u", "+%Y-%m-%d"]))?,
        client: &client.version,
        network: &network.name,
        took: &took,
        table: &table,
    };
    // Whoever edits the text meanwhile keeps the edit; the digest is of what was run.
    let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let noted = record.write(&text, &runbook)?;
    file::replace(&path, noted.as_bytes())
}

/// Brings two equal fleets through, one of them with every kind of disturbance.
fn fleets(workspace: &Workspace, options: &Options) -> Result<()> {
    if !options.no_build {
        build::modules(workspace, &ALL.concat())?;
    }
    let mut cargo = workspace.cargo();
    shell::run(cargo.args(["build", "--quiet", "--package", "stable-migrate"]))?;
    let scratch = scratch(workspace)?;
    let client = Client::find(&workspace.target)?;
    println!("client:  icp {} ({})", client.version, client.found);
    fleet::run(workspace, &client.program, &scratch)
}

/// An empty directory in `target` for everything that a run leaves.
fn scratch(workspace: &Workspace) -> Result<PathBuf> {
    let scratch = workspace.target.join("icp-run");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(Error::file("clear", &scratch))?;
    }
    let work = scratch.join("work");
    fs::create_dir_all(&work).map_err(Error::file("create", &work))?;
    Ok(scratch)
}

fn network(
    workspace: &Workspace,
    options: &Options,
    client: &Path,
    project: &Path,
) -> Result<Network> {
    if let Some(url) = &options.network {
        return Network::at(url, client);
    }
    match Network::endpoint(&workspace.root, &workspace.target, client)? {
        Some(network) => Ok(network),
        None => Network::of_client(client, project),
    }
}

/// The names of the modules by their hash, which is that of the file as it was installed: packed or not.
fn modules(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for artifact in ALL.concat().into_iter().flatten() {
        let release = RELEASES.iter().position(|name| *name == artifact.name);
        let name = release.map_or(artifact.name.to_owned(), |number| {
            format!("release {number}")
        });
        let module = workspace.module(artifact.name);
        for file in [receipt::packed(&module), module] {
            let hash = Sha256::digest(read(&file)?);
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            names.insert(hash, name.clone());
        }
    }
    Ok(names)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(Error::file("read", file))
}

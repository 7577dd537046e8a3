//! The network that the runbook is run against.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::error::{Error, start};
use crate::error::{self, Result};
use crate::shell;

/// Where the local endpoint is, from the workspace's root.
const ENDPOINT: &str = "../shared/icp-endpoint";

/// How long the endpoint may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A network that answers.
pub struct Network {
    /// What it is, for whoever reads the output.
    pub name: String,
    /// Where it is, unless the client itself runs it and knows.
    pub address: Option<Address>,
    server: Server,
}

/// Where a network is, and the key its answers are checked against.
pub struct Address {
    /// The URL of its HTTP interface.
    pub url: String,
    /// Its root key in hex.
    pub root_key: String,
}

/// What has to be ended when the run is over.
enum Server {
    /// Nothing: it was there before.
    Given,
    /// The endpoint.
    Endpoint(Child),
    /// A network that the client runs.
    Client(Command),
}

impl Network {
    /// The network at `url`, which must answer.
    ///
    /// # Errors
    /// `NoNetwork` if it does not.
    pub fn at(url: &str, client: &Path) -> Result<Self> {
        Ok(Self {
            name: url.to_owned(),
            address: Some(address(url, client)?),
            server: Server::Given,
        })
    }

    /// Starts the endpoint beside the workspace at `root`, if it is there. It runs from a copy in
    /// `target`, with what it needs from npm.
    ///
    /// # Errors
    /// `NoNetwork` if it is there and does not start.
    pub fn endpoint(root: &Path, target: &Path, client: &Path) -> Result<Option<Self>> {
        let source = root.join(ENDPOINT);
        if !source.is_dir() {
            return Ok(None);
        }
        let copy = target.join("icp-endpoint");
        install(&source, &copy)?;
        let ready = copy.join("ready");
        let log_path = copy.join("log");
        let _ = fs::remove_file(&ready);
        let log = File::create(&log_path).map_err(error::Error::file("create", &log_path))?;
        let mut node = Command::new("node");
        node.arg("server.mjs")
            .args(["--verbose", "--ready-file"])
            .arg(&ready)
            .current_dir(&copy)
            .stdin(Stdio::null())
            .stdout(
                log.try_clone()
                    .map_err(error::Error::file("open", &log_path))?,
            )
            .stderr(log);
        let child = node.spawn().map_err(start("node"))?;
        let mut network = Self {
            name: format!("{ENDPOINT} on {}", node_version()?),
            address: None,
            server: Server::Endpoint(child),
        };
        let url = wait_for(&ready, &log_path)?;
        network.address = Some(address(&url, client)?);
        Ok(Some(network))
    }

    /// Has the client start the project's local network.
    ///
    /// # Errors
    /// `NoNetwork` if it cannot.
    pub fn of_client(client: &Path, project: &Path) -> Result<Self> {
        let order = |words: &[&str]| {
            let mut command = Command::new(client);
            command.args(words).env("ICP_PROJECT_ROOT", project);
            command
        };
        shell::read(&mut order(&["network", "start", "--background"])).map_err(|error| {
            Error::NoNetwork {
                reason: format!("there is no {ENDPOINT}, and {error}"),
            }
        })?;
        Ok(Self {
            name: "the client's own local network".to_owned(),
            address: None,
            server: Server::Client(order(&["network", "stop"])),
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        match &mut self.server {
            Server::Given => {}
            Server::Endpoint(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Server::Client(stop) => {
                let _ = shell::read(stop);
            }
        }
    }
}

/// Copies the endpoint and has npm fetch what it needs, unless that was done for the same list.
fn install(source: &Path, copy: &Path) -> Result<()> {
    const LIST: &str = "package-lock.json";
    fs::create_dir_all(copy).map_err(error::Error::file("create", copy))?;
    let fetched_for =
        |list: &Path| fs::read(copy.join("node_modules").join(".list")).ok() == fs::read(list).ok();
    let entries = fs::read_dir(source).map_err(error::Error::file("read", source))?;
    for entry in entries {
        let from = entry.map_err(error::Error::file("read", source))?.path();
        if let (true, Some(name)) = (from.is_file(), from.file_name()) {
            let bytes = fs::read(&from).map_err(error::Error::file("read", &from))?;
            crate::file::replace(&copy.join(name), &bytes)?;
        }
    }
    let list = copy.join(LIST);
    if fetched_for(&list) {
        return Ok(());
    }
    println!("fetching what {ENDPOINT} needs with npm");
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--omit=dev",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    shell::read(npm.current_dir(copy)).map_err(|error| Error::NoNetwork {
        reason: error.to_string(),
    })?;
    let bytes = fs::read(&list).map_err(error::Error::file("read", &list))?;
    crate::file::replace(&copy.join("node_modules").join(".list"), &bytes)
}

fn node_version() -> Result<String> {
    shell::read(Command::new("node").arg("--version")).map(|version| format!("Node {version}"))
}

/// The URL that the endpoint writes to `ready` when it listens.
fn wait_for(ready: &Path, log: &PathBuf) -> Result<String> {
    let began = Instant::now();
    loop {
        if let Ok(line) = fs::read_to_string(ready)
            && let Some(url) = line
                .split_whitespace()
                .find(|word| word.starts_with("http"))
        {
            return Ok(url.to_owned());
        }
        if began.elapsed() > PATIENCE {
            let said = fs::read_to_string(log).unwrap_or_default();
            let reason = format!("{ENDPOINT} does not listen; it said: {}", said.trim());
            return Err(Error::NoNetwork { reason }.into());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Asks the network at `url` for its root key.
fn address(url: &str, client: &Path) -> Result<Address> {
    #[derive(Deserialize)]
    struct Status {
        root_key: Vec<u8>,
    }
    let mut ping = Command::new(client);
    ping.args(["network", "ping", url]);
    let said = shell::read(&mut ping).map_err(|error| Error::NoNetwork {
        reason: error.to_string(),
    })?;
    let status: Status = serde_json::from_str(&said).map_err(|error| error::Error::Answer {
        command: shell::line(&ping),
        reason: error.to_string(),
    })?;
    Ok(Address {
        url: url.to_owned(),
        root_key: status
            .root_key
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    })
}

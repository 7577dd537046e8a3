//! The network that the runbook is run against.

use std::path::Path;
use std::process::{Child, Command};

use serde::Deserialize;

use super::endpoint;
use super::error::Error;
use crate::error::{self, Result};
use crate::shell;

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
    /// The network at `url`.
    ///
    /// # Errors
    /// `NoNetwork` if it does not answer.
    pub fn at(url: &str, client: &Path) -> Result<Self> {
        Ok(Self {
            name: url.to_owned(),
            address: Some(address(url, client)?),
            server: Server::Given,
        })
    }

    /// The endpoint beside the workspace at `root`, if it is there, started from a copy in `target`.
    ///
    /// # Errors
    /// `NoNetwork` if it is there and does not start.
    pub fn endpoint(root: &Path, target: &Path, client: &Path) -> Result<Option<Self>> {
        let Some(copy) = endpoint::prepare(root, target)? else {
            return Ok(None);
        };
        let version = shell::read(Command::new("node").arg("--version"))?;
        let (child, url) = endpoint::run(&copy)?;
        let mut network = Self {
            name: format!("{} on Node {version}", endpoint::SOURCE),
            address: None,
            server: Server::Endpoint(child),
        };
        network.address = Some(address(&url, client)?);
        Ok(Some(network))
    }

    /// The project's local network, started by the client.
    ///
    /// # Errors
    /// `NoNetwork` if it cannot.
    pub fn of_client(client: &Path, project: &Path) -> Result<Self> {
        let order = |words: &[&str]| {
            let mut command = Command::new(client);
            command.args(words).env("ICP_PROJECT_ROOT", project);
            command
        };
        let mut begin = order(&["network", "start", "--background"]);
        shell::read(&mut begin).map_err(|error| Error::NoNetwork {
            reason: format!("there is no {}, and {error}", endpoint::SOURCE),
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
    let root_key = status.root_key.iter().map(|byte| format!("{byte:02x}"));
    Ok(Address {
        url: url.to_owned(),
        root_key: root_key.collect(),
    })
}

//! The project as the client finds it: this workspace's `icp.yaml`, with the network of the run.

use std::fs;
use std::path::{Path, PathBuf};

use super::network::Address;
use crate::error::{Error, Result};
use crate::file;

/// A project directory inside the checkout, so that its build step finds the workspace, and apart
/// from it, so that nobody's own networks and canisters are mixed up with those of a run.
pub struct Project {
    /// The directory.
    pub directory: PathBuf,
}

impl Project {
    /// An empty project directory in the workspace at `root`.
    ///
    /// # Errors
    /// `File` if it cannot be made.
    pub fn create(root: &Path) -> Result<Self> {
        let directory = root.join(".icp").join("runbook");
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(Error::file("clear", &directory))?;
        }
        fs::create_dir_all(&directory).map_err(Error::file("create", &directory))?;
        Ok(Self { directory })
    }

    /// Puts `icp.yaml` of the workspace at `root` there. The network at `address`, if one is
    /// given, takes the place of the local one.
    ///
    /// # Errors
    /// `File` if that cannot be read or written.
    pub fn declare(&self, root: &Path, address: Option<&Address>) -> Result<()> {
        let from = root.join("icp.yaml");
        let declared = fs::read_to_string(&from).map_err(Error::file("read", &from))?;
        let text = match address {
            Some(address) => with_network(&declared, address),
            None => declared,
        };
        file::replace(&self.directory.join("icp.yaml"), text.as_bytes())
    }
}

fn with_network(declared: &str, Address { url, root_key }: &Address) -> String {
    format!(
        "{}\nnetworks:\n  - name: local\n    mode: connected\n    url: {url}\n    root-key: {root_key}\n",
        declared.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_added_and_the_rest_stays() {
        let address = Address {
            url: "http://127.0.0.1:1".to_owned(),
            root_key: "3081".to_owned(),
        };
        let text = with_network("canisters:\n  - name: a\n", &address);
        assert!(text.starts_with("canisters:\n  - name: a\nnetworks:\n  - name: local\n"));
        assert!(text.ends_with("    url: http://127.0.0.1:1\n    root-key: 3081\n"));
    }
}

//! Where the workspace is, where cargo builds, and which commit is checked out.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::shell;

/// The workspace as cargo sees it.
#[derive(Debug, Deserialize)]
pub struct Workspace {
    /// The directory of the workspace's `Cargo.toml`.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Where cargo builds: `target`, unless `CARGO_TARGET_DIR` or a configuration says otherwise.
    #[serde(rename = "target_directory")]
    pub target: PathBuf,
    packages: Vec<Package>,
    /// What cargo is told beside the environment of this command.
    #[serde(skip)]
    environment: Vec<(&'static str, PathBuf)>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    features: BTreeMap<String, Vec<String>>,
}

impl Workspace {
    /// Asks cargo for the workspace around the current directory.
    ///
    /// # Errors
    /// Those of starting cargo, and `Answer` if its answer has another form.
    pub fn find() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata = shell::read(&mut command)?;
        serde_json::from_str(&metadata).map_err(|error| Error::Answer {
            command: shell::line(&command),
            reason: error.to_string(),
        })
    }

    /// A cargo command that runs at the workspace's root.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A copy of the workspace at `root`, built in `target` by a cargo whose home is `home`.
    #[cfg(test)]
    pub fn elsewhere(
        &self,
        root: &std::path::Path,
        target: &std::path::Path,
        home: &std::path::Path,
    ) -> Self {
        Self {
            root: root.to_owned(),
            target: target.to_owned(),
            packages: Vec::new(),
            environment: vec![
                ("CARGO_TARGET_DIR", target.to_owned()),
                ("CARGO_HOME", home.to_owned()),
            ],
        }
    }

    /// Whether the workspace has a member of this name with this feature.
    pub fn has_feature(&self, package: &str, feature: &str) -> bool {
        let mut members = self.packages.iter();
        members.any(|member| member.name == package && member.features.contains_key(feature))
    }

    /// Where the finished modules are: `canisters` in cargo's target directory.
    pub fn canisters(&self) -> PathBuf {
        self.target.join("canisters")
    }

    /// The finished module of this name.
    pub fn module(&self, name: &str) -> PathBuf {
        self.canisters().join(name).with_extension("wasm")
    }

    /// The commit that is checked out, with `-dirty` if the tree has other changes, or `unknown`
    /// where there is no git repository.
    pub fn commit(&self) -> String {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            shell::read(command.args(arguments).current_dir(&self.root))
        };
        match (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"])) {
            (Ok(head), Ok(changes)) if changes.is_empty() => head,
            (Ok(head), _) => format!("{head}-dirty"),
            (Err(_), _) => "unknown".to_owned(),
        }
    }
}

/// The cargo that runs this command, so that nested builds use the same toolchain.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

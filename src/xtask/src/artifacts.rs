//! Which canister modules there are, and how cargo is called to build them.
//!
//! One cargo call unifies the features of the packages it builds. The releases switch off the
//! individual user canister's own hooks, so they must not share a call with it.

use std::process::Command;

use crate::setup::TARGET;
use crate::workspace::Workspace;

/// The cargo profile that modules are built with.
pub const PROFILE: &str = "canister";

/// One canister module.
#[derive(Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The name of the finished module in `target/canisters`, without `.wasm`.
    pub name: &'static str,
    /// The package that it is built from.
    pub package: &'static str,
    /// The features beside the package's default ones.
    pub features: &'static [&'static str],
}

/// The modules, in the order in which the releases were deployed.
pub const ARTIFACTS: &[Artifact] = &[
    Artifact {
        name: "release-0-legacy",
        package: "release-0-legacy",
        features: &[],
    },
    Artifact {
        name: "release-1-adopt",
        package: "release-1-adopt",
        features: &[],
    },
    Artifact {
        name: "individual-user",
        package: "individual-user",
        features: &[],
    },
];

/// The modules of releases 0, 1 and 2, by name.
pub const RELEASES: [&str; 3] = ["release-0-legacy", "release-1-adopt", TODAY];

/// The module of today's release, whose interface `candid/` holds.
pub const TODAY: &str = "individual-user";

impl Artifact {
    /// The file cargo writes for this artifact, relative to the target directory.
    pub fn raw_file(&self) -> String {
        format!("{TARGET}/{PROFILE}/{}.wasm", self.package.replace('-', "_"))
    }

    /// The cargo call that builds this artifact.
    ///
    /// The crate type is given here, and not in the manifest of a crate that others depend on, as
    /// cargo would otherwise link a module for each of them too and overwrite one with the other.
    pub fn build(&self, workspace: &Workspace) -> Command {
        let mut command = workspace.cargo();
        command.args(["rustc", "--profile", PROFILE, "--target", TARGET]);
        command.args(["--package", self.package, "--lib", "--crate-type", "cdylib"]);
        if !self.features.is_empty() {
            command.args(["--features", &self.features.join(",")]);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const DFX: &str = include_str!("../../../dfx.json");
    const ICP: &str = include_str!("../../../icp.yaml");

    fn path(artifact: &Artifact) -> String {
        format!("target/canisters/{}.wasm", artifact.name)
    }

    #[test]
    fn dfx_finds_the_module_of_every_release() {
        let dfx: Value = serde_json::from_str(DFX).unwrap();
        let canister = &dfx["canisters"]["individual_user"];
        assert_eq!(canister["type"], "custom");
        assert_eq!(canister["candid"], "candid/individual_user.did");
        assert_eq!(canister["build"][0], "cargo xtask build");
        assert_eq!(canister["metadata"][0]["name"], "candid:service");
        let today = ARTIFACTS.iter().find(|artifact| artifact.name == TODAY);
        assert_eq!(canister["wasm"], path(today.unwrap()));
        for (number, artifact) in ARTIFACTS.iter().enumerate() {
            assert_eq!(canister["releases"][number.to_string()], path(artifact));
        }
    }

    #[test]
    fn icp_finds_the_module_of_every_release() {
        assert!(ICP.contains("- name: individual_user\n"));
        assert!(ICP.contains("- cargo xtask build\n"));
        for artifact in ARTIFACTS {
            assert!(ICP.contains(&path(artifact)), "{}", artifact.name);
        }
    }

    #[test]
    fn every_artifact_has_a_file_of_its_own() {
        let mut files: Vec<String> = ARTIFACTS.iter().map(Artifact::raw_file).collect();
        files.sort();
        files.dedup();
        assert_eq!(files.len(), ARTIFACTS.len());
    }
}

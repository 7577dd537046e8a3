//! Which canister modules there are, and how cargo is called to build them.
//!
//! One cargo call unifies the features of the packages it builds. The releases switch off the
//! individual user canister's own hooks, so they must not share a call with it.

use std::ffi::OsStr;
use std::process::Command;

use crate::flags;
use crate::setup::TARGET;
use crate::workspace::Workspace;

/// The cargo profile that modules are built with.
pub const PROFILE: &str = "canister";

/// What code of a release is built with that reads or writes the state as one value in every upgrade:
/// the types' own part of that is worth more than the smallest size there. CONTRIBUTING.md has figures.
const WHOLE_VALUES: &str = r#"profile.canister.package.individual-user.opt-level="s""#;

/// One canister module.
#[derive(Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The name of the finished module in `target/canisters`, without `.wasm` or `.wasm.gz`.
    pub name: &'static str,
    /// The package that it is built from.
    pub package: &'static str,
    /// The features beside the package's default ones.
    pub features: &'static [&'static str],
    /// Whether every upgrade of the release reads or writes the whole state as one value.
    pub handles_whole_values: bool,
}

/// The modules that go on chain on the way forward, grouped by cargo call.
pub const BATCHES: &[&[Artifact]] = &[
    &[
        Artifact {
            name: "release-0-legacy",
            package: "release-0-legacy",
            features: &[],
            handles_whole_values: true,
        },
        Artifact {
            name: "release-1-adopt",
            package: "release-1-adopt",
            features: &[],
            handles_whole_values: true,
        },
    ],
    &[Artifact {
        name: "individual-user",
        package: "individual-user",
        features: &[],
        handles_whole_values: false,
    }],
    &[Artifact {
        name: "release-3-hashtags",
        package: "release-3-hashtags",
        features: &[],
        handles_whole_values: false,
    }],
];

/// Those of the way back.
pub const BACK_BATCHES: &[&[Artifact]] = &[&[back(BACK)], &[back(BACK_TO_MEMORY_0)]];

/// A release that goes back.
const fn back(name: &'static str) -> Artifact {
    Artifact {
        name,
        package: name,
        features: &[],
        handles_whole_values: true,
    }
}

/// The canister that brings the users' canisters through the releases. In a batch of its own, so that a change to it builds
/// nothing else.
pub const INDEX_BATCHES: &[&[Artifact]] = &[&[Artifact {
    name: INDEX,
    package: INDEX,
    features: &[],
    handles_whole_values: false,
}]];

/// What only the tests run: releases 2 and 3 with steps of three entries, and the releases of the example.
pub const TEST_BATCHES: &[&[Artifact]] = &[
    &[tiny("tiny-budget", &[])],
    &[todo("todo-release-0", &["release-0"])],
    &[todo("todo-release-1", &["release-1"])],
    &[todo("todo-release-2", &["release-2"])],
    &[tiny("tiny-budget-3", &["hashtags"])],
];

/// The other ways to migrate the same canister, which only the bench runs.
pub const BENCH_BATCHES: &[&[Artifact]] = &[&[
    peer("peer-naive-one"),
    peer("peer-naive-two"),
    peer("peer-candid"),
    peer("peer-maps"),
]];

/// A peer in `bench/peers`.
const fn peer(name: &'static str) -> Artifact {
    Artifact {
        name,
        package: name,
        features: &[],
        handles_whole_values: false,
    }
}

/// A release with steps of three entries; the two differ by a feature.
const fn tiny(name: &'static str, features: &'static [&'static str]) -> Artifact {
    Artifact {
        name,
        package: "tiny-budget",
        features,
        handles_whole_values: false,
    }
}

/// A release of the to-do list in `examples/`, which differs from the others by a feature.
const fn todo(name: &'static str, features: &'static [&'static str]) -> Artifact {
    Artifact {
        name,
        package: "todo",
        features,
        handles_whole_values: false,
    }
}

/// The modules of releases 0 to 3, by name.
pub const RELEASES: [&str; 4] = [
    "release-0-legacy",
    "release-1-adopt",
    TODAY,
    "release-3-hashtags",
];

/// The module that goes back to release 0, and the one that goes back to the frame of 2023.
pub const BACK: &str = "release-back";
/// See [`BACK`].
pub const BACK_TO_MEMORY_0: &str = "release-back-memory-0";

/// The module of the index, whose interface `candid/` holds too.
pub const INDEX: &str = "user-index";

/// The module of today's release, whose interface `candid/` holds.
pub const TODAY: &str = "individual-user";

impl Artifact {
    /// The file that cargo leaves, relative to the target directory.
    pub fn built_file(&self) -> String {
        built_file(self.package)
    }
}

/// Every batch that there is.
fn all_batches() -> impl Iterator<Item = &'static [Artifact]> {
    [
        BATCHES,
        BACK_BATCHES,
        INDEX_BATCHES,
        TEST_BATCHES,
        BENCH_BATCHES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The name of every module.
pub fn names() -> Vec<&'static str> {
    all_batches()
        .flatten()
        .map(|artifact| artifact.name)
        .collect()
}

/// The batches that have a module of one of these names.
pub fn batches_of(names: &[String]) -> Vec<&'static [Artifact]> {
    let named = |artifact: &Artifact| names.iter().any(|name| name == artifact.name);
    all_batches()
        .filter(|batch| batch.iter().any(named))
        .collect()
}

/// The file that cargo leaves of a package, relative to the target directory.
pub fn built_file(package: &str) -> String {
    format!("{TARGET}/{PROFILE}/{}.wasm", package.replace('-', "_"))
}

/// The cargo call that builds the artifacts of one batch; `flags` are those of [`flags::encoded`].
///
/// One that is alone may be a crate that others depend on, whose manifest must not make it a
/// module: cargo would link it anew for each of them and overwrite one with the other. So the call
/// says that it is to be one.
pub fn build(workspace: &Workspace, batch: &[Artifact], flags: &OsStr) -> Command {
    let alone = batch.len() == 1;
    let mut command = workspace.cargo();
    command.env(flags::VARIABLE, flags);
    command.arg(if alone { "rustc" } else { "build" });
    command.args(["--profile", PROFILE, "--target", TARGET, "--lib"]);
    for artifact in batch {
        command.args(["--package", artifact.package]);
        for feature in artifact.features {
            command.args(["--features", &format!("{}/{feature}", artifact.package)]);
        }
    }
    if alone {
        command.args(["--crate-type", "cdylib"]);
    }
    if batch.iter().any(|artifact| artifact.handles_whole_values) {
        command.args(["--config", WHOLE_VALUES]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const DFX: &str = include_str!("../../../dfx.json");
    const ICP: &str = include_str!("../../../icp.yaml");

    fn artifacts() -> impl Iterator<Item = &'static Artifact> {
        all_batches().flatten()
    }

    fn path(name: &str) -> String {
        format!("target/canisters/{name}.wasm.gz")
    }

    #[test]
    fn dfx_finds_the_module_of_every_release() {
        let dfx: Value = serde_json::from_str(DFX).unwrap();
        let canister = &dfx["canisters"]["individual_user"];
        assert_eq!(canister["type"], "custom");
        let candid = "candid/individual_user.did";
        assert_eq!(canister["candid"], candid);
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(root.join(candid).is_file());
        assert_eq!(canister["build"][0], "cargo xtask build");
        assert_eq!(canister["metadata"][0]["name"], "candid:service");
        assert_eq!(canister["metadata"][0]["visibility"], "public");
        assert_eq!(canister["init_arg"], "(record {})");
        assert_eq!(canister["wasm"], path(TODAY));
        for (number, name) in RELEASES.iter().enumerate() {
            assert_eq!(canister["releases"][number.to_string()], path(name));
        }
        assert_eq!(canister["releases"]["back"], path(BACK));
        let to_memory_0 = &canister["releases"]["back-to-memory-0"];
        assert_eq!(*to_memory_0, path(BACK_TO_MEMORY_0));
    }

    #[test]
    fn dfx_and_icp_find_the_module_of_the_index() {
        let dfx: Value = serde_json::from_str(DFX).unwrap();
        let canister = &dfx["canisters"]["user_index"];
        assert_eq!(canister["candid"], "candid/user_index.did");
        assert_eq!(canister["wasm"], path(INDEX));
        assert_eq!(canister["build"][0], "cargo xtask build user-index");
        assert!(ICP.contains("- name: user_index\n"));
        assert!(ICP.contains(&format!("/canisters/{INDEX}.wasm.gz")));
    }

    #[test]
    fn icp_finds_the_module_of_every_release() {
        assert!(ICP.contains("- name: individual_user\n"));
        assert!(ICP.contains("- cargo xtask build\n"));
        for name in RELEASES.into_iter().chain([BACK, BACK_TO_MEMORY_0]) {
            assert!(ICP.contains(&path(name)), "{name}");
        }
    }

    #[test]
    fn every_artifact_has_a_file_of_its_own() {
        let mut names: Vec<&str> = artifacts().map(|artifact| artifact.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), artifacts().count());
    }

    #[test]
    fn every_release_is_built() {
        for name in RELEASES {
            assert!(artifacts().any(|artifact| artifact.name == name), "{name}");
        }
    }
}

//! Who takes part: the ways to migrate, each a chain of upgrades from release 0.

use candid::encode_one;
use canister_scenario::upgrade_args;

use crate::artifacts::TODAY;

/// One way to migrate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contender {
    /// Its name in files.
    pub key: &'static str,
    /// Its name in tables.
    pub name: &'static str,
    /// What it does, in a sentence for the README.
    pub about: &'static str,
    /// The upgrades from release 0 until everything is where it will stay.
    pub path: &'static [Step],
    /// How it tells what it holds.
    pub tells: Tells,
}

/// How a contender tells what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// By a query of the peers.
    Digests,
    /// By `migration_status`; a timer goes on with the move after the last upgrade, where it is not over.
    Status,
    /// Not at all.
    Nothing,
}

/// One upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// The module.
    pub module: &'static str,
    /// What it is given.
    pub argument: Argument,
}

/// The argument of an upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// That of the individual user canister, with which nothing changes.
    UserCanister,
    /// None.
    Nothing,
    /// Pages in a bucket of the memory manager, or its default.
    BucketPages(Option<u16>),
}

/// All contenders, in the order of tables.
pub const CONTENDERS: &[Contender] = &[
    Contender {
        key: "naive",
        name: "naive, 2023",
        about: "The two-stage migration of 2023: stage one reads the legacy value, and its `pre_upgrade` encodes the \
                whole state on the heap and writes it as a frame into memory 0 of a `MemoryManager` with its default \
                buckets of 128 pages; stage two reads that frame. Nothing is moved to a stable map.",
        path: &[
            step("stage one", "peer-naive-one", Argument::BucketPages(None)),
            step("stage two", "peer-naive-two", Argument::Nothing),
        ],
        tells: Tells::Digests,
    },
    Contender {
        key: "naive-one-page",
        name: "naive, 1-page buckets",
        about: "The same modules with buckets of one page.",
        path: &[
            step(
                "stage one",
                "peer-naive-one",
                Argument::BucketPages(Some(1)),
            ),
            step("stage two", "peer-naive-two", Argument::Nothing),
        ],
        tells: Tells::Digests,
    },
    Contender {
        key: "candid",
        name: "Candid stable_save",
        about: "The whole state as one Candid value, with `stable_save` and `stable_restore`. The first upgrade reads \
                the legacy value, the second writes and reads Candid.",
        path: &[
            step("the first", "peer-candid", Argument::Nothing),
            step("the second", "peer-candid", Argument::Nothing),
        ],
        tells: Tells::Digests,
    },
    Contender {
        key: "maps-default",
        name: "plain maps, default buckets",
        about: "A peer in the bulk: one upgrade reads the legacy value and inserts the entries, with the same bytes as \
                this project's and in key order, into one `StableBTreeMap` a collection, in the default buckets of 128 \
                pages. It proves nothing, and serves nobody until it is through.",
        path: &[step(
            "the upgrade",
            "peer-maps",
            Argument::BucketPages(None),
        )],
        tells: Tells::Digests,
    },
    Contender {
        key: "maps",
        name: "plain maps, 1-page buckets",
        about: "The same module with buckets of one page: what this project is to be measured against in the bulk.",
        path: &[step(
            "the upgrade",
            "peer-maps",
            Argument::BucketPages(Some(1)),
        )],
        tells: Tells::Digests,
    },
    Contender {
        key: "project-adopted",
        name: "this project, 0 → 1",
        about: "Release 1 adopts, and nothing is moved: its later upgrades save and load the whole state, as those of the \
                naive migration do.",
        path: &[step("0 → 1", "release-1-adopt", Argument::UserCanister)],
        tells: Tells::Nothing,
    },
    Contender {
        key: "project",
        name: "this project, 0 → 1 → 2",
        about: "Release 1 adopts, release 2 moves the collections to stable maps.",
        path: &[
            step("0 → 1", "release-1-adopt", Argument::UserCanister),
            step("1 → 2", TODAY, Argument::UserCanister),
        ],
        tells: Tells::Status,
    },
    Contender {
        key: "project-direct",
        name: "this project, 0 → 2",
        about: "Release 2 at once.",
        path: &[step("0 → 2", TODAY, Argument::UserCanister)],
        tells: Tells::Status,
    },
];

/// The contender of this key.
///
/// # Errors
/// A sentence that names those that there are.
pub fn named(key: &str) -> Result<&'static Contender, String> {
    let found = CONTENDERS.iter().find(|contender| contender.key == key);
    found.ok_or_else(|| {
        let keys: Vec<&str> = CONTENDERS.iter().map(|contender| contender.key).collect();
        format!("there are {}", keys.join(", "))
    })
}

const fn step(name: &'static str, module: &'static str, argument: Argument) -> Step {
    Step {
        name,
        module,
        argument,
    }
}

impl Argument {
    /// Its Candid encoding.
    pub fn encode(self) -> Result<Vec<u8>, candid::Error> {
        match self {
            Self::UserCanister => Ok(upgrade_args()),
            Self::Nothing => candid::encode_args(()),
            Self::BucketPages(pages) => encode_one(pages),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::{BATCHES, BENCH_BATCHES};

    #[test]
    fn a_contender_that_is_not_there_is_answered_with_those_that_are() {
        assert_eq!(named("candid").unwrap().key, "candid");
        assert!(named("nobody").unwrap_err().contains("project-direct"));
    }

    #[test]
    fn every_module_of_a_contender_is_built() {
        let built: Vec<&str> = [BATCHES, BENCH_BATCHES]
            .into_iter()
            .flatten()
            .copied()
            .flatten()
            .map(|artifact| artifact.name)
            .collect();
        for step in CONTENDERS.iter().flat_map(|contender| contender.path) {
            assert!(built.contains(&step.module), "{}", step.module);
        }
    }
}

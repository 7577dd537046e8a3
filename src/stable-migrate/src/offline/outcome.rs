//! What was done offline, and what was found.

use serde::Serialize;

use crate::run::{Compared, Coverage, Upgraded};

/// What was done and checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// Whether nothing is wrong. Only then is the snapshot the canister's.
    pub held: bool,
    /// Everything that is wrong, a sentence each.
    pub failures: Vec<String>,
    /// How much of the interface is asked.
    pub interface: Coverage,
    /// The upgrades with what they are for, up to the one that failed.
    pub upgrades: Vec<(&'static str, Upgraded)>,
    /// The answers of the snapshot that was made, against those at the start; absent where none was made.
    pub made: Option<Compared>,
    /// Pages of heap and of stable memory: in the snapshot, after the first upgrade and its move, at the end; as far as it
    /// came.
    pub pages: Vec<(u64, u64)>,
    /// Bucket sizes before and after; none where there is no manager to compact.
    pub buckets: Option<(u16, u16)>,
    /// What the new stable memory holds, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// The canister's clock in both snapshots, in nanoseconds since 1970.
    pub at: u64,
    /// When the global timer was due in the snapshot and is due in the new one, in nanoseconds since 1970; none
    /// where it is not set.
    pub timer: [Option<u64>; 2],
}

impl Outcome {
    /// The same with what is wrong with the upgrades.
    pub(super) fn failed(mut self) -> Self {
        for (what, upgraded) in &self.upgrades {
            let failures = upgraded.failures.iter();
            self.failures
                .extend(failures.map(|failure| format!("{what}: {failure}")));
        }
        self
    }

    /// Notes an upgrade; false if something is wrong with it.
    pub(super) fn take_up(&mut self, what: &'static str, upgraded: Upgraded) -> bool {
        let held = upgraded.failures.is_empty();
        self.upgrades.push((what, upgraded));
        held
    }
}

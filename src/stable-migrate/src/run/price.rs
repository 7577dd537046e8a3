//! What an upgrade costs on the network.

use canister_host::{InstallReport, Prices};
use serde::Serialize;

/// What an upgrade costs on its subnet, and how long the next one has to wait for it. The subnet compiles a
/// module once until its next checkpoint, so that the first canister of a fleet pays more than those after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Price {
    /// Cycles on the first canister of a subnet.
    pub first_cycles: u128,
    /// Cycles on every other, until the checkpoint.
    pub other_cycles: u128,
    /// Rounds in which the first canister can be neither upgraded again nor have a snapshot loaded.
    pub first_rounds: u64,
    /// The same for every other.
    pub other_rounds: u64,
}

impl Price {
    pub(super) fn of(report: &InstallReport, prices: &Prices) -> Self {
        Self {
            first_cycles: report.cycles_first(prices),
            other_cycles: report.cycles_again(prices),
            first_rounds: report.rounds_first(),
            other_rounds: report.rounds_again(),
        }
    }
}

//! What a driver is asked to do with a canister, and what it may answer.

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::hash::ModuleHash;

/// The id of a snapshot, as the management canister gives it.
pub type SnapshotId = Vec<u8>;

/// One thing to do with one canister. Each has an effect at most once; what is said of an effect that an answer did not
/// tell of is found out by [`Look`](Self::Look).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// `canister_status` and `list_canister_snapshots`. Answered with [`Answer::Seen`]. Changes nothing.
    Look,
    /// `deposit_cycles`.
    Deposit {
        /// Cycles to give.
        #[serde(with = "crate::cycles")]
        cycles: u128,
    },
    /// `stop_canister`, which waits for open calls.
    Stop,
    /// `take_canister_snapshot`. Answered with [`Answer::Taken`].
    TakeSnapshot,
    /// Upgrades a copy of the snapshot, elsewhere, through all stages. Changes nothing.
    Rehearse {
        /// Of this canister.
        snapshot: SnapshotId,
    },
    /// `install_code` in mode upgrade with the module of a stage.
    Upgrade {
        /// Number in [`Plan::stages`](crate::Plan::stages), from 0.
        stage: u8,
    },
    /// `start_canister`.
    Start,
    /// How far the move is. Answered with [`Answer::Moving`] or [`Answer::Done`]. Changes nothing.
    Progress,
    /// Whether the canister answers as it should. Changes nothing.
    Verify,
    /// `load_canister_snapshot`.
    LoadSnapshot {
        /// Of this canister.
        snapshot: SnapshotId,
    },
    /// `install_code` in mode upgrade with a release of the way back.
    GoBack {
        /// Number in [`WayBack::Releases`](crate::WayBack::Releases), from 0.
        release: u8,
    },
    /// `delete_canister_snapshot`.
    DeleteSnapshot {
        /// Of this canister.
        snapshot: SnapshotId,
    },
}

impl Call {
    /// The name in journals and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Deposit { .. } => "deposit",
            Self::Stop => "stop",
            Self::TakeSnapshot => "take-snapshot",
            Self::Rehearse { .. } => "rehearse",
            Self::Upgrade { .. } => "upgrade",
            Self::Start => "start",
            Self::Progress => "progress",
            Self::Verify => "verify",
            Self::LoadSnapshot { .. } => "load-snapshot",
            Self::GoBack { .. } => "go-back",
            Self::DeleteSnapshot { .. } => "delete-snapshot",
        }
    }

    /// Whether the network runs it one after the other on a subnet.
    pub fn installs(&self) -> bool {
        matches!(
            self,
            Self::Upgrade { .. } | Self::GoBack { .. } | Self::LoadSnapshot { .. }
        )
    }

    /// Whether it may simply be made again when its answer was lost.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::Look | Self::Rehearse { .. } | Self::Progress | Self::Verify
        )
    }
}

/// What became of a [`Call`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was done: also what had been so before.
    Done,
    /// What a look saw.
    Seen(Sight),
    /// The snapshot that was taken.
    Taken(SnapshotId),
    /// The move is not done yet.
    Moving {
        /// Entries or bytes that were moved.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// It was refused and had no effect; of a check, it did not hold.
    Refused(Cause),
    /// Nobody knows whether it had an effect. It may yet have one, for as long as [`Plan::settle`](crate::Plan::settle).
    Lost,
}

/// Whether a canister takes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Running {
    /// It does.
    Running,
    /// It finishes those it has.
    Stopping,
    /// It does not.
    Stopped,
}

/// What `canister_status` and `list_canister_snapshots` say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Whether it takes calls.
    pub running: Running,
    /// What is installed.
    pub module: Option<ModuleHash>,
    /// Ids of the snapshots it has.
    pub snapshots: Vec<SnapshotId>,
    /// Cycles above what freezes it.
    #[serde(with = "crate::cycles")]
    pub spare_cycles: u128,
}

//! Where one canister stands.

use serde::{Deserialize, Serialize};

use crate::call::{Call, SnapshotId};
use crate::cause::{Cause, Class};
use crate::plan::{Plan, WayBack};
use crate::time::Time;

/// Where one canister stands: all that is kept of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its wave: that it was dealt to, or a later one in which it was begun again.
    pub wave: u16,
    /// What it is at.
    pub state: State,
    /// The stage that it goes through, or is to go through next.
    pub stage: u8,
    /// Stages that took effect.
    pub upgrades: u8,
    /// Place in [`Plan`] of the module that is installed, as far as is known.
    pub(crate) module: Option<u8>,
    /// Place of the module that its snapshot holds.
    pub(crate) snapshot_of: Option<u8>,
    /// Whether anything was tried that changes it, since it last waited.
    pub(crate) touched: bool,
    /// Whether it may be stopped because it was asked to.
    pub stopped: bool,
    /// Whether its snapshot came through a rehearsal.
    pub rehearsed: bool,
    /// Whether it is given cycles before its next call.
    pub(crate) topping_up: bool,
    /// Times that it was given cycles.
    pub(crate) top_ups: u8,
    /// Whether its last call may have had an effect that nobody has told of.
    pub unsure: bool,
    /// Release of the way back that is next.
    pub(crate) back: u8,
    /// Whether the operator took it out.
    pub(crate) excluded: bool,
    /// Failures of the present call in sequence.
    pub attempts: u8,
    /// Times that it would not stop and was let run on.
    pub(crate) refused_stops: u8,
    /// When its call was made that has no answer yet.
    pub asked: Option<Time>,
    /// When its next call may be made.
    pub due: Time,
    /// When its present move began, for the limit.
    pub(crate) moving_since: Time,
    /// Entries that were moved, and of how many.
    pub moved: (u64, u64),
    /// The snapshot to go back to.
    pub snapshot: Option<SnapshotId>,
    /// Snapshots of earlier tries.
    pub(crate) older: Vec<SnapshotId>,
    /// Snapshots that it had before.
    pub(crate) others: Vec<SnapshotId>,
    /// When its turn came, the last time.
    pub began: Time,
    /// When it ended.
    pub ended: Time,
    /// What went wrong last, whether or not it was mended since.
    pub last: Option<Cause>,
}

/// What a canister is at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It was begun.
    Active {
        /// Where it is heading.
        leg: Leg,
        /// What is done next, or being done.
        step: Step,
    },
    /// Nothing more is done.
    Ended(End),
}

/// Where an active canister is heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leg {
    /// To a snapshot that is rehearsed, and then to wait for its turn.
    Rehearsal,
    /// Through the stages.
    Forward,
    /// Out, running as it is.
    Out(Cause),
    /// Back to how it was before the stage.
    Back(Cause),
}

/// One step of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// What is there?
    Look,
    /// It takes no more calls.
    Stop,
    /// Its state is kept.
    Snapshot,
    /// The snapshot is upgraded elsewhere.
    Rehearse,
    /// The new module.
    Upgrade,
    /// It takes calls.
    Start,
    /// It did not stop, and takes calls again until it is tried once more.
    LetRun,
    /// Its state is moved.
    Settle,
    /// It answers as it should.
    Verify,
    /// The snapshot is loaded.
    Load,
    /// A release of the way back.
    GoBack,
    /// The snapshot is deleted.
    Forget,
}

/// How a canister ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// All stages, verified.
    Migrated,
    /// It had the last stage's module before.
    Already,
    /// Nothing was tried since it last waited, for this reason; it is as it was.
    Passed(Cause),
    /// An upgrade was tried or prepared and had no effect; it runs as before.
    Unchanged(Cause),
    /// An upgrade took effect and was taken back; it runs as before.
    Returned(Cause),
    /// It runs, on a stage that is not the last, or on the last without having been verified.
    Between(Cause),
    /// Nobody knows how it is: it was given up while it may have been stopped, or it is gone.
    Unknown(Cause),
}

impl End {
    /// The name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Migrated => "migrated",
            Self::Already => "already there",
            Self::Passed(_) => "passed over",
            Self::Unchanged(_) => "unchanged",
            Self::Returned(_) => "returned",
            Self::Between(_) => "between stages",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Why, unless all went well.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Migrated | Self::Already => None,
            Self::Passed(cause)
            | Self::Unchanged(cause)
            | Self::Returned(cause)
            | Self::Between(cause)
            | Self::Unknown(cause) => Some(cause),
        }
    }

    /// Whether it counts against the budget of its wave: what the operator called off does not, nor what was passed over
    /// because of how the canister was found.
    pub fn failed(&self) -> bool {
        let Some(cause) = self.cause() else {
            return false;
        };
        match self {
            Self::Passed(_) => cause.class == Class::RehearsalRefused,
            _ => cause.class != Class::CalledOff,
        }
    }
}

impl Step {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Look => "looked at",
            Self::Stop => "being stopped",
            Self::Snapshot => "being copied",
            Self::Rehearse => "being rehearsed",
            Self::Upgrade => "being upgraded",
            Self::Start => "being started",
            Self::LetRun => "let run on",
            Self::Settle => "moving",
            Self::Verify => "being verified",
            Self::Load => "being put back",
            Self::GoBack => "going back",
            Self::Forget => "being tidied up",
        }
    }
}

impl Record {
    /// What is asked of the canister next, if it is active.
    pub fn call(&self, plan: &Plan) -> Option<Call> {
        let State::Active { step, .. } = &self.state else {
            return None;
        };
        if self.unsure {
            return Some(Call::Look);
        }
        if let (true, Some(top_up)) = (self.topping_up, plan.top_up) {
            return Some(Call::Deposit {
                cycles: top_up.cycles,
            });
        }
        let snapshot = || self.snapshot.clone();
        Some(match step {
            Step::Look => Call::Look,
            Step::Stop => Call::Stop,
            Step::Snapshot => Call::TakeSnapshot,
            Step::Rehearse => Call::Rehearse {
                snapshot: snapshot()?,
            },
            Step::Upgrade => Call::Upgrade { stage: self.stage },
            Step::Start | Step::LetRun => Call::Start,
            Step::Settle => Call::Progress,
            Step::Verify => Call::Verify,
            Step::Load => Call::LoadSnapshot {
                snapshot: snapshot()?,
            },
            Step::GoBack => Call::GoBack { release: self.back },
            Step::Forget => Call::DeleteSnapshot {
                snapshot: snapshot()?,
            },
        })
    }

    /// Whether it was begun and has not ended.
    pub fn is_active(&self) -> bool {
        matches!(self.state, State::Active { .. })
    }

    /// Whether it is at its rehearsal.
    pub(crate) fn is_rehearsing(&self) -> bool {
        matches!(
            self.state,
            State::Active {
                leg: Leg::Rehearsal,
                ..
            }
        )
    }

    /// Whether a failure of the present stage can be taken back.
    pub(crate) fn can_go_back(&self, plan: &Plan) -> bool {
        match &plan.way_back {
            WayBack::Snapshot => self.snapshot.is_some(),
            WayBack::Releases(releases) => !releases.is_empty(),
            WayBack::Leave => false,
        }
    }
}

//! The principals a user canister knows by their part in the fleet.

use candid::CandidType;
use serde::{Deserialize, Serialize};

/// A part in the fleet that one principal plays.
#[derive(
    CandidType, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord,
)]
pub enum KnownPrincipalType {
    /// The operator.
    UserIdGlobalSuperAdmin,
    /// Fleet-wide settings.
    CanisterIdConfiguration,
    /// Copies of the users' data.
    CanisterIdDataBackup,
    /// Feeds, ranked by the scores the user canisters report.
    CanisterIdPostCache,
    /// Members of the project.
    CanisterIdProjectMemberIndex,
    /// The root canister.
    CanisterIdRootCanister,
    /// The SNS controller.
    CanisterIdSNSController,
    /// Topics.
    CanisterIdTopicCacheIndex,
    /// Which canister is whose; rewards new users.
    CanisterIdUserIndex,
}

//! The argument of installation and upgrade.

use std::collections::BTreeMap;

use candid::{CandidType, Principal};
use serde::Deserialize;

use crate::domain::known_principal::KnownPrincipalType;
use crate::state::hot::Hot;

/// What the fleet tells a canister when it installs or upgrades it.
#[derive(CandidType, Deserialize, Clone, Debug, Default)]
pub struct IndividualUserTemplateInitArgs {
    /// Who plays which part in the fleet; on upgrade it takes the place of all that were known.
    pub known_principal_ids: Option<BTreeMap<KnownPrincipalType, Principal>>,
    /// The owner.
    pub profile_owner: Option<Principal>,
    /// The version the fleet counts.
    pub upgrade_version_number: Option<u64>,
    /// Where the canister's metrics go.
    pub url_to_send_canister_metrics_to: Option<String>,
}

impl IndividualUserTemplateInitArgs {
    /// Writes what is given over what `hot` holds; what is not given stays. On a fresh canister this is the
    /// whole of initialization.
    pub fn apply(self, hot: &mut Hot) {
        if let Some(known) = self.known_principal_ids {
            hot.known_principal_ids = known;
        }
        if let Some(owner) = self.profile_owner {
            hot.profile.principal_id = Some(owner);
        }
        if let Some(version) = self.upgrade_version_number {
            hot.version_number = version;
        }
        if let Some(url) = self.url_to_send_canister_metrics_to {
            hot.configuration.url_to_send_canister_metrics_to = Some(url);
        }
    }
}

//! What was done to a canister from outside.

use candid::Principal;
use ic_management_canister_types as types;

use crate::error::HostError;
use crate::host::Host;
use crate::install::InstallMode;

/// Something that was done to a canister.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When, in nanoseconds since 1970.
    pub time: u64,
    /// The canister's version afterwards.
    pub version: u64,
    /// Who did it; none if it was the host for a test.
    pub by: Option<Principal>,
    /// What.
    pub change: Change,
}

/// What was done to a canister.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was created, with these controllers.
    Created(Vec<Principal>),
    /// A module was installed. Installations that failed are not told of.
    Installed {
        /// How.
        mode: InstallMode,
        /// The module's hash.
        module_hash: [u8; 32],
        /// What counted against the limit of an installation: hooks and compilation.
        instructions: u64,
    },
    /// Its module was taken away, with all its state.
    Uninstalled,
    /// It has other controllers, these.
    Controllers(Vec<Principal>),
    /// A snapshot was loaded that the management canister keeps.
    SnapshotLoaded {
        /// The snapshot's id.
        snapshot: Vec<u8>,
        /// The canister it was taken of.
        of: Principal,
        /// The version that canister had then.
        version: u64,
        /// When it was taken, in nanoseconds since 1970.
        taken_at: u64,
    },
}

impl Host {
    /// Everything that was done to a canister from outside, oldest first: by the management
    /// canister, and its creation and the installations by methods of the host.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn history(&self, id: Principal) -> Result<&[HistoryEntry], HostError> {
        Ok(&self.canister(id)?.history)
    }

    pub(crate) fn record(&mut self, id: Principal, by: Option<Principal>, change: Change) {
        let time = self.time;
        if let Some(canister) = self.canisters.get_mut(&id) {
            canister.history.push(HistoryEntry {
                time,
                version: canister.version,
                by,
                change,
            });
        }
    }

    /// An entry as `canister_info` tells it. Versions of senders are not kept.
    pub(super) fn change_of(&self, id: Principal, entry: &HistoryEntry) -> types::Change {
        let by = entry.by.unwrap_or(Principal::anonymous());
        let origin = match self.canisters.contains_key(&by) {
            true => types::ChangeOrigin::FromCanister(types::FromCanisterRecord {
                canister_id: by,
                canister_version: None,
            }),
            false => types::ChangeOrigin::FromUser(types::FromUserRecord { user_id: by }),
        };
        types::Change {
            timestamp_nanos: entry.time,
            canister_version: entry.version,
            origin,
            details: Some(details(id, &entry.change)),
        }
    }
}

fn details(id: Principal, change: &Change) -> types::ChangeDetails {
    match change {
        Change::Created(controllers) => types::ChangeDetails::Creation(types::CreationRecord {
            controllers: controllers.clone(),
            environment_variables_hash: None,
        }),
        Change::Installed {
            mode, module_hash, ..
        } => types::ChangeDetails::CodeDeployment(types::CodeDeploymentRecord {
            mode: match mode {
                InstallMode::Install => types::CodeDeploymentMode::Install,
                InstallMode::Reinstall => types::CodeDeploymentMode::Reinstall,
                InstallMode::Upgrade { .. } => types::CodeDeploymentMode::Upgrade,
            },
            module_hash: module_hash.to_vec(),
        }),
        Change::Uninstalled => types::ChangeDetails::CodeUninstall,
        Change::Controllers(controllers) => {
            types::ChangeDetails::ControllersChange(types::ControllersChangeRecord {
                controllers: controllers.clone(),
            })
        }
        Change::SnapshotLoaded {
            snapshot,
            of,
            version,
            taken_at,
        } => types::ChangeDetails::LoadSnapshot(types::LoadSnapshotRecord {
            from_canister_id: (*of != id).then_some(*of),
            snapshot_id: snapshot.clone(),
            canister_version: *version,
            taken_at_timestamp: *taken_at,
            source: types::SnapshotSource::TakenFromCanister(candid::Reserved),
        }),
    }
}
